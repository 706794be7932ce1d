"""How tests look at one record through the whole decoder; and a blocklist to try."""

from array import array
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.blocklists import Rig
from triage_tui.formats.decode import decode, describe
from triage_tui.formats.ids import hash_id
from triage_tui.formats.settings import FormatSettings
from triage_tui.model import NO_NUMBER, NO_TIME, Batch, Columns, Outcome, Texts

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TEXTS = ("action", "source_ip", "service", "agent", "account", "region", "resource", "method")


def _seen(raw: bytes, header: bytes = b"", trusted: tuple[str, ...] = ()) -> dict[str, object]:
    batch = Batch(1, raw, array("Q", [0]), array("Q", [len(raw)]), 5, base=0, header=header)
    columns = decode(batch, FormatSettings(trusted_proxies=trusted))
    assert len(columns) == 1
    found: dict[str, object] = {"format": _text(columns.format)}
    for name in (*TEXTS, "path", "country"):
        found[name] = _text(getattr(columns, name))
    found["outcome"] = Outcome(columns.outcome[0]).word
    found["status"] = columns.status[0]
    found["size"] = columns.size[0]
    found["principal"] = columns.identities[columns.who[0]].key
    if columns.time[0] != NO_TIME:
        found["time"] = f"{EPOCH + timedelta(microseconds=columns.time[0] // 1000):%FT%T.%f}"
    if _text(columns.actor_ip) != found["source_ip"]:
        found["actor_ip"] = _text(columns.actor_ip)
    found |= _described(columns, raw, header)
    return {key: value for key, value in found.items() if value not in ("", (), NO_NUMBER)}


def _text(texts: Texts) -> str:
    return texts.values[texts.ids[0]]


def _described(columns: Columns, raw: bytes, header: bytes) -> dict[str, object]:
    described = describe(_text(columns.format), raw, header)
    assert "\n" not in described.summary
    found: dict[str, object] = {"summary": described.summary, "forwarded": described.forwarded}
    if columns.own_id[0]:
        assert hash_id(described.id) == columns.id[0]
        found["id"] = described.id
    else:
        assert described.id == f"{columns.id[0]:016x}"
        assert hash_id(raw) == columns.id[0]
    return found


@pytest.fixture(scope="session")
def see() -> Callable[..., dict[str, object]]:
    """What the decoder makes of one record, under a header line and with trusted proxies: the
    columns that are not empty, by their names, and what describes it."""
    return _seen


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    """A real blocklist over sets in memory."""
    made = Rig(tmp_path)
    await made.start()
    yield made
    await made.stop()
