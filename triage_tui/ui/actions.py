"""Every action stands here once: its id, keys, help, where it applies, what it changes.

Bindings, footer, help, palette and the check of the user's own keys read this table. No Textual
here, so that keys are checked before any screen exists.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

OVERVIEW, INSPECT, BLOCK, BLOCKS = "overview", "inspect", "block", "blocks"
SOURCES, RULES, RESOURCES = "sources", "rules", "resources"
ANSWERS, REMEDY = "answers", "remedy"
"""What can be done about somebody, and the plan for one such thing."""
SETUP = "setup"
"""Before there is a config, so it has the usual keys always."""
MAIN = (OVERVIEW, INSPECT, BLOCKS, SOURCES, RULES, RESOURCES)
ENTITY = (OVERVIEW, INSPECT)
MODAL = (BLOCK, ANSWERS, REMEDY)
"""They lie over another screen, and hold the app's keys themselves."""
EVERYWHERE = (*MAIN, BLOCK, ANSWERS, REMEDY)

APP, SCREEN, TABLE, RECORD, TIMELINE = "app", "screen", "table", "record", "timeline"
"""The layers: who holds the key. Of a table, a record and a time-line one alone has the focus."""

MOVE, LOOK, FILTER, TIME, DECIDE, RESPOND, PROGRAM = (
    "Move",
    "Look",
    "Filter",
    "Time",
    "Decide",
    "Respond",
    "Program",
)
GROUPS = (MOVE, LOOK, FILTER, TIME, DECIDE, RESPOND, PROGRAM)


TRY_AGAIN = "app.sign_in"
"""Its key stands in a banner too."""


class Action(NamedTuple):
    """One thing that can be done from the keyboard."""

    id: str
    keys: tuple[str, ...]
    """As Textual names them, single characters as themselves; the first is shown."""
    action: str
    """What the layer's holder runs."""
    label: str
    """One or two words, for the footer."""
    help: str
    group: str
    screens: tuple[str, ...]
    layer: str = SCREEN
    changes_world: bool = False
    """Whether it leads to a change outside of this program; never without a confirmation."""
    hint: int = 0
    """How long it stays in the footer as that narrows; 0 is never there."""
    palette: bool = True
    """Whether it is found in the palette, which does not list itself."""


def _moves(layer: str, screens: tuple[str, ...]) -> Iterator[Action]:
    """What tables and records have in common; the widgets hold these keys themselves."""
    for name, keys, action, text in (
        ("up", ("k", "up"), "move(-1)", "To the row above"),
        ("down", ("j", "down"), "move(1)", "To the row below"),
        ("first", ("g", "home"), "first", "To the first row"),
        ("last", ("G", "end"), "last", "To the last row, and follow as rows come"),
        ("page_up", ("pageup",), "page(-2)", "Up by a page"),
        ("page_down", ("pagedown",), "page(2)", "Down by a page"),
        ("half_up", ("ctrl+u",), "page(-1)", "Up by half a page"),
        ("half_down", ("ctrl+d",), "page(1)", "Down by half a page"),
    ):
        label = name.replace("_", " ")
        yield Action(f"{layer}.{name}", keys, action, label, text, MOVE, screens, layer)


_TABLE = (
    *_moves(TABLE, (*MAIN, SETUP, ANSWERS)),
    Action("table.select", ("enter",), "select", "inspect",
           "Open the row under the cursor", LOOK, (*MAIN, ANSWERS), TABLE, hint=90),
    Action("table.mark", ("v",), "mark", "mark",
           "Mark or unmark the row, to act on several at once", LOOK,
           (OVERVIEW, INSPECT, BLOCKS, SETUP), TABLE),
)  # fmt: skip
_RECORD = (
    *_moves(RECORD, (INSPECT,)),
    Action("record.toggle", ("enter", "space"), "toggle_fold", "fold",
           "Fold or unfold what starts here", LOOK, (INSPECT,), RECORD),
    Action("record.fold", ("h", "left"), "fold", "fold",
           "Fold this, or go to what it is in", LOOK, (INSPECT,), RECORD),
    Action("record.unfold", ("l", "right"), "unfold", "unfold",
           "Unfold this, or go into it", LOOK, (INSPECT,), RECORD),
)  # fmt: skip
_TIMELINE = tuple(
    Action(f"timeline.{name}", keys, action, name.replace("_", " "),
           f"While a range is chosen: {text}", TIME, ENTITY, TIMELINE, hint=hint)
    for name, keys, action, text, hint in (
        ("left", ("h", "left"), "move(-1)", "earlier by a bar", 50),
        ("right", ("l", "right"), "move(1)", "later by a bar", 50),
        ("far_left", ("H", "pageup"), "move(-10)", "earlier by ten bars", 0),
        ("far_right", ("L", "pagedown"), "move(10)", "later by ten bars", 0),
        ("first", ("g", "home"), "move(-100000)", "to the first bar", 0),
        ("last", ("G", "end"), "move(100000)", "to the last bar", 0),
        ("begin", ("v", "space"), "begin", "it begins here", 50),
        ("choose", ("enter",), "choose", "take it", 50),
        ("leave", ("escape", "q"), "leave", "leave it as it was", 50),
    )
)  # fmt: skip
_LOOK = (
    Action("kind.next", ("tab", "l", "right"), "kind(1)", "next kind",
           "Next kind: source IP, principal, network, service", LOOK, (OVERVIEW,),
           hint=80),
    Action("kind.previous", ("shift+tab", "h", "left"), "kind(-1)", "previous kind",
           "Previous kind", LOOK, (OVERVIEW,)),
    Action("pane.next", ("tab", "l", "right"), "pane(1)", "next pane",
           "To the next pane: events, findings, detections, related, notes, hours", LOOK,
           (INSPECT,), hint=80),
    Action("pane.previous", ("shift+tab", "h", "left"), "pane(-1)", "previous pane",
           "To the previous pane", LOOK, (INSPECT,)),
    *(
        Action(f"pane.{name}", (str(place),), f"open_pane({place})", name,
               f"To the pane of {name}", LOOK, (INSPECT,))
        for place, name in enumerate(
            ("events", "findings", "detections", "related", "notes", "hours"), 1
        )
    ),
    Action("event.next_error", ("e",), "next_error(1)", "next error",
           "To the next event that was refused or failed", LOOK, (INSPECT,), hint=40),
    Action("event.previous_error", ("E",), "next_error(-1)", "previous error",
           "To the previous event that was refused or failed", LOOK, (INSPECT,)),
    Action("search.next", ("n",), "next_hit(1)", "next hit",
           "To the next place where the searched text stands", LOOK, (INSPECT,)),
    Action("search.previous", ("N",), "next_hit(-1)", "previous hit",
           "To the previous place where the searched text stands", LOOK, (INSPECT,)),
    Action("record.reveal", ("r",), "reveal", "reveal",
           "Show the secrets in the record, or mask them again", LOOK, (INSPECT,)),
    Action("sources.show", ("i",), "show_sources", "sources",
           "The sources: how each is, what is late, missing or could not be read", LOOK,
           (OVERVIEW, INSPECT, BLOCKS), APP, hint=12),
    Action("rules.show", ("R",), "show_rules", "rules",
           "The rules: what they matched, which cannot fire or fire on everything", LOOK,
           (OVERVIEW, INSPECT, BLOCKS, SOURCES), APP, hint=11),
    Action("resources.show", ("D",), "show_resources", "resources",
           "Functions with known holes in their packages, and who is knocking there", LOOK,
           (OVERVIEW, INSPECT, BLOCKS, SOURCES, RULES), APP, hint=9),
    Action("rule.mute", ("x",), "mute_rule", "mute",
           "Hear nothing of this rule, or hear of it again: writes it into the config", DECIDE,
           (RULES,), hint=85),
    Action("rule.matched", ("f",), "show_matched", "whom",
           "Whom this rule matched: the overview with its events alone; Esc takes that off again",
           FILTER, (RULES,), hint=88),
    Action("rule.narrow", ("/",), "narrow", "find",
           "Show the rules with a text in them alone: in title, author, tags, id, file or remark",
           FILTER, (RULES,), hint=80),
    Action("view.back", ("escape",), "back", "back",
           "One step back: marks, filter, screen", LOOK, (*MAIN, SETUP)),
)  # fmt: skip
_FILTER = (
    Action("filter.edit", ("/",), "filter", "filter",
           "Filter events: -outcome:ok action:Delete* …", FILTER, ENTITY,
           hint=75),
    Action("filter.in", ("f",), "filter_by(True)", "only this",
           "Keep only what the row under the cursor did", FILTER, ENTITY),
    Action("filter.out", ("F",), "filter_by(False)", "without this",
           "Leave out what the row under the cursor did", FILTER, ENTITY),
    Action("filter.keep", ("K",), "keep_filter", "keep filter",
           "Keep this filter under a name: writes it into the config", FILTER, ENTITY),
    Action("filter.pick", ("p",), "pick_filter", "kept filters",
           "Pick one of the kept filters by its name", FILTER, ENTITY),
)  # fmt: skip
_TIME = (
    Action("time.toggle", ("space",), "toggle_time", "pause",
           "Play or pause; live: stand still or now", TIME, MAIN, APP, hint=60),
    Action("time.back", ("[",), "step_time(-1)", "10 s back", "Ten seconds back", TIME, MAIN, APP,
           hint=20),
    Action("time.on", ("]",), "step_time(1)", "10 s on", "Ten seconds on", TIME, MAIN, APP),
    Action("time.back_far", ("{",), "step_time(-10)", "100 s back", "A hundred seconds back",
           TIME, MAIN, APP),
    Action("time.on_far", ("}",), "step_time(10)", "100 s on", "A hundred seconds on",
           TIME, MAIN, APP),
    Action("time.go", ("S",), "go_to_time", "go to time",
           "Go to a time: 02:10, 02:10:30, +5m, -30s, start, end", TIME, MAIN, APP, hint=25),
    Action("time.zoom_in", ("z",), "zoom(True)", "zoom in",
           "Zoom the time-line in: to the chosen range, else around now", TIME, ENTITY),
    Action("time.zoom_out", ("Z",), "zoom(False)", "zoom out",
           "Zoom the time-line out, at last to all there is", TIME, ENTITY),
    Action("time.range", ("V",), "choose_range", "range",
           "Choose a range of time on the time-line: events, rows and details follow", TIME,
           ENTITY, hint=22),
    Action("time.zone", ("O",), "switch_zone", "time zone",
           "Write times in UTC, or in the local zone", TIME, MAIN, APP),
    Action("time.faster", ("+", "="), "change_speed(True)", "faster", "Play faster",
           TIME, MAIN, APP),
    Action("time.slower", ("-",), "change_speed(False)", "slower", "Play slower",
           TIME, MAIN, APP),
)  # fmt: skip
_DECIDE = (
    Action("case.note", (";",), "note", "note", "Write a note", DECIDE, ENTITY, hint=70),
    Action("case.note_in_editor", ("C",), "note_in_editor", "note in editor",
           "Write a note in $EDITOR; events come in meanwhile", DECIDE, ENTITY),
    Action("case.status", ("s",), "decide", "status", "Set status and verdict", DECIDE, ENTITY,
           hint=50),
    Action("case.tag", ("t",), "tag", "tag", "Add a tag", DECIDE, ENTITY),
    Action("case.note_event", (".",), "note_event", "note on event",
           "Write a note on the event under the cursor alone", DECIDE, (INSPECT,)),
    Action("case.mark", ("m",), "mark_case", "mark",
           "Mark the entity or the event under the cursor, to come back to it, or unmark it",
           DECIDE, ENTITY),
    Action("case.next_mark", ("'",), "next_mark", "next mark",
           "To the next marked row", DECIDE, ENTITY),
    Action("local.undo", ("u",), "undo_local", "undo",
           "Take back the last note, status, tag, mark or filter", DECIDE, ENTITY, APP, hint=14),
    Action("history.search", ("H",), "history", "history",
           "What it did before: searches the logs of the past, and says first what that costs",
           LOOK, ENTITY),
    Action("entity.protect", ("P",), "protect", "protect",
           "Never block this address or network: writes it into the config, and asks why", DECIDE,
           ENTITY),
    Action("rule.ignore", ("I",), "ignore", "ignore rule",
           "Hear no more of the gravest rule on this entity: writes it into the config, asks why",
           DECIDE, ENTITY),
    Action("entity.copy", ("y",), "copy", "copy",
           "Copy a cell, the row, the record, the AWS CLI command; pressed twice, the first",
           DECIDE, (*ENTITY, BLOCKS)),
    Action("console.open", ("o",), "open_console", "console",
           "Open what is under the cursor in the AWS console, or show and copy the link", DECIDE,
           (*ENTITY, BLOCKS)),
    Action("report.write", ("w",), "write_report", "report",
           "Write the incident report to a file", DECIDE, MAIN, APP, hint=30),
)  # fmt: skip
_RESPOND = (
    Action("block.plan", ("B",), "block", "block",
           "Plan a block of the row under the cursor or of the marked ones; asks before it acts",
           RESPOND, ENTITY, changes_world=True, hint=85),
    Action("answer.menu", ("a",), "answer", "actions",
           "What can be done about the row under the cursor: what fits first; asks before it acts",
           RESPOND, ENTITY, changes_world=True, hint=58),
    Action("blocks.show", ("b",), "show_blocks", "blocks",
           "Everything that is blocked, by whom, until when", RESPOND, ENTITY, APP, hint=55),
    Action("blocks.undo_newest", ("U",), "undo_newest", "undo block",
           "Take the newest block back; asks before it acts", RESPOND, ENTITY, APP,
           changes_world=True, hint=35),
    Action("block.up", ("k", "up"), "choose(-1)", "up", "To the choice above", RESPOND, (BLOCK,)),
    Action("block.down", ("j", "down"), "choose(1)", "down", "To the choice below", RESPOND,
           (BLOCK,), hint=70),
    Action("block.more", ("pagedown", "ctrl+d"), "more(1)", "read on", "Read on in the plan",
           RESPOND, (BLOCK,)),
    Action("block.less", ("pageup", "ctrl+u"), "more(-1)", "read back", "Read back in the plan",
           RESPOND, (BLOCK,)),
    Action("block.expiry", ("x", "e"), "expiry", "expiry", "Another time until it ends", RESPOND,
           (BLOCK,), hint=80),
    Action("block.reason", ("r",), "reason", "reason", "Say why", RESPOND, (BLOCK,), hint=75),
    Action("block.list", ("tab", "L"), "blocklist", "blocklist", "Another blocklist", RESPOND,
           (BLOCK,), hint=78),
    Action("block.ask", ("enter",), "ask", "block", "Ask for the confirmation", RESPOND, (BLOCK,),
           hint=90),
    Action("block.cancel", ("escape", "q"), "cancel", "cancel", "Leave everything as it is",
           RESPOND, (BLOCK,), hint=85),
    Action("blocks.undo", ("U",), "undo", "undo", "Take this block back; asks before it acts",
           RESPOND, (BLOCKS,), changes_world=True, hint=80),
    Action("blocks.extend", ("x",), "extend", "extend",
           "Let this block last an hour longer; asks before it acts", RESPOND, (BLOCKS,),
           changes_world=True, hint=75),
)  # fmt: skip
_REMEDY = (
    Action("answers.undo", ("U",), "undo", "take back",
           "Take back what was done; asks before it acts", RESPOND, (ANSWERS, REMEDY),
           changes_world=True, hint=80),
    Action("answers.cancel", ("escape", "q"), "cancel", "close", "Leave everything as it is",
           RESPOND, (ANSWERS, REMEDY), hint=85),
    Action("remedy.ask", ("enter",), "ask", "do it", "Ask for the confirmation", RESPOND,
           (REMEDY,), hint=90),
    Action("remedy.reason", ("r",), "reason", "reason", "Say why", RESPOND, (REMEDY,), hint=75),
    Action("remedy.copy", ("y",), "copy", "copy command",
           "Copy the command of the AWS CLI that does the same", RESPOND, (REMEDY,), hint=70),
    Action("remedy.more", ("pagedown", "ctrl+d", "j", "down"), "more(1)", "read on",
           "Read on in the plan", RESPOND, (REMEDY,)),
    Action("remedy.less", ("pageup", "ctrl+u", "k", "up"), "more(-1)", "read back",
           "Read back in the plan", RESPOND, (REMEDY,)),
)  # fmt: skip
_SETUP = (
    Action("setup.next", ("enter",), "next", "next",
           "On to the next step; after the last one the config is written", LOOK, (SETUP,),
           hint=96),
    Action("setup.choose", ("space",), "choose", "choose",
           "Choose the row under the cursor, or leave it out", LOOK, (SETUP,), hint=92),
    Action("setup.choose_all", ("a",), "choose_all", "all",
           "Choose all rows that show, or none of them", LOOK, (SETUP,), hint=40),
    Action("setup.choose_alike", ("*",), "choose_alike", "all like it",
           "Choose every log group that begins like this one, new ones too", LOOK, (SETUP,),
           hint=60),
    Action("setup.narrow", ("/",), "narrow", "narrow",
           "Show the rows with a text in them alone", LOOK, (SETUP,), hint=70),
    Action("setup.again", ("r",), "again", "look again",
           "Look again for what there is: after signing in, say", LOOK, (SETUP,), hint=30),
)  # fmt: skip
_PROGRAM = (
    Action(TRY_AGAIN, ("L",), "try_again", "sign in",
           "Try again to sign in, as after `aws sso login`; asks for MFA codes that are due",
           PROGRAM, MAIN, APP),
    Action("view.paint", ("ctrl+l",), "paint_anew", "paint anew",
           "Paint the whole screen anew, where another program has written over it", PROGRAM, MAIN,
           APP),
    Action("view.theme", ("T",), "next_theme", "theme",
           "Other colours: dark, light, high-contrast, colour-blind, ansi-16", PROGRAM, MAIN, APP),
    Action("app.palette", (":", "ctrl+p"), "command_palette", "commands",
           "Find any action by its name", PROGRAM, (*EVERYWHERE, SETUP),
           APP, hint=10, palette=False),
    Action("app.help", ("?", "f1"), "show_help", "help", "These keys", PROGRAM,
           (*EVERYWHERE, SETUP), APP, hint=95),
    Action("app.leave", ("q",), "leave", "quit", "Leave this screen; at the top, ask and quit",
           PROGRAM, (*MAIN, SETUP), APP, hint=15),
    Action("app.suspend", ("ctrl+z",), "suspend_process", "to the shell",
           "Back to the shell; `fg` comes back here", PROGRAM, (*EVERYWHERE, SETUP), APP),
    Action("app.quit", ("ctrl+q", "ctrl+c"), "quit", "quit", "Ask and quit, from anywhere",
           PROGRAM, (*EVERYWHERE, SETUP), APP),
)  # fmt: skip

ACTIONS: tuple[Action, ...] = (
    *_TABLE, *_RECORD, *_LOOK, *_FILTER, *_TIME, *_TIMELINE, *_DECIDE, *_RESPOND, *_REMEDY,
    *_SETUP, *_PROGRAM,
)  # fmt: skip
BY_ID: Mapping[str, Action] = {action.id: action for action in ACTIONS}


def on_screen(screen: str) -> list[Action]:
    """The actions that apply on a screen."""
    return [action for action in ACTIONS if screen in action.screens]
