"""No bytes whatever make the decoder raise, and no record vanishes uncounted."""

import json
import pickle
from array import array
from pathlib import Path

from hypothesis import example, given
from hypothesis import strategies as st

from tests import samples
from tests.holes import REPORTS
from tests.samples import TIMELESS
from triage_tui.formats.decode import decode, describe
from triage_tui.formats.headers import is_comment, is_header
from triage_tui.formats.ids import hash_id
from triage_tui.formats.registry import FORMATS
from triage_tui.formats.rows import Rows
from triage_tui.model import NO_TIME, Batch, Columns
from triage_tui.wrappings import unwrap

DATA = Path(__file__).parent.parent / "data"
RECORDS: list[dict[str, object]] = [
    json.loads((DATA / name).read_text())
    for name in ("cloudtrail.json", "waf.json", "guardduty.json")
]
WRAPPED: list[object] = [
    *RECORDS,
    {"Records": RECORDS},
    {"Findings": RECORDS},
    RECORDS,
    {"Events": [{"EventId": "1", "CloudTrailEvent": json.dumps(RECORDS[0])}]},
    {"detail-type": "x", "source": "y", "detail": RECORDS[2]},
    {"events": [{"timestamp": 1, "message": json.dumps(RECORDS[1]), "logStreamName": "s"}]},
    {"source": "x", "position": "1", "received": 5, "message": json.dumps(RECORDS[0])},
    *(report for reports in REPORTS.values() for report in reports),
]

DOCUMENTS: list[dict[str, object]] = [
    *RECORDS,
    *(json.loads(record) for name in TIMELESS for record in samples.records(name)),
]

HOSTILE: list[object] = [
    None, True, 0, -1, 2**63, 10**400, 1e308, float("nan"), float("inf"), "", "\ud800",
    "\x00\x1b[2J", "x" * 5000, [], [[]], {}, {"": {}}, "2026-03-15T02:09:11Z", "1.2.3.4", "%s",
]  # fmt: skip

scalars = st.sampled_from(HOSTILE) | st.text(max_size=8) | st.integers() | st.floats()
shapes = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=6,
)


def read(raw: bytes) -> Columns:
    """Decodes one record, and checks what must hold for any."""
    batch = Batch(1, raw, array("Q", [0]), array("Q", [len(raw)]), received=5, base=0)
    columns = decode(batch)
    assert pickle.loads(pickle.dumps(columns)) == columns  # noqa: S301 - our own bytes
    for row in range(len(columns)):
        file = columns.spill if columns.spooled[row] else raw
        own = file[columns.offset[row] : columns.offset[row] + columns.length[row]]
        name = columns.format.values[columns.format.ids[row]]
        assert (name in ("unparsed", *TIMELESS)) == (columns.time[row] == NO_TIME)
        described = describe(name, own)
        assert "\n" not in described.summary
        if columns.own_id[row]:
            assert hash_id(described.id) == columns.id[row]
        else:
            assert described.id == f"{columns.id[row]:016x}"
            assert hash_id(own) == columns.id[row]
    return columns


def blank(raw: bytes) -> bool:
    return not raw.strip(b" \t\r\n").removeprefix(b"\xef\xbb\xbf").strip(b" \t\r\n")


@given(st.binary(max_size=200))
@example(b'{"triage-tui-recording":1}')
@example(b"\xef\xbb\xbf\xef\xbb\xbf")
@example(b"[" * 100_000)
@example(b'{"Records":[' * 20_000)
def test_any_bytes_are_rows_or_blank(raw: bytes) -> None:
    columns = read(raw)
    body = raw.strip(b" \t\r\n").removeprefix(b"\xef\xbb\xbf").strip(b" \t\r\n")
    if blank(raw) or is_header(body) or is_comment(body):
        assert len(columns) == 0
    elif unwrap(raw.strip(b" \t\r\n").removeprefix(b"\xef\xbb\xbf")) is None:
        assert len(columns) == 1


@given(shapes)
def test_any_json_is_read_or_kept(value: object) -> None:
    read(json.dumps(value).encode())


def _places(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """The paths of all values inside of a document."""
    found = [path] if path else []
    items: list[tuple[str | int, object]] = []
    if isinstance(value, dict):
        items = list(value.items())
    elif isinstance(value, list):
        items = list(enumerate(value))
    for key, inner in items:
        found += _places(inner, (*path, key))
    return found


def _changed(value: object, path: tuple[str | int, ...], new: object) -> object:
    """The document with another value at the path."""
    if not path:
        return new
    key, rest = path[0], path[1:]
    if isinstance(value, dict):
        return {k: _changed(v, rest, new) if k == key else v for k, v in value.items()}
    assert isinstance(value, list)
    return [_changed(v, rest, new) if n == key else v for n, v in enumerate(value)]


@given(data=st.data())
def test_real_records_with_odd_values_are_read_or_kept(data: st.DataObject) -> None:
    document = data.draw(st.sampled_from(WRAPPED))
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(_places(document)))
        document = _changed(document, path, data.draw(shapes))
        if not _places(document):
            break
    read(json.dumps(document).encode())


@given(
    document=st.sampled_from(WRAPPED),
    indent=st.sampled_from([None, 2]),
    at=st.integers(0, 3000),
    cut=st.integers(0, 60),
    junk=st.binary(max_size=5),
)
def test_damaged_records_are_read_or_kept(
    document: object, indent: int | None, at: int, cut: int, junk: bytes
) -> None:
    raw = json.dumps(document, indent=indent).encode()
    at = min(at, len(raw))
    columns = read(raw[:at] + junk + raw[at + cut :])
    assert len(columns) >= 1 or raw[:at] + junk + raw[at + cut :] == b""


@given(
    left=st.sampled_from(DOCUMENTS),
    right=st.sampled_from(DOCUMENTS),
    keys=st.sets(st.sampled_from([key for record in DOCUMENTS for key in record])),
    more=st.dictionaries(st.sampled_from(["eventName", "webaclId", "severity", "id"]), scalars),
)
def test_no_record_is_read_by_two_formats(
    left: dict[str, object], right: dict[str, object], keys: set[str], more: dict[str, object]
) -> None:
    mixed = left | {key: value for key, value in right.items() if key in keys} | more
    raw = json.dumps(mixed).encode()
    taken = [name for name, known in FORMATS.items() if known.read(raw, Rows(1, 1))]
    assert len(taken) <= 1


@given(raw=st.binary(max_size=100), name=st.sampled_from([*FORMATS, "unparsed", "other"]))
def test_any_bytes_can_be_described(raw: bytes, name: str) -> None:
    assert describe(name, raw).id
