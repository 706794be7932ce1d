"""What the trigger remembers, as items of the team's table (`statetable` says where). Sans-IO."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from triage_tui.statetable import ENDS, PARTITION, SORT

from .ports import Kept, Key

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .ports import Change

Request = dict[str, Any]

MOST_READ = 100
"""Keys in one BatchGetItem."""
_VERSION, _DATA, _TOKEN = "n", "data", "token"
_NAMES = {"#n": _VERSION}


def reading(table: str, keys: Sequence[Key]) -> Request:
    """BatchGetItem of keys, each once."""
    return {
        "RequestItems": {
            table: {"Keys": [place(key) for key in keys], "ConsistentRead": True},
        }
    }


def found(answer: Mapping[str, Any], table: str) -> dict[Key, Kept]:
    """What it gave."""
    return dict(map(_item, answer.get("Responses", {}).get(table, ())))


def left(answer: Mapping[str, Any], table: str) -> Request | None:
    """What is to be asked for again; None where all was answered."""
    rest = answer.get("UnprocessedKeys") or {}
    return {"RequestItems": rest} if rest.get(table, {}).get("Keys") else None


def listing(table: str, partition: str, start: Mapping[str, Any] | None = None) -> Request:
    """Query of a whole partition."""
    request: Request = {
        "TableName": table,
        "KeyConditionExpression": f"{PARTITION} = :p",
        "ExpressionAttributeValues": {":p": {"S": partition}},
        "ConsistentRead": True,
    }
    return request | ({"ExclusiveStartKey": dict(start)} if start else {})


def listed(answer: Mapping[str, Any]) -> list[tuple[Key, Kept]]:
    """What it gave."""
    return [_item(item) for item in answer.get("Items", ())]


def putting(table: str, change: Change, token: str) -> Request:
    """PutItem of a change, where nobody has changed it meanwhile."""
    return _put(table, change, token) | {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}


def deleting(table: str, change: Change) -> Request:
    """DeleteItem, the same way."""
    return {"TableName": table, "Key": place(change.key)} | _condition(change)


def transacting(table: str, changes: Sequence[Change], token: str) -> Request:
    """TransactWriteItems: all of them or none. `token` makes that once, however often it is
    sent."""
    return {
        "ClientRequestToken": token,
        "TransactItems": [
            {"Put": _put(table, change, token)}
            if change.data is not None
            else {"Delete": deleting(table, change)}
            for change in changes
        ],
    }


def is_ours(response: Mapping[str, Any], token: str) -> bool:
    """Whether a put was refused because it was made before: only its answer was lost."""
    return bool(response.get("Item", {}).get(_TOKEN, {}).get("S") == token)


def place(key: Key) -> Request:
    """The key as DynamoDB takes it."""
    return {PARTITION: {"S": key.partition}, SORT: {"S": key.sort}}


def _put(table: str, change: Change, token: str) -> Request:
    item: Request = {
        **place(change.key),
        _VERSION: {"N": str(change.before + 1)},
        _DATA: {"B": change.data},
        _TOKEN: {"S": token},
    }
    if change.ends:
        item[ENDS] = {"N": str(change.ends)}
    return {"TableName": table, "Item": item} | _condition(change)


def _condition(change: Change) -> Request:
    if not change.before:
        return {"ConditionExpression": f"attribute_not_exists({PARTITION})"}
    return {
        "ConditionExpression": "#n = :n",
        "ExpressionAttributeNames": _NAMES,
        "ExpressionAttributeValues": {":n": {"N": str(change.before)}},
    }


def _item(item: Mapping[str, Any]) -> tuple[Key, Kept]:
    key = Key(item[PARTITION]["S"], item[SORT]["S"])
    data = item.get(_DATA, {}).get("B", b"")
    return key, Kept(int(item.get(_VERSION, {}).get("N", "0")), bytes(data))
