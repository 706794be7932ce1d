"""The function in a Lambda emulator: ministack runs it, with its table, topic and log groups."""

import contextlib
import io
import json
import time
import zipfile
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import boto3  # type: ignore[import-untyped]
from botocore.config import Config

from tests.aws.emulators import ministack
from triage_tui import statetable

ACCOUNT, REGION = "000000000000", "eu-west-1"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/trigger"
TABLE = "triage"
_PATIENCE = 900.0
THRICE = """
from triage_tui.trigger.handler import handler as once

def handler(event, context):
    once(event, context)
    once(event, context)
    return once(event, context)
"""
"""Each invocation, and Lambda's two retries of it."""


class Stack:
    """What a deployed template comes to."""

    def __init__(self, url: str, code: bytes, **variables: str) -> None:
        self._url = url
        self.table = self.client("dynamodb")
        self.table.create_table(
            **{k: v for k, v in statetable.creation(TABLE).items() if k != "Tags"}
        )
        sns, sqs = self.client("sns"), self.client("sqs")
        self.topic = sns.create_topic(Name="alerts")["TopicArn"]
        self.inbox = sqs.create_queue(QueueName="inbox")["QueueUrl"]
        self.letters = sqs.create_queue(QueueName="letters")["QueueUrl"]
        arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:inbox"
        sns.subscribe(
            TopicArn=self.topic,
            Protocol="sqs",
            Endpoint=arn,
            Attributes={"RawMessageDelivery": "true"},
        )
        environment = {
            "TRIAGE_TUI_TABLE": TABLE,
            "TRIAGE_TUI_TOPIC": self.topic,
            "TRIAGE_TUI_LETTERS": self.letters,
            **{f"TRIAGE_TUI_{name}": value for name, value in variables.items()},
        }
        self.function = self.client("lambda").create_function(
            FunctionName="trigger",
            Runtime="python3.11",
            Handler="thrice.handler",
            Role=ROLE,
            Code={"ZipFile": _with(code, "thrice.py", THRICE)},
            Timeout=120,
            MemorySize=1024,
            Environment={"Variables": environment},
        )["FunctionArn"]

    def client(self, service: str) -> Any:
        """A client of the emulator."""
        return boto3.client(
            service,
            region_name=REGION,
            endpoint_url=self._url,
            aws_access_key_id="test",
            aws_secret_access_key="test",  # noqa: S106 - it is none
            config=Config(read_timeout=130, retries={"total_max_attempts": 1}),
        )

    def watch(self, group: str) -> None:
        """Subscribes the function to a log group."""
        logs = self.client("logs")
        logs.create_log_group(logGroupName=group)
        logs.create_log_stream(logGroupName=group, logStreamName="s")
        logs.put_subscription_filter(
            logGroupName=group,
            filterName="trigger",
            filterPattern="",
            destinationArn=self.function,
        )

    def log(self, group: str, messages: Iterable[str]) -> None:
        """Puts log events."""
        now = time.time_ns() // 1_000_000
        self.client("logs").put_log_events(
            logGroupName=group,
            logStreamName="s",
            logEvents=[{"timestamp": now, "message": message} for message in messages],
        )

    def call(self, event: object) -> Any:
        """Calls the function, and waits for it: its answer. Fails where it has failed."""
        answer = self.client("lambda").invoke(
            FunctionName="trigger", Payload=json.dumps(event).encode(), LogType="Tail"
        )
        body = answer["Payload"].read()
        assert "FunctionError" not in answer, body
        return json.loads(body or b"null")

    def calls(self) -> int:
        """How many calls of the function have ended, by its log."""
        logs, found = self.client("logs"), 0
        token: dict[str, str] = {}
        with contextlib.suppress(logs.exceptions.ResourceNotFoundException):
            while True:
                page = logs.filter_log_events(
                    logGroupName="/aws/lambda/trigger", limit=10_000, **token
                )
                found += sum("REPORT RequestId" in each["message"] for each in page["events"])
                if "nextToken" not in page:
                    break
                token = {"nextToken": page["nextToken"]}
        return found

    def until(self, holds: Callable[[], bool]) -> None:
        """Waits for something that others do."""
        end = time.monotonic() + _PATIENCE
        while not holds():
            assert time.monotonic() < end, "it did not come to be"
            time.sleep(0.1)

    def heard(self, calls: int) -> None:
        """Waits until so many calls have ended."""
        self.until(lambda: self.calls() >= calls)

    def received(self, queue: str) -> list[Any]:
        """All messages of a queue, as JSON."""
        sqs = self.client("sqs")
        found: list[Any] = []
        while True:
            answer = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)
            messages = answer.get("Messages", [])
            if not messages:
                return found
            for message in messages:
                found.append(json.loads(message["Body"]))
                sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])


def _with(code: bytes, name: str, text: str) -> bytes:
    """The package with one more file."""
    buffer = io.BytesIO(code)
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr(name, text)
    return buffer.getvalue()


@contextlib.contextmanager
def deployed(code: bytes, **variables: str) -> Iterator[Stack]:
    """An emulator with the function in it."""
    with ministack() as url:
        yield Stack(url, code, **variables)
