"""Every format there is. No record is accepted by two of them, so their order is only a guess at
which comes most often."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .access import Access
from .alb import Alb
from .apache_error import ApacheError
from .apigateway import ApiGateway
from .application import Application
from .auth import Auth
from .awslambda import Lambda
from .clb import Clb
from .cloudfront import CloudFront
from .cloudtrail import CloudTrail
from .cyclonedx import CycloneDx
from .eks import Eks
from .grype import Grype
from .guardduty import GuardDuty
from .inspector import Inspector
from .nginx_error import NginxError
from .nlb import Nlb
from .npm_audit import NpmAudit
from .ocsf import Ocsf
from .osv import Osv
from .pip_audit import PipAudit
from .route53 import Route53
from .s3access import S3Access
from .securityhub import SecurityHub
from .snyk import Snyk
from .trivy import Trivy
from .vpcflow import VpcFlow
from .vulnerability import Vulnerabilities
from .waf import Waf

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .base import Format
    from .vulnerability import Tool

TOOLS: tuple[Tool, ...] = (
    Inspector(),
    NpmAudit(),
    Snyk(),
    Osv(),
    PipAudit(),
    Trivy(),
    Grype(),
    CycloneDx(),
)
"""What looks for vulnerable packages."""

ALL: tuple[Format, ...] = (
    CloudTrail(),
    Waf(),
    GuardDuty(),
    VpcFlow(),
    Auth(),
    Eks(),
    Route53(),
    Lambda(),
    SecurityHub(),
    Ocsf(),
    Access(),
    Alb(),
    ApacheError(),
    ApiGateway(),
    Clb(),
    CloudFront(),
    NginxError(),
    Nlb(),
    S3Access(),
    *map(Vulnerabilities, TOOLS),
    Application(),  # guesses, which takes longest
)

FORMATS: Mapping[str, Format] = {known.name: known for known in ALL}
"""Every format by its name, as it stands in the column `format`."""
