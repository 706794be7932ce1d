"""What each tool that looks for vulnerable packages says: package, version, severity, fix, and what
it is in; and that a broken report is told as such."""

from __future__ import annotations

import json
from array import array
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import holes
from triage_tui.formats.decode import decode, describe
from triage_tui.formats.severities import base_score, of_score, rate
from triage_tui.formats.vulnerability import names, package_of, told
from triage_tui.model import NO_TIME, Batch, Columns, Severity, Vulnerability

if TYPE_CHECKING:
    from collections.abc import Mapping


def columns_of(raw: bytes) -> Columns:
    return decode(Batch(0, raw, array("Q", [0]), array("Q", [len(raw)]), 5, 0))


def found(document: object) -> list[Vulnerability]:
    """All holes of a document, none of which is lost."""
    columns = columns_of(holes.text(document))
    assert columns.unparsed == 0
    assert set(columns.time) <= {NO_TIME}
    return [each.vulnerability for each in columns.vulnerabilities]


def only(document: object, package: str, known: str) -> Vulnerability:
    [hole] = [each for each in found(document) if (each.package, each.id) == (package, known)]
    return hole


def test_npm_7_names_the_range_and_the_fix() -> None:
    assert len(found(holes.NPM_7)) == 3  # async has no hole of its own
    hole = only(holes.NPM_7, "lodash", "GHSA-35jh-r3h4-6jhm")
    assert (hole.version, hole.affected, hole.fixed) == ("", "<4.17.21", ("4.17.21",))
    assert (hole.severity, hole.score, hole.vector) == (Severity.HIGH, 7.2, holes.LODASH_VECTOR)
    assert (hole.aliases, hole.place) == (("npm:1106913",), "node_modules/lodash")
    assert hole.title == "Command Injection in lodash"


def test_npm_7_without_a_score_has_its_word_and_no_fix_of_another_package() -> None:
    hole = only(holes.NPM_7, "minimist", "GHSA-xvch-5gv4-984h")
    assert (hole.severity, hole.score) == (Severity.CRITICAL, None)
    assert hole.fixed == ("0.2.4",)  # not mkdirp's 0.5.6


def test_npm_6_names_the_versions_that_are_installed() -> None:
    lodash = [hole for hole in found(holes.NPM_6) if hole.package == "lodash"]
    assert [(hole.version, hole.place) for hole in lodash] == [
        ("4.17.15", "lodash, async>lodash"),
        ("3.10.1", "old-thing>lodash"),
    ]
    assert {(hole.id, hole.fixed, hole.score) for hole in lodash} == {
        ("CVE-2021-23337", ("4.17.21",), 7.2)
    }
    assert lodash[0].aliases == ("GHSA-35jh-r3h4-6jhm", "npm:1673")
    gone = only(holes.NPM_6, "gone", "npm:1500")
    assert (gone.fixed, gone.severity) == ((), Severity.CRITICAL)


def test_snyk_tells_of_a_project_by_the_path_in_its_tree() -> None:
    [hole] = found(holes.SNYK)  # a licence is none
    assert (hole.package, hole.version, hole.fixed) == ("lodash", "4.17.15", ("4.17.21",))
    assert (hole.id, hole.severity, hole.score) == ("CVE-2021-23337", Severity.HIGH, 7.2)
    assert hole.aliases == ("SNYK-JS-LODASH-1040724", "GHSA-35jh-r3h4-6jhm")
    assert hole.resource == "shop-checkout (package-lock.json)"
    assert hole.place == "async@2.6.3 > lodash@4.17.15"
    assert (hole.epss, hole.exploited) == (0.0105, True)


def test_snyk_of_several_projects_is_a_list() -> None:
    columns = columns_of(holes.text([holes.SNYK, holes.SNYK_IMAGE, holes.SNYK_CLEAN]))
    told_of = [
        (each.vulnerability.package, each.vulnerability.resource)
        for each in columns.vulnerabilities
    ]
    assert told_of == [
        ("lodash", "shop-checkout (package-lock.json)"),
        ("zlib", "111122223333.dkr.ecr.eu-west-1.amazonaws.com/shop:1"),
    ]


def test_osv_takes_the_group_s_names_and_the_package_s_own_fix() -> None:
    hole = only(holes.OSV, "lodash", "CVE-2021-23337")
    assert (hole.version, hole.fixed, hole.score) == ("4.17.15", ("4.17.21",), 7.2)
    assert (hole.severity, hole.ecosystem) == (Severity.HIGH, "npm")
    assert hole.resource == "/src/package-lock.json"
    assert hole.aliases == ("GHSA-35jh-r3h4-6jhm", "SNYK-JS-LODASH-1040724")
    withdrawn = only(holes.OSV, "lodash", "CVE-2020-28500")
    assert (withdrawn.open, withdrawn.remark) == (False, "withdrawn")
    assert (withdrawn.severity, withdrawn.score) == (Severity.MEDIUM, 5.3)


@pytest.mark.parametrize("document", [holes.PIP_AUDIT, holes.PIP_AUDIT["dependencies"]])
def test_pip_audit_old_and_new(document: object) -> None:
    first, second = found(document)
    assert (first.package, first.version, first.fixed) == ("jinja2", "3.1.2", ("3.1.3",))
    assert (first.id, first.aliases) == ("CVE-2024-22195", ("PYSEC-2024-11", "GHSA-h5c8-rqwp-cp95"))
    assert first.severity is Severity.NONE
    assert first.title == "The xmlattr filter takes keys with spaces"
    assert second.fixed == ()


def test_trivy_believes_whom_it_took_the_severity_from() -> None:
    hole = only(holes.TRIVY, "lodash", "CVE-2021-23337")
    assert (hole.version, hole.fixed) == ("4.17.15", ("4.17.21", "5.0.0"))
    assert (hole.severity, hole.score, hole.vector) == (Severity.HIGH, 7.2, holes.LODASH_VECTOR)
    assert hole.resource == "111122223333.dkr.ecr.eu-west-1.amazonaws.com/shop-checkout:1.4.0"
    assert (hole.place, hole.ecosystem) == ("app/node_modules/lodash/package.json", "npm")
    zlib = only(holes.TRIVY, "zlib1g", "CVE-2023-45853")
    assert (zlib.fixed, zlib.score, zlib.place) == ((), 9.8, "shop-checkout:1.4.0 (debian 12.5)")


def test_grype_has_epss_and_what_is_exploited() -> None:
    hole = only(holes.GRYPE, "lodash", "CVE-2021-23337")
    assert (hole.version, hole.fixed, hole.score) == ("4.17.15", ("4.17.21",), 7.2)
    assert (hole.epss, hole.exploited, hole.severity) == (0.0105, True, Severity.HIGH)
    assert (hole.resource, hole.aliases) == ("shop-checkout:1.4.0", ("GHSA-35jh-r3h4-6jhm",))
    assert hole.seen == 1_773_475_200_500_000_000
    other = only(holes.GRYPE, "zlib1g", "CVE-2023-45853")
    assert (other.severity, other.remark) == (Severity.INFORMATIONAL, "will not be fixed")


def test_a_vex_closes_what_it_says_is_no_danger() -> None:
    hole = only(holes.CYCLONEDX, "lodash", "CVE-2021-23337")
    assert (hole.open, hole.remark) == (False, "not affected: code not reachable")
    assert (hole.version, hole.affected, hole.score) == ("4.17.15", "vers:semver/<4.17.21", 7.2)
    assert (hole.resource, hole.ecosystem) == ("shop-checkout@1.4.0", "npm")
    listed = only(holes.CYCLONEDX, "@types/lodash", "CVE-2021-23337")
    assert listed.version == "4.14.1"
    looked_at = only(holes.CYCLONEDX, "jinja2", "CVE-2024-22195")
    assert (looked_at.open, looked_at.remark, looked_at.severity) == (
        True,
        "being looked at",
        Severity.MEDIUM,
    )


def test_inspector_names_the_function_without_its_version() -> None:
    first, second = found(holes.INSPECTOR)
    assert (first.package, first.version, first.fixed) == ("lodash", "4.17.15", ("4.17.21",))
    assert (first.id, first.aliases) == ("CVE-2021-23337", ("GHSA-35jh-r3h4-6jhm",))
    assert (first.severity, first.score, first.epss) == (Severity.HIGH, 7.2, 0.0105)
    assert first.resource == holes.FUNCTION
    assert second.resource.endswith(":function:shop-search")
    assert (first.tags, first.place) == (
        (("service", "checkout"),),
        "node_modules/lodash/package.json",
    )


def seen(updated: object) -> int:
    [hole] = found({**holes.inspector(), "updatedAt": updated})
    return hole.seen


def test_inspector_s_times_in_all_spellings() -> None:
    at = 1_773_486_000_000_000_000
    assert seen("2026-03-14T11:00:00Z") == at
    assert seen(1_773_486_000) == at
    assert seen(1_773_486_000.25) == at + 250_000_000
    assert seen("Mar 14, 2026, 11:00:00 AM") == at
    assert seen("Mar 14, 2026, 12:00:00 AM") == at - 11 * 3600 * 10**9
    assert seen("Mar 99, 2026, 11:00:00 AM") == NO_TIME


def test_inspector_comes_in_eventbridge_too() -> None:
    event = {
        "version": "0",
        "detail-type": "Inspector2 Finding",
        "source": "aws.inspector2",
        "detail": holes.inspector(),
    }
    assert [hole.package for hole in found(event)] == ["lodash"]


def test_a_finding_that_is_closed_is_no_danger() -> None:
    [hole] = found(holes.inspector(status="CLOSED"))
    assert (hole.open, hole.remark) == (False, "closed: fixed or gone")


# -- in general ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "document"),
    [(name, document) for name, documents in holes.REPORTS.items() for document in documents],
)
def test_every_row_is_of_its_format_and_says_all_in_a_line(name: str, document: object) -> None:
    raw = holes.text(document)
    columns = columns_of(raw)
    formats = {columns.format.values[number] for number in columns.format.ids}
    assert formats <= {name, "unparsed"}
    for each in columns.vulnerabilities:
        start, length = columns.offset[each.row], columns.length[each.row]
        own = (columns.spill if columns.spooled[each.row] else raw)[start : start + length]
        described = describe(name, own)
        assert described.vulnerabilities == (each.vulnerability,)
        assert each.vulnerability.package in described.summary
        assert each.vulnerability.id in described.summary


def test_told() -> None:
    [first, _] = found(holes.INSPECTOR)
    assert told(first) == (
        f"lodash 4.17.15: CVE-2021-23337; high 7.2; EPSS 1.1%; fixed in 4.17.21 [{holes.FUNCTION}]"
    )


BROKEN: Mapping[str, object] = {
    "npm 7, a package that is none": {"auditReportVersion": 2, "vulnerabilities": {"a": 5, "b": 6}},
    "npm 6, an advisory that is none": {"advisories": {"1": "x"}},
    "snyk, an issue that is none": {"ok": False, "vulnerabilities": ["x", 5]},
    "snyk, an issue without a package": {"ok": False, "vulnerabilities": [{"id": "S"}]},
    "osv, a package that is none": {"results": [{"source": {}, "packages": [5]}]},
    "osv, a hole without a name": {
        "results": [{"packages": [{"package": {"name": "x"}, "vulnerabilities": [{}]}]}]
    },
    "pip-audit, a hole that is none": {"dependencies": [{"name": "x", "vulns": [None]}]},
    "trivy, a hole without a package": {
        "SchemaVersion": 2,
        "ArtifactName": "x",
        "Results": [{"Vulnerabilities": [{"VulnerabilityID": "CVE-2021-1234"}]}],
    },
    "grype, a match that is none": {"descriptor": {}, "matches": ["x"]},
    "cyclonedx, a hole of an unknown component": {
        "bomFormat": "CycloneDX",
        "vulnerabilities": [{"id": "CVE-2021-1234", "affects": [{"ref": "nobody"}]}],
    },
    "inspector, no resource": {**holes.inspector(), "resources": []},
}


@pytest.mark.parametrize("what", BROKEN)
def test_what_is_broken_is_counted(what: str) -> None:
    columns = columns_of(json.dumps(BROKEN[what]).encode())
    assert not columns.vulnerabilities
    assert columns.unparsed >= 1


def test_a_report_of_nothing_is_no_row() -> None:
    documents: tuple[object, ...] = (
        {"auditReportVersion": 2, "vulnerabilities": {}, "metadata": {}},
        {"advisories": {}, "metadata": {}},
        holes.SNYK_CLEAN,
        {"results": []},
        {"dependencies": [{"name": "x", "version": "1", "vulns": []}], "fixes": []},
        {"SchemaVersion": 2, "ArtifactName": "x", "Results": [{"Target": "y"}]},
        {"matches": [], "descriptor": {}},
        {"bomFormat": "CycloneDX", "vulnerabilities": []},
    )
    for document in documents:
        columns = columns_of(json.dumps(document).encode())
        assert (len(columns), columns.foreign) == (0, False), document


# -- how bad it is ---------------------------------------------------------------------------------


def test_scores_are_those_of_the_specification() -> None:
    assert base_score(holes.LODASH_VECTOR) == 7.2
    assert base_score(holes.ZIP_VECTOR) == 10.0
    assert base_score("CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H") == 9.8
    assert base_score("CVSS:3.1/AV:L/AC:H/PR:H/UI:R/S:U/C:N/I:N/A:N") == 0.0
    assert base_score("AV:N/AC:L/Au:S/C:P/I:P/A:P") == 6.5
    assert base_score("(AV:N/AC:L/Au:S/C:P/I:P/A:P)") == 6.5
    full = "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N"
    assert base_score(full) == 9.3


@pytest.mark.parametrize(
    ("score", "level"),
    [(0, 1), (0.1, 2), (3.9, 2), (4.0, 3), (6.9, 3), (7.0, 4), (8.9, 4), (9.0, 5), (10, 5)],
)
def test_ratings_are_those_of_the_specification(score: float, level: int) -> None:
    assert of_score(score) == level


def test_the_vector_goes_before_the_score_and_that_before_the_word() -> None:
    assert rate([None, "x", holes.LODASH_VECTOR], 9.9, "low").score == 7.2
    assert rate(["x"], 9.9, "low") == (Severity.CRITICAL, 9.9, "")
    assert rate([], 0, "moderate") == (Severity.MEDIUM, None, "")
    assert rate([], "7.5") == (Severity.HIGH, 7.5, "")
    assert rate([], float("nan"), 5) == (Severity.NONE, None, "")


@given(st.text() | st.from_regex(r"CVSS:(3\.[01]|4\.0)(/[A-Z]{1,3}:[A-Z]){0,14}", fullmatch=True))
def test_any_vector_has_a_score_or_none(vector: str) -> None:
    score = base_score(vector)
    assert score is None or 0 <= score <= 10


def test_names_and_packages() -> None:
    assert names("GHSA-x", ["cve-2021-1234", 5], None) == ("CVE-2021-1234", ("GHSA-x", "5"))
    assert names() == ("", ())
    assert package_of("pkg:npm/%40aws/sdk@1.2.3?x=y#z") == ("npm", "@aws/sdk", "1.2.3")
    assert package_of("pkg:maven/org.a/b") == ("maven", "org.a/b", "")
    assert package_of("lodash") == ("", "", "")
