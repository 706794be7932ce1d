"""What entities did that weighs more, in words: kept up as rows come, as a recount has it."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.test_store_sight import Deed, deeds, times
from triage_tui.detect import touched
from triage_tui.formats.rows import Rows
from triage_tui.model import Kind, Outcome
from triage_tui.principals import AliasGraph
from triage_tui.store.entities import event_rows
from triage_tui.store.filters import Bounds
from triage_tui.store.index import Index
from triage_tui.store.ledger import Ledger
from triage_tui.store.ranking import Ranking
from triage_tui.store.sight import Sight

ACTIONS = ("GetItem", "DeleteTable", "TerminateInstances", "DeleteUserPolicy", "GetSecretValue")
RESOURCES = ("orders", "customers", "payments", "ledger")
Doing = tuple[Deed, str, str]
doings = deeds.flatmap(
    lambda found: st.tuples(
        *(
            st.tuples(st.just(each), st.sampled_from(ACTIONS), st.sampled_from(RESOURCES))
            for each in found
        )
    )
)


def come(index: Index, some: tuple[Doing, ...]) -> None:
    rows = Rows(0, 0)
    for deed, action, resource in some:
        rows.add(
            format="test",
            time=deed.time,
            own_id=deed.name,
            raw=b"",
            action=action,
            resource=resource,
            outcome=deed.outcome,
            severity=deed.severity,
            source_ip=deed.ip,
            actors=[(deed.ip, deed.who), *((ip, deed.who) for ip in deed.others)],
        )
        rows.spill(b"")
    index.append(rows.columns())


def recounted(ranking: Ranking, number: int) -> str:
    """The words, out of all events of an entity."""
    index = ranking.sight.index
    rows = event_rows(ranking, number, filtered=False)
    touches = index.touching.of(rows)
    own = sum(kind for kind in touched.Touch if kind & int(ranking.marks._touched[number]))
    examples = []
    for deed in touched.DEEDS:
        names = index.action.ids.view()[rows[(touches & deed & own) != 0]]
        if len(names):
            actions, counts = np.unique(names, return_counts=True)
            most = int(actions[np.argmax(counts)])
            examples.append((deed, index.action.dictionary.values[most]))
    grave = rows[(touches & touched.Touch.SENSITIVE & own) != 0]
    return touched.words(examples, index.resource.text(int(grave[0])) if len(grave) else "")


@given(doings, st.lists(times, min_size=1, max_size=4), st.sampled_from(Kind))
@settings(max_examples=120)
def test_the_words_are_those_of_a_recount(
    done: tuple[Doing, ...], cursors: list[int], kind: Kind
) -> None:
    index, graph = Index(), AliasGraph()
    ledger = Ledger(index)
    for step, until in enumerate(sorted(cursors)):
        come(index, done[step * 4 : step * 4 + 4])
        ranking = Ranking(Sight(index, graph, Bounds(None, until), None, (ledger, ledger)), kind)
        for number in ranking.ids.tolist():
            said = ranking.marks.words(number).get("touched")
            assert (said is not None) == bool(ranking.marks._touched[number])
            assert said is None or said == (recounted(ranking, number), None)


def test_other_names_that_weigh_more_count_for_what_came_before() -> None:
    index = Index()
    come(
        index,
        (
            (Deed("late", 2, "192.0.2.1", None, Outcome.OK), "DeleteTable", "ledger"),
            (Deed("early", 1, "192.0.2.1", None, Outcome.OK), "DeleteTable", "orders"),
        ),
    )
    ledger = Ledger(index)

    def grave() -> int:
        sight = Sight(index, AliasGraph(), Bounds(), None, (ledger, ledger))
        ranking = Ranking(sight, Kind.IP)
        return ranking.marks._deeds_of(int(ranking.ids[0]))[2]

    assert grave() == -1
    index.knowledge = index.knowledge._replace(sensitive=("led*", "ord*"))
    assert grave() == 1
