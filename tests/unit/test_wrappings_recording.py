"""The lines of our own recordings."""

import base64
import json

import pytest

from triage_tui.wrappings import Piece, recording, unwrap

HEADER = b'{"triage-tui-recording": 1, "made": "2026-03-15T02:14:07Z"}'


def line(**fields: object) -> bytes:
    return json.dumps(
        {"source": "aws:logs:1:g", "position": "7", "received": 99, **fields}
    ).encode()


def test_a_header_holds_no_record() -> None:
    assert unwrap(HEADER) == []
    assert recording.check_header(HEADER) is None


def test_an_envelope_holds_its_message_with_source_and_receipt() -> None:
    expected = Piece(data='{"ü":1}'.encode(), received=99, origin="aws:logs:1:g")
    assert unwrap(line(message='{"ü":1}')) == [expected]


def test_an_envelope_saved_as_latin_1_keeps_its_message() -> None:
    raw = line(message="login of m").replace(b"of m", "of mär".encode("latin-1"))
    expected = Piece(data=b"login of m\xe4r", received=99, origin="aws:logs:1:g")
    assert unwrap(raw) == [expected]


def test_bytes_that_are_no_text_come_in_base64() -> None:
    data = bytes(range(256))
    expected = Piece(data=data, received=99, origin="aws:logs:1:g")
    assert unwrap(line(message64=base64.b64encode(data).decode())) == [expected]


@pytest.mark.parametrize(
    "raw",
    [
        line(),
        line(message="x", message64="eA=="),
        line(message64="no base64!"),
        line(message=5),
        line(message="x", received="yesterday"),
        line(message="x", received=2**70),
        line(message="x", more=1),
        line(message="x")[:-5],
    ],
)
def test_what_is_no_envelope_is_left_alone(raw: bytes) -> None:
    assert unwrap(raw) is None


def test_a_newer_recording_asks_for_an_update() -> None:
    message = recording.check_header(b'{"triage-tui-recording": 2}')
    assert message is not None
    assert "please update" in message
    assert "format 2" in message


@pytest.mark.parametrize("version", ["0", "-1", '"x"', "1.5", "null", "9" * 30])
def test_a_version_that_never_was_is_named_as_damage(version: str) -> None:
    message = recording.check_header(f'{{"triage-tui-recording": {version}}}'.encode())
    assert message is not None
    assert "damaged" in message


@pytest.mark.parametrize(
    "raw", [b"", b"text", b"{}", b'{"x": "triage-tui-recording"}', HEADER[:-3]]
)
def test_other_lines_are_no_header(raw: bytes) -> None:
    assert recording.check_header(raw) is None
