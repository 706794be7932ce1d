"""Resolver query logs: what was asked, what came of it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage_tui.formats.decode import describe
from triage_tui.formats.ids import hash_id
from triage_tui.formats.registry import FORMATS
from triage_tui.formats.route53 import Route53
from triage_tui.formats.rows import Rows
from triage_tui.formats.times import iso_time
from triage_tui.model import Columns, Outcome, Texts

RECORD: dict[str, object] = {
    "version": "1.100000",
    "account_id": "111122223333",
    "region": "eu-west-1",
    "vpc_id": "vpc-0abc",
    "query_timestamp": "2026-03-15T02:09:11Z",
    "query_name": "pool.example.org.",
    "query_type": "A",
    "query_class": "IN",
    "rcode": "NOERROR",
    "answers": [
        {"Rdata": "cdn.example.net.", "Type": "CNAME", "Class": "IN"},
        {"Rdata": "203.0.113.9", "Type": "A", "Class": "IN"},
    ],
    "srcaddr": "10.0.0.4",
    "srcport": "40013",
    "transport": "UDP",
    "srcids": {"instance": "i-0abc"},
}


def raw_of(**changes: object) -> bytes:
    """The record with these fields changed, or left out where they are `...`."""
    return json.dumps({k: v for k, v in (RECORD | changes).items() if v is not ...}).encode()


def read(**changes: object) -> Columns:
    rows = Rows(1, 5)
    assert Route53().read(raw_of(**changes), rows)
    return rows.columns()


def value(texts: Texts) -> str:
    return texts.values[texts.ids[0]]


def test_every_column() -> None:
    columns = read()
    assert value(columns.format) == "route53"
    assert columns.time[0] == iso_time("2026-03-15T02:09:11Z")
    assert (value(columns.action), Outcome(columns.outcome[0])) == ("A", Outcome.OK)
    assert value(columns.source_ip) == value(columns.actor_ip) == "10.0.0.4"
    assert (value(columns.account), value(columns.region)) == ("111122223333", "eu-west-1")
    assert value(columns.resource) == "pool.example.org"
    assert (columns.own_id[0], columns.id[0], columns.who[0]) == (0, hash_id(raw_of()), 0)


def test_the_description() -> None:
    assert describe("route53", raw_of()).summary == (
        "A pool.example.org NOERROR from 10.0.0.4 i-0abc: cdn.example.net., 203.0.113.9"
    )
    blocked = raw_of(
        answers=[],
        srcids=...,
        firewall_rule_action="BLOCK",
        firewall_domain_list_id="rslvr-fdl-1",
        query_name=".",
    )
    assert describe("route53", blocked).summary == (
        "A . NOERROR from 10.0.0.4 (firewall BLOCK by rslvr-fdl-1)"
    )
    alert = raw_of(answers=..., srcids=..., srcaddr=..., rcode=..., firewall_rule_action="ALERT")
    assert describe("route53", alert).summary == "A pool.example.org (firewall ALERT)"


@pytest.mark.parametrize(
    ("code", "verdict", "outcome"),
    [
        ("NOERROR", ..., Outcome.OK),
        ("NOERROR", "ALERT", Outcome.OK),
        ("NOERROR", "BLOCK", Outcome.BLOCKED),
        ("NXDOMAIN", "BLOCK", Outcome.BLOCKED),
        ("NXDOMAIN", ..., Outcome.ERROR),
        ("SERVFAIL", "ALERT", Outcome.ERROR),
        ("REFUSED", ..., Outcome.DENIED),
        (..., ..., Outcome.UNKNOWN),
    ],
)
def test_outcomes(code: object, verdict: object, outcome: Outcome) -> None:
    columns = read(rcode=code, firewall_rule_action=verdict)
    assert Outcome(columns.outcome[0]) is outcome


@pytest.mark.parametrize(
    "changes",
    [
        {"query_timestamp": "x"},
        {"query_timestamp": ...},
        {"query_name": ...},
        {"query_type": ""},
        {"eventSource": "x"},
        {"webaclId": "x"},
    ],
)
def test_what_is_no_query(changes: dict[str, object]) -> None:
    rows = Rows(1, 5)
    assert not Route53().read(raw_of(**changes), rows)
    assert len(rows) == 0


ODD: list[object] = [None, True, 0, 10**400, "", "\ud800", [], [[]], {}, {"": {}}, ["x"], "%s"]


@given(changes=st.dictionaries(st.sampled_from(sorted(RECORD)), st.sampled_from(ODD), max_size=3))
def test_odd_values_raise_nothing(changes: dict[str, object]) -> None:
    raw = raw_of(**changes)
    assert sum(known.read(raw, Rows(1, 5)) for known in FORMATS.values()) <= 1
    assert "\n" not in describe("route53", raw).summary
