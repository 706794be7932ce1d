"""What answers of the network read of EC2."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .calls import Call, Reply, listed, refused, took

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from .calls import Answer, Trouble


def described(
    operation: str, asked: Mapping[str, object], key: str
) -> Generator[Call, Answer, list[object] | Trouble]:
    """Everything that a Describe call tells: one page holds what is named."""
    answer = took((yield Call("ec2", operation, asked)))
    return list(listed(answer.answer, key)) if isinstance(answer, Reply) else answer


def interface_of(name: str) -> Generator[Call, Answer, object | Trouble]:
    """An interface, by its id or as the first one of an instance."""
    key = "attachment.instance-id" if name.startswith("i-") else "network-interface-id"
    asked = {"Filters": [{"Name": key, "Values": [name]}]}
    found = yield from described("DescribeNetworkInterfaces", asked, "NetworkInterfaces")
    if not isinstance(found, list):
        return found
    return found[0] if found else refused(f"there is no interface {name} any more")
