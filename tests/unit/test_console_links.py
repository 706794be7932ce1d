"""Links to the console: built for every partition, and understood however they are spelled."""

import contextlib
from urllib.parse import quote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage_tui import console_links as links
from triage_tui.console_links import FindingPage

FINDING = "0123456789abcdef0123456789abcdef"
PAGE = f"guardduty/home?region=eu-west-1#/findings?macros=current&fId={FINDING}"
URL = f"https://eu-west-1.console.aws.amazon.com/{PAGE}"


def url(link: links.Link | None) -> str:
    assert link is not None
    return link.url


def test_links() -> None:
    assert url(links.finding("eu-west-1", FINDING)) == URL
    assert url(links.trail_event("cn-north-1", "e-1")) == (
        "https://cn-north-1.console.amazonaws.cn/cloudtrailv2/home?region=cn-north-1#/events/e-1"
    )
    assert url(links.log_events("us-gov-west-1", "/aws/lambda/x", "2026/[1]", 17)) == (
        "https://us-gov-west-1.console.amazonaws-us-gov.com/cloudwatch/home?region=us-gov-west-1"
        "#logsV2:log-groups/log-group/$252Faws$252Flambda$252Fx/log-events/2026$252F$255B1$255D"
        "$3Fstart$3D17"
    )
    assert url(links.log_events("eu-west-1", "g")).endswith("log-groups/log-group/g")
    assert url(links.ip_set("us-east-1", "CLOUDFRONT", "edge", "1-2")) == (
        "https://us-east-1.console.aws.amazon.com/wafv2/homev2/ip-set/edge/1-2?region=global"
    )
    assert url(links.ip_set("eu-west-1", "REGIONAL", "a", "b")).endswith("a/b?region=eu-west-1")
    arn = "arn:aws:wafv2:us-east-1:111122223333:global/ipset/edge/1-2"
    assert url(links.ip_set_of(arn)).endswith("/ip-set/edge/1-2?region=global")
    assert url(links.ip_set_of(arn.replace("global", "regional"))).endswith("?region=us-east-1")
    assert links.ip_set_of("") is None
    assert links.ip_set_of(f"{arn}/../x") is None


@pytest.mark.parametrize(
    ("arn", "end"),
    [
        ("arn:aws:iam::111122223333:user/path/maria", "iam/home#/users/details/maria"),
        ("arn:aws:iam::111122223333:role/x/deploy", "iam/home#/roles/details/deploy"),
        ("arn:aws:sts::111122223333:assumed-role/deploy/me@x", "iam/home#/roles/details/deploy"),
        ("arn:aws-cn:iam::111122223333:user/m", ".amazonaws.cn/iam/home#/users/details/m"),
        ("arn:aws:iam::111122223333:user/a b?#", "users/details/a%20b%3F%23"),
    ],
)  # fmt: skip
def test_identities(arn: str, end: str) -> None:
    assert url(links.identity(arn)).endswith(end)


@pytest.mark.parametrize("arn", ["", "root", "arn:aws:iam::1:user/x", "arn:aws:s3:::b", "AIDA1"])
def test_what_has_no_page(arn: str) -> None:
    assert links.identity(arn) is None


@pytest.mark.parametrize("region", ["", "x.evil.example/#", "eu-west-1.evil", "aws-global", "EU"])
def test_a_region_that_is_none_makes_no_link(region: str) -> None:
    assert links.finding(region, FINDING) is None
    assert links.trail_event(region, "e") is None
    assert links.log_events(region, "g") is None
    assert links.ip_set(region, "REGIONAL", "n", "i") is None


@given(st.text(min_size=1), st.text(min_size=1))
def test_nothing_in_a_log_steers_a_link(one: str, other: str) -> None:
    for made in (
        links.finding("eu-west-1", one),
        links.trail_event("eu-west-1", one),
        links.log_events("eu-west-1", one, other, 1),
        links.ip_set("eu-west-1", "REGIONAL", one, other),
    ):
        assert made is not None
        assert made.url.isascii()
        assert made.url.isprintable()
        assert " " not in made.url
        assert urlsplit(made.url).hostname == "eu-west-1.console.aws.amazon.com"


SIGN_IN = (
    "https://corp.awsapps.com/start/#/console?account_id=444455556666&role_name=triage"
    f"&destination={quote(URL, safe='')}"
)


@pytest.mark.parametrize(
    ("text", "page"),
    [
        (FINDING, FindingPage(FINDING)),
        (f"  {FINDING.upper()} ", FindingPage(FINDING)),
        (
            f"arn:aws:guardduty:eu-west-1:111122223333:detector/d1/finding/{FINDING}",
            FindingPage(FINDING, "eu-west-1", "111122223333"),
        ),
        (URL, FindingPage(FINDING, "eu-west-1")),
        (
            URL.replace("https://eu-west-1.", "https://111122223333-abcd1234.eu-west-1."),
            FindingPage(FINDING, "eu-west-1", "111122223333"),
        ),
        (f"https://console.aws.amazon.com/{PAGE}", FindingPage(FINDING, "eu-west-1")),
        (
            "https://console.aws.amazon.com/guardduty/home?region=us-east-1#/findings?search=id%3D"
            + FINDING,
            FindingPage(FINDING, "us-east-1"),
        ),
        (
            f"https://cn-north-1.console.amazonaws.cn/guardduty/home#/findings?fId={FINDING}",
            FindingPage(FINDING, "cn-north-1"),
        ),
        (
            f"https://us-gov-west-1.console.amazonaws-us-gov.com/guardduty/#/findings?fId={FINDING}",
            FindingPage(FINDING, "us-gov-west-1"),
        ),
        (SIGN_IN, FindingPage(FINDING, "eu-west-1", "444455556666")),
        (
            f"https://signin.aws.amazon.com/oauth?redirect_uri={quote(URL, safe='')}",
            FindingPage(FINDING, "eu-west-1"),
        ),
    ],
)
def test_pages(text: str, page: FindingPage) -> None:
    assert links.page_of(text) == page


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        FINDING[:-1],
        f"https://evil.example/{PAGE}",
        f"https://console.aws.amazon.com.evil.example/{PAGE}",
        "https://eu-west-1.console.aws.amazon.com/guardduty/home#/findings",
        URL.replace(FINDING, "../../etc"),
        "https://[::1",
        f"https://x.example/?destination={quote('https://x.example/?destination=y', safe='')}",
        "arn:aws:iam::111122223333:user/x",
    ],
)
def test_what_is_no_page_of_a_finding(text: str) -> None:
    with pytest.raises(ValueError, match="names no finding: give its id"):
        links.page_of(text)


@given(st.text())
def test_whatever_is_given_is_understood_or_refused(text: str) -> None:
    with contextlib.suppress(ValueError):
        assert len(links.page_of(text).finding) == 32


@given(st.from_regex(r"[0-9a-f]{32}", fullmatch=True), st.sampled_from(["eu-west-1", "cn-north-1"]))
def test_what_is_built_is_understood(finding_id: str, region: str) -> None:
    assert links.page_of(url(links.finding(region, finding_id))) == (finding_id, region, "")
