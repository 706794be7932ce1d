"""What the processes do that decode for us. They import this and no more: a process is at work the
sooner for it."""

from __future__ import annotations

import gc
import os
import secrets
import select
import signal
import threading
from collections import OrderedDict
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any

from .formats.decode import decode, decode_batches
from .formats.vocabulary import Vocabulary
from .model import Span
from .sources.spans import read_span

if TYPE_CHECKING:
    from .formats.seen import Matcher
    from .formats.settings import FormatSettings
    from .model import Batch, Columns

_NICE = 5
"""How much later than those who started it a process gets its turn: keys are answered first."""
_MOST_STREAMS = 4
_LIVE = 0
"""The stream that all live sources are."""

_vocabularies: OrderedDict[int, Vocabulary] = OrderedDict()
"""Of each stream of batches what this process has sent. Its results are taken in the order in which
it made them, so each brings only what is new."""
_matchers: list[Matcher] = []
"""The rules of this process, where there are any."""


def serve(descriptor: int) -> None:
    """What such a process does: it hears what its rules are, and then answers one question after
    the other, until whoever asks is gone."""
    threading.Thread(target=_end_with_asker, args=(descriptor,), daemon=True).start()
    with Connection(descriptor) as connection:
        try:
            _begin(connection.recv_bytes())
            while True:
                _answer(connection)
        except (EOFError, OSError):
            return


def _begin(rules: bytes) -> None:
    """Runs first, with the rules; none where they are empty."""
    gc.disable()  # decoding makes no cycles, and looking for some takes a tenth of the time
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(_NICE)
    if rules:
        import msgspec

        from .detect.matcher import RuleMatcher
        from .detect.ruleset import RuleSet

        _matchers.append(RuleMatcher(msgspec.msgpack.decode(rules, type=RuleSet)))


def _end_with_asker(descriptor: int) -> None:
    """In the middle of a question too: nobody would hear the answer."""
    gone = select.poll()
    gone.register(descriptor, 0)  # that the other end is closed is told unasked
    gone.poll()
    os._exit(1)


def _answer(connection: Connection) -> None:
    """(True, what came of it) or (False, what it raised)."""
    work, asked = connection.recv()
    answer: tuple[bool, Any]
    try:
        answer = True, work(*asked)
    except Exception as error:  # noqa: BLE001 - whoever asked hears of it
        answer = False, error
    connection.send(answer)


def decode_any(
    batch: Batch | Span,
    settings: FormatSettings,
    vocabulary: Vocabulary | None,
    matcher: Matcher | None,
) -> Columns:
    """Decodes records, or those of a span, which it reads. Raises Unreadable where it is gone."""
    records = read_span(batch) if isinstance(batch, Span) else batch
    return decode(records, settings, vocabulary, matcher)


def decode_one(batch: Batch | Span, settings: FormatSettings, stream: int) -> Columns:
    """Decodes a batch of a stream in a process."""
    return decode_any(batch, settings, _vocabulary(stream), _matchers[0] if _matchers else None)


def decode_all(batches: list[Batch], settings: FormatSettings) -> Columns:
    """The same for batches of live sources, whatever source they are of."""
    matcher = _matchers[0] if _matchers else None
    return decode_batches(batches, settings, _vocabulary(_LIVE), matcher)


def _vocabulary(stream: int) -> Vocabulary:
    """That of a stream."""
    vocabulary = _vocabularies.pop(stream, None)
    if vocabulary is None or vocabulary.full:
        vocabulary = Vocabulary(name=secrets.randbits(63) | 1)
    _vocabularies[stream] = vocabulary
    if len(_vocabularies) > _MOST_STREAMS:
        _vocabularies.popitem(last=False)
    return vocabulary
