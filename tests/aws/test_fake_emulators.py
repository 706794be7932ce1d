"""Emulators that others wrote come and go with whoever uses them."""

import socket
from collections.abc import Callable
from contextlib import AbstractContextManager
from urllib.parse import urlsplit

import pytest

from tests.aws.clients import client
from tests.aws.emulators import ministack, moto


@pytest.mark.parametrize("emulator", [ministack, moto])
async def test_an_emulator_answers_and_is_gone_afterwards(
    emulator: Callable[[], AbstractContextManager[str]],
) -> None:
    with emulator() as url:
        async with client(url) as logs:
            await logs.create_log_group(logGroupName="/a")
            [group] = (await logs.describe_log_groups(logGroupNamePrefix="/a"))["logGroups"]
            assert group["logGroupName"] == "/a"
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", urlsplit(url).port or 0)) != 0
