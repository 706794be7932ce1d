"""Correlations over invocations say what one that sees everything says, in whatever pieces, order
and repetition the events come."""

import json
import random
from functools import cache

import pytest

from tests.trigger.rig import Notebook
from triage_tui.detect.correlate import Correlator, Fed
from triage_tui.detect.packs import RuleFile
from triage_tui.detect.ruleset import RuleSet
from triage_tui.detect.sigma import compile_files
from triage_tui.model import MINUTE, SECOND
from triage_tui.trigger.ports import Change, Kept, Key, Trouble
from triage_tui.trigger.watch import Actor, Reading, Seen
from triage_tui.trigger.windows import Windows

START = 1_800_000_000 * SECOND
RULES = """
title: Fails
name: fails
logsource: {product: aws, service: cloudtrail}
detection: {s: {eventName: Fail}, condition: s}
---
title: Works
name: works
logsource: {product: aws, service: cloudtrail}
detection: {s: {eventName: Work}, condition: s}
---
title: Many
name: many
correlation: {type: event_count, rules: [fails], group-by: [sourceIPAddress], timespan: 5m, condition: {gte: 4}}
---
title: Names
name: names
correlation: {type: value_count, rules: [fails], group-by: [sourceIPAddress], timespan: 5m, condition: {gte: 3, field: userName}}
---
title: Bytes
name: bytes
correlation: {type: value_sum, rules: [fails], group-by: [sourceIPAddress], timespan: 5m, condition: {gte: 30, field: size}}
---
title: In the end
name: end
correlation: {type: temporal_ordered, rules: [many, works], group-by: [sourceIPAddress], timespan: 10m}
"""  # noqa: E501 - rules, a line each


@cache
def rules() -> RuleSet:
    found = compile_files([RuleFile("rules.yml", RULES.encode())])
    assert not found.refused
    return found


def inputs() -> dict[tuple[str, str], int]:
    """By rule and correlation, the number of the input."""
    found, number = {}, 0
    for rule in rules().rules:
        for name in rule.correlation.rules if rule.correlation else ():
            found[name, rule.id] = number
            number += 1
    return found


def signals(chance: random.Random, count: int) -> list[Fed]:
    """Events of a few groups within some minutes; ids tell them apart."""
    found, known = [], inputs()
    for number in range(count):
        at = START + chance.randrange(20 * 60) * SECOND
        ip = f"8.8.8.{chance.randrange(3)}"
        if chance.random() < 0.2:
            found.append(Fed(known["works", "end"], ip, "", at, number, 0))
            continue
        values = {"many": "", "names": f"user{chance.randrange(4)}", "bytes": "7"}
        for correlation, value in values.items():
            found.append(Fed(known["fails", correlation], ip, value, at, number, 0))
    return found


def seen(fed: Fed) -> Seen:
    return Seen(fed.id, fed.time, Actor(fed.group), False, "cloudtrail")


def reading(chosen: list[Fed]) -> Reading:
    fed = [each._replace(row=row) for row, each in enumerate(chosen)]
    return Reading([], fed, [seen(each) for each in chosen], len(chosen), 0, {})


def made(memory: Notebook) -> Windows:
    wall = START + 60 * MINUTE
    return Windows(rules(), memory, wall=lambda: wall, pause=lambda tries: None)


def whole(chosen: list[Fed]) -> set[tuple[int, tuple[str, ...], int]]:
    """What one correlator says that sees all of it at once."""
    correlator = Correlator(rules())
    correlator.take(dict.fromkeys(chosen), START + 60 * MINUTE)
    return {(each.rule, each.group, each.id) for each in correlator.detections()}


@pytest.mark.parametrize("seed", range(8))
def test_pieces_in_any_order_say_the_same(seed: int) -> None:
    chance = random.Random(seed)
    chosen = signals(chance, 60)
    memory, windows = Notebook(), made(Notebook())
    windows = made(memory)
    shuffled = list(chosen)
    chance.shuffle(shuffled)
    pieces: list[tuple[str, list[Fed]]] = []
    while shuffled:
        size = chance.randrange(1, 12)
        pieces.append((f"{len(pieces):032x}", shuffled[:size]))
        shuffled = shuffled[size:]
    found = set()
    for digest, piece in [*pieces, *chance.sample(pieces, len(pieces) // 2)]:
        for _ in range(chance.randrange(1, 3)):
            memory.crosses = int(chance.random() < 0.2)
            for fired in windows.take(reading(piece), digest):
                found.add((fired.rule, fired.seen.actor.ip, fired.id))
                assert fired.seen.actor.ip
    last = {(rule, group[0], event) for rule, group, event in whole(chosen)}
    assert last <= found
    # What held for a while, before earlier events came, was true then: who it is stays. Of what
    # rests on detections, it may be somebody else.
    end = rules().numbers["end"]
    assert {each[:2] for each in found if each[0] != end} == {
        each[:2] for each in last if each[0] != end
    }


def test_a_delivery_that_is_tried_again_is_not_summed_up_twice() -> None:
    memory = Notebook()
    windows = made(memory)
    known = inputs()
    fed = [Fed(known["fails", "bytes"], "8.8.8.8", "7", START + n * SECOND, n, 0) for n in range(4)]
    for _ in range(3):
        assert windows.take(reading(fed), "0" * 32) == []
    more = [Fed(known["fails", "bytes"], "8.8.8.8", "7", START + 9 * SECOND, 9, 0)]
    [fired] = windows.take(reading(more), "1" * 32)
    assert (fired.id, rules().rules[fired.rule].id) == (9, "bytes")


def test_a_group_stays_small_whatever_is_poured_into_it() -> None:
    memory = Notebook()
    windows = made(memory)
    number = inputs()["fails", "names"]
    chance = random.Random(1)
    for piece in range(20):
        fed = [
            Fed(number, "8.8.8.8", chance.randbytes(200).hex(), START + n * SECOND, n, 0)
            for n in range(piece * 200, piece * 200 + 200)
        ]
        windows.take(reading(fed), f"{piece:032x}")
    assert max(len(kept.data) for kept in memory.kept.values()) <= 300_000


def test_what_nobody_can_read_is_begun_anew() -> None:
    memory = Notebook()
    windows = made(memory)
    fed = [
        Fed(inputs()["fails", "many"], "8.8.8.8", "", START + n * SECOND, n, 0) for n in range(4)
    ]
    assert windows.take(reading(fed), "0" * 32)
    for key, kept in memory.kept.items():
        memory.kept[key] = Kept(kept.version, b"\x00")
    assert windows.take(reading(fed), "1" * 32)


def test_others_who_are_always_faster_are_told() -> None:
    memory = Notebook()
    memory.crosses = 1_000
    fed = [Fed(inputs()["fails", "many"], "8.8.8.8", "", START, 1, 0)]
    with pytest.raises(Trouble, match="changed by others"):
        made(memory).take(reading(fed), "0" * 32)


def test_the_notebook_refuses_what_dynamodb_refuses() -> None:
    memory, key = Notebook(), Key("p")
    assert memory.write([Change(key, 0, b"1")])
    assert not memory.write([Change(key, 0, b"2")])
    assert memory.write([Change(key, 1, b"2"), Change(Key("q"), 0, b"1")])
    assert not memory.write([Change(key, 1, None), Change(Key("r"), 0, b"1")])
    assert json.dumps(sorted(k.partition for k in memory.kept)) == '["p", "q"]'
