"""Records of WAF as a shop's web ACL writes them: four managed rule groups over everything, Bot
Control over what bots come for.

Three requests in ten carry labels; a few are blocked, or counted by a rule that only watches.
Browsers send fifteen headers over HTTP/2, apps and crawlers a handful.
"""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha512
from typing import TYPE_CHECKING, TypeAlias

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.bench.web import Request

    _Headers: TypeAlias = dict[str, str]
    _Table: TypeAlias = dict[str, object]

_GROUPS = ("AmazonIpReputationList", "CommonRuleSet", "KnownBadInputsRuleSet", "SQLiRuleSet")
_BOTS = "BotControlRuleSet"
_MANAGED = "awswaf:managed:aws:"
_ATTACKS = {
    "/search": ("SQLiRuleSet", "SQLi_QueryArguments", "sql-database"),
    "/download": ("CommonRuleSet", "GenericLFI_QueryArguments", "core-rule-set"),
    "/.env": ("CommonRuleSet", "RestrictedExtensions_URIPath", "core-rule-set"),
}
"""By path the group, rule and label that recognise an attack."""
_OTHER_ATTACK = "CommonRuleSet", "BadBots_Header", "core-rule-set"
_CRAWLER = "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)"
_LANGUAGES = ("de-DE,de;q=0.9,en-US;q=0.8,en;q=0.7", "en-GB,en;q=0.9", "fr-FR,fr;q=0.8,en;q=0.5")
_COUNTRIES = ("DE", "DE", "DE", "AT", "FR", "GB", "PL", "US")


def waf_line(request: Request) -> str:
    """The record of a request."""
    blocked = request.status == 403
    group, rule, label = _ATTACKS.get(request.path, _OTHER_ATTACK) if blocked else ("", "", "")
    labels = [f"{_MANAGED}{label}:{rule}"] if blocked else []
    client = request.agent_number % 20
    if request.number % 4 == 0:  # Bot Control looks at it
        labels += _bot_labels(client, request)
    counted = not blocked and request.number % 50 == 1
    if counted:
        labels.append(f"{_MANAGED}core-rule-set:SizeRestrictions_Body")
    record: _Table = {
        "timestamp": request.at,
        "formatVersion": 1,
        "webaclId": "arn:aws:wafv2:eu-central-1:111122223333:regional/webacl/shop/"
        "0a1b2c3d-1111-4222-8333-444455556666",
        "terminatingRuleId": f"AWS-AWSManagedRules{group}" if blocked else "Default_Action",
        "terminatingRuleType": "MANAGED_RULE_GROUP" if blocked else "REGULAR",
        "action": "BLOCK" if blocked else "ALLOW",
        "terminatingRuleMatchDetails": [],
        "httpSourceName": "ALB",
        "httpSourceId": "111122223333-app/shop/50dc6c495c0c9188",
        "ruleGroupList": list(_groups(request, group, rule, counted=counted)),
        "rateBasedRuleList": [],
        "nonTerminatingMatchingRules": [
            {"ruleId": "count-checkout", "action": "COUNT", "ruleMatchDetails": []}
        ]
        if request.number % 20 == 7
        else [],
        "requestHeadersInserted": None,
        "responseCodeSent": None,
        "httpRequest": {
            "clientIp": request.address,
            "country": _COUNTRIES[request.number % len(_COUNTRIES)],
            "headers": [
                {"name": name, "value": value} for name, value in _headers(client, request).items()
            ],
            "uri": request.path,
            "args": request.query,
            "httpVersion": "HTTP/2.0",
            "httpMethod": "GET",
            "requestId": f"1-{request.id:08x}-0a1b2c3d4e5f60718293a4b5",
        },
    }
    if labels:
        record["labels"] = [{"name": name} for name in labels]
    record["ja3Fingerprint"] = f"{client:02x}d705a3286e19ea42f587b344ee6865"
    record["ja4Fingerprint"] = f"t13d15{client:02d}h2_8daaf6152771_02713d6af862"
    record["requestBodySize"] = record["requestBodySizeInspectedByWAF"] = 0
    return msgspec.json.encode(record).decode()


def _groups(request: Request, group: str, rule: str, *, counted: bool) -> Iterator[_Table]:
    """What each rule group found."""
    for name in (*_GROUPS, _BOTS) if request.number % 4 == 0 else _GROUPS:
        ended = {"ruleId": rule, "action": "BLOCK", "ruleMatchDetails": None}
        watched = {"ruleId": "SizeRestrictions_BODY", "action": "COUNT", "ruleMatchDetails": []}
        yield {
            "ruleGroupId": f"AWS#AWSManagedRules{name}",
            "terminatingRule": ended if name == group else None,
            "nonTerminatingMatchingRules": [watched] * (counted and name == "CommonRuleSet"),
            "excludedRules": None,
            "customerConfig": None,
        }
        if name == group:
            return


def _bot_labels(client: int, request: Request) -> list[str]:
    bots = f"{_MANAGED}bot-control:"
    if client == 18:
        return [
            f"{bots}bot:category:search_engine",
            f"{bots}bot:name:bingbot",
            f"{bots}bot:verified",
            "awswaf:managed:token:absent",
        ]
    if client == 19:
        return [f"{bots}signal:non_browser_user_agent", "awswaf:managed:token:absent"]
    if request.number % 8:
        return ["awswaf:managed:token:absent"]
    identity = f"{request.number:08x}-1111-4222-8333-{request.id:012x}"
    return [f"awswaf:managed:token:id:{identity}", "awswaf:managed:token:accepted"]


def _headers(client: int, request: Request) -> _Headers:
    host = {"host": "shop.example.com"}
    if client == 18:
        return host | {"accept": "*/*", "user-agent": _CRAWLER, "accept-encoding": "gzip, br"}
    if client == 19 or not request.agent.startswith("Mozilla"):
        agent = request.agent if client != 19 else f"Shop/{request.agent_number}.1 okhttp/4.12.0"
        return host | {
            "user-agent": agent,
            "accept": "application/json",
            "accept-encoding": "gzip",
            "authorization": f"Bearer {_noise(request)}",
        }
    return host | _browser(client, request)


def _browser(client: int, request: Request) -> _Headers:
    version = 60 + request.agent_number % 80
    hints = {
        "sec-ch-ua": f'"Chromium";v="{version}", "Not:A-Brand";v="24",'
        f' "Google Chrome";v="{version}"',
        "sec-ch-ua-mobile": "?0",
        "sec-ch-ua-platform": '"Windows"',
    }
    noise = _noise(request)
    return {
        **(hints if client < 16 else {}),  # not every browser does
        "upgrade-insecure-requests": "1",
        "user-agent": request.agent,
        "accept": "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,"
        "image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7",
        "sec-fetch-site": "same-origin",
        "sec-fetch-mode": "navigate",
        "sec-fetch-user": "?1",
        "sec-fetch-dest": "document",
        "referer": "https://shop.example.com/",
        "accept-encoding": "gzip, deflate, br, zstd",
        "accept-language": _LANGUAGES[request.agent_number % len(_LANGUAGES)],
        "cookie": f"session={request.id:032x}; theme=dark; _ga=GA1.1.{request.number}.1772323200;"
        f" AWSALB={noise}; AWSALBCORS={noise}",
        "priority": "u=0, i",
    }


def _noise(request: Request) -> str:
    """88 characters that nobody has seen before."""
    return b64encode(sha512(b"%d" % request.number).digest()).decode()
