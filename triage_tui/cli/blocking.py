"""The work of `triage-tui blocks`: opens the journal of real blocks and the sets, and does it."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import TYPE_CHECKING, NamedTuple

from triage_tui.model import BlockRequest, BlockState, EntityRef, Force, Kind
from triage_tui.networks import network_of
from triage_tui.report.jsontext import dump
from triage_tui.respond import finding
from triage_tui.respond.entries import in_force
from triage_tui.respond.guard import judge, refusals
from triage_tui.respond.journal import Journal, ResponseError
from triage_tui.respond.planner import Unseen
from triage_tui.respond.standing import Standing
from triage_tui.respond.turns import Turns
from triage_tui.statefile import StateFileError

from . import answertext, blocklists, blocktext, console, state
from .who import author

if TYPE_CHECKING:
    import argparse
    from collections.abc import AsyncIterator, Callable, Sequence

    from triage_tui.config import Settings
    from triage_tui.model import Block, BlockPlan, CidrChoice
    from triage_tui.networks import Network
    from triage_tui.respond.blocklist import WafBlocklist


class _Desk(NamedTuple):
    """What a command works with."""

    arguments: argparse.Namespace
    ask: Callable[[str], bool]
    journal: Journal
    lists: list[WafBlocklist]
    """Those of the config that are meant, in its order."""

    def usual(self) -> WafBlocklist:
        """The one that is blocked in."""
        return self.lists[0]


async def run(arguments: argparse.Namespace, settings: Settings, ask: Callable[[str], bool]) -> int:
    """Does what was asked for; the exit code."""
    work = {
        "list": _list,
        "plan": _plan,
        "push": _push,
        "undo": _undo,
        "expire": _expire,
        "init": _init,
    }[arguments.what]
    try:
        async with _desk(arguments, settings, ask) as desk:
            return await work(desk)
    except ResponseError as error:
        console.say(str(error))
    except OSError as error:
        console.say(f"cannot keep the state in {state.root()}: {error.strerror or error}")
    return console.TROUBLE


@contextlib.asynccontextmanager
async def _desk(
    arguments: argparse.Namespace, settings: Settings, ask: Callable[[str], bool]
) -> AsyncIterator[_Desk]:
    folder = await asyncio.to_thread(state.make, blocklists.folder())
    async with contextlib.AsyncExitStack() as stack:
        company = None
        if settings.shared is None:
            path = folder / state.JOURNAL
            journal = await Journal.open(path, wall=time.time_ns, real=True)
            stack.push_async_callback(journal.close)
        else:
            from . import shared

            try:
                desk = await stack.enter_async_context(
                    shared.attended(settings, settings.shared, wall=time.time_ns)
                )
            except StateFileError as error:
                raise ResponseError(error.title, error.message, error.fix) from error
            journal, company = desk.journal, desk.company
            await journal.refresh()
        found = await stack.enter_async_context(
            blocklists.opened(settings, journal, wall=time.time_ns, company=company)
        )
        meant = [each for each in found if arguments.blocklist in (None, each.name)]
        yield _Desk(arguments, ask, journal, meant)


# -- looking -------------------------------------------------------------------------------------


async def _list(desk: _Desk) -> int:
    trouble, foreign, differences = False, dict[str, list[str]](), list[str]()
    if desk.arguments.check:
        for each in desk.lists:
            try:
                differences += await _checked(each, desk.arguments.read_only)
                foreign[each.name] = list(each.foreign())
            except ResponseError as error:
                console.say(str(error))
                trouble = True
    blocks = _blocks(desk)
    answers = answertext.shown(desk.journal.entries, every=desk.arguments.all)
    broken = await desk.journal.verify_chain()
    if desk.arguments.json:
        journal = {
            "path": desk.journal.where,
            "entries": len(desk.journal.entries),
            "head": desk.journal.head,
            "broken": broken,
        }
        told = {
            "blocks": [blocktext.told(block, desk.journal.entries) for block in blocks],
            "answers": [answertext.told(each, desk.journal.entries) for each in answers],
            "foreign": foreign if desk.arguments.check else None,
            "differences": differences if desk.arguments.check else None,
            "journal": journal,
        }
        console.write(dump(told) + "\n")
    else:
        console.write(blocktext.table(blocks) + answertext.table(answers))
    _say_idle(blocks)
    for difference in differences:
        console.say(difference)
    if broken is not None:
        console.say(
            f"{desk.journal.where}: entry {broken} is not what was written: the journal was changed"
        )
    return console.TROUBLE if trouble or broken is not None else console.OK


async def _checked(blocklist: WafBlocklist, read_only: bool) -> Sequence[str]:
    """How the journal and the sets differ, a sentence each. What became of an open write is found
    out by another write: read-only leaves it open."""
    if not read_only:
        return await blocklist.reconcile()
    await blocklist.refresh()
    return blocklist.differences()


def _say_idle(blocks: Sequence[Block]) -> None:
    """What is in a set, and yet does not do what it should."""
    for block in blocks:
        idle = block.enforcement
        if in_force(block) and idle is not None and idle.force is not Force.FULL:
            console.say(f"{block.cidr} ({block.id}) {idle.force.value}: {idle.reason}")


def _blocks(desk: _Desk) -> list[Block]:
    """The blocks of the lists that are meant, newest first, and of lists that the config no longer
    names: nobody else would tell of those."""
    found = [block for each in desk.lists for block in each.blocks(None)]
    found += _orphans(desk).blocks.values()
    shown = [
        block
        for block in found
        if desk.arguments.all or in_force(block) or block.state is BlockState.INTENDED
    ]
    return sorted(shown, key=lambda block: block.made, reverse=True)


def _orphans(desk: _Desk) -> Standing:
    """Blocks of blocklists that the config does not name; those that may be in a set are told
    of."""
    found = Standing()
    if desk.arguments.blocklist is not None:
        return found
    known = {each.name for each in desk.lists}
    found.advance([entry for entry in desk.journal.entries if entry.response not in known])
    for block in found.blocks.values():
        if found.may_hold(block):
            console.say(
                f"{block.cidr} ({block.id}) is in the blocklist {block.blocklist}, which the "
                "config does not name: nothing takes it out"
            )
    return found


async def _plan(desk: _Desk) -> int:
    plans = [await _planned(desk.usual(), cidr) for cidr in desk.arguments.cidrs]
    if desk.arguments.json:
        told = [blocktext.plan_told(plan, choice) for plan, choice in plans]
        console.write(dump({"plans": told}) + "\n")
    else:
        _show(plans)
    return console.OK


async def _planned(blocklist: WafBlocklist, cidr: str) -> tuple[BlockPlan, CidrChoice]:
    """The plan for exactly that CIDR. Raises ResponseError where it is none."""
    network = _network(blocklist, cidr)
    plan = await blocklist.plan([_ref(cidr)], Unseen(), time.time_ns())
    return plan, next(choice for choice in plan.choices if choice.cidr == str(network))


def _network(blocklist: WafBlocklist, cidr: str) -> Network:
    network = network_of(cidr)
    if network is None:
        reason = refusals(judge(cidr, blocklist.policy))[0]
        raise ResponseError("Not a CIDR", f"{reason}.", "Write 203.0.113.7 or 203.0.113.0/24.")
    return network


def _ref(cidr: str) -> EntityRef:
    network = network_of(cidr)
    single = network is not None and network.prefixlen == network.max_prefixlen
    return EntityRef(Kind.IP if single else Kind.NETWORK, cidr)


def _show(plans: Sequence[tuple[BlockPlan, CidrChoice]]) -> None:
    console.write(blocktext.plans_text(plans))


# -- changing ------------------------------------------------------------------------------------


async def _push(desk: _Desk) -> int:
    blocklist, arguments = desk.usual(), desk.arguments
    if arguments.expires is None and not arguments.reason.strip():
        console.say("a block that never expires needs a reason: --reason says it")
        return console.TROUBLE
    for cidr in arguments.cidrs:
        _network(blocklist, cidr)
    plans = [await _planned(blocklist, cidr) for cidr in dict.fromkeys(arguments.cidrs)]
    _show(plans)
    refused = [choice.cidr for _, choice in plans if choice.refused]
    if refused:
        console.say(f"nothing was blocked: the guard refuses {', '.join(refused)}")
        return console.TROUBLE
    wanted = [choice.cidr for _, choice in plans if not _needless(choice)]
    if not wanted:
        console.say("nothing to do: it is blocked already")
        return console.OK
    many = wanted[0] if len(wanted) == 1 else f"{len(wanted)} of {len(plans)}"
    if arguments.dry_run:
        console.say(f"--dry-run: would block {many} in {blocklist.name}")
        return console.OK
    if not desk.ask(f"Block {many} in {blocklist.name}?"):
        console.say("nothing was changed")
        return console.OK
    requests = [_request(desk, cidr) for cidr in wanted]
    done = await asyncio.gather(*map(blocklist.apply, requests), return_exceptions=True)
    made = [each for each in done if not isinstance(each, BaseException)]
    failed = [each for each in done if isinstance(each, BaseException)]
    try:
        await blocklist.verify_all(made)
    except ResponseError as error:  # what was made is told all the same
        failed.append(error)
    ids = {block.id for block in made}
    pushed = [block for block in blocklist.blocks(None) if block.id in ids]
    for block in pushed:
        words = f"{block.cidr}  {block.standing}  {blocktext.ends(block)}  {block.id}"
        console.write(f"{words}\n")
    _say_idle(pushed)
    return _told(failed)


def _needless(choice: CidrChoice) -> bool:
    """Whether it is blocked without us, or by a wider entry; the very entry of ours is extended."""
    return any(entry != choice.cidr or entry in choice.foreign for entry in choice.covered_by)


def _request(desk: _Desk, cidr: str) -> BlockRequest:
    return BlockRequest(
        cidr=cidr,
        blocklist=desk.usual().name,
        reason=desk.arguments.reason.strip(),
        author=author(),
        expires_after=desk.arguments.expires,
        subject=_ref(cidr.removesuffix("/32").removesuffix("/128")).subject,
        cursor=time.time_ns(),
    )


def _told(failed: Sequence[BaseException]) -> int:
    """Says what went wrong; the exit code."""
    for error in failed:
        if not isinstance(error, ResponseError):
            raise error
        console.say(str(error))
    return console.TROUBLE if failed else console.OK


async def _undo(desk: _Desk) -> int:
    meant = [_named(desk, name) for name in dict.fromkeys(desk.arguments.ids)]
    lines = [f"- {block.cidr}  from {block.blocklist}  {block.id}" for _, block in meant]
    console.write("\n".join(map(_clean, lines)) + "\n")
    if desk.arguments.dry_run:
        console.say("--dry-run: would take these out")
        return console.OK
    many = meant[0][1].cidr if len(meant) == 1 else f"these {len(meant)}"
    if not desk.ask(f"Take out {many}?"):
        console.say("nothing was changed")
        return console.OK
    done = await asyncio.gather(
        *(each.undo(block, author=author(), cursor=time.time_ns()) for each, block in meant),
        return_exceptions=True,
    )
    for block in done:
        if not isinstance(block, BaseException):
            console.write(f"{block.cidr}  {block.state.value}  {block.id}\n")
    return _told([each for each in done if isinstance(each, BaseException)])


def _named(desk: _Desk, name: str) -> tuple[WafBlocklist, Block]:
    """The block that is meant: by its id, or by the CIDR that it holds back. Raises
    ResponseError."""
    network = network_of(name)
    for each in desk.lists:
        for block in each.blocks(None):
            by_cidr = network is not None and block.cidr == str(network) and in_force(block)
            if block.id == name or by_cidr:
                return each, block
    raise ResponseError(
        "No such block",
        f"Nothing that we block is called {name!r}.",
        "`triage-tui blocks list` shows what there is; what others added stays theirs.",
    )


def _clean(text: str) -> str:
    from widgets.text import clean

    return clean(text)


async def _expire(desk: _Desk) -> int:
    due = [(each, block) for each in desk.lists for block in each.due()]
    orphans = _orphans(desk).due(time.time_ns())
    if not due:
        return console.TROUBLE if orphans else console.OK  # nothing to say: cron sends mail
    if desk.arguments.dry_run:
        for _, block in due:
            console.write(f"- {block.cidr}  from {_clean(block.blocklist)}  {block.id}\n")
        console.say("--dry-run: would take these out")
        return console.OK
    many = due[0][1].cidr if len(due) == 1 else f"{len(due)} blocks"
    if not desk.ask(f"Take out {many}, whose time is over?"):
        console.say("nothing was changed")
        return console.OK
    failed: list[BaseException] = []
    for each in dict.fromkeys(each for each, _ in due):
        try:
            for block in await each.expire():
                console.write(f"{block.cidr}  {block.state.value}  {block.id}\n")
        except ResponseError as error:
            failed.append(error)
    return max(_told(failed), console.TROUBLE if orphans else console.OK)


async def _init(desk: _Desk) -> int:
    missing: list[tuple[WafBlocklist, finding.Found, int]] = []
    for each in desk.lists:
        found = await finding.find(each.settings, each.sets)
        for ip_set in found.sets.values():
            console.say(f"{each.name}: IPv{ip_set.version} is {ip_set.name}, {ip_set.arn}")
        missing += [(each, found, version) for version in found.missing]
    if not missing:
        console.say("every set is there")
        return console.OK
    for each, found, version in missing:
        place = f"{each.settings.scope}, {each.sets.region}, account {found.who.account}"
        console.write(_clean(f"+ IP set {found.missing[version]}, IPv{version}, {place}") + "\n")
    if desk.arguments.dry_run:
        console.say("--dry-run: would create these")
        return console.OK
    if not desk.ask(f"Create {len(missing)} IP set{'s' if len(missing) > 1 else ''}?"):
        console.say("nothing was changed")
        return console.OK
    for each, found, version in missing:
        turns = Turns(
            state.root() / blocklists.TURNS,
            found.who.account,
            each.sets.region,
            each.settings.calls_per_second,
        )
        async with turns.taken():
            await turns.call()
            made = await finding.create(each.settings, version, each.sets)
        console.write(_clean(f"created {made.name}, {made.arn}") + "\n")
    console.say(
        "an IP set blocks nothing by itself: a rule of a web ACL must refer to it, and block"
    )
    return console.OK
