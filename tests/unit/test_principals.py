"""Principals merge by what was seen, never by the order in which it came."""

from array import array
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from triage_tui.model import EMPTY_IDENTITY, Identity
from triage_tui.principals import AliasGraph

ARN = "arn:aws:iam::111122223333:user/maria"
SESSION = "arn:aws:sts::111122223333:assumed-role/ops/night"


def merged(identities: list[Identity], first: list[int], until: int) -> dict[str, set[Identity]]:
    """Key -> the identities behind it, as of `until`."""
    graph = AliasGraph()
    graph.advance([EMPTY_IDENTITY, *identities], array("q", [2**63 - 1, *first]), until, 1)
    return {
        principal.key: {identities[n - 1] for n in principal.members}
        for principal in graph.principals().values()
    }


def test_a_finding_lands_in_the_group_of_its_session() -> None:
    event = Identity(SESSION, arn=SESSION, principal_id="AROA1:night", access_key="ASIA1")
    finding = Identity("111122223333:role/ops/night", principal_id="AROA1:night")
    assert merged([finding, event], [1, 2], 5) == {SESSION: {event, finding}}


def test_an_access_key_links_what_has_no_principal_id() -> None:
    event = Identity(ARN, arn=ARN, principal_id="AIDA1", access_key="AKIA1")
    finding = Identity("111122223333:user/maria", access_key="AKIA1")
    assert merged([event, finding], [1, 2], 5) == {ARN: {event, finding}}


def test_a_recreated_user_is_somebody_else() -> None:
    old = Identity(ARN, arn=ARN, principal_id="AIDA1")
    new = Identity(ARN, arn=ARN, principal_id="AIDA2")
    assert merged([new, old], [9, 1], 9) == {ARN: {old}, f"{ARN}#AIDA2": {new}}


def test_a_bare_arn_belongs_to_the_first_who_bore_it() -> None:
    bare = Identity(ARN, arn=ARN)
    old = Identity(ARN, arn=ARN, principal_id="AIDA1")
    new = Identity(ARN, arn=ARN, principal_id="AIDA2")
    for first in ([3, 1, 2], [1, 2, 3]):
        found = merged([bare, old, new], first, 9)
        assert found[ARN] == {bare, old}


def test_role_hops_do_not_merge() -> None:
    caller = Identity(ARN, arn=ARN, principal_id="AIDA1", access_key="AKIA1")
    session = Identity(SESSION, arn=SESSION, principal_id="AROA1:night", access_key="ASIA1")
    assert len(merged([caller, session], [1, 2], 9)) == 2


def test_before_the_evidence_they_are_two() -> None:
    event = Identity(ARN, arn=ARN, principal_id="AIDA1", access_key="AKIA1")
    finding = Identity("111122223333:user/maria", access_key="AKIA1")
    graph = AliasGraph()
    everybody, first = [EMPTY_IDENTITY, event, finding], array("q", [2**63 - 1, 10, 20])
    graph.advance(everybody, first, 30, 1)
    assert len(graph.principals()) == 1
    graph.advance(everybody, first, 15, 1)
    assert [p.members for p in graph.principals().values()] == [(1,)]


def test_aliases_name_it_under_every_name_it_had() -> None:
    event = Identity(ARN, arn=ARN, principal_id="AIDA1", access_key="AKIA1")
    finding = Identity("111122223333:user/maria", principal_id="AIDA1")
    graph = AliasGraph()
    graph.advance([EMPTY_IDENTITY, finding, event], array("q", [2**63 - 1, 1, 2]), 5, 1)
    (principal,) = graph.principals().values()
    assert principal.aliases[0] == "AIDA1"
    assert ARN in principal.aliases


identities = st.lists(
    st.builds(
        Identity,
        key=st.sampled_from(["arn:a", "arn:b", "arn:c"]),
        arn=st.just("arn:x"),
        principal_id=st.sampled_from(["", "AIDA1", "AIDA2", "AIDA3"]),
        access_key=st.sampled_from(["", "AKIA1", "AKIA2", "AKIA3"]),
    ),
    max_size=8,
    unique=True,
)


@given(identities, st.data())
def test_arrival_order_changes_nothing(people: list[Identity], data: st.DataObject) -> None:
    first = {who: data.draw(st.integers(0, 4)) for who in people}
    until = data.draw(st.integers(0, 4))
    other = list(people)
    data.draw(st.randoms(use_true_random=False)).shuffle(other)
    expected = merged(people, [first[who] for who in people], until)
    assert merged(other, [first[who] for who in other], until) == expected


@given(identities, st.data())
def test_the_future_changes_nothing(people: list[Identity], data: st.DataObject) -> None:
    first = [data.draw(st.integers(0, 4)) for _ in people]
    until = data.draw(st.integers(0, 4))
    past = [(who, at) for who, at in zip(people, first, strict=True) if at <= until]
    expected = merged([who for who, _ in past], [at for _, at in past], until)
    assert merged(people, first, until) == expected


@given(identities, st.data())
def test_keys_are_unique_and_nobody_is_lost(people: list[Identity], data: st.DataObject) -> None:
    first = [data.draw(st.integers(0, 4)) for _ in people]
    graph = AliasGraph()
    graph.advance([EMPTY_IDENTITY, *people], array("q", [2**63 - 1, *first]), 9, 1)
    principals = list(graph.principals().values())
    assert len({p.key for p in principals}) == len(principals)
    assert sorted(n for p in principals for n in p.members) == list(range(1, len(people) + 1))


keys_of_sessions = st.lists(
    st.builds(
        Identity,
        key=st.sampled_from(["arn:a", "arn:a", "arn:a", "arn:b"]),
        arn=st.just("arn:x"),
        principal_id=st.sampled_from(["AROA1:s", "AROA1:s", "AROA2:s"]),
        access_key=st.sampled_from([f"ASIA{number}" for number in range(12)]),
    ),
    max_size=10,
    unique=True,
)
"""Sessions that go through many keys."""


@given(identities | keys_of_sessions, st.data())
def test_a_graph_that_moved_about_is_as_a_new_one(
    people: list[Identity], data: st.DataObject
) -> None:
    """Identities come, are seen earlier than was known, and the cursor goes back and forth."""
    graph, known = AliasGraph(), [EMPTY_IDENTITY]
    first = array("q", [2**63 - 1])
    for version in range(4):
        more = data.draw(st.integers(0, len(people) + 1 - len(known)))
        known += people[len(known) - 1 : len(known) - 1 + more]
        first.extend(data.draw(st.integers(0, 4)) for _ in range(more))
        for number in range(1, len(known)):
            first[number] = min(first[number], data.draw(st.integers(0, 6)))
        until = data.draw(st.integers(0, 4))
        graph.advance(known, array("q", first), until, version)
        anew = AliasGraph()
        anew.advance(known, array("q", first), until, 0)
        assert graph.principals() == anew.principals()
        assert graph.roots() == anew.roots()
        for root, principal in graph.principals().items():
            assert graph.key(root) == principal.key
            assert {graph.find(alias) for alias in principal.aliases} == {root}


def test_newcomers_join_a_session_whatever_of_it_is_in_sight() -> None:
    """Every way in which three keys of one session come, are seen earlier than was known, and come
    into sight and go out of it."""
    nobody = 2**63 - 1
    people = [
        EMPTY_IDENTITY,
        *(Identity(key="arn:a", principal_id="AROA1:s", access_key=f"ASIA{n}") for n in range(3)),
    ]
    times = list(product((1, 3), repeat=3))
    for count, before, after, *cursors in product((1, 2, 3), times, times, (0, 2, 4), (0, 2, 4)):
        graph, anew = AliasGraph(), AliasGraph()
        graph.advance(people[: count + 1], array("q", [nobody, *before[:count]]), cursors[0], 1)
        graph.principals()
        first = array("q", [nobody, *map(min, before, after)])
        graph.advance(people, first, cursors[1], 2)
        anew.advance(people, first, cursors[1], 1)
        assert graph.roots() == anew.roots()
        assert graph.principals() == anew.principals()


def test_a_principal_that_comes_to_another_key_is_counted_as_renamed() -> None:
    finding = Identity("111122223333:user/maria", principal_id="AIDA1")
    event = Identity(ARN, arn=ARN, principal_id="AIDA1")
    graph, everybody = AliasGraph(), [EMPTY_IDENTITY, finding, event]
    first = array("q", [2**63 - 1, 1, 2])
    graph.advance(everybody, first, 1, 1)
    assert graph.principal(1).key == finding.key
    before = graph.renamed
    graph.advance(everybody, first, 2, 1)
    assert (graph.principal(1).key, graph.renamed) == (ARN, before + 1)
