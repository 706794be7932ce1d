"""Commands that somebody pastes into a shell: data in them is data, and they do what they say."""

import json
import shlex
import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage_tui.aws_commands import (
    Span,
    address,
    change,
    finding,
    log_events,
    principal,
    trail_event,
)
from triage_tui.mask import mask
from widgets.text import is_safe

SPAN = Span(1_773_540_000, 1_773_543_600)
SET = "arn:aws:wafv2:eu-west-1:111122223333:regional/ipset/shop-v4/0a1b-2c"
EDGE = "arn:aws:wafv2:us-east-1:111122223333:global/ipset/edge/0a1b"


def test_commands() -> None:
    assert trail_event("e-1", "eu-west-1") == (
        "aws cloudtrail lookup-events --lookup-attributes "
        '\'[{"AttributeKey": "EventId", "AttributeValue": "e-1"}]\' --region eu-west-1'
    )
    arn = "arn:aws:sts::111122223333:assumed-role/ops/session-1"
    assert '"AttributeValue": "session-1"' in principal(arn, SPAN)
    assert principal(arn, SPAN).endswith("--start-time 1773540000 --end-time 1773543601")
    assert finding("ab@2026", "eu-west-1").startswith("aws guardduty get-findings --detector-id")
    assert "--finding-ids ab --region eu-west-1" in finding("ab@2026", "eu-west-1")
    assert address("203.0.113.7", "/shop", SPAN).endswith("--filter-pattern '\"203.0.113.7\"'")
    assert "--log-stream-names s" in log_events("/shop", (1, 2), "eu-west-1", "s")


WORDS = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        ["$(id)", "`id`", "'; id #", '"', "a\nb", "--profile x", "-", "file:///etc/passwd",
         "\x1b]52;c;x\x07", "\u202e", "a,b=c", "\\", "!!"],
    ),
)  # fmt: skip


@given(WORDS)
def test_data_is_one_word_of_the_shell_and_no_option(text: str) -> None:
    plain, odd = (
        [
            trail_event(word, "eu-west-1"),
            principal(word, SPAN, "eu-west-1"),
            address(word, word, SPAN, word),
            log_events(word, (1, 2), "eu-west-1", word),
        ]
        for word in ("word", text)
    )
    for ordinary, hostile in zip(plain, odd, strict=True):
        assert is_safe(hostile)
        words = shlex.split(hostile)
        assert len(words) in (len(shlex.split(ordinary)), len(shlex.split(ordinary)) - 2)
        assert [w for w in words if w.startswith("--")] == [
            w for w in shlex.split(ordinary) if w.startswith("--")
        ] or not text.strip()
        assert not any(w.startswith(("file://", "fileb://", "http://")) for w in words)


def test_nothing_of_a_set_is_changed_but_the_entry() -> None:
    look, write = change(SET, "198.51.100.23/32", add=False)
    assert "--name shop-v4 --scope REGIONAL --id 0a1b-2c --region eu-west-1" in look
    assert write == (
        "aws wafv2 update-ip-set --region eu-west-1 --cli-input-json file://change.json"
    )
    assert change("no arn", "198.51.100.23/32", add=True) == ()
    edge = change(EDGE, "198.51.100.23/32", add=True)
    assert all("us-east-1" in command for command in edge)
    assert "--scope CLOUDFRONT" in edge[0]


def test_commands_survive_the_mask() -> None:
    for add in (True, False):
        for command in change(SET, "198.51.100.23/32", add=add):
            assert mask(command) == command
    assert mask(finding("ab", "eu-west-1")) == finding("ab", "eu-west-1")


@pytest.mark.skipif(shutil.which("jq") is None, reason="needs jq")
@pytest.mark.parametrize(
    ("add", "held"), [(True, ["1.2.3.4/32", "9.9.9.9/32"]), (False, ["9.9.9.9/32"])]
)
def test_jq_makes_the_change(add: bool, held: list[str]) -> None:
    look = change(SET, "1.2.3.4/32", add=add)[0]
    program = shlex.split(look.partition("| ")[2].partition(" >")[0])
    before = {"IPSet": {"Name": "shop-v4", "Id": "0a1b-2c", "Description": "",
                        "Addresses": ["9.9.9.9/32", *([] if add else ["1.2.3.4/32"])]},
              "LockToken": "t"}  # fmt: skip
    done = subprocess.run(program, input=json.dumps(before), capture_output=True, text=True)
    assert json.loads(done.stdout) == {
        "Name": "shop-v4", "Id": "0a1b-2c", "Scope": "REGIONAL", "Addresses": held,
        "LockToken": "t",
    }  # fmt: skip
