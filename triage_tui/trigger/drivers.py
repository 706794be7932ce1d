"""The trigger's outside by boto3, which the Lambda runtime carries. Blocking: nothing else is to be
done meanwhile.
"""

from __future__ import annotations

import random
import secrets
import time
from typing import TYPE_CHECKING, Any, Literal, NoReturn

from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
)

from triage_tui import statetable
from triage_tui.statetable import AwayError

from . import items
from .claims import waiting
from .payloads import Poisoned
from .ports import Trouble

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from triage_tui.statetable import Present, Turn

    from .payloads import Object
    from .ports import Change, Kept, Key

Service = Literal["dynamodb", "ec2", "guardduty", "lambda", "s3", "sns", "sqs", "sts", "wafv2"]
CALL_ERRORS = (ClientError, BotoCoreError, HTTPClientError)
LARGEST_OBJECT = 64 * 1024 * 1024
"""Bytes of an object of S3, as it is stored: what AWS writes is far below."""
_CONFIG = Config(
    connect_timeout=3, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 4}
)
_ONCE = Config(
    connect_timeout=3, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 1}
)
"""For what must not be sent twice unseen."""
_GONE = ("NoSuchKey", "NoSuchBucket", "404", "NoSuchVersion")
_CANCELED = "TransactionCanceledException"
_CROSSED = ("ConditionalCheckFailed", "TransactionConflict")
_TRIES = 8
_CALLS = 4
_REFUSED = ("TooManyRequestsException", "ThrottlingException", "Throttling")
"""Codes of a function that was not called, for there was too much to do."""


class Clients:
    """The clients of one account, each made when it is asked for first."""

    def __init__(self) -> None:
        self._made: dict[tuple[Service, str], Any] = {}

    def client(self, service: Service, region: str = "") -> Any:
        """The client of a service, in the function's own region unless another is named."""
        from boto3 import client as make  # type: ignore[import-untyped] # it has no types

        key = (service, region)
        if key not in self._made:
            config = _ONCE if service in ("lambda", "wafv2") else _CONFIG
            said = {"region_name": region} if region else {}
            self._made[key] = make(service, config=config, **said)
        return self._made[key]

    @property
    def region(self) -> str:
        """The function's own."""
        return str(self.client("sts").meta.region_name)


def told(what: str, error: BaseException) -> str:
    """An error of AWS in one line."""
    if isinstance(error, ClientError):
        said = error.response.get("Error", {})
        words = f"{said.get('Code', 'an error')}: {said.get('Message', '')}"
    else:
        words = str(error)
    return f"{what}: {' '.join(words.split())[:500]}"


class DynamoMemory:
    """Implements `ports.Memory`."""

    def __init__(self, clients: Clients, table: str) -> None:
        self._clients = clients
        self._table = table

    def read(self, keys: Sequence[Key]) -> dict[Key, Kept]:
        """What is kept under these keys, as of now."""
        kept: dict[Key, Kept] = {}
        wanted = list(dict.fromkeys(keys))
        for begin in range(0, len(wanted), items.MOST_READ):
            asked = wanted[begin : begin + items.MOST_READ]
            request: items.Request | None = items.reading(self._table, asked)
            tries = 0
            while request is not None:
                if tries:
                    pause(tries)
                tries += 1
                if tries > _TRIES:
                    raise Trouble("BatchGetItem: DynamoDB answers in part again and again")
                try:
                    dynamo = self._clients.client("dynamodb")
                    answer = dynamo.batch_get_item(**request)
                except CALL_ERRORS as error:
                    raise Trouble(told("BatchGetItem", error)) from error
                kept |= items.found(answer, self._table)
                request = items.left(answer, self._table)
        return kept

    def listed(self, partition: str) -> list[tuple[Key, Kept]]:
        """Everything of a partition."""
        found: list[tuple[Key, Kept]] = []
        start = None
        while True:
            try:
                dynamo = self._clients.client("dynamodb")
                answer = dynamo.query(**items.listing(self._table, partition, start))
            except CALL_ERRORS as error:
                raise Trouble(told("Query", error)) from error
            found += items.listed(answer)
            start = answer.get("LastEvaluatedKey")
            if not start:
                return found

    def write(self, changes: Sequence[Change]) -> bool:
        """All of them or none. False where somebody else has changed one meanwhile."""
        token = secrets.token_hex(16)
        if len(changes) == 1:
            return self._write_one(changes[0], token)
        try:
            dynamo = self._clients.client("dynamodb")
            dynamo.transact_write_items(**items.transacting(self._table, changes, token))
        except CALL_ERRORS as error:
            if _crossed(error):
                return False
            raise Trouble(told("TransactWriteItems", error)) from error
        return True

    def _write_one(self, change: Change, token: str) -> bool:
        dynamo = self._clients.client("dynamodb")
        try:
            if change.data is None:
                dynamo.delete_item(**items.deleting(self._table, change))
            else:
                dynamo.put_item(**items.putting(self._table, change, token))
        except CALL_ERRORS as error:
            if isinstance(error, ClientError) and statetable.is_refused(error.response):
                return items.is_ours(error.response, token)
            raise Trouble(told("PutItem", error)) from error
        return True


def _crossed(error: BaseException) -> bool:
    """Whether a transaction was not made because others were faster."""
    if not isinstance(error, ClientError) or error.response["Error"]["Code"] != _CANCELED:
        return False
    reasons = error.response.get("CancellationReasons") or []
    return any(reason.get("Code") in _CROSSED for reason in reasons)


class DynamoTable:
    """Implements `statetable.Table` and `statetable.TurnTable`, for the shared journal."""

    def __init__(self, clients: Clients, name: str) -> None:
        self._clients = clients
        self.name = name

    @property
    def where(self) -> str:
        """For messages."""
        return f"table {self.name}"

    async def check(self) -> None:
        """Whether the table is of a layout that is known. A new one is marked as ours: the template
        has made it."""
        dynamo = self._clients.client("dynamodb")
        try:
            answer = dynamo.get_item(**statetable.whose(self.name))
            if not answer.get("Item"):
                self._mark()
                answer = dynamo.get_item(**statetable.whose(self.name))
        except CALL_ERRORS as error:
            self._fail("GetItem", error)
        statetable.check_whose(answer)

    def _mark(self) -> None:
        """Says that the table is ours; somebody else may be faster."""
        try:
            self._clients.client("dynamodb").put_item(**statetable.marking(self.name))
        except ClientError as error:
            if not statetable.is_refused(error.response):
                raise

    async def news(self, log: str, known: int) -> list[str]:
        """The entries after number `known`: every page."""
        texts: list[str] = []
        start = None
        while True:
            place = known + len(texts)
            try:
                dynamo = self._clients.client("dynamodb")
                answer = dynamo.query(**statetable.reading(self.name, log, place, start))
            except CALL_ERRORS as error:
                self._fail("Query", error)
            found = statetable.page(answer, place)
            texts += found.texts
            start = found.start
            if start is None:
                return texts

    async def append(self, log: str, first: int, texts: Sequence[str], token: str) -> bool:
        """Writes entries where nobody has; False where somebody was faster."""
        try:
            dynamo = self._clients.client("dynamodb")
            dynamo.put_item(**statetable.appending(self.name, log, first, texts, token))
        except CALL_ERRORS as error:
            taken = None
            if isinstance(error, ClientError):
                taken = statetable.is_taken(error.response, token)
            if taken is None:
                self._fail("PutItem", error)
            return not taken
        return True

    async def take(self, turn: Turn, now: int) -> Turn | None:
        """Takes a turn; None where it is somebody else's."""
        try:
            dynamo = self._clients.client("dynamodb")
            answer = dynamo.put_item(**statetable.taking(self.name, turn, now))
        except CALL_ERRORS as error:
            if isinstance(error, ClientError) and statetable.is_refused(error.response):
                return None
            self._fail("PutItem", error)
        return statetable.turn_before(answer, turn.place)

    async def give_back(self, turn: Turn) -> None:
        """The turn is over."""
        try:
            dynamo = self._clients.client("dynamodb")
            dynamo.update_item(**statetable.giving_back(self.name, turn))
        except CALL_ERRORS as error:
            if not (isinstance(error, ClientError) and statetable.is_refused(error.response)):
                self._fail("UpdateItem", error)

    async def say(self, present: Present) -> None:
        """Nobody watches the trigger at work: its names say when it began."""

    async def leave(self, process: str) -> None:
        """As above."""

    async def present(self) -> list[Present]:
        """Who has said so lately."""
        try:
            dynamo = self._clients.client("dynamodb")
            return statetable.present(dynamo.query(**statetable.asking(self.name)))
        except CALL_ERRORS as error:
            self._fail("Query", error)

    async def close(self) -> None:
        """The clients outlast an invocation."""

    def _fail(self, what: str, error: BaseException) -> NoReturn:
        raise AwayError(f"{self.where}: {told(what, error)}", "see the log") from error


class SnsTopic:
    """Implements `ports.Topic`."""

    def __init__(self, clients: Clients, arn: str) -> None:
        self._clients = clients
        self._arn = arn

    def tell(self, subject: str, message: str, attributes: dict[str, str]) -> None:
        """Sends one message."""
        named = {
            key: {"DataType": "String", "StringValue": value} for key, value in attributes.items()
        }
        try:
            self._clients.client("sns").publish(
                TopicArn=self._arn,
                Subject=subject,
                Message=message,
                MessageStructure="json",
                MessageAttributes=named,
            )
        except CALL_ERRORS as error:
            raise Trouble(told("Publish", error)) from error


class S3Objects:
    """Implements `ports.Objects`."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def fetch(self, what: Object) -> bytes:
        """An object as it is stored."""
        if what.size > LARGEST_OBJECT:
            raise Poisoned(f"it has {what.size:,} bytes; at most {LARGEST_OBJECT:,} are read")
        asked = {"Bucket": what.bucket, "Key": what.key}
        if what.version:
            asked["VersionId"] = what.version
        try:
            s3 = self._clients.client("s3")
            body = s3.get_object(**asked)["Body"]
            data: bytes = body.read(LARGEST_OBJECT + 1)
            body.close()
        except CALL_ERRORS as error:
            if isinstance(error, ClientError) and error.response["Error"]["Code"] in _GONE:
                raise Poisoned(told("GetObject", error)) from error
            raise Trouble(told("GetObject", error)) from error
        if len(data) > LARGEST_OBJECT:
            raise Poisoned(f"it has more than {LARGEST_OBJECT:,} bytes")
        return data


class SqsLetters:
    """Implements `ports.Letters`."""

    def __init__(self, clients: Clients, url: str) -> None:
        self._clients = clients
        self._url = url

    def put(self, text: str) -> None:
        """Sets something aside."""
        if not self._url:
            return
        try:
            self._clients.client("sqs").send_message(QueueUrl=self._url, MessageBody=text)
        except CALL_ERRORS as error:
            raise Trouble(told("SendMessage", error)) from error


class LambdaFunction:
    """Implements `ports.Custom`."""

    def __init__(self, clients: Clients, name: str) -> None:
        self._clients = clients
        self._name = name

    def call(self, payload: bytes) -> None:
        """Calls it, without waiting for what it does. Where no answer comes it may have been
        called, and is not called again."""
        for tries in range(_CALLS):
            try:
                self._clients.client("lambda").invoke(
                    FunctionName=self._name, InvocationType="Event", Payload=payload
                )
            except CALL_ERRORS as error:
                if tries + 1 < _CALLS and _is_refused(error):
                    pause(tries + 3)
                    continue
                may = "" if isinstance(error, ClientError) else "; it may have been called"
                raise Trouble(f"{told('Invoke', error)}{may}") from error
            return


def _is_refused(error: BaseException) -> bool:
    """Whether nothing was called, and it may be another time."""
    if isinstance(error, ClientError):
        return error.response["Error"]["Code"] in _REFUSED
    return isinstance(error, EndpointConnectionError | ConnectTimeoutError)


def pause(tries: int, sleep: Callable[[float], None] = time.sleep) -> None:
    """Waits a little after so many tries."""
    sleep(waiting(tries, random.SystemRandom()))
