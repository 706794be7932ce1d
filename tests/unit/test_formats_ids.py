"""Eight bytes for an event's own id."""

from __future__ import annotations

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from triage_tui.formats.ids import digest, digests, hash_id

UUIDS = st.uuids().map(str)
ODD = st.sampled_from(
    [
        "",
        "5f2f2b3c-0000-4000-8000-00000000000",  # one short
        "5f2f2b3c-0000-4000-8000-0000000000000",  # one long
        "5f2f2b3c-0000-4000-8000-00000000 000",  # a blank within
        "5f2f2b3c-0000-4000-8000-0000000000  ",
        "5f2f2b3c-0000-4000-8000-00000000-000",
        "5f2f2b3c00000-4000-8000-000000000000",
        "zf2f2b3c-0000-4000-8000-000000000000",
        "\u0665f2f2b3c-0000-4000-8000-00000000000",
        "\ud800",
    ]
)


@given(UUIDS)
def test_a_uuid_is_folded(text: str) -> None:
    high, low = divmod(UUID(text).int, 1 << 64)
    swapped = int.from_bytes((high ^ low).to_bytes(8, "big"), "little")
    assert hash_id(text) == swapped == hash_id(text.upper())


@given(st.lists(UUIDS | ODD | st.text(max_size=40)))
def test_many_at_once_are_the_same(texts: list[str]) -> None:
    assert digests(texts) == b"".join(map(digest, texts))


@given(ODD)
def test_what_is_no_uuid_is_hashed_as_bytes_are(text: str) -> None:
    assert digest(text) == digest(text.encode("utf-8", "surrogatepass"))
