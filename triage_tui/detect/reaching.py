"""Which events reach which function, and what a user may say about it. Pure, and light: the config
reads it."""

from __future__ import annotations

import re
from fnmatch import translate
from functools import lru_cache
from typing import Annotated, NamedTuple

import msgspec

_ARN = re.compile(r"arn:aws[a-z-]*:lambda:([a-z0-9-]*):(\d{12}):function:([\w-]{1,140})(?::.*)?")
_NAME = re.compile(r"(?:(?:\d{12}:)?function:|(?:\d{12}:)?/aws/lambda/)?([\w-]{1,140})")
_INVOKES = ("Invoke", "InvokeFunction", "InvokeAsync", "InvokeWithResponseStream")
_HOST = re.compile(r"[a-z0-9.-]{1,253}(?::\d{1,5})?")


class Route(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Requests to this resource (and path) reach this function."""

    resource: str
    """What the log names: a load balancer, the host of an API, a web ACL; `*` stands for any
    text."""
    function: str
    """Its name, or its ARN."""
    path: str = ""
    """Of the request; `*` stands for any text, and nothing for every path."""

    def __post_init__(self) -> None:
        if not self.resource.strip() or not self.function.strip():
            raise ValueError("a route needs a resource and a function")


class Contents(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a report looked at (an image, a project, a folder; or the report's own file) is what
    runs in this function."""

    report: str
    """`*` stands for any text."""
    function: str

    def __post_init__(self) -> None:
        if not self.report.strip() or not self.function.strip():
            raise ValueError("contents need a report and a function")


class DependencySettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[dependencies]`: which requests reach which function, and what runs in it."""

    hosts: Annotated[tuple[str, ...], msgspec.Meta(description="a list of hosts")] = ()
    """From where packages may come, for `deps`; the public registries unless given."""
    tag: str = "reached-by"
    """The tag of a function that says by which resources it is reached, with blanks between
    several; `RESOURCE:/PATH` by paths that begin like this alone."""
    routes: Annotated[
        tuple[Route, ...],
        msgspec.Meta(
            description='a list of { resource = "…", function = "…" }, and path = "…" where need be'
        ),
    ] = ()
    contents: Annotated[
        tuple[Contents, ...],
        msgspec.Meta(description='a list of { report = "…", function = "…" }'),
    ] = ()

    def __post_init__(self) -> None:
        for host in self.hosts:
            if not _HOST.fullmatch(host.lower()):
                raise ValueError(f"{host!r} is no host: write registry.example.org")


class Function(NamedTuple):
    """A function, as far as it is told: account and region may be ""."""

    name: str
    account: str = ""
    region: str = ""

    def is_like(self, other: Function) -> bool:
        """Whether both may be the same one."""
        return (
            self.name == other.name
            and (not self.account or not other.account or self.account == other.account)
            and (not self.region or not other.region or self.region == other.region)
        )


@lru_cache(maxsize=4096)
def function_of(text: str) -> Function | None:
    """The function that a text names: its ARN, its log group, `function:NAME`, or its bare name.
    None for what can be no name of one."""
    if found := _ARN.fullmatch(text):
        return Function(found[3], found[2], found[1])
    if found := _NAME.fullmatch(text):
        return Function(found[1])
    return None


def is_arn_of_function(text: str) -> bool:
    """Whether it is surely one."""
    return _ARN.fullmatch(text) is not None


def invokes(action: str) -> bool:
    """Whether a call of CloudTrail on a function runs it."""
    return action in _INVOKES or action.rpartition("201")[0] == "Invoke"


@lru_cache(maxsize=4096)
def glob(pattern: str) -> re.Pattern[str]:
    """The pattern, ready to match whole texts."""
    return re.compile(translate(pattern))
