"""Small records of every format, written for tests."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.holes import FUNCTION, LODASH_VECTOR

if TYPE_CHECKING:
    from collections.abc import Mapping

_OWNER = "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"
_CLF = "[15/Mar/2026:02:09:NN +0000]"
_TAB = "\t"


_TRAIL = {
    "eventVersion": "1.08",
    "userIdentity": {
        "type": "IAMUser",
        "principalId": "AIDAEXAMPLE",
        "arn": "arn:aws:iam::111122223333:user/maria",
        "accountId": "111122223333",
        "accessKeyId": "AKIAIOSFODNN7EXAMPLE",
        "userName": "maria",
    },
    "eventTime": "2026-03-15T02:09:NNZ",
    "eventSource": "dynamodb.amazonaws.com",
    "eventName": "DeleteItem",
    "awsRegion": "eu-west-1",
    "sourceIPAddress": "203.0.113.77",
    "userAgent": "Bötö3/1.34",
    "requestParameters": {"tableName": "orders"},
    "responseElements": None,
    "eventID": "5f2f2b3c-0000-4000-8000-0000000000NN",
    "recipientAccountId": "111122223333",
}
_WAF = {
    "timestamp": 17735405510_00,
    "formatVersion": 1,
    "webaclId": "arn:aws:wafv2:eu-west-1:111122223333:regional/webacl/shop/1a2b",
    "terminatingRuleId": "rate",
    "terminatingRuleType": "RATE_BASED",
    "action": "BLOCK",
    "httpSourceName": "ALB",
    "httpSourceId": "app/shop/50",
    "httpRequest": {
        "clientIp": "203.0.113.77",
        "country": "NL",
        "headers": [
            {"name": "Host", "value": "shop.example.org"},
            {"name": "X-Forwarded-For", "value": "6.6.6.6, 203.0.113.9"},
        ],
        "uri": "/login",
        "args": "a=NN",
        "httpVersion": "HTTP/1.1",
        "httpMethod": "POST",
        "requestId": "1-67d4c000-NN",
    },
}
_GUARDDUTY = {
    "schemaVersion": "2.0",
    "accountId": "111122223333",
    "region": "eu-west-1",
    "id": "16afba5c5c43e07c9e3e5e2e544e95NN",
    "arn": "arn:aws:guardduty:eu-west-1:111122223333:detector/1/finding/16afba5c95NN",
    "type": "UnauthorizedAccess:IAMUser/MaliciousIPCaller.Custom",
    "resource": {
        "resourceType": "AccessKey",
        "accessKeyDetails": {
            "accessKeyId": "AKIAIOSFODNN7EXAMPLE",
            "principalId": "AIDAEXAMPLE",
            "userType": "IAMUser",
            "userName": "maria",
        },
    },
    "service": {
        "serviceName": "guardduty",
        "action": {
            "actionType": "AWS_API_CALL",
            "awsApiCallAction": {
                "api": "ListTables",
                "serviceName": "dynamodb.amazonaws.com",
                "callerType": "Remote IP",
                "remoteIpDetails": {"ipAddressV4": "203.0.113.77"},
            },
        },
        "eventFirstSeen": "2026-03-15T02:00:00Z",
        "eventLastSeen": "2026-03-15T02:09:00Z",
        "archived": False,
        "count": 5,
    },
    "severity": 5,
    "createdAt": "2026-03-15T02:08:00.000Z",
    "updatedAt": "2026-03-15T02:09:NN.000Z",
    "title": "Reconnaissance API was invoked from a listed address.",
    "description": "ListTables was invoked from an address on the list x.",
}
_FINDING = {
    "SchemaVersion": "2018-10-08",
    "Id": "arn:aws:securityhub:eu-west-1:111122223333:finding/NN",
    "ProductArn": "arn:aws:securityhub:eu-west-1::product/aws/securityhub",
    "GeneratorId": "security-control/EC2.19",
    "AwsAccountId": "111122223333",
    "Types": ["TTPs/Initial Access"],
    "CreatedAt": "2026-03-15T02:08:00.000Z",
    "UpdatedAt": "2026-03-15T02:09:NN.000Z",
    "Severity": {"Label": "HIGH"},
    "Title": "Port 22 is open to the world",
    "Action": {
        "ActionType": "AWS_API_CALL",
        "AwsApiCallAction": {"RemoteIpDetails": {"IpAddressV4": "203.0.113.77"}},
    },
    "Resources": [{"Type": "AwsEc2SecurityGroup", "Id": "arn:aws:ec2:eu-west-1:1:sg/sg-1"}],
}
_OCSF = {
    "class_uid": 6003,
    "category_uid": 6,
    "activity_id": 4,
    "time": 1773540551000,
    "severity_id": 1,
    "status_id": 2,
    "metadata": {"uid": "ocsf-NN", "version": "1.1.0", "product": {"name": "CloudTrail"}},
    "actor": {"user": {"type": "IAMUser", "name": "maria", "uid": "AIDAEXAMPLE"}},
    "api": {"operation": "DeleteItem", "service": {"name": "dynamodb.amazonaws.com"}},
    "src_endpoint": {"ip": "203.0.113.77"},
}
_EKS = {
    "kind": "Event",
    "apiVersion": "audit.k8s.io/v1",
    "level": "Metadata",
    "auditID": "0f3c9d1e-00NN-4b6f-9c1a-2d3e4f5a6b7c",
    "stage": "ResponseComplete",
    "requestURI": "/api/v1/namespaces/prod/secrets",
    "verb": "list",
    "user": {"username": "system:anonymous", "groups": ["system:unauthenticated"]},
    "sourceIPs": ["203.0.113.77"],
    "userAgent": "kubectl/v1.29.0",
    "objectRef": {"resource": "secrets", "namespace": "prod", "apiVersion": "v1"},
    "responseStatus": {"code": 403},
    "requestReceivedTimestamp": "2026-03-15T02:09:NN.000000Z",
    "stageTimestamp": "2026-03-15T02:09:NN.000000Z",
}
_DNS = {
    "version": "1.100000",
    "account_id": "111122223333",
    "region": "eu-west-1",
    "vpc_id": "vpc-0123456789abcdef0",
    "query_timestamp": "2026-03-15T02:09:NNZ",
    "query_name": "xNN.evil.example.",
    "query_type": "TXT",
    "query_class": "IN",
    "rcode": "NXDOMAIN",
    "answers": [],
    "srcaddr": "10.0.1.20",
    "srcport": "5353",
    "transport": "UDP",
    "srcids": {"instance": "i-0d15cd0d3"},
}
_API = {
    "requestId": "c6af9ac6-7b61-11e6-9a41-93e8deadbeNN",
    "ip": "203.0.113.77",
    "requestTime": "15/Mar/2026:02:09:NN +0000",
    "httpMethod": "DELETE",
    "resourcePath": "/orders/{id}",
    "status": "403",
    "protocol": "HTTP/1.1",
    "responseLength": "23",
}
_APPLICATION = {
    "timestamp": "2026-03-15T02:09:NN.000Z",
    "level": "warn",
    "msg": "login failed",
    "clientIp": "203.0.113.77",
    "user": "jürgen",
    "method": "POST",
    "path": "/login?a=1",
    "status": 401,
    "headers": {"x-forwarded-for": "6.6.6.6, 10.0.0.1"},
}
_LAMBDA = {
    "timestamp": "2026-03-15T02:09:NN.000Z",
    "level": "ERROR",
    "message": "payment refused",
    "requestId": "6f7f0961-f834-4bf5-9d4d-d2a8ac8f5d5e",
}
_PLATFORM = {
    "time": "2026-03-15T02:09:NN.000Z",
    "type": "platform.report",
    "record": {
        "requestId": "6f7f0961-f834-4bf5-9d4d-d2a8ac8f5d5e",
        "metrics": {"durationMs": 9},
        "status": "error",
    },
}
_HOLE = {"id": "CVE-2026-00NN", "severity": "High", "fix": {"versions": ["2.0"]}}
_INSPECTOR = {
    "findingArn": "arn:aws:inspector2:eu-west-1:111122223333:finding/NN",
    "awsAccountId": "111122223333",
    "type": "PACKAGE_VULNERABILITY",
    "title": "CVE-2021-23337 - lödash",
    "severity": "HIGH",
    "status": "ACTIVE",
    "updatedAt": "2026-03-15T02:09:NN.000Z",
    "packageVulnerabilityDetails": {
        "vulnerabilityId": "CVE-2021-23337",
        "cvss": [{"version": "3.1", "scoringVector": LODASH_VECTOR, "baseScore": 7.2}],
        "vulnerablePackages": [{"name": "lödash", "version": "4.17.15"}],
    },
    "resources": [{"type": "AWS_LAMBDA_FUNCTION", "id": f"{FUNCTION}:$LATEST"}],
}
_NPM_7 = {
    "auditReportVersion": 2,
    "vulnerabilities": {
        "lödash": {
            "name": "lödash",
            "via": [
                {
                    "source": "10NN",
                    "severity": "high",
                    "url": "https://github.com/advisories/GHSA-35jh-r3h4-6jhm",
                    "cvss": {"score": 7.2, "vectorString": LODASH_VECTOR},
                    "range": "<4.17.21",
                }
            ],
            "nodes": ["node_modules/lödash"],
        }
    },
}
_NPM_6 = {
    "advisories": {
        "16NN": {
            "findings": [{"version": "4.17.15", "paths": ["a>lodash"]}],
            "module_name": "lodash",
            "severity": "high",
            "patched_versions": ">=4.17.21",
        }
    },
    "metadata": {},
}
_SNYK = {
    "ok": False,
    "projectName": "shöp",
    "vulnerabilities": [
        {
            "id": "SNYK-JS-LODASH-NN",
            "packageName": "lodash",
            "version": "4.17.15",
            "CVSSv3": LODASH_VECTOR,
            "severity": "high",
            "from": ["shop@1", "lodash@4.17.15"],
        }
    ],
}
_OSV = {
    "results": [
        {
            "source": {"path": "/src/package-lock.json", "type": "lockfile"},
            "packages": [
                {
                    "package": {"name": "lodash", "version": "4.17.15", "ecosystem": "npm"},
                    "vulnerabilities": [{"id": "GHSA-NN", "summary": "Bäd"}],
                }
            ],
        }
    ]
}
_PIP_AUDIT = {
    "dependencies": [{"name": "jinja2", "version": "3.1.2", "vulns": [{"id": "PYSEC-2026-NN"}]}],
    "fixes": [],
}
_TRIVY = {
    "SchemaVersion": 2,
    "ArtifactName": "shop:1",
    "Results": [
        {
            "Target": "package-lock.json",
            "Vulnerabilities": [
                {
                    "VulnerabilityID": "CVE-2026-00NN",
                    "PkgName": "lodash",
                    "InstalledVersion": "4.17.15",
                    "Severity": "HIGH",
                }
            ],
        }
    ],
}
_GRYPE = {
    "matches": [{"vulnerability": _HOLE, "artifact": {"name": "lodash", "version": "4.17.15"}}],
    "source": {"type": "image", "target": {"userInput": "shöp:1"}},
    "descriptor": {"name": "grype"},
}
_CYCLONEDX = {
    "bomFormat": "CycloneDX",
    "vulnerabilities": [{"id": "CVE-2026-00NN", "affects": [{"ref": "pkg:npm/lodash@4.17.15"}]}],
}

_TEMPLATES: Mapping[str, tuple[str | Mapping[str, object], ...]] = {
    "cloudtrail": (_TRAIL,),
    "waf": (_WAF,),
    "guardduty": (_GUARDDUTY,),
    "vpcflow": (
        "2 111122223333 eni-0a1b2c3d 203.0.113.77 10.0.1.20 400NN 22 6 2 104"
        " 1773540551 1773540611 REJECT OK",
    ),
    "auth": (
        "Mar 15 02:09:NN bastion sshd[900]: Failed password for invalid user admin from"
        " 203.0.113.77 port 40100 ssh2",
        "2026-03-15T02:09:NN.123456+00:00 bastion sudo: jürgen : 3 incorrect password attempts ;"
        " TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/sh",
        "<86>1 2026-03-15T02:09:NN.1Z bastion sshd 900 - [a b=\"c\"] Connection closed by"
        " authenticating user root 203.0.113.77 port 1234 [preauth]",
        "Mar 15 02:09:NN bastion su: pam_unix(su:auth): authentication failure; logname=a uid=1"
        " euid=0 tty=t ruser=jürgen rhost=203.0.113.77  user=root",
        "Mar 15 02:09:NN bastion sshd[1]: message repeated 2 times: [ Failed password for root"
        " from 203.0.113.77 port 1 ssh2]",
    ),
    "eks": (_EKS,),
    "route53": (_DNS,),
    "lambda": (
        _LAMBDA,
        _PLATFORM,
        f"[ERROR]{_TAB}2026-03-15T02:09:NN.000Z{_TAB}8f507cfc-0000-4697-b07a-ac58fc914c95{_TAB}x",
        f"2026-03-15T02:09:NN.000Z{_TAB}8f507cfc-0000-4697-b07a-ac58fc914c95{_TAB}INFO{_TAB}x",
        "2026-03-15T02:09:NN.000Z 8f507cfc-0000-4697-b07a-ac58fc914c95 Task timed out after 3.00"
        " seconds",
    ),
    "securityhub": (_FINDING,),
    "ocsf": (_OCSF,),
    "access": (
        f'203.0.113.77 - - {_CLF} "GET /a?n=NN HTTP/1.1" 404 196 "-" "cürl/8.5"'
        ' "6.6.6.6, 10.0.0.1"',
        f'www.example.org:80 2001:db8::9 - maria {_CLF} "POST /\\x22\\"x HTTP/1.0" 401 -',
    ),
    "alb": (
        "https 2026-03-15T02:09:NN.1Z app/shop/50 [2001:db8::9]:2817 10.0.0.1:80 0.086 0.048 0.037"
        ' 403 403 34 366 "GET https://shop.example.org:443/a?b=\\"1 HTTP/1.1" "curl" ECDHE TLSv1.2'
        ' - "Root=1-5" "x" "-" 1 - "waf" "-" "-"',
        "2026-03-15T02:09:NNZ 203.0.113.77 51341 443 TLSv1.2 ECDHE 4.036 \"CN=x\" NotBefore=x FE"
        " Success TID_31",
        '{"type":"h2","time":"2026-03-15T02:09:NNZ","elb":"app/shop/50",'
        '"client_ip":"203.0.113.77","elb_status_code":"403","request":"GET / HTTP/2.0"}',
    ),
    "apache_error": (
        "[Sun Mar 15 02:09:NN.123456 2026] [core:error] [pid 7:tid 9] (36)File name too long:"
        " [client 203.0.113.77:5123] AH01630: client denied by server configuration: /x",
    ),
    "apigateway": (
        _API,
        f'203.0.113.77 - - {_CLF}"GET /x HTTP/1.1" 403 23 c6af9ac6-7b61-11e6-9a41-93e8deadbeef',
    ),
    "clb": (
        "2026-03-15T02:09:NN.123456Z shop 203.0.113.77:2817 10.0.0.1:80 0.01 0.01 0.01 200 200 0"
        ' 29 "GET http://x:80/ HTTP/1.1" "curl" - -',
    ),
    "cloudfront": (
        '{"date":"2026-03-15","time":"02:09:NN","c-ip":"203.0.113.77","sc-status":"403",'
        '"x-edge-request-id":"AbNN=="}',
        _TAB.join(
            (
                *("2026-03-15", "02:09:NN", "FRA56", "7", "203.0.113.77", "GET", "h", "/a"),
                *("403", "-", "a%2520b", "-", "-", "", "AcNN=="),
            )
        ),
    ),
    "nginx_error": (
        "2026/03/15 02:09:NN [error] 31#31: *46 open() failed, client: 203.0.113.77, server: shop,"
        ' request: "GET /x?y HTTP/1.1", host: "shop.example.org"',
    ),
    "nlb": (
        "tls 2.0 2026-03-15T02:09:NN net/edge/c6 g3 203.0.113.77:51341 172.16.0.9:443 5 2 98 246 -"
        ' - - ECDHE tlsv12 - shop.example.org h2 h2 "h2, h3" 2026-03-15T02:09:10',
    ),
    "s3access": (
        f"{_OWNER} orders [15/Mar/2026:02:09:NN +0000] 203.0.113.77 - 3E57NN REST.GET.OBJECT a"
        ' "GET /orders/a HTTP/1.1" 403 AccessDenied 243 - 7 5 "-" "aws-cli" - x= SigV4 -',
    ),
    "application": (_APPLICATION,),
    "inspector": (_INSPECTOR,),
    "npm_audit": (_NPM_7, _NPM_6),
    "snyk": (_SNYK,),
    "osv": (_OSV,),
    "pip_audit": (_PIP_AUDIT, _PIP_AUDIT["dependencies"][0]),
    "trivy": (_TRIVY,),
    "grype": (_GRYPE,),
    "cyclonedx": (_CYCLONEDX,),
}  # fmt: skip

FORMATS = tuple(_TEMPLATES)
"""The names of all formats there are samples of."""
TIMELESS = ("inspector", "npm_audit", "snyk", "osv", "pip_audit", "trivy", "grype", "cyclonedx")
"""Of these, whose rows have no time."""

FLOW_HEADER = b"version srcaddr dstaddr action log-status start end pkt-srcaddr flow-direction"
FRONT_HEADER = b"#Fields: date time c-ip cs-method cs-uri-stem sc-status x-forwarded-for"


def record(name: str, number: int = 0, layout: int = 0) -> bytes:
    """A record of a format, one line; another one for each number up to 59."""
    template = _TEMPLATES[name][layout]
    text = template if isinstance(template, str) else json.dumps(template, ensure_ascii=False)
    return text.replace("NN", f"{number:02}").encode()


def records(name: str) -> list[bytes]:
    """One record of every layout of a format."""
    return [record(name, layout, layout) for layout in range(len(_TEMPLATES[name]))]


def flow(number: int) -> bytes:
    """A line under `FLOW_HEADER`."""
    return b"5 203.0.113.77 10.0.0.4 REJECT OK 17735405%02d 1773540611 - ingress" % number


def front(number: int) -> bytes:
    """A line under `FRONT_HEADER`."""
    return b"2026-03-15\t02:09:%02d\t203.0.113.77\tGET\t/a\t403\t6.6.6.6,%%2010.0.0.1" % number


def is_json(record: bytes) -> bool:
    """Whether a record is a document."""
    return record.startswith(b"{")
