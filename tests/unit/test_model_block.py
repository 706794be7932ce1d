"""How a block stands, in words: in force only where it is."""

import msgspec
import pytest

from triage_tui.model import Block, BlockState, Enforcement, Force

BLOCK = Block(
    id="blk-1",
    blocklist="edge",
    cidr="203.0.113.7/32",
    reason="scans",
    author="maria",
    made=1,
    cursor=1,
    expires=None,
    state=BlockState.VERIFIED,
    simulated=False,
)


@pytest.mark.parametrize(
    ("force", "standing"),
    [
        (Force.FULL, "in force"),
        (Force.PARTLY, "in part"),
        (Force.NOTHING, "no effect"),
        (Force.UNKNOWN, "verified"),
        (None, "verified"),
    ],
)
def test_a_real_block_is_in_force_only_when_it_is(force: Force | None, standing: str) -> None:
    found = None if force is None else Enforcement(force, "because")
    assert msgspec.structs.replace(BLOCK, enforcement=found).standing == standing


def test_other_states_stand_for_themselves() -> None:
    simulated = msgspec.structs.replace(BLOCK, simulated=True)
    assert simulated.standing == "in force"  # nobody else has a say in it
    for state in BlockState:
        if state is not BlockState.VERIFIED:
            assert msgspec.structs.replace(BLOCK, state=state).standing == state.value
