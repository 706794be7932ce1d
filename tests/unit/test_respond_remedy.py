"""A remedy as steps: what is put back is what was there, whatever AWS and others do meanwhile."""

from collections.abc import Callable, Iterable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.driving import driven
from triage_tui.model import GuardLevel, GuardVerdict
from triage_tui.remedies import DeactivateKey, DenySessions, DenyUser, Parts
from triage_tui.respond.ipset import TroubleKind
from triage_tui.respond.remedy.calls import (
    Answer,
    Call,
    Pause,
    Reading,
    Reply,
    Trouble,
    command,
    spelled,
)
from triage_tui.respond.remedy.course import (
    Course,
    Fate,
    Intend,
    Outcome,
    Step,
    found_after,
    make,
    take_back,
)
from triage_tui.respond.remedy.guard import RemedyPolicy, judge_role, judge_user
from triage_tui.respond.remedy.lever import Lever
from triage_tui.respond.remedy.levers import lever_of
from triage_tui.respond.remedy.principals import older_sessions

CHANGE = DeactivateKey(account="1", user="u", key="AKIA")
PARTS = ("a", "b", "c")


class Switches(Lever[DeactivateKey]):
    """Several parts, each changed by a call of its own."""

    title = undo = slot = "switches"
    effects = ()

    def __init__(self, wanted: Parts) -> None:
        super().__init__(CHANGE)
        self._wanted = wanted

    def judge(self, policy: RemedyPolicy) -> tuple[GuardVerdict, ...]:
        return ()

    def supposed(self) -> Parts:
        return {}

    def read(self) -> Reading:
        answer = yield Call("s", "GetAll", {})
        if isinstance(answer, Reply):
            return {part: value and str(value) for part, value in answer.answer.items()}  # type: ignore[misc] # texts
        assert isinstance(answer, Trouble)
        return answer

    def wanted(self, before: Parts) -> Parts:
        return {**before, **self._wanted}

    def write(self, now: Parts, wanted: Parts) -> Sequence[Call]:
        return [
            Call("s", "PutOne", {"part": part, "value": value})
            for part, value in wanted.items()
            if now.get(part) != value
        ]


class World:
    """What is outside. `faults` say of each call in turn what goes wrong with it."""

    def __init__(self, parts: dict[str, str | None], faults: Iterable[str] = ()) -> None:
        self.parts = parts
        self.intended: list[Intend] = []
        self._faults = iter(faults)

    def perform(self, call: Call) -> Answer:
        fault = next(self._faults, "")
        if fault == "busy":
            return Trouble(TroubleKind.BUSY, "throttled")
        if fault == "refused":
            return Trouble(TroubleKind.REFUSED, "denied", denied="s:PutOne")
        if call.operation == "GetAll":
            return Trouble(TroubleKind.BUSY, "away") if fault else Reply(dict(self.parts))
        assert self.intended, "something was changed, and nothing was written down before"
        if fault != "lost before":
            part, value = call.parameters["part"], call.parameters["value"]
            self.parts[str(part)] = value if value is None else str(value)
        if fault.startswith("lost"):
            return Trouble(TroubleKind.UNCLEAR, "no answer")
        return Reply({}, "r")

    def drive(self, course: Course, until: Callable[[Call], bool] = lambda call: False) -> Outcome:
        """Drives to the end, or until the process is gone at a call."""

        def answer(step: Step) -> Answer:
            if isinstance(step, Call):
                if until(step):
                    course.close()
                    raise KeyboardInterrupt
                return self.perform(step)
            if isinstance(step, Intend):
                self.intended.append(step)
            else:
                assert isinstance(step, Pause)
            return None

        return driven(course, answer)


values = st.sampled_from(["old", "new", "other", None])
states = st.fixed_dictionaries(dict.fromkeys(PARTS, values))
changes = st.dictionaries(st.sampled_from(PARTS), st.just("new"), min_size=1)
faults = st.lists(
    st.sampled_from(["", "", "", "busy", "lost before", "lost after", "refused"]), max_size=30
)


@given(before=states, wanted=changes, wrong=faults)
def test_what_is_done_is_what_is_there(
    before: dict[str, str | None], wanted: Parts, wrong: list[str]
) -> None:
    lever, world = Switches(wanted), World(dict(before), wrong)
    done = world.drive(make(lever, chance=lambda: 0.5))
    if done.fate is Fate.DONE:
        assert world.parts == {**before, **wanted}
    if done.fate is Fate.SAME:
        assert world.parts == before == {**before, **wanted}
    if done.fate is Fate.FAILED:
        assert world.parts == before
    if done.fate is Fate.PARTLY:
        assert before != world.parts
    if not wrong:
        assert done.fate in (Fate.DONE, Fate.SAME)
    if not world.intended:
        assert world.parts == before


@given(before=states, wanted=changes, meddled=st.dictionaries(st.sampled_from(PARTS), values))
def test_undo_restores_what_was_there_unless_others_changed_it_and_then_says_so(
    before: dict[str, str | None], wanted: Parts, meddled: dict[str, str | None]
) -> None:
    lever, world = Switches(wanted), World(dict(before))
    if world.drive(make(lever)).fate is Fate.SAME:
        return
    after = dict(world.parts)
    world.parts |= meddled
    now = dict(world.parts)
    done = world.drive(take_back(lever, before, after))
    ours = {part for part in PARTS if before[part] != after[part]}
    theirs = {part for part in ours if now[part] not in (before[part], after[part])}
    for part in PARTS:
        kept = part not in ours or part in theirs
        assert world.parts[part] == (now[part] if kept else before[part])
    assert set(done.left) == theirs
    assert all(part in done.words for part in theirs)
    if not theirs:
        assert done.fate in (Fate.DONE, Fate.SAME)


@given(before=states, wanted=changes, at=st.integers(1, 6), wrong=faults)
def test_whatever_a_crash_leaves_is_found_out(
    before: dict[str, str | None], wanted: Parts, at: int, wrong: list[str]
) -> None:
    lever, world = Switches(wanted), World(dict(before), wrong)
    left = at

    def until(call: Call) -> bool:
        nonlocal left
        left -= call.operation == "PutOne"
        return left == 0

    try:
        world.drive(make(lever), until)
    except KeyboardInterrupt:
        [intent] = world.intended
        fate = found_after(intent.before, intent.after, world.parts)
        assert (fate is Fate.DONE) is (world.parts == intent.after)
        assert (fate is Fate.FAILED) is (world.parts == before != intent.after)
        world.drive(take_back(lever, intent.before, intent.after))
        if not any(world._faults):
            world.drive(take_back(lever, intent.before, intent.after))
            assert world.parts == before


def test_a_plan_that_is_out_of_date_changes_nothing() -> None:
    world = World({"a": "other"})
    done = world.drive(make(Switches({"a": "new"}), {"a": "old"}))
    assert done.fate is Fate.CHANGED
    assert done.words == "a was old, and is other by now"
    assert world.parts == {"a": "other"}
    assert not world.intended


def test_whoever_may_not_is_told_what_it_takes() -> None:
    world = World({"a": "old"}, ["", "refused"])
    done = world.drive(make(Switches({"a": "new"})))
    assert (done.fate, done.denied) == (Fate.FAILED, "s:PutOne")


def test_what_others_do_in_the_middle_stops_it() -> None:
    """Somebody changes the second part while the first one is changed."""
    world = World({"a": "old", "b": "old"}, ["", "", "lost before"])
    course = make(Switches({"a": "new", "b": "new"}))

    def meddle(call: Call) -> bool:
        if call.operation == "GetAll" and world.intended:
            world.parts["b"] = "theirs"
        return False

    done = world.drive(course, meddle)
    assert done.fate is Fate.PARTLY
    assert "somebody else" in done.words
    assert world.parts == {"a": "new", "b": "theirs"}


def test_what_is_others_affair_is_never_written() -> None:
    """Somebody changes another part between two tries."""
    world = World({"a": "old", "b": "old"}, ["", "lost before"])

    def meddle(call: Call) -> bool:
        if call.operation == "GetAll" and world.intended and world.parts["a"] == "old":
            world.parts["b"] = "theirs"
        return False

    assert world.drive(make(Switches({"a": "new"})), meddle).fate is Fate.DONE
    assert world.parts == {"a": "new", "b": "theirs"}


# -- guards --------------------------------------------------------------------------------------

POLICY = RemedyPolicy(
    break_glass=("emergency-*", "arn:aws:iam::1:role/ops/glass"),
    own="arn:aws:sts::1:assumed-role/oncall/kim",
)


@pytest.mark.parametrize(
    ("user", "rule"),
    [("root", "root"), ("emergency-1", "break glass"), ("maria", ""), ("emergency", "")],
)
def test_whom_nobody_touches(user: str, rule: str) -> None:
    refused = [v.rule for v in judge_user("1", user, POLICY) if v.level is GuardLevel.REFUSE]
    assert refused == ([rule] if rule else [])


@pytest.mark.parametrize(
    ("role", "rule"),
    [
        ("arn:aws:iam::1:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX", "service"),
        ("AWSServiceRoleForX", "service"),
        ("arn:aws:iam::1:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_A_0", "reserved"),
        ("arn:aws:iam::1:role/oncall", "own"),
        ("arn:aws:iam::1:role/ops/glass", "break glass"),
        ("arn:aws:iam::1:role/ops/other", ""),
        ("arn:aws:iam::1:role/emergency-7", "break glass"),
    ],
)
def test_which_roles_nobody_touches(role: str, rule: str) -> None:
    refused = [v.rule for v in judge_role("1", role, POLICY) if v.level is GuardLevel.REFUSE]
    assert refused == ([rule] if rule else [])


def test_who_signed_in_as_a_user_is_not_locked_out() -> None:
    policy = RemedyPolicy(own="arn:aws:iam::1:user/team/kim")
    assert [v.level for v in judge_user("1", "kim", policy)][1] is GuardLevel.REFUSE
    assert [v.level for v in judge_user("2", "kim", policy)][1] is GuardLevel.PASS
    assert [v.level for v in judge_user("1", "kim", RemedyPolicy())][1] is GuardLevel.WARN


# -- words ---------------------------------------------------------------------------------------


def test_the_commands_are_those_of_the_aws_cli() -> None:
    lever = lever_of(DenyUser(account="1", user="-x; rm -rf ~"))
    [call] = lever.write({}, {"AWSDenyAll": "attached"})
    assert command(call) == (
        "aws iam attach-user-policy --user-name '?-x; rm -rf ~' "
        "--policy-arn arn:aws:iam::aws:policy/AWSDenyAll"
    )
    assert "\x1b" not in command(Call("iam", "GetRole", {"RoleName": "a\x1b]0;x\x07"}))


def test_a_role_whose_sessions_were_denied_later_stays_so() -> None:
    lever = lever_of(DenySessions(account="1", role="r", issued="2026-03-15T02:00:00.000Z"))
    later: Parts = {"AWSRevokeOlderSessions": spelled(older_sessions("2026-03-15T03:00:00.000Z"))}
    earlier: Parts = {"AWSRevokeOlderSessions": spelled(older_sessions("2026-03-15T01:00:00.000Z"))}
    other: Parts = {"AWSRevokeOlderSessions": '{"Version":"2026-03-15T03:00:00.000Z"}'}
    assert lever.wanted(later) == later
    assert lever.wanted(earlier) != earlier
    assert lever.wanted(other) != other
