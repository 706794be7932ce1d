"""Who calls what in the file of the benchmarks: principals, addresses, calls, agents.

Seeded and invented. Addresses come from the ranges that are set aside for benchmarks (RFC 2544,
RFC 5180). Shares are skewed as in real accounts: few callers and calls make most of the events.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from random import Random
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

USERS = 600
ROLE_SESSIONS = 2360
SERVICES = 40
OWN_ADDRESSES = 7
SHARED_ADDRESSES = 200
"""Addresses that everybody may come from: office gateways, NAT."""
_LIFETIMES = (1, 6, 6, 12)
"""Hours that a session's credentials last: each time there is a new key."""

_VERBS = {
    "Describe": True,
    "List": True,
    "Get": True,
    "Create": False,
    "Update": False,
    "Delete": False,
    "Tag": False,
}
_SERVICES = {
    "ec2": ("Instances", "Volumes", "SecurityGroups", "Subnets", "NetworkInterfaces"),
    "s3": ("Buckets", "Object", "BucketPolicy", "BucketAcl", "ObjectTagging"),
    "iam": ("Users", "Roles", "Policies", "AccessKeys", "InstanceProfiles"),
    "dynamodb": ("Tables", "Item", "Backups", "GlobalTables", "Streams"),
    "lambda": ("Functions", "Aliases", "Layers", "EventSourceMappings", "Permissions"),
    "kms": ("Keys", "Aliases", "Grants", "KeyPolicy", "DataKey"),
    "logs": ("LogGroups", "LogStreams", "MetricFilters", "ExportTasks", "Queries"),
    "ssm": ("Parameters", "Documents", "Associations", "Sessions", "Inventory"),
    "ecs": ("Clusters", "Services", "Tasks", "TaskDefinitions", "ContainerInstances"),
    "rds": ("DBInstances", "DBClusters", "DBSnapshots", "DBSubnetGroups", "EventSubscriptions"),
    "sqs": ("Queues", "QueueAttributes", "Messages", "DeadLetterSourceQueues", "QueueTags"),
    "sns": ("Topics", "Subscriptions", "PlatformApplications", "Endpoints", "TopicAttributes"),
}
_PARAMETER = {
    "ec2": "instanceId",
    "s3": "bucketName",
    "iam": "roleName",
    "dynamodb": "tableName",
    "lambda": "functionName",
    "kms": "keyId",
    "logs": "logGroupName",
    "ssm": "name",
    "ecs": "clusterName",
    "rds": "dBInstanceIdentifier",
    "sqs": "queueUrl",
    "sns": "topicArn",
}
_REGIONS = ("eu-west-1", "eu-west-1", "eu-west-1", "us-east-1", "eu-central-1")
_AGENTS = (
    "aws-cli/2.17.{n} md/awscrt#0.20.11 ua/2.0 os/linux#6.1.{n}-99.172.amzn2023.x86_64 "
    "md/arch#x86_64 lang/python#3.11.9 md/pyimpl#CPython cfg/retry-mode#standard",
    "Boto3/1.34.{n} md/Botocore#1.34.{n} ua/2.0 os/linux#5.10.{n} md/arch#aarch64 "
    "lang/python#3.12.4 md/pyimpl#CPython exec-env/AWS_Lambda_python3.12",
    "APN/1.0 HashiCorp/1.0 Terraform/1.8.{n} (+https://www.terraform.io) "
    "terraform-provider-aws/5.{n}.0 aws-sdk-go-v2/1.30.3 os/linux lang/go#1.22.5 md/GOOS#linux",
    "aws-sdk-java/2.26.{n} Linux/5.10.{n} OpenJDK_64-Bit_Server_VM/21.0.3+9-LTS Java/21.0.3 "
    "vendor/Amazon.com_Inc. io/sync http/Apache cfg/retry-mode/legacy",
)


@dataclass(frozen=True)
class Call:
    """One API call, as the text around what differs from record to record."""

    name: str
    before: str
    """From `eventSource` to the region."""
    request: str
    """From `requestParameters` to the number of the thing called upon."""
    after: str
    """The rest of them; `%s` is the number once more, where a call lists its resources."""
    end: str


@dataclass(frozen=True)
class Caller:
    """One principal: `kind` tells how its identity is written."""

    kind: str
    name: str
    unique: str
    account: str
    lifetime: int

    @cached_property
    def arn(self) -> str:
        if self.kind == "user":
            return f"arn:aws:iam::{self.account}:user/{self.name}"
        return f"arn:aws:sts::{self.account}:assumed-role/{self.role}/{self.name}"

    @cached_property
    def role(self) -> str:
        return f"app-{self.unique[-2:].lower()}-execution-role"

    def identity(self, hour: int) -> str:
        """`userIdentity` at an hour: a session has new credentials after each lifetime."""
        if self.kind == "service":
            return f'{{"type":"AWSService","invokedBy":"{self.name}"}}'
        if self.kind == "user":
            return (
                f'{{"type":"IAMUser","principalId":"AIDA{self.unique}","arn":"{self.arn}",'
                f'"accountId":"{self.account}","accessKeyId":"AKIA{self.unique}",'
                f'"userName":"{self.name}"}}'
            )
        period = hour // self.lifetime
        key = f"ASIA{(hash_text(self.unique) + period) % 36**10:016d}"
        day, begun = divmod(period * self.lifetime, 24)
        return (
            f'{{"type":"AssumedRole","principalId":"AROA{self.unique}:{self.name}",'
            f'"arn":"{self.arn}","accountId":"{self.account}","accessKeyId":"{key}",'
            f'"sessionContext":{{"sessionIssuer":{{"type":"Role","principalId":"AROA{self.unique}",'
            f'"arn":"arn:aws:iam::{self.account}:role/{self.role}","accountId":"{self.account}",'
            f'"userName":"{self.role}"}},"attributes":{{"creationDate":'
            f'"2026-03-{1 + day % 28:02d}T{begun:02d}:04:11Z","mfaAuthenticated":"false"}}}}}}'
        )


def hash_text(text: str) -> int:
    """A number of the text that is the same in every run."""
    return int.from_bytes(text.encode(), "little")


class Population:
    """All of them, drawn from one seed."""

    def __init__(self, seed: int) -> None:
        random = Random(seed)
        self.callers = _callers(random)
        self.calls = _calls()
        self.agents = [agent.format(n=n) for n in range(15) for agent in _AGENTS]
        self.addresses, self._own = _addresses(random, len(self.callers))
        self.caller_shares = _shares(random, len(self.callers))
        self.call_shares = _shares(random, len(self.calls))

    def address(self, caller: int, pick: int) -> str:
        """Where a caller comes from; picks beyond its own addresses are shared ones."""
        name = self.callers[caller]
        if name.kind == "service":
            return name.name
        if pick < OWN_ADDRESSES:
            return self.addresses[self._own + caller * OWN_ADDRESSES + pick]
        return self.addresses[pick % SHARED_ADDRESSES]


def _callers(random: Random) -> list[Caller]:
    accounts = [f"{random.randrange(10**11, 10**12)}" for _ in range(12)]

    def unique() -> str:
        return "".join(random.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", k=17))

    users = [
        Caller("user", f"user.{n:04d}", unique(), random.choice(accounts), 0) for n in range(USERS)
    ]
    sessions = [
        Caller(
            "session",
            # A task's: many addresses, which one instance would not have.
            f"{random.getrandbits(68):019x}",
            unique(),
            random.choice(accounts),
            random.choice(_LIFETIMES),
        )
        for _ in range(ROLE_SESSIONS)
    ]
    services = [
        Caller("service", f"service-{n:02d}.amazonaws.com", "", accounts[0], 0)
        for n in range(SERVICES)
    ]
    return users + sessions + services


def _addresses(random: Random, callers: int) -> tuple[list[str], int]:
    """The addresses, and how many stand before the first one that is a caller's own."""
    numbers = random.sample(range(2**17), SHARED_ADDRESSES + callers * OWN_ADDRESSES)
    found = [
        f"2001:2:0:{n & 0xFFFF:x}::{(n >> 16) + 1:x}"
        if n % 16 == 0
        else f"198.{18 + (n >> 16)}.{n >> 8 & 255}.{n & 255}"
        for n in numbers
    ]
    return found, SHARED_ADDRESSES


def _shares(random: Random, count: int) -> NDArray[np.float64]:
    """Cumulated shares that fall off with rank, the ranks dealt out by chance."""
    weights = (np.arange(count) + 1.0) ** -0.8
    shuffled = weights[random.sample(range(count), count)]
    return np.cumsum(shuffled / shuffled.sum())


def _calls() -> list[Call]:
    return [
        _call(service, verb, noun, number)
        for service, nouns in _SERVICES.items()
        for verb in _VERBS
        for number, noun in enumerate(nouns)
    ]


def _call(service: str, verb: str, noun: str, number: int) -> Call:
    region = _REGIONS[(len(verb) + number) % len(_REGIONS)]
    reads, data = _VERBS[verb], noun in ("Object", "Item")
    request = f'"requestParameters":{{"{_PARAMETER[service]}":"{service}-{noun.lower()}-'
    after = (
        f'","maxResults":100,"includeShared":false,"clientToken":"{verb}{noun}-2026",'
        '"filters":[{"name":"tag:environment","values":["production","staging"]}]},'
        '"responseElements":null,'
    )
    if data:
        after += (
            f'"resources":[{{"type":"AWS::{service}::{noun}",'
            f'"ARN":"arn:aws:{service}:::{service}-{noun.lower()}-%s"}}],'
        )
    host = f"{service}.{region}.amazonaws.com"
    end = (
        f'"readOnly":{str(reads).lower()},"eventType":"AwsApiCall",'
        f'"managementEvent":{str(not data).lower()},'
        f'"eventCategory":"{"Data" if data else "Management"}",'
        '"additionalEventData":{"SignatureVersion":"SigV4","bytesTransferredIn":0,'
        '"bytesTransferredOut":2048,"AuthenticationMethod":"AuthHeader"},'
        '"tlsDetails":{"tlsVersion":"TLSv1.3","cipherSuite":"TLS_AES_128_GCM_SHA256",'
        f'"clientProvidedHostHeader":"{host}"}}}}\n'
    )
    before = (
        f'"eventSource":"{service}.amazonaws.com","eventName":"{verb}{noun}",'
        f'"awsRegion":"{region}",'
    )
    return Call(f"{verb}{noun}", before, request, after, end)
