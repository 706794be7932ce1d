"""What Amazon Inspector knew of the shop's functions that night."""

from typing import NamedTuple

from triage_tui.demo.cast import ACCOUNT, REGION, Json, dice

API = "orders-api"
"""Behind `/api/v2/orders`: where the injections went."""
MAILER = "orders-mailer"
"""Nobody comes to it from outside."""


class Hole(NamedTuple):
    """A vulnerability of a package; the names, vectors and versions are those of the CVE."""

    function: str
    cve: str
    package: str
    version: str
    fixed: str
    vector: str
    score: float
    severity: str
    epss: float
    aliases: tuple[str, ...] = ()


HOLES = (
    Hole(
        API, "CVE-2021-23337", "lodash", "4.17.15", "4.17.21",
        "CVSS:3.1/AV:N/AC:L/PR:H/UI:N/S:U/C:H/I:H/A:H", 7.2, "HIGH", 0.0105,
        ("GHSA-35jh-r3h4-6jhm",),
    ),
    Hole(
        API, "CVE-2020-8203", "lodash", "4.17.15", "4.17.19",
        "CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:N/I:H/A:H", 7.4, "HIGH", 0.021,
        ("GHSA-p6mc-m468-83gw",),
    ),
    Hole(
        MAILER, "CVE-2021-3749", "axios", "0.21.1", "0.21.2",
        "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H", 7.5, "HIGH", 0.084,
        ("GHSA-cph5-m8f7-6c5x",),
    ),
)  # fmt: skip
SERVED = {API: "orders-shop:/api/v2/orders"}
"""By what a function is reached: the web ACL, and a path."""


def list_findings() -> Json:
    """The output of ListFindings."""
    return {"findings": [_finding(hole) for hole in HOLES]}


def _finding(hole: Hole) -> Json:
    number = f"{dice(f'inspector {hole.cve}').getrandbits(128):032x}"
    tags = {"project": "orders"}
    if hole.function in SERVED:
        tags["reached-by"] = SERVED[hole.function]
    return {
        "findingArn": f"arn:aws:inspector2:{REGION}:{ACCOUNT}:finding/{number}",
        "awsAccountId": ACCOUNT,
        "type": "PACKAGE_VULNERABILITY",
        "title": f"{hole.cve} - {hole.package}",
        "description": f"{hole.package} before {hole.fixed} has a known vulnerability.",
        "severity": hole.severity,
        "status": "ACTIVE",
        "firstObservedAt": "2026-02-19T07:12:40.118Z",
        "lastObservedAt": "2026-03-14T22:40:03.551Z",
        "updatedAt": "2026-03-14T22:40:03.551Z",
        "fixAvailable": "YES",
        "exploitAvailable": "YES",
        "epss": {"score": hole.epss},
        "inspectorScore": hole.score,
        "inspectorScoreDetails": {
            "adjustedCvss": {
                "scoreSource": "NVD",
                "cvssSource": "NVD",
                "version": "3.1",
                "score": hole.score,
                "scoringVector": hole.vector,
                "adjustments": [],
            }
        },
        "packageVulnerabilityDetails": {
            "vulnerabilityId": hole.cve,
            "relatedVulnerabilities": list(hole.aliases),
            "source": "NVD",
            "sourceUrl": f"https://nvd.nist.gov/vuln/detail/{hole.cve}",
            "vendorSeverity": hole.severity,
            "cvss": [
                {
                    "baseScore": hole.score,
                    "scoringVector": hole.vector,
                    "version": "3.1",
                    "source": "NVD",
                }
            ],
            "referenceUrls": [],
            "vulnerablePackages": [
                {
                    "name": hole.package,
                    "version": hole.version,
                    "epoch": 0,
                    "packageManager": "NODEPKG",
                    "filePath": f"node_modules/{hole.package}/package.json",
                    "fixedInVersion": hole.fixed,
                }
            ],
        },
        "resources": [
            {
                "type": "AWS_LAMBDA_FUNCTION",
                "id": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{hole.function}:$LATEST",
                "partition": "aws",
                "region": REGION,
                "tags": tags,
                "details": {
                    "awsLambdaFunction": {
                        "functionName": hole.function,
                        "runtime": "NODEJS_20_X",
                        "version": "$LATEST",
                        "codeSha256": "EXAMPLE",
                        "executionRoleArn": f"arn:aws:iam::{ACCOUNT}:role/{hole.function}",
                    }
                },
            }
        ],
        "remediation": {"recommendation": {"text": "None Provided"}},
    }
