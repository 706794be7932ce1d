"""What can be copied of a row: a cell, the row, its record, a command of the AWS CLI."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from triage_tui import aws_commands
from triage_tui.aws_commands import Span
from triage_tui.mask import mask
from triage_tui.model import SECOND, Kind
from triage_tui.ui.adapters import links, words
from widgets.record_lines import LONGEST
from widgets.text import clean, clean_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from triage_tui.model import Entity
    from triage_tui.triage import Triage

SOME_GROUP = "LOG_GROUP"
"""Where nobody knows which log group holds an address."""
_AROUND = 1000
"""Milliseconds around an event in which its log is read."""


class Copy(NamedTuple):
    """Something to copy. `text` may take its time, and raise OSError."""

    key: str
    name: str
    shown: str
    text: Callable[[], str]


def fixed(key: str, name: str, text: str) -> Copy:
    """A text that is at hand; secrets in it are masked."""
    safe = clean_lines(mask(text))
    return Copy(key, name, safe, lambda: safe)


def of_cells(cells: Sequence[tuple[str, str]]) -> list[Copy]:
    """The row, and each of its cells; (title, text) of those that are shown."""
    told = [(title, text.strip()) for title, text in cells if text.strip()]
    if not told:
        return []
    row = fixed("r", "row", "  ".join(clean(text) for _, text in told))
    each = (
        fixed(str(n), title.lower(), clean(text)) for n, (title, text) in enumerate(told[:9], 1)
    )
    return [row, *each]


def of_record(triage: Triage, row: int) -> list[Copy]:
    """A raw record, and the command that shows it again."""
    size = triage.index.length.at(row)
    shown = f"{words.short_number(size)}B, masked"
    return [
        Copy("e", "record", shown, partial(_record, triage, row)),
        Copy("c", "aws cli", "the command that shows this again", partial(_command, triage, row)),
    ]


def of_entity(triage: Triage, entity: Entity) -> list[Copy]:
    """The command that shows what an entity did."""
    found = command_of(triage, entity)
    return [fixed("c", "aws cli", found)] if found else []


def command_of(triage: Triage, entity: Entity) -> str:
    """The command that shows what an entity did; "" for what AWS cannot be asked about."""
    span = Span(entity.first // SECOND, entity.last // SECOND)
    match entity.ref.kind:
        case Kind.PRINCIPAL:
            return aws_commands.principal(entity.ref.key, span)
        case Kind.IP:
            group, region = _group(triage)
            return aws_commands.address(entity.ref.key, group, span, region)
        case _:
            return ""


def _group(triage: Triage) -> tuple[str, str]:
    """A log group of this triage, the busiest one, and its region."""
    live = [source.report for source in triage.sources if source.report.live is not None]
    groups = [report for report in live if report.path.startswith(("/", "aws-waf-logs-"))]
    if not groups:
        return SOME_GROUP, ""
    busiest = max(groups, key=lambda report: report.records)
    place = busiest.live.place if busiest.live is not None else ""
    return busiest.path, place.rpartition(" ")[2]


def of_block(arn: str, cidr: str, block: str) -> list[Copy]:
    """The commands that take a block back."""
    undo = f"triage-tui blocks undo {block}"
    found = [fixed("u", "undo", undo)]
    commands = aws_commands.change(arn, cidr, add=False)
    if commands:
        text = "\n".join(commands)
        found.append(
            Copy("c", "aws cli", "the same without triage-tui; jq is needed", lambda: text)
        )
    return found


def named(copies: Iterable[Copy]) -> list[Copy]:
    """Each key once, the first that has it."""
    found: dict[str, Copy] = {}
    for copy in copies:
        found.setdefault(copy.key, copy)
    return list(found.values())


def _record(triage: Triage, row: int) -> str:
    return clean_lines(mask(triage.raw_text(row)[:LONGEST]))


def _command(triage: Triage, row: int) -> str:
    """Blocking; raises OSError, also where there is no such command."""
    event = triage.event(row)
    region = event.region or ""
    if event.format == "cloudtrail":
        return aws_commands.trail_event(event.id, region)
    if event.format == "guardduty":
        return aws_commands.finding(event.id, region)
    logged = links.logged(triage, row, event)
    if logged is None:
        raise OSError("the record does not say which log group it is from")
    at = logged.at if logged.at is not None else (event.time or 0) // 1_000_000
    span = (at - _AROUND, at + _AROUND)
    return aws_commands.log_events(logged.group, span, logged.region, logged.stream)
