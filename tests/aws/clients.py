"""The real client against a fake, and requests that no client would send."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import cache
from typing import Any

import aiohttp
from aiobotocore.config import AioConfig
from aiobotocore.session import AioSession, get_session
from botocore.exceptions import ClientError

from tests.aws.server import FakeAws


@cache
def _session() -> AioSession:
    """One for all, since it remembers the models that it has read."""
    return get_session()


@asynccontextmanager
async def client(
    aws: FakeAws | str,
    service: str = "logs",
    *,
    region: str = "eu-west-1",
    key: str = "AKIDEXAMPLE",
    attempts: int = 1,
    silence: float = 10.0,
) -> AsyncIterator[Any]:
    """An unmodified client of a fake or of a URL. It tries `attempts` times, and waits `silence`
    seconds to hear more."""
    config = AioConfig(
        # An address has no names below it.
        inject_host_prefix=False,
        retries={"mode": "standard", "total_max_attempts": attempts},
        read_timeout=silence,
    )
    async with _session().create_client(
        service,  # type: ignore[call-overload] # any of them
        region_name=region,
        endpoint_url=aws if isinstance(aws, str) else aws.url,
        aws_access_key_id=key,
        aws_secret_access_key="secret",  # noqa: S106 - it is none
        config=config,
    ) as found:
        yield found


def code(error: ClientError) -> str:
    """What kind of an error it is."""
    return error.response["Error"]["Code"]


async def raw(aws: FakeAws, target: str, asked: object, service: str = "logs") -> tuple[int, Any]:
    """Sends what no client would: status and answer."""
    scope = f"AKIDEXAMPLE/20261124/eu-west-1/{service}/aws4_request"
    headers = {"Authorization": f"AWS4-HMAC-SHA256 Credential={scope}", "X-Amz-Target": target}
    async with (
        aiohttp.ClientSession() as session,
        session.post(aws.url, headers=headers, json=asked) as answer,
    ):
        return answer.status, await answer.json(content_type=None)


async def every(operation: Callable[..., Any], key: str, **asked: object) -> list[list[Any]]:
    """All pages of an operation: what each has under `key`."""
    pages: list[list[Any]] = []
    more: dict[str, str] = {}
    while True:
        page = await operation(**asked, **more)
        pages.append(page[key])
        if "nextToken" not in page:
            return pages
        more = {"nextToken": page["nextToken"]}


class Hands:
    """A wall clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = time.time()

    def __call__(self) -> float:
        return self.now

    def milliseconds(self) -> int:
        return int(self.now * 1000)
