"""The incident report: what stands in it, and that data has no say in its layout."""

import json
from collections.abc import Iterator

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from triage_tui.health import FileReport
from triage_tui.model import (
    SECOND,
    Block,
    BlockState,
    Case,
    Entity,
    EntityRef,
    Finding,
    Kind,
    Note,
    Reason,
    Severity,
    Status,
    Verdict,
)
from triage_tui.report import (
    Audit,
    Decision,
    IncidentReport,
    JournalState,
    Matched,
    Snapshot,
    Step,
    Told,
    incident,
    to_json,
    to_markdown,
)
from triage_tui.report.marking import plain, quoted
from triage_tui.report.times import rfc3339, spoken
from widgets.text import is_safe

T0 = 1_773_540_847 * SECOND  # 2026-03-15T02:14:07Z
SET = "arn:aws:wafv2:eu-west-1:111122223333:regional/ipset/shop-v4/0a1b"
ARN = "arn:aws:iam::111122223333:user/maria.keller"


def entity(kind: Kind, key: str, **changes: object) -> Entity:
    made = Entity(
        ref=EntityRef(kind, key),
        label=key.rpartition("/")[2],
        events=418,
        denied=5,
        errors=0,
        blocked=2,
        findings=1,
        worst=Severity.HIGH,
        risk=72,
        reasons=(
            Reason(45, "finding, high: Impact:IAMUser/AnomalousBehavior", "finding", "f-1"),
            Reason(27, "first seen 02:04:17", "new"),
        ),
        first=T0 - 600 * SECOND,
        last=T0,
        principals=(ARN,),
        ips=("198.51.100.23",),
        actions={"DeleteItem": 388, "Scan": 6},
        targets=(("table/orders", 388),),
    )
    return msgspec.structs.replace(made, **changes)


def note(text: str, author: str = "sam") -> Note:
    return Note(1, "ip:198.51.100.23", text, author, T0 + 3600 * SECOND, T0)


def block(**changes: object) -> Block:
    made = Block(
        id="blk-1",
        blocklist="simulated",
        cidr="198.51.100.23/32",
        reason="deletes the orders",
        author="sam",
        made=T0 + 3600 * SECOND,
        cursor=T0 + 30 * SECOND,
        expires=T0 + 3630 * SECOND,
        state=BlockState.VERIFIED,
        simulated=True,
        subject="ip:198.51.100.23",
    )
    return msgspec.structs.replace(made, **changes)


def snapshot(**changes: object) -> Snapshot:
    finding = Finding(
        id="f-1",
        type="Impact:IAMUser/AnomalousBehavior",
        severity=Severity.HIGH,
        first=T0 - 60 * SECOND,
        updated=T0 + 60 * SECOND,
        versions=2,
        row=0,
        ips=("198.51.100.23",),
        principals=("111122223333:user/maria.keller",),
    )
    made = Snapshot(
        made=T0 + 7200 * SECOND,
        program="triage-tui 0.1.0",
        cursor=None,
        filter="",
        files=(
            FileReport("/var/log/trail.json.gz", {"cloudtrail": 418}, 420, 2),
            FileReport("gone.json", error="there is no such file"),
        ),
        events=418,
        unparsed=2,
        duplicates=3,
        first=T0 - 600 * SECOND,
        last=T0 + 60 * SECOND,
        totals={"ip": 313, "principal": 18},
        entities=(entity(Kind.IP, "198.51.100.23"), entity(Kind.PRINCIPAL, ARN)),
        cases={
            "ip:198.51.100.23": Case(
                Status.CONTAINED, Verdict.TRUE_POSITIVE, "sam", ("exfil",), (note("hello"),)
            )
        },
        findings=(Told(finding, "An API was called in an unusual way."),),
        notes=(note("hello"),),
        blocks=(block(),),
        decisions=(
            Decision(T0 + 3500 * SECOND, T0, "sam", "note", "ip:198.51.100.23", "hello"),
            Decision(
                *(T0 + 3600 * SECOND, T0 + 30 * SECOND, "sam", "block", "198.51.100.23/32"),
                "198.51.100.23/32 until 03:14 (simulated)",
            ),
        ),
        journal=JournalState(3, "ab" * 32),
        matched=(
            Matched(
                *("r-1", "Many items deleted", "high", "Sam", "DRL 1.1", 388),
                first=T0 - 300 * SECOND,
                last=T0,
            ),
        ),
        audits={
            "blk-1": Audit(
                SET,
                "arn:aws:sts::111122223333:assumed-role/oncall/sam",
                (
                    Step(1, "cd" * 32, T0, "intent", "sam"),
                    Step(2, "ef" * 32, T0, "result", "", 4, 5, "01" * 32, ("req-1",), "as planned"),
                ),
            )
        },
        groups=(("/shop/web", "eu-west-1"),),
    )
    return msgspec.structs.replace(made, **changes)


def tokens(text: str) -> Iterator[Token]:
    """Everything that Markdown sees in the text."""
    found = MarkdownIt("commonmark", {"html": True, "linkify": False}).enable("table").parse(text)
    for token in found:
        yield token
        yield from token.children or ()


def sections(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith("## ")]


def test_times() -> None:
    assert rfc3339(T0) == "2026-03-15T02:14:07Z"
    assert rfc3339(T0 + 250_000_000) == "2026-03-15T02:14:07.25Z"
    assert rfc3339(T0 + 1) == "2026-03-15T02:14:07.000000001Z"
    assert rfc3339(-1) == "1969-12-31T23:59:59.999999999Z"
    assert spoken(T0 + 1) == "Sun 2026-03-15 02:14:07Z"


def test_everything_is_in_it() -> None:
    report = incident(snapshot())
    assert report.summary.events == 418
    assert report.summary.worst == "high"
    assert report.summary.formats == {"cloudtrail": 418}
    assert [source.error for source in report.summary.sources] == [None, "there is no such file"]
    first = report.entities[0]
    assert sum(reason.points for reason in first.reasons) == first.risk == 72
    assert (first.status, first.verdict, first.tags) == ("contained", "true positive", ("exfil",))
    assert report.findings[0].updated == "2026-03-15T02:15:07Z"
    assert (report.notes[0].text, report.notes[0].author) == ("hello", "sam")
    assert report.blocks[0].state == report.blocks[0].standing == "in force"
    assert report.blocks[0].enforcement is None
    assert report.journal is not None
    assert report.journal.hash == "ab" * 32


def test_the_time_line_is_in_event_time() -> None:
    report = incident(snapshot(blocks=(block(state=BlockState.EXPIRED),)))
    assert [(moment.at, moment.kind) for moment in report.timeline] == [
        ("2026-03-15T02:04:07Z", "first seen"),
        ("2026-03-15T02:04:07Z", "first seen"),
        ("2026-03-15T02:09:07Z", "detected"),
        ("2026-03-15T02:13:07Z", "finding"),
        ("2026-03-15T02:14:07Z", "note"),
        ("2026-03-15T02:14:37Z", "block"),
        ("2026-03-15T02:15:07Z", "finding updated"),
        ("2026-03-15T03:14:37Z", "expired"),
    ]
    assert [(entry.made, entry.at) for entry in report.decisions] == [
        ("2026-03-15T03:12:27Z", "2026-03-15T02:14:07Z"),
        ("2026-03-15T03:14:07Z", "2026-03-15T02:14:37Z"),
    ]


def test_those_whom_nothing_speaks_against_are_not_on_the_time_line() -> None:
    quiet = entity(Kind.IP, "203.0.113.5", risk=24)
    assert (
        incident(snapshot(entities=(quiet,), findings=(), decisions=(), matched=())).timeline == ()
    )


def test_markdown_has_every_part() -> None:
    text = to_markdown(incident(snapshot()))
    assert sections(text) == [
        f"## {name}"
        for name in (
            *("Summary", "Time-line", "Entities", "Findings", "Detections", "Responses"),
            *("Notes", "Decisions", "Commands to look again"),
        )
    ]
    for words in (
        "418 events, 2026-03-15T02:04:07Z to 2026-03-15T02:15:07Z (cloudtrail 418)",
        "2 not understood, 3 duplicates",
        "there is no such file",
        "+45 finding, high: Impact:IAMUser/AnomalousBehavior",
        "contained, true positive, with sam",
        "> hello",
        "in force (simulated)",
        f"last hash {'ab' * 32}",
        "| high | Many items deleted | 388 |",
        "Sam, DRL 1.1",
        "4 → 5 entries, SHA-256 010101010101…, requests req-1; as planned",
        "aws logs filter-log-events --log-group-name /shop/web",
        "aws wafv2 update-ip-set --region eu-west-1",
        "- Blocked: 198.51.100.23/32 (in force, simulated)",
    ):
        assert words in text
    tables = [token for token in tokens(text) if token.type == "table_open"]
    assert len(tables) == 7


def test_markdown_of_nothing() -> None:
    empty = snapshot(
        **dict.fromkeys(
            (
                *("files", "entities", "findings", "notes", "blocks", "decisions"),
                *("matched", "groups"),
            ),
            (),
        ),
        **{"events": 0, "first": None, "last": None, "totals": {}, "cases": {}, "journal": None},
    )
    text = to_markdown(incident(empty))
    assert text.count("None.") == 7
    assert len(sections(text)) == 9


def test_a_changed_journal_is_said_aloud() -> None:
    report = incident(snapshot(journal=JournalState(3, "ab" * 32, 2)))
    assert "**Entry 2 was changed after it was written.**" in to_markdown(report)


def test_many_whole_files_are_counted_and_the_others_named() -> None:
    files = [FileReport(f"f{n}", {"waf": 1}, 1) for n in range(99)]
    files[90].error = "the gz file is truncated"
    text = to_markdown(incident(snapshot(files=tuple(files))))
    assert "| f90 |" in text
    assert "| f89 |" not in text
    assert "and 58 more without a problem" in text


def test_secrets_are_masked() -> None:
    hidden = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
    report = incident(
        snapshot(
            notes=(note(f'key AKIAIOSFODNN7EXAMPLE {{"secretAccessKey": "{hidden}"}}'),),
            findings=(),
        )
    )
    for text in (to_json(report), to_markdown(report)):
        assert hidden not in text
        assert "AKIAIOSFODNN7EXAMPLE" not in text


def test_json_is_the_report() -> None:
    report = incident(snapshot())
    text = to_json(report)
    assert text.isascii()
    assert "\n" not in text
    assert msgspec.convert(json.loads(text), IncidentReport) == report
    assert list(json.loads(text)) == [
        *("made", "program", "anonymized", "summary", "entities", "findings", "notes"),
        *("blocks", "timeline", "decisions", "journal", "detections", "answers"),
    ]


LIVELY = st.text(
    st.one_of(
        st.sampled_from("`*_[]()<>|~#&!{}$^=+-.:/\\\"' 1\n\r\t"),
        st.characters(),
        st.sampled_from("\x1b\x9b\x07\u202e\u200b\ud800\u2028"),
    ),
    max_size=40,
)
WORDS = st.one_of(
    LIVELY,
    st.sampled_from(
        [
            "[x](javascript:alert(1))",
            "<script>alert(1)</script>",
            "http://evil.example/x",
            "www.evil.example",
            "![x](http://evil.example)",
            "| a | b |",
            "```\ncode\n```",
            "    indented",
            "# heading",
            "1. list",
            "- list",
            "***",
            "===",
            "&lt;b&gt;",
            "\\",
            "a_b_c",
            "__init__",
        ]
    ),
)
OURS = {
    *("heading", "paragraph", "table", "thead", "tbody", "tr", "th", "td", "bullet_list"),
    *("list_item", "blockquote", "inline", "text", "softbreak", "text_special"),
}


def rendered(text: str) -> str:
    """What a reader of the Markdown sees of its text."""
    return "".join(t.content for t in tokens(text) if t.type in ("text", "text_special"))


@given(WORDS)
def test_a_line_of_data_is_only_text(text: str) -> None:
    line = plain(text)
    assert is_safe(line)
    for place in (f"x {line}", f"- x {line}", f"| a |\n| --- |\n| {line} |"):
        kinds = {token.type.removesuffix("_open").removesuffix("_close") for token in tokens(place)}
        assert kinds <= OURS
        assert sum(token.type == "td_open" for token in tokens(place)) <= 1
    assert "http://" not in line
    assert "www." not in line


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126)))
def test_a_reader_sees_what_stood_there(text: str) -> None:
    assert rendered(f"x{plain(text)}") == f"x{text}"


@given(WORDS)
def test_quoted_data_stays_in_its_quote(text: str) -> None:
    found = list(tokens("\n".join(["before", "", *quoted(text), "", "after"])))
    kinds = {token.type.removesuffix("_open").removesuffix("_close") for token in found}
    assert kinds <= OURS - {"heading", "table", "bullet_list"}
    assert sum(token.type == "blockquote_open" for token in found) == 1


@given(words=WORDS)
def test_no_data_changes_the_layout(words: str) -> None:
    ordinary, odd = (to_markdown(incident(filled(text))) for text in ("word", words))
    assert all(is_safe(line) for line in odd.split("\n"))
    assert sections(odd) == sections(ordinary)
    assert layout(odd) == layout(ordinary)
    assert to_json(incident(filled(words))).isascii()


def filled(text: str) -> Snapshot:
    """A snapshot with the text wherever data goes; notes apart, for they may have lines."""
    who = entity(
        Kind.PRINCIPAL,
        f"arn:{text}",
        label=f"x{text}",
        reasons=(Reason(72, f"x{text}", "new", text),),
        principals=(f"x{text}",),
        ips=(f"x{text}",),
        actions={f"x{text}": 1},
        targets=((f"x{text}", 1),),
    )
    base = snapshot()
    told = base.findings[0]
    finding = msgspec.structs.replace(told.finding, type=f"x{text}", principals=(f"x{text}",))
    return msgspec.structs.replace(
        base,
        filter=f"x{text}",
        files=(FileReport(f"x{text}", {"waf": 1}, 1, error=f"x{text}"),),
        entities=(who,),
        cases={who.ref.subject: Case(assignee=f"x{text}", tags=(f"x{text}",))},
        findings=(Told(finding, f"x{text}"),),
        notes=(note("x", author=f"x{text}"),),
        blocks=(block(reason=f"x{text}", author=f"x{text}"),),
        decisions=(Decision(T0, T0, f"x{text}", "tag", f"x{text}", f"x{text}"),),
        matched=(Matched(f"x{text}", f"x{text}", "high", f"x{text}", f"x{text}", 1, T0, T0),),
        audits={
            "blk-1": Audit(
                SET,
                f"x{text}",
                (Step(1, "ab", T0, "result", f"x{text}", 1, 2, "cd", (f"x{text}",), f"x{text}"),),
            )
        },
        groups=((f"x{text}", "eu-west-1"),),
    )


def layout(text: str) -> list[str]:
    """The structure of the Markdown, its words left out."""
    return [token.type for token in tokens(text) if not token.type.startswith(("text", "inline"))]


@pytest.mark.parametrize("text", ["1. a", "- a", "+ a", "# a", "a\n===", "> a", "```", "    a"])
def test_blocks_within_a_quote(text: str) -> None:
    found = [token.type for token in tokens("\n".join(quoted(text)))]
    assert set(found) <= {
        *("blockquote_open", "paragraph_open", "inline", "text", "text_special", "softbreak"),
        *("paragraph_close", "blockquote_close"),
    }
