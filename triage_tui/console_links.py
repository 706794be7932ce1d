"""Pages of the AWS console: links to them, and what a link that somebody was sent means. Pure.

Every text in a link comes from a log, so all of it is quoted.
"""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import parse_qsl, quote, unquote, urlsplit

_HOSTS = {
    "aws": "console.aws.amazon.com",
    "aws-cn": "console.amazonaws.cn",
    "aws-us-gov": "console.amazonaws-us-gov.com",
}
_MAIN = {"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}
"""The region by which the console shows what has none."""
_REGION = re.compile(r"[a-z]{2,4}(-[a-z]+){1,3}-\d{1,2}")
_FINDING = re.compile(r"[0-9a-f]{32}")
_ACCOUNT = re.compile(r"\d{12}")
_ARN = re.compile(
    r"arn:aws[a-z-]*:guardduty:(?P<region>[a-z0-9-]+):(?P<account>\d{12}):detector/\w+/finding/"
    r"(?P<finding>[0-9a-f]{32})"
)
_IDENTITY = re.compile(
    r"arn:(?P<partition>aws[a-z-]*):(?P<service>iam|sts)::\d{12}:"
    r"(?P<kind>user|role|assumed-role)/(?P<rest>.+)"
)
_IP_SET = re.compile(
    r"arn:aws[a-z-]*:wafv2:(?P<region>[a-z0-9-]+):\d{12}:(?P<scope>global|regional)/ipset/"
    r"(?P<name>[\w-]+)/(?P<id>[\w-]+)"
)
_DEEP = 3
"""A sign-in page names the page behind it, which may be a sign-in page."""
LONGEST = 8192
"""Characters of a link."""


class Link(NamedTuple):
    """A page of the console."""

    what: str
    url: str


class FindingPage(NamedTuple):
    """The page of a finding, as far as it says where it is."""

    finding: str
    region: str = ""
    account: str = ""


def partition(region: str) -> str:
    """The part of AWS that a region is in."""
    for prefix, name in (("cn-", "aws-cn"), ("us-gov-", "aws-us-gov")):
        if region.startswith(prefix):
            return name
    return "aws"


def finding(region: str, finding_id: str) -> Link | None:
    """The page of a GuardDuty finding."""
    if not _REGION.fullmatch(region) or not finding_id:
        return None
    page = f"guardduty/home?region={region}#/findings?macros=current&fId={_quoted(finding_id)}"
    return Link(f"GuardDuty finding {finding_id}", f"{_host(region)}/{page}")


def trail_event(region: str, event_id: str) -> Link | None:
    """The page of a CloudTrail event."""
    if not _REGION.fullmatch(region) or not event_id:
        return None
    page = f"cloudtrailv2/home?region={region}#/events/{_quoted(event_id)}"
    return Link(f"CloudTrail event {event_id}", f"{_host(region)}/{page}")


def log_events(region: str, group: str, stream: str = "", at: int | None = None) -> Link | None:
    """A log group, or a stream of it from `at` (milliseconds) on."""
    if not _REGION.fullmatch(region) or not group:
        return None
    page = f"cloudwatch/home?region={region}#logsV2:log-groups/log-group/{_twice(group)}"
    what = f"log group {group}"
    if stream:
        what = f"log stream {stream} of {group}"
        page += f"/log-events/{_twice(stream)}"
        if at is not None:
            page += f"$3Fstart$3D{at}"
    return Link(what, f"{_host(region)}/{page}")


def ip_set(region: str, scope: str, name: str, set_id: str) -> Link | None:
    """The page of a WAF IP set; `scope` is REGIONAL or CLOUDFRONT."""
    if not _REGION.fullmatch(region) or not name or not set_id:
        return None
    where = "global" if scope == "CLOUDFRONT" else region
    page = f"wafv2/homev2/ip-set/{_quoted(name)}/{_quoted(set_id)}?region={where}"
    return Link(f"WAF IP set {name}", f"{_host(region)}/{page}")


def ip_set_of(arn: str) -> Link | None:
    """The page of the WAF IP set with this ARN."""
    found = _IP_SET.fullmatch(arn)
    if found is None:
        return None
    scope = "CLOUDFRONT" if found["scope"] == "global" else "REGIONAL"
    return ip_set(found["region"], scope, found["name"], found["id"])


def identity(arn: str) -> Link | None:
    """The page of an IAM user or role, or of the role of a session."""
    found = _IDENTITY.fullmatch(arn)
    if found is None or found["partition"] not in _HOSTS:
        return None
    parts = found["rest"].split("/")
    # The ARN of a session names the role without its path.
    name = parts[0] if found["kind"] == "assumed-role" else parts[-1]
    kind = "users" if found["kind"] == "user" else "roles"
    page = f"iam/home#/{kind}/details/{_quoted(name)}"
    host = _host(_MAIN[found["partition"]])
    return Link(f"IAM {kind[:-1]} {name}", f"{host}/{page}")


def page_of(text: str) -> FindingPage:
    """What somebody means by a finding's id, its ARN, or a link to its page: of the console, or of
    the sign-in that leads there. Raises ValueError with what is taken."""
    found = _page(text.strip()[:LONGEST], _DEEP)
    if found is None:
        raise ValueError(
            f"{_short(text)} names no finding: give its id (32 hex digits), its ARN, or the link "
            "to its page in the GuardDuty console"
        )
    return found


def _page(text: str, deep: int) -> FindingPage | None:
    if _FINDING.fullmatch(text.lower()):
        return FindingPage(text.lower())
    arn = _ARN.fullmatch(text)
    if arn is not None:
        return FindingPage(arn["finding"], arn["region"], arn["account"])
    try:
        url = urlsplit(text)
        host = url.hostname or ""
    except ValueError:  # brackets that hold no address
        return None
    if url.scheme not in ("https", "http") or not deep:
        return None
    given = dict(parse_qsl(url.query)) | dict(parse_qsl(url.fragment.partition("?")[2]))
    if _is_console(host) and "guardduty" in url.path:
        return _finding_page(host, given)
    behind = given.get("destination") or given.get("redirect_uri")
    if behind is None:
        return None
    found = _page(behind, deep - 1)
    account = given.get("account_id", "")
    if found is not None and _ACCOUNT.fullmatch(account):
        return found._replace(account=account)
    return found


def _finding_page(host: str, given: dict[str, str]) -> FindingPage | None:
    texts = [given.get(key, "") for key in ("fId", "findingId", "id")]
    # The older pages search: `search=id%3D0123…`.
    texts.append(unquote(given.get("search", "")).removeprefix("id="))
    finding_id = next((text for text in map(str.lower, texts) if _FINDING.fullmatch(text)), "")
    if not finding_id:
        return None
    labels = host.split(".")
    region = given.get("region", "") or next(filter(_REGION.fullmatch, labels), "")
    # Whoever is signed in to several accounts has theirs in the host: 111122223333-abcdefgh.
    account = labels[0].partition("-")[0]
    return FindingPage(
        finding_id,
        region if _REGION.fullmatch(region) else "",
        account if _ACCOUNT.fullmatch(account) else "",
    )


def _is_console(host: str) -> bool:
    return any(host == known or host.endswith(f".{known}") for known in _HOSTS.values())


def _host(region: str) -> str:
    return f"https://{region}.{_HOSTS[partition(region)]}"


def _quoted(text: str) -> str:
    return quote(text, safe="", errors="replace")


def _twice(text: str) -> str:
    """As the CloudWatch console spells a name behind the `#`: quoted twice, with `$` for `%`."""
    return quote(_quoted(text), safe="").replace("%", "$")


def _short(text: str) -> str:
    shown = repr(text.strip())
    return shown if len(shown) <= 60 else f"{shown[:59]}…"
