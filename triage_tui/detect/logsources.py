"""Which formats a rule's log source means."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from .ruleset import LogSource


class _Known(NamedTuple):
    """What a format is called in rules."""

    categories: frozenset[str] = frozenset()
    products: frozenset[str] = frozenset()
    services: frozenset[str] = frozenset()


def _known(categories: str = "", products: str = "", services: str = "") -> _Known:
    return _Known(
        frozenset(categories.split()), frozenset(products.split()), frozenset(services.split())
    )


_WEB = "webserver proxy"
_HOLES = "vulnerability"
KNOWN: dict[str, _Known] = {
    "cloudtrail": _known("", "aws", "cloudtrail"),
    "guardduty": _known("", "aws", "guardduty"),
    "securityhub": _known("", "aws", "securityhub"),
    "ocsf": _known("", "aws ocsf", "ocsf securitylake"),
    "waf": _known(f"{_WEB} waf", "aws", "waf"),
    "alb": _known(_WEB, "aws", "alb elb"),
    "clb": _known(_WEB, "aws", "clb elb"),
    "nlb": _known("", "aws", "nlb"),
    "cloudfront": _known(_WEB, "aws", "cloudfront"),
    "apigateway": _known(_WEB, "aws", "apigateway"),
    "s3access": _known(_WEB, "aws", "s3 s3access"),
    "access": _known(_WEB, "apache nginx", "apache nginx access"),
    "nginx_error": _known("webserver", "nginx", "nginx error"),
    "apache_error": _known("webserver", "apache", "apache error"),
    "vpcflow": _known("firewall network_connection", "aws", "vpcflow vpc_flow vpcflowlogs"),
    "route53": _known("dns dns_query", "aws", "route53"),
    "eks": _known("", "aws kubernetes", "eks audit kube-audit"),
    "lambda": _known("application", "aws", "lambda"),
    "application": _known("application"),
    "auth": _known("authentication", "linux", "auth sshd sudo su"),
    "inspector": _known(_HOLES, "aws", "inspector inspector2"),
    "npm_audit": _known(_HOLES, "npm", "npm_audit"),
    "snyk": _known(_HOLES, "snyk", "snyk"),
    "osv": _known(_HOLES, "osv", "osv"),
    "pip_audit": _known(_HOLES, "python", "pip_audit"),
    "trivy": _known(_HOLES, "trivy", "trivy"),
    "grype": _known(_HOLES, "grype", "grype"),
    "cyclonedx": _known(_HOLES, "cyclonedx", "cyclonedx"),
}
"""What rules call each format. `any` as a product, and `finding` as a category, are ours."""

FINDINGS = frozenset(("guardduty", "securityhub"))


def formats_of(source: LogSource) -> frozenset[str]:
    """The formats that a log source means; none where none of it can come here.

    What a rule says must hold: a rule that names nothing but a service is for every product.
    """
    return frozenset(name for name, known in KNOWN.items() if _means(source, known, name))


def _means(source: LogSource, known: _Known, name: str) -> bool:
    if source.category and source.category.lower() == "finding":
        return name in FINDINGS
    return (
        (not source.category or source.category.lower() in known.categories)
        and (not source.product or source.product.lower() in (*known.products, "any"))
        and (not source.service or source.service.lower() in known.services)
    )
