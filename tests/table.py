"""A team's table in memory: it obeys the very requests that a driver would send, and fails when it
is told to. The model of botocore judges each request."""

import asyncio
import random
from collections.abc import Sequence
from typing import Any

from tests.aws.wire import model, wrong
from triage_tui import statetable
from triage_tui.statetable import AwayError, Present, Request


class Shelves:
    """What lies at DynamoDB: shared by those who use the table."""

    def __init__(self) -> None:
        self.items: dict[tuple[str, str], Request] = {}
        self.obey("PutItem", statetable.marking("triage"))

    def obey(self, operation: str, request: Request) -> Request:
        """Carries a request out; the answer, or `{"Error": …}`."""
        shape = model("dynamodb").operation_model(operation).input_shape
        assert wrong(request, shape) == ""
        answer: Request = getattr(self, f"_{operation}")(request)
        return answer

    def _PutItem(self, request: Request) -> Request:
        item = request["Item"]
        key = item["pk"]["S"], item["sk"]["S"]
        condition = request.get("ConditionExpression")
        assert condition in (None, "attribute_not_exists(pk)")
        if condition and key in self.items:
            return {
                "Error": {"Code": "ConditionalCheckFailedException"},
                "Item": self.items[key],
            }
        self.items[key] = item
        return {}

    def _DeleteItem(self, request: Request) -> Request:
        key = request["Key"]
        self.items.pop((key["pk"]["S"], key["sk"]["S"]), None)
        return {}

    def _GetItem(self, request: Request) -> Request:
        key = request["Key"]["pk"]["S"], request["Key"]["sk"]["S"]
        return {"Item": self.items[key]} if key in self.items else {}

    def _Query(self, request: Request, most: int = 3) -> Request:
        values = request["ExpressionAttributeValues"]
        partition = values.get(":log", values.get(":presence"))["S"]
        first = values.get(":next", {"S": ""})["S"]
        start = request.get("ExclusiveStartKey", {}).get("sk", {}).get("S", "")
        found = sorted(
            (key[1], item)
            for key, item in self.items.items()
            if key[0] == partition and key[1] >= first and key[1] > start
        )
        if ":log" not in values:
            return {"Items": [item for _, item in found]}
        answer: Request = {"Items": [item for _, item in found[:most]]}
        if len(found) > most:
            last = {"pk": {"S": partition}, "sk": {"S": found[most - 1][0]}}
            answer["LastEvaluatedKey"] = last
        return answer


class MemoryTable:
    """Implements `statetable.Table`."""

    where = "table triage in memory"

    def __init__(self, shelves: Shelves, chance: random.Random | None = None) -> None:
        """By `chance`, calls fail: before they have done anything, or after."""
        self.shelves = shelves
        self.away = False
        """Whether nothing can be reached."""
        self.calls = 0
        self._chance = chance

    async def _call(self, operation: str, request: Request) -> Request:
        self.calls += 1
        await asyncio.sleep(0)
        draw = self._chance.random() if self._chance else 1.0
        if self.away or draw < 0.15:
            raise AwayError("no answer", "wait")
        answer = self.shelves.obey(operation, request)
        await asyncio.sleep(0)
        if draw < 0.3:
            raise AwayError("the answer was lost", "wait")
        return answer

    async def check(self) -> None:
        statetable.check_whose(await self._call("GetItem", statetable.whose("triage")))

    async def news(self, log: str, known: int) -> list[str]:
        texts: list[str] = []
        start: Any = None
        while True:
            request = statetable.reading("triage", log, known + len(texts), start)
            page = statetable.page(await self._call("Query", request), known + len(texts))
            texts += page.texts
            start = page.start
            if start is None:
                return texts

    async def append(self, log: str, first: int, texts: Sequence[str], token: str) -> bool:
        request = statetable.appending("triage", log, first, texts, token)
        answer = await self._call("PutItem", request)
        return not statetable.is_taken(answer, token)

    async def say(self, present: Present) -> None:
        await self._call("PutItem", statetable.saying("triage", present))

    async def leave(self, process: str) -> None:
        await self._call("DeleteItem", statetable.leaving("triage", process))

    async def present(self) -> list[Present]:
        return statetable.present(await self._call("Query", statetable.asking("triage")))

    async def close(self) -> None:
        pass
