"""The layout of a team's table: dense logs, nobody's write lost or taken twice, nothing guessed."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.aws.wire import model, wrong
from tests.table import MemoryTable, Shelves
from triage_tui import statetable
from triage_tui.model import BlockState
from triage_tui.respond.entries import Entry, Failed, Intent, Result, first_broken, fold
from triage_tui.respond.rows import Line, as_row, chained, read, read_row, write
from triage_tui.statetable import LayoutError, Present, table_name


async def test_what_was_written_comes_back_in_order_over_pages() -> None:
    table = MemoryTable(Shelves())
    assert await table.append("journal", 1, ["a", "b"], "t1")
    for number in range(3, 12):
        assert await table.append("journal", number, [str(number)], f"t{number}")
    assert await table.news("journal", 0) == ["a", "b", *map(str, range(3, 12))]
    assert await table.news("journal", 11) == []
    assert await table.news("journal", 9) == ["10", "11"]
    assert await table.news("casebook", 0) == []


async def test_a_number_is_written_once_and_ones_own_write_is_known_again() -> None:
    table = MemoryTable(Shelves())
    assert await table.append("casebook", 1, ["mine"], "t1")
    assert not await table.append("casebook", 1, ["other"], "t2")
    assert await table.append("casebook", 1, ["mine"], "t1")  # its answer was lost
    assert await table.news("casebook", 0) == ["mine"]


def test_a_read_that_overtook_a_write_ends_before_the_gap() -> None:
    def item(number: int) -> statetable.Request:
        request: statetable.Request = statetable.appending("t-t", "journal", number, ["x"], "t")
        return dict(request["Item"])

    answer = {"Items": [item(4), item(6)], "LastEvaluatedKey": {"pk": {"S": "k"}}}
    assert statetable.page(answer, 3) == (["x"], 4, None)


def test_what_is_newer_or_foreign_is_not_guessed_at() -> None:
    request = statetable.appending("t-t", "journal", 1, ["x"], "t")
    request["Item"]["v"] = {"N": "2"}
    with pytest.raises(LayoutError, match="update triage-tui"):
        statetable.page({"Items": [request["Item"]]}, 0)
    with pytest.raises(LayoutError, match="casebook init"):
        statetable.check_whose({})
    with pytest.raises(LayoutError, match="casebook init"):
        statetable.check_whose({"Item": {"program": {"S": "another"}}})
    newer = {"Item": {"program": {"S": "triage-tui"}, "version": {"N": "2"}}}
    with pytest.raises(LayoutError, match="update triage-tui"):
        statetable.check_whose(newer)
    statetable.check_whose({"Item": statetable.marking("t-t")["Item"]})


@pytest.mark.parametrize(
    ("operation", "request_"),
    [
        ("CreateTable", statetable.creation("triage")),
        ("UpdateContinuousBackups", statetable.recovery("triage")),
        ("UpdateTimeToLive", statetable.expiry("triage")),
        ("PutItem", statetable.marking("triage")),
        ("GetItem", statetable.whose("triage")),
        ("Query", statetable.reading("triage", "journal", 3, {"pk": {"S": "x"}})),
    ],
)
def test_requests_are_what_the_model_allows(operation: str, request_: statetable.Request) -> None:
    assert wrong(request_, model("dynamodb").operation_model(operation).input_shape) == ""


def test_what_an_item_cannot_hold_is_refused() -> None:
    assert statetable.fits(["x" * 1000] * 300)
    with pytest.raises(ValueError, match="more than one item"):
        statetable.appending("t-t", "journal", 1, ["x" * 1000] * 400, "t")
    with pytest.raises(ValueError, match="nothing"):
        statetable.appending("t-t", "journal", 1, [], "t")


async def test_presence_comes_back_and_leaves() -> None:
    table = MemoryTable(Shelves())
    mira = Present("p1", "mira", "ip:203.0.113.7", 1, 1000)
    await table.say(mira)
    await table.say(mira._replace(beat=2))
    assert await table.present() == [mira._replace(beat=2)]
    table.shelves.items["presence", "p2"] = {"pk": {"S": "presence"}, "sk": {"S": "p2"}}
    assert len(await table.present()) == 1  # what cannot be read is passed over
    await table.leave("p1")
    assert await table.present() == []


@pytest.mark.parametrize("wrong_name", ["triage", "dynamodb://", "dynamodb://a b", "s3://triage"])
def test_a_name_of_no_table_is_refused(wrong_name: str) -> None:
    assert table_name("dynamodb://Triage-1_x.y") == "Triage-1_x.y"
    with pytest.raises(ValueError, match="dynamodb://TABLE"):
        table_name(wrong_name)


# -- entries of the journal ----------------------------------------------------------------------

INTENT = Intent("edge", "203.0.113.7/32", "why", "kim", None, "ip:203.0.113.7", simulated=False)


def test_a_chain_goes_on_over_writers_and_holds() -> None:
    first = chained([Line(INTENT, "edge", 5)], None, 100)
    block = first[0].block
    second = chained([Line(Result(1), "edge", 5, block), Line(INTENT, "edge", 6)], first[-1], 101)
    entries = [*first, *second]
    assert [entry.seq for entry in entries] == [1, 2, 3]
    assert first_broken(map(as_row, entries)) is None
    assert fold(entries)[block].state is BlockState.SENT
    forged = [*map(as_row, entries)]
    forged[1] = forged[1]._replace(cursor=7)
    assert first_broken(forged) == 2


@given(st.text(), st.integers(-(2**63), 2**63 - 1), st.text())
def test_an_entry_is_ascii_and_comes_back(response: str, cursor: int, reason: str) -> None:
    (entry,) = chained([Line(Failed(reason), response, cursor, "blk-1")], None, 7)
    text = write(entry)
    assert text.isascii()
    assert read(text) == entry
    assert read_row(text).hash == entry.hash


@pytest.mark.parametrize("text", ["", "[]", "{}", '[1,2,3,"a","b","{}","c"]', "[" * 100_000])
def test_what_we_cannot_have_written_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - of several kinds
        read(text)


def test_a_row_is_json_of_its_fields() -> None:
    entry = Entry(1, 2, 3, "edge", "blk-1", Failed("no"), "h")
    assert json.loads(write(entry))[:5] == [1, 2, 3, "edge", "blk-1"]
