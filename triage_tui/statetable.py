"""The DynamoDB table in which a team keeps its state: what lies in it, and which requests read and
write it. Sans-IO: it puts requests together and understands answers, and calls nobody; the drivers
(`aws.dynamodb`, and the trigger's) hand them to a client.

All items have a partition key `pk` and a sort key `sk`, both text. What lies there:

| pk | sk | what |
| --- | --- | --- |
| `table` | `meta` | that the table is ours, and the version of its layout |
| `log#NAME` | the number of its first entry, 16 digits | one entry or several of a log, in order |
| `presence` | the name of a process | who is at work on what; `ends` by itself |
| `turn` | account and region | whose turn it is to write there, and until when |
| `trigger#…` | … | what the trigger remembers; `ends` by itself |

A log (`casebook`, `journal`) is append-only and dense: entry n+1 is written by somebody who knows
entry n, on the condition that nobody has written n+1 yet. So the log's next number is its change
index: whoever asks for what lies after the last entry known reads what is new, and nothing else.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Request = dict[str, Any]
"""The parameters of a call, as boto3's and aiobotocore's clients take them."""

VERSION = 1
"""Of the layout. An item says of which it is; a newer one is not guessed at."""
CASEBOOK, JOURNAL = "casebook", "journal"
"""The logs."""
PARTITION, SORT, ENDS = "pk", "sk", "ends"
"""`ends` is DynamoDB's time to live: seconds since the epoch."""
SCHEME = "dynamodb://"
LARGEST = 380 * 1024
"""Bytes of the entries in one item: DynamoDB takes 400 KB, names and keys included."""
_TABLE = re.compile(r"[A-Za-z0-9_.-]{3,255}", re.ASCII)
_OURS = "triage-tui"
_META = {PARTITION: {"S": "table"}, SORT: {"S": "meta"}}
_PRESENCE = "presence"
GONE_AFTER = 3600
"""Seconds after which DynamoDB may delete a presence."""


class LayoutError(Exception):
    """What lies in the table is not what this program knows: what is wrong, and what to do."""

    def __init__(self, message: str, fix: str) -> None:
        super().__init__(f"{message} {fix}")
        self.message = message
        self.fix = fix


class AwayError(Exception):
    """The table cannot be used just now: why, and what to do."""

    def __init__(self, message: str, fix: str, *, lasting: bool = False) -> None:
        """`lasting`: it is no passing trouble, but denied, missing or wrong."""
        super().__init__(f"{message}: {fix}" if fix else message)
        self.message = message
        self.fix = fix
        self.lasting = lasting


class Present(NamedTuple):
    """Somebody is at work."""

    process: str
    """Unique for each program that runs."""
    who: str
    subject: str
    """What they look at, by the casebook's name (`ip:…`); "" for nothing in particular."""
    beat: int
    """Another number each time they say so."""
    at: int
    """When they said so, seconds since the epoch by their own clock."""


class Turn(NamedTuple):
    """Whose turn it is to write in an account and region. Times are milliseconds since the
    epoch."""

    place: str
    holder: str
    """Unique for each taking."""
    until: int
    called: int = 0
    """When its last holder called AWS last."""


class TurnTable(Protocol):
    """A table, as those who take turns by it need it. Methods raise AwayError."""

    @property
    def where(self) -> str:
        """For messages."""
        ...

    async def take(self, turn: Turn, now: int) -> Turn | None:
        """Takes a turn, or keeps one's own for longer: the turn before it (its `holder` is "" where
        there was none). None where it is somebody else's until after `now`."""
        ...

    async def give_back(self, turn: Turn) -> None:
        """The turn is over, if it still is one's own; `called` is told to the next one."""
        ...


class Table(Protocol):
    """A table, as those who keep logs in it need it. Methods raise AwayError, and LayoutError."""

    @property
    def where(self) -> str:
        """For messages: `table triage in eu-west-1`."""
        ...

    async def check(self) -> None:
        """Whether the table is there, is ours, and of a layout that is known."""
        ...

    async def news(self, log: str, known: int) -> list[str]:
        """The entries after number `known`, in order."""
        ...

    async def append(self, log: str, first: int, texts: Sequence[str], token: str) -> bool:
        """Writes entries from number `first` on, all or none. False where somebody else has
        written that number meanwhile. `token` is unique for what is written: so one's own write
        is known where its answer was lost."""
        ...

    async def say(self, present: Present) -> None:
        """Tells the others what one is at work on."""
        ...

    async def leave(self, process: str) -> None:
        """Tells the others that one is gone."""
        ...

    async def present(self) -> list[Present]:
        """Who has said so lately, oneself too."""
        ...

    async def close(self) -> None: ...


def table_name(text: str) -> str:
    """The table that `dynamodb://TABLE` names. Raises ValueError."""
    name = text.removeprefix(SCHEME)
    if name == text or not _TABLE.fullmatch(name):
        raise ValueError(
            f"{text!r} is no casebook: write dynamodb://TABLE (3 to 255 of A-Z a-z 0-9 _ . -)"
        )
    return name


# -- the table itself ----------------------------------------------------------------------------


def creation(table: str) -> Request:
    """CreateTable: billed by the request, tagged as ours."""
    return {
        "TableName": table,
        "AttributeDefinitions": [
            {"AttributeName": PARTITION, "AttributeType": "S"},
            {"AttributeName": SORT, "AttributeType": "S"},
        ],
        "KeySchema": [
            {"AttributeName": PARTITION, "KeyType": "HASH"},
            {"AttributeName": SORT, "KeyType": "RANGE"},
        ],
        "BillingMode": "PAY_PER_REQUEST",
        "DeletionProtectionEnabled": True,
        "Tags": [{"Key": "managed-by", "Value": _OURS}],
    }


def recovery(table: str) -> Request:
    """UpdateContinuousBackups: every second of the last 35 days can be had back."""
    return {
        "TableName": table,
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
    }


def expiry(table: str) -> Request:
    """UpdateTimeToLive: what says when it `ends` is deleted afterwards. Entries of logs never say
    so."""
    return {
        "TableName": table,
        "TimeToLiveSpecification": {"Enabled": True, "AttributeName": ENDS},
    }


def marking(table: str) -> Request:
    """PutItem that says the table is ours, unless it says so already."""
    return {
        "TableName": table,
        "Item": {**_META, "program": {"S": _OURS}, "version": {"N": str(VERSION)}},
        "ConditionExpression": f"attribute_not_exists({PARTITION})",
    }


def whose(table: str) -> Request:
    """GetItem of what says whose the table is."""
    return {"TableName": table, "Key": _META, "ConsistentRead": True}


def check_whose(answer: Mapping[str, Any]) -> None:
    """Raises LayoutError where the table is not ours, or newer than this program."""
    item = answer.get("Item")
    if not item or item.get("program", {}).get("S") != _OURS:
        raise LayoutError(
            "the table was not set up for this.",
            "Run `triage-tui casebook init`, or name another table.",
        )
    _check_version(item.get("version", {}).get("N", ""))


def has_our_keys(answer: Mapping[str, Any]) -> bool:
    """Whether the table that DescribeTable tells of has our keys."""
    said = [(key["AttributeName"], key["KeyType"]) for key in answer["Table"]["KeySchema"]]
    return said == [(PARTITION, "HASH"), (SORT, "RANGE")]


# -- logs ----------------------------------------------------------------------------------------


def appending(table: str, log: str, first: int, texts: Sequence[str], token: str) -> Request:
    """PutItem of entries from number `first` on, where nobody has written that number.

    Raises ValueError where they are none, or too much for one item (`fits`).
    """
    if not texts or not fits(texts):
        raise ValueError("nothing, or more than one item holds")
    return {
        "TableName": table,
        "Item": {
            **_place(log, first),
            "v": {"N": str(VERSION)},
            "token": {"S": token},
            "entries": {"L": [{"S": text} for text in texts]},
        },
        "ConditionExpression": f"attribute_not_exists({PARTITION})",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }


def fits(texts: Sequence[str]) -> bool:
    """Whether entries have room in one item. Their texts are ASCII."""
    return sum(len(text) + 4 for text in texts) <= LARGEST


def is_taken(response: Mapping[str, Any], token: str) -> bool | None:
    """What the error of an `appending` means (`ClientError.response`): True where somebody else has
    written that number; False where it was oneself, and only the answer was lost; None for any
    other error."""
    if response.get("Error", {}).get("Code") != "ConditionalCheckFailedException":
        return None
    there = response.get("Item", {}).get("token", {}).get("S")
    return bool(there != token)


def reading(table: str, log: str, known: int, start: Mapping[str, Any] | None = None) -> Request:
    """Query of the entries after number `known`; `start` is where the last page ended
    (LastEvaluatedKey). Consistent: what was written before is in the answer."""
    request: Request = {
        "TableName": table,
        "KeyConditionExpression": f"{PARTITION} = :log AND {SORT} >= :next",
        "ExpressionAttributeValues": {
            ":log": {"S": f"log#{log}"},
            ":next": {"S": _number(known + 1)},
        },
        "ConsistentRead": True,
    }
    if start:
        request["ExclusiveStartKey"] = dict(start)
    return request


class Page(NamedTuple):
    """What an answer to `reading` holds."""

    texts: list[str]
    known: int
    """The number of the last one."""
    start: Mapping[str, Any] | None
    """Where to go on; None at the end."""


def page(answer: Mapping[str, Any], known: int) -> Page:
    """The entries after number `known`. Raises LayoutError for what we cannot have written.

    A read may pass the place of an entry before it is written, and see the one after it: then it
    ends before the gap, and the next one sees both.
    """
    texts: list[str] = []
    for item in answer.get("Items", ()):
        _check_version(item.get("v", {}).get("N", ""))
        if item[SORT]["S"] != _number(known + 1):
            return Page(texts, known, None)
        entries = [entry["S"] for entry in item["entries"]["L"]]
        texts += entries
        known += len(entries)
    return Page(texts, known, answer.get("LastEvaluatedKey") or None)


def _place(log: str, number: int) -> Request:
    return {PARTITION: {"S": f"log#{log}"}, SORT: {"S": _number(number)}}


def _number(number: int) -> str:
    return f"{number:016d}"


def _check_version(text: str) -> None:
    if not text.isascii() or not text.isdigit() or int(text) > VERSION:
        raise LayoutError(
            f"it has entries of the layout {text or '?'}; this program knows {VERSION}.",
            "Please update triage-tui.",
        )


# -- presence ------------------------------------------------------------------------------------


def saying(table: str, present: Present) -> Request:
    """PutItem of what somebody is at work on."""
    return {
        "TableName": table,
        "Item": {
            PARTITION: {"S": _PRESENCE},
            SORT: {"S": present.process},
            "who": {"S": present.who},
            "subject": {"S": present.subject},
            "beat": {"N": str(present.beat)},
            "at": {"N": str(present.at)},
            ENDS: {"N": str(present.at + GONE_AFTER)},
        },
    }


def leaving(table: str, process: str) -> Request:
    """DeleteItem of a presence."""
    return {"TableName": table, "Key": {PARTITION: {"S": _PRESENCE}, SORT: {"S": process}}}


def asking(table: str) -> Request:
    """Query of who is at work. One page is enough: a team is no crowd."""
    return {
        "TableName": table,
        "KeyConditionExpression": f"{PARTITION} = :presence",
        "ExpressionAttributeValues": {":presence": {"S": _PRESENCE}},
    }


def present(answer: Mapping[str, Any]) -> list[Present]:
    """Who is at work; what cannot be read is passed over."""
    found = []
    for item in answer.get("Items", ()):
        try:
            found.append(
                Present(
                    item[SORT]["S"],
                    item["who"]["S"],
                    item["subject"]["S"],
                    int(item["beat"]["N"]),
                    int(item["at"]["N"]),
                )
            )
        except (KeyError, TypeError, ValueError):
            continue
    return found


# -- turns ---------------------------------------------------------------------------------------


def taking(table: str, turn: Turn, now: int) -> Request:
    """PutItem of a turn, where nobody has it or it is one's own already."""
    return {
        "TableName": table,
        "Item": {
            **_turn_key(turn.place),
            "holder": {"S": turn.holder},
            "until": {"N": str(turn.until)},
            "called": {"N": str(turn.called)},
            ENDS: {"N": str(turn.until // 1000 + GONE_AFTER)},
        },
        "ConditionExpression": f"attribute_not_exists({PARTITION}) OR #u <= :now OR #h = :me",
        "ExpressionAttributeNames": {"#u": "until", "#h": "holder"},
        "ExpressionAttributeValues": {":now": {"N": str(now)}, ":me": {"S": turn.holder}},
        "ReturnValues": "ALL_OLD",
    }


def giving_back(table: str, turn: Turn) -> Request:
    """UpdateItem that ends a turn, if it is still one's own."""
    return {
        "TableName": table,
        "Key": _turn_key(turn.place),
        "UpdateExpression": "SET #u = :over, #c = :called",
        "ConditionExpression": "#h = :me",
        "ExpressionAttributeNames": {"#u": "until", "#h": "holder", "#c": "called"},
        "ExpressionAttributeValues": {
            ":over": {"N": "0"},
            ":called": {"N": str(turn.called)},
            ":me": {"S": turn.holder},
        },
    }


def turn_before(answer: Mapping[str, Any], place: str) -> Turn:
    """The turn that the answer to a `taking` says was before."""
    item = answer.get("Attributes") or {}
    try:
        return Turn(place, item["holder"]["S"], int(item["until"]["N"]), int(item["called"]["N"]))
    except (KeyError, TypeError, ValueError):
        return Turn(place, "", 0)


def is_refused(response: Mapping[str, Any]) -> bool:
    """Whether an error (`ClientError.response`) says that a condition did not hold."""
    return bool(response.get("Error", {}).get("Code") == "ConditionalCheckFailedException")


def _turn_key(place: str) -> Request:
    return {PARTITION: {"S": "turn"}, SORT: {"S": place}}
