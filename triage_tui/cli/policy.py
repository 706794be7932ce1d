"""`triage-tui policy`: the least IAM policy for what the settings switch on."""

from __future__ import annotations

import argparse
import json
import re
from typing import TYPE_CHECKING

from . import console
from . import options as shared

if TYPE_CHECKING:
    from collections.abc import Sequence

    from triage_tui.aws.access import Scope
    from triage_tui.aws.need import Configured, Home
    from triage_tui.aws.policy import Policy
    from triage_tui.config import Settings

SUMMARY = "the least IAM policy for what the settings switch on"
_ACCOUNT = re.compile(r"\d{12}")


def options(parser: argparse.ArgumentParser) -> None:
    """What `policy` takes."""
    shared.scope(parser)
    parser.add_argument(
        "--account",
        metavar="NUMBER",
        action="append",
        type=_account,
        help="whose resources are named, instead of asking AWS who the credentials are; repeatable",
    )
    parser.add_argument(
        "--init",
        action="store_true",
        help="also what `config init`, `blocks init` and `casebook init` call, once",
    )
    parser.add_argument(
        "--trigger",
        action="store_true",
        help="what the Lambda function of `trigger template` may, instead",
    )
    shared.config(parser)


def _account(text: str) -> str:
    if not _ACCOUNT.fullmatch(text):
        raise argparse.ArgumentTypeError(f"{text!r}: the number of an account has twelve digits")
    return text


def run(arguments: argparse.Namespace) -> int:
    """Prints the policy; what it could not narrow is said."""
    settings = shared.scoped(shared.settings(arguments), arguments)
    from triage_tui.aws.access import AccessError, default_region, scopes
    from triage_tui.aws.policy import policy

    try:
        found = scopes(settings.aws, default_region)
    except AccessError as error:
        console.say(str(error))
        return console.TROUBLE
    homes = _homes(found, arguments.account)
    if arguments.trigger:
        console.write(json.dumps(_function(settings, homes), indent=2) + "\n")
        return console.OK
    written = policy(configured(settings), homes, once=arguments.init)
    console.write(json.dumps(written, indent=2) + "\n")
    _remark(settings, written)
    return console.OK


def _function(settings: Settings, homes: Sequence[Home]) -> Policy:
    """What the function may."""
    from . import trigger_policy
    from .trigger import chosen

    table = settings.shared.name if settings.shared is not None else ""
    return trigger_policy.policy(
        homes, chosen(settings, None), table, trusts=settings.guardduty.enabled
    )


def configured(settings: Settings) -> Configured:
    """What decides which features there are."""
    from triage_tui.aws.need import Configured

    return Configured(
        settings.aws,
        settings.logs,
        settings.guardduty,
        settings.cloudtrail,
        settings.blocklist,
        settings.answers,
        settings.shared,
        settings.inspector,
        settings.history,
    )


def _homes(found: Sequence[Scope], said: Sequence[str] | None) -> list[Home]:
    """Account and region of every scope: the account as it was said, else as AWS says."""
    from triage_tui.aws.need import Home

    if said:
        return [Home(account, scope.region) for account in said for scope in found]
    accounts = _asked([scope for scope in found if scope.role is None])
    return [
        Home(scope.role.account if scope.role else accounts[scope.profile], scope.region)
        for scope in found
    ]


def _asked(found: Sequence[Scope]) -> dict[str | None, str]:
    """The account of each profile; `*` where AWS does not say."""
    import asyncio

    from . import logfile, state

    async def ask() -> dict[str | None, str]:
        first = {scope.profile: scope for scope in reversed(found)}
        answers = await asyncio.gather(*map(_account_of, first.values()))
        return dict(zip(first, answers, strict=True))

    with logfile.beside(state.root()):
        return asyncio.run(ask())


async def _account_of(scope: Scope) -> str:
    from triage_tui.aws.access import Access
    from triage_tui.aws.need import EVERYTHING
    from triage_tui.aws.signins import SignIns
    from triage_tui.aws.trouble import CALL_ERRORS

    from .codes import asker

    access = Access(scope, SignIns(asker()).of(scope))
    try:
        return await access.account()
    except CALL_ERRORS as error:
        whose = f"the account of the profile {scope.profile!r}" if scope.profile else "the account"
        console.say(
            f"{whose} is not known, so the policy says * for it (--account says it): "
            f"{access.trouble(error).told}"
        )
        return EVERYTHING
    finally:
        await access.close()


def _remark(settings: Settings, written: Policy) -> None:
    """What somebody who is about to use the policy should know."""
    from triage_tui.aws.policy import LONGEST

    if not settings.logs.groups:
        console.say(
            "no log groups are configured (logs.groups, --log-group): none is in the policy"
        )
    length = len(json.dumps(written, separators=(",", ":")))
    if length > LONGEST:
        console.say(
            f"{length:,} characters are more than the {LONGEST:,} of a managed policy: print one "
            "for each profile or region, or use shorter globs"
        )
