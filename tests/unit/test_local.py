"""What is kept of what people do here: marks and notes of single events, steps to take back, what
somebody looked at, filters under a name."""

import pytest

from triage_tui.config import ConfigError, parse
from triage_tui.formats.ids import hash_id
from triage_tui.model import MARKED, Change, EntityRef, Kind
from triage_tui.store.twins import MASK, TWIN, number_of
from triage_tui.ui.adapters.marks import SaidOfEvents, marked, next_place, subject
from triage_tui.ui.adapters.news import Looked
from triage_tui.ui.kept import KeptFilter
from triage_tui.ui.undo import MOST, Undo


def change(subject: str, field: str, value: str = MARKED) -> Change:
    return Change(subject, field, value, "maria", 1, 1)


def test_an_events_number_is_that_of_its_id() -> None:
    assert number_of("4f3c-9a") == hash_id("4f3c-9a")
    content = "00ff00ff00ff00ff"
    assert number_of(content) == 0x00FF00FF00FF00FF
    assert number_of(f"{content}-2") == (0x00FF00FF00FF00FF + 2 * TWIN) & MASK
    assert number_of(f"{content}-x") == hash_id(f"{content}-x")


def test_marks_and_notes_of_events_come_and_go() -> None:
    one, other = subject("one"), subject("00ff00ff00ff00ff-1")
    history = [
        change(one, "tag"),
        change("ip:192.0.2.1", "tag"),
        change(other, "note", "odd"),
        change(one, "tag", "night"),
    ]
    said = SaidOfEvents()
    said.follow(history)
    assert said.signs(number_of("one")) == "◆"
    assert said.signs(number_of("00ff00ff00ff00ff-1")) == "✎"
    assert marked(history) == [one, "ip:192.0.2.1"]
    history += [change(one, "tag removed"), change(other, "note removed", "odd")]
    said.follow(history)
    said.follow(history)
    assert said.signs(number_of("one")) == said.signs(number_of("00ff00ff00ff00ff-1")) == ""
    assert marked(history) == ["ip:192.0.2.1"]
    assert said.names[number_of("one")] == one


def test_the_next_mark_is_found_from_the_top_again() -> None:
    assert next_place([7, 3], 3) == 7
    assert next_place([7, 3], 7) == 3
    assert next_place([], 7) is None


async def test_what_no_longer_holds_is_passed_over() -> None:
    undo, done = Undo(), list[str]()

    async def back(what: str) -> None:
        done.append(what)

    undo.did("one", lambda: back("one"))
    undo.did("gone", lambda: back("gone"), lambda: False)
    step = undo.last()
    assert step is not None
    assert step.what == "one"
    await step.back()
    assert done == ["one"]
    assert undo.last() is None
    for number in range(MOST + 5):
        undo.did(str(number), lambda: back(""))
    count = 0
    while undo.last():
        count += 1
    assert count == MOST


def test_looking_is_remembered_under_every_name() -> None:
    looked = Looked()
    looked.look(EntityRef(Kind.PRINCIPAL, "arn:a", ("AIDA1", "arn:a")), 5)
    assert looked.at(EntityRef(Kind.PRINCIPAL, "arn:a", ("arn:a",))) == 5
    assert looked.at(EntityRef(Kind.IP, "arn:a")) is None


def test_filters_are_kept_in_the_config() -> None:
    text = b'filters = [{ name = "scans", filter = "path:/wp-*" }]'
    settings, _ = parse(text, "c")
    assert settings.filters == (KeptFilter("scans", "path:/wp-*"),)
    for wrong in (b'filters = [{ name = "" , filter = "x" }]', b'filters = [{ nam = "a" }]'):
        with pytest.raises(ConfigError):
            parse(wrong, "c")
