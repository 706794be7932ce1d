"""Reports of vulnerable packages as each tool writes them, written for tests after the published
schemas. All tell of one night's shop, mostly of its old lodash."""

from __future__ import annotations

import json

LODASH_VECTOR = "CVSS:3.1/AV:N/AC:L/PR:H/UI:N/S:U/C:H/I:H/A:H"
"""Of CVE-2021-23337; its base score is 7.2."""
ZIP_VECTOR = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H"
"""Its base score is 10.0."""
FUNCTION = "arn:aws:lambda:eu-west-1:111122223333:function:shop-checkout"

NPM_7: dict[str, object] = {
    "auditReportVersion": 2,
    "vulnerabilities": {
        "lodash": {
            "name": "lodash",
            "severity": "high",
            "isDirect": True,
            "via": [
                {
                    "source": 1106913,
                    "name": "lodash",
                    "dependency": "lodash",
                    "title": "Command Injection in lodash",
                    "url": "https://github.com/advisories/GHSA-35jh-r3h4-6jhm",
                    "severity": "high",
                    "cwe": ["CWE-77", "CWE-94"],
                    "cvss": {"score": 7.2, "vectorString": LODASH_VECTOR},
                    "range": "<4.17.21",
                },
                {
                    "source": 1096996,
                    "name": "lodash",
                    "dependency": "lodash",
                    "title": "Regular Expression Denial of Service (ReDoS) in lodash",
                    "url": "https://github.com/advisories/GHSA-29mw-wpgm-hmr9",
                    "severity": "moderate",
                    "cwe": ["CWE-400"],
                    "cvss": {
                        "score": 5.3,
                        "vectorString": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:L",
                    },
                    "range": ">=4.0.0 <4.17.21",
                },
            ],
            "effects": ["async"],
            "range": "<=4.17.20",
            "nodes": ["node_modules/lodash"],
            "fixAvailable": True,
        },
        "async": {
            "name": "async",
            "severity": "high",
            "isDirect": True,
            "via": ["lodash"],
            "effects": [],
            "range": "2.0.0 - 2.6.3",
            "nodes": ["node_modules/async"],
            "fixAvailable": {"name": "async", "version": "3.2.6", "isSemVerMajor": True},
        },
        "minimist": {
            "name": "minimist",
            "severity": "critical",
            "isDirect": False,
            "via": [
                {
                    "source": 1097678,
                    "name": "minimist",
                    "dependency": "minimist",
                    "title": "Prototype Pollution in minimist",
                    "url": "https://github.com/advisories/GHSA-xvch-5gv4-984h",
                    "severity": "critical",
                    "cwe": ["CWE-1321"],
                    "cvss": {"score": 0, "vectorString": None},
                    "range": "<0.2.4",
                }
            ],
            "effects": [],
            "range": "<0.2.4",
            "nodes": ["node_modules/mkdirp/node_modules/minimist"],
            "fixAvailable": {"name": "mkdirp", "version": "0.5.6", "isSemVerMajor": False},
        },
    },
    "metadata": {"vulnerabilities": {"high": 2, "critical": 1, "total": 3}},
}
NPM_6: dict[str, object] = {
    "actions": [{"action": "update", "module": "lodash", "target": "4.17.21", "resolves": []}],
    "advisories": {
        "1673": {
            "findings": [
                {"version": "4.17.15", "paths": ["lodash", "async>lodash"]},
                {"version": "3.10.1", "paths": ["old-thing>lodash"]},
            ],
            "id": 1673,
            "title": "Command Injection",
            "module_name": "lodash",
            "cves": ["CVE-2021-23337"],
            "vulnerable_versions": "<4.17.21",
            "patched_versions": ">=4.17.21",
            "severity": "high",
            "github_advisory_id": "GHSA-35jh-r3h4-6jhm",
            "cvss": {"score": 7.2, "vectorString": LODASH_VECTOR},
            "url": "https://advisories.example/1673",
        },
        "1500": {
            "findings": [{"version": "1.0.0", "paths": ["gone"]}],
            "id": 1500,
            "title": "Malicious package",
            "module_name": "gone",
            "cves": [],
            "vulnerable_versions": ">=0.0.0",
            "patched_versions": "<0.0.0",
            "severity": "critical",
            "url": "https://advisories.example/1500",
        },
    },
    "muted": [],
    "metadata": {"vulnerabilities": {"high": 1}},
    "runId": "0d3a",
}
SNYK: dict[str, object] = {
    "vulnerabilities": [
        {
            "id": "SNYK-JS-LODASH-1040724",
            "title": "Command Injection",
            "CVSSv3": LODASH_VECTOR + "/E:P",
            "cvssScore": 7.2,
            "severity": "high",
            "identifiers": {
                "CVE": ["CVE-2021-23337"],
                "CWE": ["CWE-78"],
                "GHSA": ["GHSA-35jh-r3h4-6jhm"],
            },
            "semver": {"vulnerable": ["<4.17.21"]},
            "epssDetails": {
                "percentile": "0.69000",
                "probability": "0.01050",
                "modelVersion": "v2025.03.14",
            },
            "exploit": "Proof of Concept",
            "exploitDetails": {"maturityLevels": [{"format": "CVSSv3", "level": "Attacked"}]},
            "packageName": "lodash",
            "moduleName": "lodash",
            "packageManager": "npm",
            "from": ["shop-checkout@1.4.0", "async@2.6.3", "lodash@4.17.15"],
            "upgradePath": [False, "async@2.6.4", "lodash@4.17.21"],
            "fixedIn": ["4.17.21"],
            "isUpgradable": True,
            "name": "lodash",
            "version": "4.17.15",
            "publicationTime": "2021-02-15T11:50:50Z",
        },
        {
            "id": "snyk:lic:npm:thing:GPL-3.0",
            "type": "license",
            "license": "GPL-3.0",
            "severity": "high",
            "title": "GPL-3.0 license",
            "packageName": "thing",
            "name": "thing",
            "version": "2.0.0",
            "from": ["shop-checkout@1.4.0", "thing@2.0.0"],
        },
    ],
    "ok": False,
    "dependencyCount": 120,
    "org": "shop",
    "packageManager": "npm",
    "projectName": "shop-checkout",
    "displayTargetFile": "package-lock.json",
    "path": "/builds/shop-checkout",
    "summary": "2 vulnerable dependency paths",
}
SNYK_IMAGE: dict[str, object] = {
    "vulnerabilities": [
        {
            "id": "SNYK-DEBIAN12-ZLIB-6008963",
            "title": "Integer Overflow or Wraparound",
            "CVSSv3": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
            "cvssScore": 9.8,
            "severity": "critical",
            "identifiers": {"CVE": ["CVE-2023-45853"], "CWE": ["CWE-190"]},
            "packageName": "zlib",
            "packageManager": "debian:12",
            "from": ["docker-image|shop@1", "zlib/zlib1g@1:1.2.13.dfsg-1"],
            "fixedIn": [],
            "name": "zlib/zlib1g",
            "version": "1:1.2.13.dfsg-1",
        }
    ],
    "ok": False,
    "packageManager": "deb",
    "projectName": "docker-image|shop",
    "path": "111122223333.dkr.ecr.eu-west-1.amazonaws.com/shop:1",
    "docker": {"baseImage": "node:20-slim"},
}
SNYK_CLEAN: dict[str, object] = {
    "vulnerabilities": [],
    "ok": True,
    "projectName": "shop-site",
    "packageManager": "npm",
    "path": "/builds/shop-site",
}
OSV: dict[str, object] = {
    "results": [
        {
            "source": {"path": "/src/package-lock.json", "type": "lockfile"},
            "packages": [
                {
                    "package": {"name": "lodash", "version": "4.17.15", "ecosystem": "npm"},
                    "vulnerabilities": [
                        {
                            "id": "GHSA-35jh-r3h4-6jhm",
                            "modified": "2025-08-12T21:57:01Z",
                            "published": "2021-05-06T16:05:51Z",
                            "schema_version": "1.6.0",
                            "aliases": ["CVE-2021-23337", "SNYK-JS-LODASH-1040724"],
                            "summary": "Command Injection in lodash",
                            "affected": [
                                {
                                    "package": {"ecosystem": "npm", "name": "lodash"},
                                    "ranges": [
                                        {
                                            "type": "SEMVER",
                                            "events": [{"introduced": "0"}, {"fixed": "4.17.21"}],
                                        },
                                        {"type": "GIT", "events": [{"fixed": "c4847ebe7d14"}]},
                                    ],
                                },
                                {
                                    "package": {"ecosystem": "npm", "name": "lodash-es"},
                                    "ranges": [
                                        {"type": "SEMVER", "events": [{"fixed": "4.17.22"}]}
                                    ],
                                },
                            ],
                            "severity": [{"type": "CVSS_V3", "score": LODASH_VECTOR}],
                            "database_specific": {"severity": "HIGH"},
                        },
                        {
                            "id": "GHSA-29mw-wpgm-hmr9",
                            "modified": "2025-08-12T21:57:01Z",
                            "summary": "ReDoS in lodash",
                            "withdrawn": "2025-01-01T00:00:00Z",
                            "database_specific": {"severity": "MODERATE"},
                        },
                    ],
                    "groups": [
                        {
                            "ids": ["GHSA-35jh-r3h4-6jhm"],
                            "aliases": ["CVE-2021-23337", "GHSA-35jh-r3h4-6jhm"],
                            "max_severity": "7.2",
                        },
                        {
                            "ids": ["GHSA-29mw-wpgm-hmr9"],
                            "aliases": ["CVE-2020-28500", "GHSA-29mw-wpgm-hmr9"],
                            "max_severity": "5.3",
                        },
                    ],
                }
            ],
        }
    ],
    "experimental_config": {"licenses": {"summary": False}},
}
PIP_AUDIT: dict[str, object] = {
    "dependencies": [
        {
            "name": "jinja2",
            "version": "3.1.2",
            "vulns": [
                {
                    "id": "PYSEC-2024-11",
                    "fix_versions": ["3.1.3"],
                    "aliases": ["CVE-2024-22195", "GHSA-h5c8-rqwp-cp95"],
                    "description": "The xmlattr filter takes keys with spaces. It is unsafe.",
                },
                {
                    "id": "GHSA-h75v-3vvj-5mfj",
                    "fix_versions": [],
                    "aliases": ["CVE-2024-34064"],
                    "description": "",
                },
            ],
        },
        {"name": "boto3", "version": "1.43.1", "vulns": []},
        {"name": "local-thing", "skip_reason": "not on PyPI"},
    ],
    "fixes": [],
}
TRIVY: dict[str, object] = {
    "SchemaVersion": 2,
    "CreatedAt": "2026-03-14T09:00:00.123456789+01:00",
    "ArtifactName": "111122223333.dkr.ecr.eu-west-1.amazonaws.com/shop-checkout:1.4.0",
    "ArtifactType": "container_image",
    "Metadata": {"OS": {"Family": "debian", "Name": "12.5"}, "ImageID": "sha256:0a"},
    "Results": [
        {
            "Target": "shop-checkout:1.4.0 (debian 12.5)",
            "Class": "os-pkgs",
            "Type": "debian",
            "Vulnerabilities": [
                {
                    "VulnerabilityID": "CVE-2023-45853",
                    "PkgID": "zlib1g@1:1.2.13.dfsg-1",
                    "PkgName": "zlib1g",
                    "PkgIdentifier": {"PURL": "pkg:deb/debian/zlib1g@1.2.13.dfsg-1?epoch=1"},
                    "InstalledVersion": "1:1.2.13.dfsg-1",
                    "Status": "will_not_fix",
                    "SeveritySource": "debian",
                    "Title": "zlib: integer overflow",
                    "Severity": "CRITICAL",
                    "CVSS": {
                        "nvd": {
                            "V3Vector": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
                            "V3Score": 9.8,
                        }
                    },
                }
            ],
        },
        {
            "Target": "app/package-lock.json",
            "Class": "lang-pkgs",
            "Type": "npm",
            "Vulnerabilities": [
                {
                    "VulnerabilityID": "CVE-2021-23337",
                    "VendorIDs": ["GHSA-35jh-r3h4-6jhm"],
                    "PkgID": "lodash@4.17.15",
                    "PkgName": "lodash",
                    "PkgPath": "app/node_modules/lodash/package.json",
                    "PkgIdentifier": {"PURL": "pkg:npm/lodash@4.17.15"},
                    "InstalledVersion": "4.17.15",
                    "FixedVersion": "4.17.21, 5.0.0",
                    "Status": "fixed",
                    "SeveritySource": "ghsa",
                    "Title": "nodejs-lodash: command injection via template",
                    "Severity": "HIGH",
                    "VendorSeverity": {"ghsa": 3, "nvd": 3},
                    "CVSS": {
                        "ghsa": {"V3Vector": LODASH_VECTOR, "V3Score": 7.2},
                        "nvd": {
                            "V2Vector": "AV:N/AC:L/Au:S/C:P/I:P/A:P",
                            "V3Vector": ZIP_VECTOR,
                            "V2Score": 6.5,
                            "V3Score": 10,
                        },
                    },
                }
            ],
        },
        {"Target": "app/yarn.lock", "Class": "lang-pkgs", "Type": "yarn"},
    ],
}
GRYPE: dict[str, object] = {
    "matches": [
        {
            "vulnerability": {
                "id": "GHSA-35jh-r3h4-6jhm",
                "dataSource": "https://github.com/advisories/GHSA-35jh-r3h4-6jhm",
                "namespace": "github:language:javascript",
                "severity": "High",
                "description": "Command Injection in lodash",
                "cvss": [
                    {
                        "type": "Secondary",
                        "version": "3.1",
                        "vector": LODASH_VECTOR,
                        "metrics": {"baseScore": 7.2, "exploitabilityScore": 1.3},
                        "vendorMetadata": {},
                    }
                ],
                "epss": [
                    {
                        "cve": "CVE-2021-23337",
                        "epss": 0.0105,
                        "percentile": 0.69,
                        "date": "2026-03-13",
                    }
                ],
                "knownExploited": [{"cve": "CVE-2021-23337", "vendorProject": "lodash"}],
                "fix": {"versions": ["4.17.21"], "state": "fixed"},
                "advisories": [],
            },
            "relatedVulnerabilities": [
                {"id": "CVE-2021-23337", "namespace": "nvd:cpe", "severity": "High", "cvss": []}
            ],
            "matchDetails": [{"type": "exact-direct-match", "matcher": "javascript-matcher"}],
            "artifact": {
                "id": "ab12",
                "name": "lodash",
                "version": "4.17.15",
                "type": "npm",
                "locations": [{"path": "/app/node_modules/lodash/package.json"}],
                "language": "javascript",
                "purl": "pkg:npm/lodash@4.17.15",
            },
        },
        {
            "vulnerability": {
                "id": "CVE-2023-45853",
                "severity": "Negligible",
                "fix": {"versions": [], "state": "wont-fix"},
            },
            "relatedVulnerabilities": [],
            "artifact": {"name": "zlib1g", "version": "1:1.2.13.dfsg-1", "type": "deb"},
        },
    ],
    "source": {
        "type": "image",
        "target": {
            "userInput": "shop-checkout:1.4.0",
            "imageID": "sha256:0a",
            "tags": ["shop-checkout:1.4.0"],
        },
    },
    "distro": {"name": "debian", "version": "12"},
    "descriptor": {
        "name": "grype",
        "version": "0.90.0",
        "timestamp": "2026-03-14T08:00:00.5Z",
        "configuration": {"output": ["json"]},
    },
}
CYCLONEDX: dict[str, object] = {
    "bomFormat": "CycloneDX",
    "specVersion": "1.6",
    "serialNumber": "urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79",
    "version": 1,
    "metadata": {
        "timestamp": "2026-03-14T10:00:00Z",
        "component": {"type": "application", "name": "shop-checkout", "version": "1.4.0"},
    },
    "components": [
        {
            "type": "library",
            "bom-ref": "app",
            "name": "app",
            "version": "1",
            "components": [
                {
                    "type": "library",
                    "bom-ref": "lodash-ref",
                    "group": "@types",
                    "name": "lodash",
                    "version": "4.14.1",
                    "purl": "pkg:npm/%40types/lodash@4.14.1",
                }
            ],
        }
    ],
    "vulnerabilities": [
        {
            "bom-ref": "v1",
            "id": "CVE-2021-23337",
            "source": {"name": "NVD", "url": "https://nvd.nist.gov/vuln/detail/CVE-2021-23337"},
            "references": [{"id": "GHSA-35jh-r3h4-6jhm", "source": {"name": "GitHub"}}],
            "ratings": [
                {"source": {"name": "shop"}, "severity": "low", "method": "other"},
                {
                    "source": {"name": "NVD"},
                    "score": 7.2,
                    "severity": "high",
                    "method": "CVSSv31",
                    "vector": LODASH_VECTOR,
                },
            ],
            "description": "Command injection through the template function.",
            "recommendation": "Upgrade",
            "analysis": {
                "state": "not_affected",
                "justification": "code_not_reachable",
                "detail": "No template of ours is made from what comes in.",
            },
            "affects": [
                {
                    "ref": "urn:cdx:3e671687-395b-41f5-a30f-a58921a69b79/1#pkg:npm/lodash@4.17.15",
                    "versions": [{"range": "vers:semver/<4.17.21", "status": "affected"}],
                },
                {"ref": "lodash-ref"},
            ],
        },
        {
            "id": "CVE-2024-22195",
            "ratings": [{"severity": "medium"}],
            "analysis": {"state": "in_triage"},
            "affects": [{"ref": "pkg:pypi/jinja2@3.1.2"}],
        },
    ],
}


def inspector(
    number: int = 1,
    *,
    updated: str = "2026-03-14T11:00:00Z",
    status: str = "ACTIVE",
    function: str = "shop-checkout",
) -> dict[str, object]:
    """A finding of Amazon Inspector about a function, as the CLI prints it."""
    home = "arn:aws:lambda:eu-west-1:111122223333:function"
    return {
        "findingArn": f"arn:aws:inspector2:eu-west-1:111122223333:finding/{number:032x}",
        "awsAccountId": "111122223333",
        "type": "PACKAGE_VULNERABILITY",
        "title": "CVE-2021-23337 - lodash",
        "description": "Lodash prior to 4.17.21 is open to command injection.",
        "severity": "HIGH",
        "status": status,
        "firstObservedAt": "2026-03-01T11:00:00Z",
        "lastObservedAt": updated,
        "updatedAt": updated,
        "fixAvailable": "YES",
        "exploitAvailable": "YES",
        "epss": {"score": 0.0105},
        "inspectorScore": 7.2,
        "inspectorScoreDetails": {
            "adjustedCvss": {
                "scoreSource": "NVD",
                "cvssSource": "NVD",
                "version": "3.1",
                "score": 7.2,
                "scoringVector": LODASH_VECTOR,
                "adjustments": [],
            }
        },
        "packageVulnerabilityDetails": {
            "vulnerabilityId": "CVE-2021-23337",
            "relatedVulnerabilities": ["GHSA-35jh-r3h4-6jhm"],
            "source": "NVD",
            "sourceUrl": "https://nvd.nist.gov/vuln/detail/CVE-2021-23337",
            "vendorSeverity": "HIGH",
            "cvss": [
                {
                    "baseScore": 6.5,
                    "scoringVector": "AV:N/AC:L/Au:S/C:P/I:P/A:P",
                    "version": "2.0",
                    "source": "NVD",
                },
                {
                    "baseScore": 7.2,
                    "scoringVector": LODASH_VECTOR,
                    "version": "3.1",
                    "source": "NVD",
                },
            ],
            "referenceUrls": [],
            "vulnerablePackages": [
                {
                    "name": "lodash",
                    "version": "4.17.15",
                    "epoch": 0,
                    "packageManager": "NODEPKG",
                    "filePath": "node_modules/lodash/package.json",
                    "fixedInVersion": "4.17.21",
                }
            ],
        },
        "resources": [
            {
                "type": "AWS_LAMBDA_FUNCTION",
                "id": f"{home}:{function}:$LATEST",
                "partition": "aws",
                "region": "eu-west-1",
                "tags": {"service": "checkout"},
                "details": {
                    "awsLambdaFunction": {
                        "functionName": function,
                        "runtime": "NODEJS_20_X",
                        "version": "$LATEST",
                        "codeSha256": "0a",
                        "executionRoleArn": "arn:aws:iam::111122223333:role/shop-checkout",
                    }
                },
            }
        ],
        "remediation": {"recommendation": {"text": "None Provided"}},
    }


INSPECTOR: dict[str, object] = {"findings": [inspector(1), inspector(2, function="shop-search")]}

REPORTS: dict[str, tuple[object, ...]] = {
    "inspector": (INSPECTOR,),
    "npm_audit": (NPM_7, NPM_6),
    "snyk": (SNYK, SNYK_IMAGE, [SNYK, SNYK_IMAGE, SNYK_CLEAN]),
    "osv": (OSV,),
    "pip_audit": (PIP_AUDIT, PIP_AUDIT["dependencies"]),
    "trivy": (TRIVY,),
    "grype": (GRYPE,),
    "cyclonedx": (CYCLONEDX,),
}
"""Whole documents by format."""


def text(document: object) -> bytes:
    """A document as tools print it."""
    return json.dumps(document, indent=2).encode()
