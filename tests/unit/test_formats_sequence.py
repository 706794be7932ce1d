"""Attack sequences: who acted from where, what they are made of, and what they look like."""

import json
from array import array
from typing import Any

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.validate import ParamValidator
from hypothesis import given
from hypothesis import strategies as st

from tests.sequences import (
    ARN,
    EXFILTRATION,
    ID,
    RECON,
    ROLE,
    actor,
    compromise,
    sequence,
    signal,
)
from triage_tui.formats.decode import decode, describe
from triage_tui.formats.finding import Finding
from triage_tui.model import Batch, Columns, Kind, Outcome
from triage_tui.principals import AliasGraph
from triage_tui.store.filters import Bounds
from triage_tui.store.index import Index
from triage_tui.store.sight import Sight

MARIA = "111122223333:user/maria"
SESSION = "111122223333:role/deploy/ci-7"
WITH_EVERYBODY = [
    ("203.0.113.9", MARIA),
    ("198.51.100.23", SESSION),
    ("2001:db8::1", ""),
]


def upper(value: Any, shape: Any) -> Any:
    """The wire's spelling to that of the model, which GetFindings gives."""
    if shape.type_name == "structure":
        names = {
            member.serialization.get("name", name): (name, member)
            for name, member in shape.members.items()
        }
        return {names[key][0]: upper(inner, names[key][1]) for key, inner in value.items()}
    if shape.type_name == "list":
        return [upper(inner, shape.member) for inner in value]
    return value


def as_given(finding: dict[str, Any]) -> dict[str, Any]:
    """As GetFindings gives it; it is what the service's model allows."""
    model = ServiceModel(Loader().load_service_model("guardduty", "service-2"), "guardduty")
    answer = {"Findings": [upper(finding, model.shape_for("Finding"))]}
    shape = model.operation_model("GetFindings").output_shape
    assert shape is not None
    report = ParamValidator().validate(answer, shape)
    assert not report.has_errors(), report.generate_report()
    found: dict[str, Any] = answer["Findings"][0]
    return found


def read(*findings: dict[str, Any]) -> Columns:
    raws = [json.dumps(finding).encode() for finding in findings]
    lengths = array("Q", map(len, raws))
    starts = array("Q", [sum(lengths[:n]) for n in range(len(raws))])
    return decode(Batch(1, b"".join(raws), starts, lengths, received=5))


def actors(columns: Columns) -> list[tuple[str, str]]:
    """(address, key) of all actors of the one row."""
    first = columns.actor_ip.values[columns.actor_ip.ids[0]], columns.identities[columns.who[0]]
    more = [
        (columns.actor_ip.values[extra.ip], columns.identities[extra.who])
        for extra in columns.extras
    ]
    return [(ip, who.key) for ip, who in (first, *more)]


@pytest.mark.parametrize("given_as", [as_given, lambda finding: finding], ids=["upper", "lower"])
def test_who_acted_from_where_is_what_the_signals_say(given_as: Any) -> None:
    columns = read(given_as(compromise()))
    assert actors(columns) == WITH_EVERYBODY
    assert columns.source_ip.values[columns.source_ip.ids[0]] == "203.0.113.9"
    assert columns.resource.values[columns.resource.ids[0]] == "customer-data"
    assert Outcome(columns.outcome[0]) is Outcome.UNKNOWN
    session = next(who for who in columns.identities if who.key == SESSION)
    assert (session.session, session.role) == ("ci-7", ROLE)
    assert (session.principal_id, session.access_key) == ("AROADEPLOY:ci-7", "ASIADEPLOY")


@pytest.mark.parametrize("given_as", [as_given, lambda finding: finding], ids=["upper", "lower"])
def test_it_says_what_it_is_made_of_and_links_those(given_as: Any) -> None:
    described = describe("guardduty", json.dumps(given_as(compromise())).encode())
    assert described.linked == (RECON, EXFILTRATION)
    assert described.summary == (
        "Potential credential compromise "
        "[maria and 1 more from 203.0.113.9 and 2 more] "
        "(4 signals: 2 findings, 1 CloudTrail, 1 S3)"
    )


def test_a_part_of_it_links_it() -> None:
    part = compromise() | {"id": RECON, "associatedAttackSequenceArn": f"{ARN}/{ID}"}
    part["service"] = {"serviceName": "guardduty", "archived": True}
    described = describe("guardduty", json.dumps(as_given(part)).encode())
    assert described.linked == (ID,)
    assert described.summary.endswith("(part of an attack sequence) (archived)")


def test_where_signals_name_nobody_together_all_may_be_everybodys() -> None:
    made = sequence(
        [actor("maria"), actor("bob")],
        ["203.0.113.9", "2001:db8::1"],
        [signal("CLOUD_TRAIL", "c", ("maria",)), signal("FLOW_LOGS", "f", (), ("203.0.113.9",))],
    )
    assert set(actors(read(as_given(made)))) == {
        (ip, f"111122223333:user/{name}")
        for ip in ("203.0.113.9", "2001:db8::1")
        for name in ("maria", "bob")
    }


def test_actors_add_up_over_the_versions() -> None:
    """The second version has lost the first one's actor; the store has not."""
    first = sequence(
        [actor("maria")], ["203.0.113.9"], [signal("FINDING", RECON, ("maria",), ("203.0.113.9",))]
    )
    later = sequence(
        [actor("bob")],
        ["2001:db8::1"],
        [signal("FINDING", RECON, ("bob",), ("2001:db8::1",))],
        updated="2026-11-24T02:30:00.000Z",
    )
    index = Index()
    index.append(read(as_given(first), as_given(later)))
    sight = Sight(index, AliasGraph(), Bounds(None, None))
    [state] = sight.findings
    found = sight.finding(state)
    assert (found.id, found.versions) == (ID, 2)
    assert found.ips == ("2001:db8::1", "203.0.113.9")
    assert found.principals == ("111122223333:user/bob", MARIA)
    assert len(sight.findings_by(Kind.IP)) == 2


def test_many_signals_are_bounded() -> None:
    names = [f"u{n}" for n in range(300)]
    ips = [f"203.0.{n // 250}.{n % 250}" for n in range(300)]
    signals = [signal("CLOUD_TRAIL", f"c{n}", tuple(names), tuple(ips)) for n in range(3)]
    found = actors(read(sequence([actor(name) for name in names], ips, signals)))
    assert {ip for ip, _ in found} >= set(ips)
    assert {who for _, who in found} >= {f"111122223333:user/{name}" for name in names}
    assert len(found) < 3000


odd = st.recursive(
    st.none() | st.integers() | st.text(max_size=5) | st.sampled_from(["FINDING", "end-1"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "ip", "uid", "user", "type", "actorIds", "endpointIds"]), inner
        )
    ),
    max_leaves=12,
)


@given(odd, odd, odd)
def test_odd_parts_lose_no_finding(people: object, ends: object, signals: object) -> None:
    made = compromise()
    parts = made["service"]["detection"]["sequence"]
    parts.update(actors=people, endpoints=ends, signals=signals)
    columns = read(made)
    assert columns.format.values[columns.format.ids[0]] == "guardduty"
    described = describe("guardduty", json.dumps(made).encode())
    assert all(described.linked)
    assert Finding(made).sequence.told().count("\n") == 0
