"""DynamoDB as far as a team's table needs it: every write whole, one after the other."""

from typing import TYPE_CHECKING, Any

from aiohttp import web

from tests.aws.server import Call, ServiceError
from triage_tui import statetable

if TYPE_CHECKING:
    from collections.abc import Callable

Item = dict[str, Any]


class FakeDynamo:
    """Implements `server.Service`. It knows the conditions that our requests have, and no other."""

    name = "dynamodb"

    def __init__(self, table: str) -> None:
        self.table = table
        self.items: dict[tuple[str, str], Item] = {}
        marking = statetable.marking(table)["Item"]
        self.items[_key(marking)] = marking

    async def handle(self, call: Call) -> dict[str, Any] | web.StreamResponse:
        serve = getattr(self, f"_{call.operation}", None)
        assert serve is not None, f"the fake has no {call.operation}"
        answer: dict[str, Any] = serve(call.asked)
        return answer

    def _GetItem(self, asked: Item) -> Item:
        found = self.items.get(_key(asked["Key"]))
        return {"Item": found} if found else {}

    def _BatchGetItem(self, asked: Item) -> Item:
        wanted = asked["RequestItems"][self.table]
        assert wanted["ConsistentRead"]
        keys = [_key(key) for key in wanted["Keys"]]
        assert len(set(keys)) == len(keys) <= 100
        found = [self.items[key] for key in keys if key in self.items]
        return {"Responses": {self.table: found}}

    def _Query(self, asked: Item) -> Item:
        values = asked["ExpressionAttributeValues"]
        [partition] = [v["S"] for k, v in values.items() if k != ":next"]
        least = values.get(":next", {"S": ""})["S"]
        found = [
            item
            for (held, sort), item in sorted(self.items.items(), key=lambda each: each[0])
            if held == partition and sort >= least
        ]
        return {"Items": found, "Count": len(found)}

    def _PutItem(self, asked: Item) -> Item:
        key = _key(asked["Item"])
        before = self.items.get(key)
        self._check(asked, before)
        self.items[key] = asked["Item"]
        wants_old = asked.get("ReturnValues") == "ALL_OLD"
        return {"Attributes": before} if before and wants_old else {}

    def _UpdateItem(self, asked: Item) -> Item:
        before = self.items.get(_key(asked["Key"]))
        self._check(asked, before)
        assert before is not None
        assert asked["UpdateExpression"] == "SET #u = :over, #c = :called"
        names, values = asked["ExpressionAttributeNames"], asked["ExpressionAttributeValues"]
        changed = {names["#u"]: values[":over"], names["#c"]: values[":called"]}
        self.items[_key(asked["Key"])] = before | changed
        return {}

    def _DeleteItem(self, asked: Item) -> Item:
        key = _key(asked["Key"])
        self._check(asked, self.items.get(key))
        self.items.pop(key, None)
        return {}

    def _check(self, asked: Item, before: Item | None) -> None:
        condition = asked.get("ConditionExpression")
        names = asked.get("ExpressionAttributeNames", {})
        values = asked.get("ExpressionAttributeValues", {})

        def same(name: str, value: str) -> bool:
            return before is not None and before.get(names[name]) == values[value]

        holds: dict[str | None, Callable[[], bool]] = {
            None: lambda: True,
            "attribute_not_exists(pk)": lambda: before is None,
            "#n = :n": lambda: same("#n", ":n"),
            "#h = :me": lambda: same("#h", ":me"),
            "attribute_not_exists(pk) OR #u <= :now OR #h = :me": lambda: (
                before is None
                or int(before[names["#u"]]["N"]) <= int(values[":now"]["N"])
                or same("#h", ":me")
            ),
        }
        if not holds[condition]():
            text = "The conditional request failed"
            raise ServiceError("ConditionalCheckFailedException", text)


def _key(item: Item) -> tuple[str, str]:
    return item["pk"]["S"], item["sk"]["S"]
