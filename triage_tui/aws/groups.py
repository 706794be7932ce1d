"""The log groups of an account and region, as DescribeLogGroups lists them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator

    from types_aiobotocore_logs.type_defs import LogGroupTypeDef

    from .access import Access
    from .pace import Budget

WILD = re.compile(r"[*?\[]")
"""What makes a glob of a name."""


def prefixes(globs: Iterable[str]) -> Iterator[str]:
    """What names begin with that match; none that another one begins with as well."""
    heads = sorted({WILD.split(glob, maxsplit=1)[0] for glob in globs})
    kept: list[str] = []
    for head in heads:
        if not kept or not head.startswith(kept[-1]):
            kept.append(head)
    return iter(kept)


async def described(
    access: Access, prefix: str, budget: Budget, *, linked: bool = False
) -> AsyncIterator[LogGroupTypeDef]:
    """Every log group whose name begins so, in the order of names; in a monitoring account those
    of `linked` accounts as well. Raises one of `CALL_ERRORS`."""
    asked: dict[str, object] = {"logGroupNamePrefix": prefix} if prefix else {}
    if linked:
        asked["includeLinkedAccounts"] = True
    token: str | None = ""
    while token is not None:
        await budget.turn()
        client = await access.client("logs")
        if token:
            asked["nextToken"] = token
        page = await client.describe_log_groups(**asked)  # type: ignore[arg-type] # as put together
        budget.granted()
        for group in page["logGroups"]:
            yield group
        token = page.get("nextToken")


def account_of(arn: str) -> str:
    """The account that a group is in; "" where its ARN names none."""
    parts = arn.split(":")
    return parts[4] if len(parts) > 5 else ""


def arn_of(group: LogGroupTypeDef) -> str:
    """Without the streams behind it, as Live Tail takes it."""
    return group.get("logGroupArn") or group.get("arn", "").removesuffix(":*")
