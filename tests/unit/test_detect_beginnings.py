"""What records of WAF begin with is looked through once, and nothing is missed for it."""

import json
import re

from hypothesis import given
from hypothesis import strategies as st

from triage_tui.detect.beginnings import Beginnings

SOUGHT = ("jndi:", "0x2e", "${", "a,b")


def _holds(text: bytes) -> bool:
    return any(sought.encode() in text for sought in SOUGHT)


def _record(time: str, rule: str, uri: str) -> bytes:
    return (
        f'{{"timestamp":{time},"webaclId":"arn","terminatingRuleId":{json.dumps(rule)},'
        f'"httpRequest":{{"uri":{json.dumps(uri)}}}}}'
    ).encode()


WORDS = st.lists(
    st.sampled_from((*SOUGHT, *re.findall(".", "".join(SOUGHT)), '"', "\\", "/", '"httpRequest"')),
    max_size=4,
).map("".join)
TIMES = st.sampled_from(
    ("1773540838000", "1773540838001", "17735", '"2026-03-15"', '"${jndi:xxx}"')
)
RECORDS = st.one_of(
    st.builds(_record, TIMES, WORDS, WORDS),
    st.builds(_record, TIMES, WORDS, WORDS).map(lambda raw: b'{"${jndistamp":'[:13] + raw[13:]),
    WORDS.map(str.encode),
    WORDS.map(lambda text: b'{"timestamp":1773540838000' + text.encode()),
)


@given(st.lists(st.lists(RECORDS, max_size=6), max_size=4))
def test_what_is_left_holds_what_the_whole_holds(turns: list[list[bytes]]) -> None:
    beginnings = Beginnings(SOUGHT, _holds)
    for texts in turns:
        left = beginnings.without(texts)
        assert list(map(_holds, left)) == list(map(_holds, texts))


def test_a_beginning_that_holds_nothing_is_left_out_from_its_second_time_on() -> None:
    looked: list[bytes] = []

    def holds(text: bytes) -> bool:
        looked.append(text)
        return _holds(text)

    beginnings = Beginnings(SOUGHT, holds)
    clean = [_record(f"177354083800{n}", "Default_Action", f"/{n}") for n in range(3)]
    dirty = [_record(f"177354083800{n}", "${", f"/{n}") for n in range(3)]
    for _ in range(2):
        assert all(b"Default_Action" not in text for text in beginnings.without(clean))
        assert beginnings.without(dirty) == dirty
    assert len(looked) == 2


def test_what_stands_before_a_beginning_is_no_less_looked_for() -> None:
    records = [_record("1773540838000", "x", "/")] * 2
    for text in ("timestamp", "1773540838000", "0,", "{", ":17"):
        assert Beginnings([text], lambda _: False).without(records) == records
