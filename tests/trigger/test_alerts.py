"""What somebody is told: enough to act on, nothing secret, nothing that steers, within bounds."""

import json
import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage_tui.mask import mask
from triage_tui.model import Severity
from triage_tui.trigger import alerts
from triage_tui.trigger.alerts import Alert, Subject
from widgets.text import is_safe

NOW = 1_800_000_000_000_000_000


def alert(**more: object) -> Alert:
    usual: dict[str, object] = {
        "id": "a1",
        "made": NOW,
        "rule": "r1",
        "title": "Trail stopped",
        "level": Severity.HIGH,
        "subjects": (
            Subject("ip:203.0.113.7", "", "new", 12, NOW - 60 * 10**9, NOW),
            Subject("principal:arn:aws:iam::1:user/a", "a", "new", 12, NOW - 60 * 10**9, NOW),
        ),
    }
    return Alert(**(usual | more))  # type: ignore[arg-type] # as put together


def email(made: Alert) -> str:
    return str(json.loads(alerts.message(made).body)["email"])


def test_it_says_who_what_why_and_what_to_run() -> None:
    text = email(alert(author="Ada", licence="DRL 1.1", description="It hides.", accounts=("1",)))
    assert text.startswith("HIGH: Trail stopped: 203.0.113.7\n")
    for words in (
        "Who     203.0.113.7",
        "arn:aws:iam::1:user/a (a)",
        "12 events from Fri 2027-01-15 07:59:00Z to Fri 2027-01-15 08:00:00Z",
        "Why     It hides.",
        "r1 (Ada, DRL 1.1)",
        "account 1",
        "triage-tui live --ip 203.0.113.7 --since 1h",
        "triage-tui live --principal arn:aws:iam::1:user/a --since 1h",
        "triage-tui blocks plan 203.0.113.7",
    ):
        assert words in text


def test_secrets_are_masked() -> None:
    raw = b'{"Authorization": "Bearer abcdefghijklmnopqrstuv", "key": "AKIAIOSFODNN7EXAMPLE"}'
    made = alert(samples=(alerts.sample(NOW, "waf", "GET /?token=s3cr3tvalue&x=1", raw),))
    body = alerts.message(made).body
    for secret in ("abcdefghijklmnop", "AKIAIOSFODNN7EXAMPLE", "s3cr3tvalue"):
        assert secret not in body


hostile = st.text() | st.sampled_from(
    ["\x1b]52;c;x\x07", "\u202eevil", "a\nb", "$(reboot)", "'; rm -rf /", "[red]x[/]", "\udc80"]
)


@given(hostile, hostile, hostile)
def test_nothing_that_steers_is_in_it(key: str, label: str, title: str) -> None:
    made = alert(
        title=title,
        subjects=(Subject(f"principal:{key}", label, "new", 1, NOW, NOW),),
        samples=(alerts.sample(NOW, "waf", label, key.encode("utf-8", "replace")),),
    )
    message = alerts.message(made)
    assert message.body.isascii()
    assert message.subject.isascii()
    assert "\n" not in message.subject
    assert len(message.subject) <= 99
    texts = json.loads(message.body)
    assert all(is_safe(line) for line in texts["email"].splitlines())
    assert len(texts["sms"]) <= 140
    for command in alerts.commands(made):
        assert shlex.split(command)[:2] == ["triage-tui", "live"]


@pytest.mark.parametrize("size", [10, 2_000, 6_000])
def test_it_fits_whatever_is_in_it(size: int) -> None:
    many = tuple(
        Subject(f"principal:{'ü' * 900}{n}", "ü" * 99, "new", 1, NOW, NOW)
        for n in range(size // 10)
    )
    samples = tuple(alerts.sample(NOW, "waf", "ü" * size, b"\x01" * size) for _ in range(5))
    made = alert(subjects=many or alert().subjects, samples=samples, description="ü" * size)
    message = alerts.message(made)
    assert len(message.body.encode()) <= 256 * 1024
    told = json.loads(json.loads(message.body)["default"])
    assert len(told["entities"]) + told["more_entities"] == len(made.subjects)


@pytest.mark.parametrize("size", [2_000, 8_000])
def test_many_entities_with_long_names_are_cleaned_once_each(
    size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A message that was too large was put together anew for each half of them."""
    cleaned: list[str] = []

    def counting(text: str) -> str:
        cleaned.append(text)
        return mask(text)

    monkeypatch.setattr(alerts, "mask", counting)
    made = alert(
        subjects=tuple(
            Subject(f"principal:{'ü' * 400}{n}", f"{n}{size}", "new", n, NOW, NOW)
            for n in range(size)
        )
    )
    message = alerts.message(made)
    assert len(cleaned) < 3_000
    told = json.loads(json.loads(message.body)["default"])
    assert len(told["entities"]) + told["more_entities"] == size
    assert told["entities"][0]["label"] == f"0{size}"
    alerts.encode(made)
    alerts.plain(made)
    assert len(cleaned) < 6_000


def test_one_name_beyond_all_measure_fits_too() -> None:
    made = alert(subjects=(Subject("principal:" + "\U0001f4a3" * 300_000, "", "new", 1, NOW, NOW),))
    assert len(alerts.message(made).body) <= 256 * 1024


def test_what_is_kept_comes_back() -> None:
    made = alert(samples=(alerts.sample(NOW, "waf", "s", b"\xff"),), block="203.0.113.7")
    assert alerts.decode(alerts.encode(made)) == made
    assert alerts.decode(b"\x00") is None
