"""Whether endpoints can be reached, through what, and whether our clock agrees with theirs."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from .trouble import CALL_ERRORS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .access import Access, Service

PATIENCE = 5.0
"""Seconds until an endpoint counts as out of reach."""
SKEW = 60.0
"""Seconds by which the clocks may differ: an answer takes its time."""
REFUSED = 300.0
"""Seconds from which on AWS takes no signature."""


class Endpoint(NamedTuple):
    """Where a service is."""

    service: str
    """As the config and VPC endpoints call it: `logs`, `stream-logs`."""
    url: str

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""

    @property
    def is_usual(self) -> bool:
        """Whether it is AWS's own, and no endpoint_url."""
        return ".amazonaws.com" in self.host or ".api.aws" in self.host


class Reached(NamedTuple):
    """What came of trying to connect."""

    endpoint: Endpoint
    through: str = ""
    """`a VPC endpoint (10.0.1.5)`, `the proxy proxy:3128`; "" for the internet."""
    error: str = ""
    """Why it cannot be reached; "" where it can."""


async def endpoint(access: Access, service: Service) -> Endpoint:
    """Where the client of a service goes. Raises one of `CALL_ERRORS`."""
    url = await access.endpoint(service)
    if service != "tail":
        return Endpoint(service, url)
    # Live Tail has a host of its own, unless the endpoint was set to another one.
    host = urlsplit(url).hostname or ""
    if host.startswith("logs."):
        url = url.replace("://logs.", "://stream-logs.", 1)
    return Endpoint("stream-logs", url)


async def reach(found: Endpoint) -> Reached:
    """Connects, and says nothing. Never raises for what is wrong outside."""
    parts = urlsplit(found.url)
    proxy = _proxy(parts.scheme, found.host)
    target = urlsplit(proxy or found.url)
    host, port = target.hostname or "", target.port or (443 if target.scheme == "https" else 80)
    try:
        async with asyncio.timeout(PATIENCE):
            addresses = await _addresses(host, port)
            _, writer = await asyncio.open_connection(host, port)
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
    except TimeoutError:
        return Reached(found, error=f"{host}:{port} does not answer")
    except socket.gaierror:
        return Reached(found, error=f"there is no host {host}")
    except OSError as error:
        words = os.strerror(error.errno) if error.errno else str(error)
        return Reached(found, error=f"{host}:{port}: {words}")
    return Reached(found, _through(found, addresses, target.netloc if proxy else ""))


def _through(found: Endpoint, addresses: Sequence[str], proxy: str) -> str:
    if proxy:
        return f"the proxy {proxy.rpartition('@')[2]}"
    if not found.is_usual:
        return f"endpoint_url {found.url}"
    private = [address for address in addresses if ip_address(address).is_private]
    return f"a VPC endpoint ({private[0]})" if len(private) == len(addresses) else ""


async def _addresses(host: str, port: int) -> list[str]:
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[4][0]).partition("%")[0] for address in found))


def _proxy(scheme: str, host: str) -> str | None:
    """The proxy that the environment says for it, as the client takes it."""
    return None if proxy_bypass(host) else getproxies().get(scheme)


def cure(found: Reached, region: str) -> str:
    """What to do about an endpoint that cannot be reached."""
    where = found.endpoint
    if not where.is_usual:
        return f"see the endpoint_url in ~/.aws/config and AWS_ENDPOINT_URL: {where.url}"
    return (
        f"open a way out to {where.host}:443, name a proxy in HTTPS_PROXY, or create the VPC "
        f"endpoint com.amazonaws.{region}.{where.service}"
    )


# -- clocks --------------------------------------------------------------------------------------


def skew(answer: Mapping[str, object], now: float) -> float | None:
    """Seconds by which our clock is ahead, by the date of an answer of the client; None where it
    has none."""
    metadata = answer.get("ResponseMetadata")
    headers = metadata.get("HTTPHeaders") if isinstance(metadata, dict) else None
    date = headers.get("date") if isinstance(headers, dict) else None
    try:
        return now - parsedate_to_datetime(str(date)).timestamp()
    except (ValueError, OverflowError):
        return None


def answer_of(error: BaseException) -> Mapping[str, object]:
    """What a service answered with, where it refused."""
    found = getattr(error, "response", None)
    return found if isinstance(error, CALL_ERRORS) and isinstance(found, dict) else {}
