"""What the Lambda function's role may, as a policy of its own: the same list as in the template."""

from __future__ import annotations

from typing import TYPE_CHECKING

from triage_tui.aws.policy import Policy, Statement
from triage_tui.trigger import needs

from .sam.role import set_arns

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from triage_tui.aws.need import Home
    from triage_tui.respond.settings import BlocklistSettings
    from triage_tui.trigger.needs import TriggerNeed

STACK = "triage-tui-trigger"
"""What the README calls the stack: what CloudFormation makes for it has names that begin so."""


def policy(
    homes: Sequence[Home],
    blocklist: BlocklistSettings | None,
    table: str = "",
    *,
    trusts: bool = True,
) -> Policy:
    """What the function calls in these accounts and regions; `table` is that of a shared casebook
    that there is already, `trusts` whether GuardDuty is asked for its trusted lists. What a role
    needs to be a function's at all is not in it."""
    wants: tuple[TriggerNeed, ...] = (*needs.ALWAYS, *needs.FETCHES, *needs.CALLS)
    if blocklist is not None:
        wants += needs.blocking(trusts=trusts, reads=True)
    by_resource: dict[str, list[str]] = {}
    for need in wants:
        if not need.free:
            by_resource.setdefault(need.on, []).append(need.action)
    statements = [
        Statement(
            Sid=f"Trigger{name.title()}",
            Effect="Allow",
            Action=actions,
            Resource=list(
                dict.fromkeys(
                    arn for home in homes for arn in _resources(name, home, blocklist, table)
                )
            ),
        )
        for name, actions in by_resource.items()
    ]
    return Policy(Version="2012-10-17", Statement=statements)


def _resources(
    name: str, home: Home, blocklist: BlocklistSettings | None, table: str
) -> Iterable[str]:
    if name == needs.SETS:
        return set_arns(blocklist, f"arn:{home.partition}", home.region, home.account)
    known = {
        needs.TABLE: home.arn("dynamodb", f"table/{table or f'{STACK}-*'}"),
        needs.TOPIC: home.arn("sns", f"{STACK}-*"),
        needs.LETTERS: home.arn("sqs", f"{STACK}-*"),
        needs.OBJECTS: f"arn:{home.partition}:s3:::BUCKET-OF-THE-LOGS/*",
        needs.CUSTOM: home.arn("lambda", "function:YOUR-OWN-FUNCTION"),
        needs.DETECTORS: f"arn:{home.partition}:guardduty:*:{home.account}:detector/*",
        needs.LISTS: f"arn:{home.partition}:s3:::BUCKET-OF-THE-TRUSTED-LISTS/*",
        needs.ANYTHING: "*",
    }
    return [known[name]]
