"""A team's table in DynamoDB, read and written by the requests of `statetable`, and set up."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, NoReturn

from botocore.exceptions import ClientError

from triage_tui import statetable
from triage_tui.statetable import AwayError, LayoutError

from .trouble import CALL_ERRORS, Kind

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

    from triage_tui.statetable import Present, Turn

    from .access import Access
    from .pace import Sleep

_LASTING = (Kind.DENIED, Kind.GONE, Kind.REFUSED, Kind.CREDENTIALS)
_LOOK = 1.0
"""Seconds between two looks whether a new table is there."""
_LOOKS = 120
_IN_USE = "ResourceInUseException"
_NOT_YET = frozenset({"ContinuousBackupsUnavailableException", "ResourceNotFoundException",
                      "ResourceInUseException"})  # fmt: skip
"""What is said of a table that has only just been made."""


class DynamoTable:
    """Implements `statetable.Table` and `TurnTable`. Whoever closes it closes the access."""

    def __init__(self, access: Access, name: str) -> None:
        self._access = access
        self.name = name

    @property
    def where(self) -> str:
        """For messages."""
        return f"table {self.name} in {self._access.scope}"

    async def check(self) -> None:
        """Whether the table is ours, and of a layout that is known."""
        try:
            client = await self._access.client("dynamodb")
            statetable.check_whose(await client.get_item(**statetable.whose(self.name)))
        except CALL_ERRORS as error:
            await self._fail("GetItem", error)
        except LayoutError as error:
            raise LayoutError(f"{self.where}: {error.message}", error.fix) from error

    async def news(self, log: str, known: int) -> list[str]:
        """The entries after number `known`: every page."""
        texts: list[str] = []
        start = None
        try:
            client = await self._access.client("dynamodb")
            while True:
                place = known + len(texts)
                asked = statetable.reading(self.name, log, place, start)
                found = statetable.page(await client.query(**asked), place)
                texts += found.texts
                start = found.start
                if start is None:
                    return texts
        except CALL_ERRORS as error:
            await self._fail("Query", error)
        except LayoutError as error:
            raise LayoutError(f"{self.where}: {error.message}", error.fix) from error

    async def append(self, log: str, first: int, texts: Sequence[str], token: str) -> bool:
        """Writes entries where nobody has; False where somebody was faster."""
        asked = statetable.appending(self.name, log, first, texts, token)
        try:
            client = await self._access.client("dynamodb")
            await client.put_item(**asked)
        except ClientError as error:
            taken = statetable.is_taken(error.response, token)
            if taken is None:
                await self._fail("PutItem", error)
            return not taken
        except CALL_ERRORS as error:
            await self._fail("PutItem", error)
        return True

    async def say(self, present: Present) -> None:
        """Tells the others what one is at work on."""
        try:
            client = await self._access.client("dynamodb")
            await client.put_item(**statetable.saying(self.name, present))
        except CALL_ERRORS as error:
            await self._fail("PutItem", error)

    async def leave(self, process: str) -> None:
        """Tells the others that one is gone."""
        try:
            client = await self._access.client("dynamodb")
            await client.delete_item(**statetable.leaving(self.name, process))
        except CALL_ERRORS as error:
            await self._fail("DeleteItem", error)

    async def present(self) -> list[Present]:
        """Who has said so lately."""
        try:
            client = await self._access.client("dynamodb")
            return statetable.present(await client.query(**statetable.asking(self.name)))
        except CALL_ERRORS as error:
            await self._fail("Query", error)

    async def take(self, turn: Turn, now: int) -> Turn | None:
        """Takes a turn, or keeps one's own for longer; the turn before it."""
        try:
            client = await self._access.client("dynamodb")
            answer = await client.put_item(**statetable.taking(self.name, turn, now))
        except ClientError as error:
            if statetable.is_refused(error.response):
                return None
            await self._fail("PutItem", error)
        except CALL_ERRORS as error:
            await self._fail("PutItem", error)
        return statetable.turn_before(answer, turn.place)

    async def give_back(self, turn: Turn) -> None:
        """The turn is over, if it still is one's own."""
        try:
            client = await self._access.client("dynamodb")
            await client.update_item(**statetable.giving_back(self.name, turn))
        except ClientError as error:
            if not statetable.is_refused(error.response):
                await self._fail("UpdateItem", error)
        except CALL_ERRORS as error:
            await self._fail("UpdateItem", error)

    async def close(self) -> None:
        """Closes the clients."""
        await self._access.close()

    async def _fail(self, what: str, error: BaseException) -> NoReturn:
        found = self._access.trouble(error)
        if found.kind is Kind.CREDENTIALS:
            await self._access.renew(found)
        words = found.words if what in found.words else f"{what}: {found.words}"
        fix = found.cure
        if found.kind is Kind.GONE:
            fix = "run `triage-tui casebook init`, or name another table or region in the config"
        raise AwayError(f"{self.where}: {words}", fix, lasting=found.kind in _LASTING) from error


# -- setting it up -------------------------------------------------------------------------------


async def set_up(access: Access, name: str, *, sleep: Sleep = asyncio.sleep) -> AsyncIterator[str]:
    """Creates the table, or finishes what somebody has begun; what was done, step by step. Raises
    AwayError, and LayoutError where a table of that name is another's."""
    table = DynamoTable(access, name)
    step = "DescribeTable"
    try:
        client = await access.client("dynamodb")
        if await _is_there(access, name):
            yield f"the {table.where} is there"
        else:
            step = "CreateTable"
            try:
                await client.create_table(**statetable.creation(name))
            except ClientError as error:
                if error.response["Error"]["Code"] != _IN_USE:  # somebody was faster
                    raise
            yield f"created the {table.where}: on demand, protected from deletion"
            step = "DescribeTable"
            for _ in range(_LOOKS):
                if await _is_there(access, name):
                    break
                await sleep(_LOOK)
        step = "UpdateContinuousBackups"
        await _once_ready(
            lambda: client.update_continuous_backups(**statetable.recovery(name)), sleep
        )
        yield "point-in-time recovery is on: any second of the last 35 days can be had back"
        step = "UpdateTimeToLive"
        try:
            await _once_ready(lambda: client.update_time_to_live(**statetable.expiry(name)), sleep)
        except ClientError as error:
            if "already enabled" not in str(error):
                raise
        yield f"time to live is on, by `{statetable.ENDS}`: what says so goes by itself"
        step = "PutItem"
        try:
            await client.put_item(**statetable.marking(name))
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
    except CALL_ERRORS as error:
        found = access.trouble(error)
        words = found.words if step in found.words else f"{step}: {found.words}"
        raise AwayError(f"{table.where}: {words}", found.cure) from error
    await table.check()
    yield "ready"


async def _is_there(access: Access, name: str) -> bool:
    """Whether there is such a table, in use. Raises LayoutError where it is none of ours."""
    client = await access.client("dynamodb")
    try:
        answer = await client.describe_table(TableName=name)
    except ClientError as error:
        if error.response["Error"]["Code"] == "ResourceNotFoundException":
            return False
        raise
    if not statetable.has_our_keys(answer):
        raise LayoutError(
            f"the table {name} has other keys: it is not ours.", "Name another table."
        )
    return bool(answer["Table"].get("TableStatus") == "ACTIVE")


async def _once_ready(call: Callable[[], Awaitable[object]], sleep: Sleep) -> None:
    """The call, again while the table is too new for it."""
    for _ in range(_LOOKS):
        try:
            await call()
        except ClientError as error:
            if error.response["Error"]["Code"] not in _NOT_YET:
                raise
        else:
            return
        await sleep(_LOOK)
    await call()
