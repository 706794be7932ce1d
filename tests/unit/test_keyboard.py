"""What the terminal sends: a paste stays a paste, and no byte ends the program."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from triage_tui.ui.keyboard import KeyDecoder


def decoded(*reads: bytes) -> str:
    decoder = KeyDecoder()
    return "".join(map(decoder.decode, reads))


def test_escapes_in_a_paste_do_not_end_it() -> None:
    pasted = b"\x1b[200~abc\x1b[31my\x1b[201~"
    assert decoded(pasted + b"j\x1b[A") == "\x1b[200~abc[31my\x1b[201~j\x1b[A"


def test_keys_go_through_at_once() -> None:
    decoder = KeyDecoder()
    assert [decoder.decode(key) for key in (b"\x1b", b"j", b"\x1b[A")] == ["\x1b", "j", "\x1b[A"]


def test_whatever_comes_is_heard() -> None:
    heard: list[bool] = []
    decoder = KeyDecoder(lambda: heard.append(True))
    decoder.decode(b"j")
    decoder.decode(b"\x1b[A")
    assert decoder.decode(b"", final=True) == ""
    assert heard == [True, True]


def test_bytes_that_are_no_text_are_replaced() -> None:
    assert decoded(b"caf\xe9 j") == "caf\ufffd j"


@given(
    st.lists(
        st.sampled_from([b"\x1b[200~", b"\x1b[201~", b"\x1b", b"a", b"[201", b"\xe9", "é".encode()])
    ),
    st.lists(st.integers(0, 40), max_size=5),
)
def test_reads_may_be_cut_anywhere(parts: list[bytes], cuts: list[int]) -> None:
    data = b"".join(parts) + b"\x1b[201~."
    edges = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    pieces = [data[a:b] for a, b in itertools.pairwise(edges)]
    assert decoded(*pieces) == decoded(data)
