"""Web logs for the benchmarks: WAF, load balancer and CloudFront, a record a line, the same for the
same seed.

A shop under a scan: most requests are ordinary, some carry payloads; addresses, user agents and
paths come again as often as they do in such logs, and one query in two is new.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from urllib.parse import quote

import numpy as np

from tests.bench.generate import SEED
from tests.bench.waf import waf_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

VERSION = 2
"""To be raised with every change to what is written."""

_ADDRESSES, _AGENTS, _PATHS = 20_000, 2_000, 3_000
_ATTACKS = 0.02
_PAYLOADS = (
    ("/wp-login.php", ""),
    ("/phpmyadmin/index.php", "lang=en"),
    ("/.env", ""),
    ("/search", "q=%27%20UNION%20SELECT%20user%2Cpassword%20FROM%20users--"),
    ("/search", "q=%3Cscript%3Ealert(1)%3C%2Fscript%3E"),
    ("/download", "file=..%2F..%2F..%2Fetc%2Fpasswd"),
    ("/.git/config", ""),
    ("/cgi-bin/.%2e/.%2e/bin/sh", ""),
)
_CHUNK = 20_000
_BEGIN = 1_772_323_200_000
"""Milliseconds: 2026-03-01."""


def web_file(folder: Path, kind: str, rows: int) -> Path:
    """The file of `kind`, `waf`, `alb` or `cloudfront`; written if need be."""
    path = folder / f"{kind}-v{VERSION}-{SEED}-{rows}.log"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(f".{os.getpid()}.part")
        with part.open("wb") as file:
            for block in web_blocks(kind, rows):
                file.write(block)
        part.rename(path)
    return path


def web_blocks(kind: str, rows: int) -> Iterator[bytes]:
    """The same as bytes, some thousand lines at a time."""
    line: Callable[[Request], str] = {"waf": waf_line, "alb": _alb, "cloudfront": _cloudfront}[kind]
    random = np.random.default_rng((SEED, rows, 7))
    for start in range(0, rows, _CHUNK):
        requests = _requests(random, start, min(_CHUNK, rows - start))
        yield "".join(f"{line(request)}\n" for request in requests).encode()


class Request:
    """One request."""

    __slots__ = (
        "address",
        "agent",
        "agent_number",
        "at",
        "id",
        "number",
        "path",
        "query",
        "status",
    )

    def __init__(self, draw: tuple[int, int, int, int, float], at: int, key: int) -> None:
        address, agent, path, number, fate = draw
        self.at, self.id = at, key
        self.agent_number, self.number = agent, number
        self.address = f"198.{18 + address // 65536}.{address // 256 % 256}.{address % 256}"
        self.agent = (
            f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.{agent % 40} (KHTML, like"
            f" Gecko) Chrome/{60 + agent % 80}.0.{agent}.{agent % 7} Safari/537.36"
        )
        self.path = f"/shop/{'abcdefg'[path % 7]}/item-{path:05d}"
        self.query = f"ref={number:x}&page={path % 9}" if number % 2 else ""
        self.status = 200 if fate > 0.06 else 404 if fate > 0.02 else 403
        if fate < _ATTACKS:
            self.path, self.query = _PAYLOADS[number % len(_PAYLOADS)]
            self.agent = "sqlmap/1.7.2#stable (https://sqlmap.org)" if number % 3 else self.agent


def _requests(random: np.random.Generator, start: int, count: int) -> Iterator[Request]:
    draws = zip(
        random.integers(0, _ADDRESSES, count).tolist(),
        (random.random(count) ** 2 * _AGENTS).astype(int).tolist(),
        (random.random(count) ** 2 * _PATHS).astype(int).tolist(),
        random.integers(0, 1 << 30, count).tolist(),
        random.random(count).tolist(),
        strict=True,
    )
    for place, draw in enumerate(draws):
        yield Request(draw, _BEGIN + 43 * (start + place), start + place)


def _alb(request: Request) -> str:
    stamp = np.datetime64(request.at, "ms")
    target = f"{request.path}?{request.query}" if request.query else request.path
    return (
        f"https {stamp}000Z app/shop/50dc6c495c0c9188 {request.address}:{1024 + request.id % 60000}"
        f" 10.0.0.1:80 0.001 0.048 0.000 {request.status} {request.status} 512"
        f' {1024 + request.id % 9999} "GET https://shop.example.com:443{target} HTTP/2.0"'
        f' "{request.agent}" ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2'
        " arn:aws:elasticloadbalancing:eu-central-1:111122223333:targetgroup/shop/73e2d6bc24d8a067"
        f' "Root=1-{request.id:08x}-0a1b2c3d4e5f607182939495" "shop.example.com"'
        ' "arn:aws:acm:eu-central-1:111122223333:certificate/0a1b2c3d" 0'
        f' {stamp}000Z "forward" "-" "-" "10.0.0.1:80" "{request.status}" "-" "-"'
    )


def _cloudfront(request: Request) -> str:
    """A line of the standard log, in which user agents are encoded."""
    stamp = str(np.datetime64(request.at, "ms"))
    fields = (
        stamp[:10],
        stamp[11:19],
        "FRA56-P1",
        str(1024 + request.id % 9999),
        request.address,
        "GET",
        "d111111abcdef8.cloudfront.net",
        request.path,
        str(request.status),
        "https://shop.example.com/",
        quote(request.agent, safe="/();,:"),
        request.query or "-",
        "-",
        "Hit",
        f"{request.id:08x}SOX4xwn4XV6Q4rgb7XiVGOHms_BGlTAC4KyHmureZmBNrjGdRLiNIQ==",
        "shop.example.com",
        "https",
        "421",
        "0.001",
        "-",
        "TLSv1.2",
        "ECDHE-RSA-AES128-GCM-SHA256",
        "Hit",
        "HTTP/2.0",
        "-",
        "-",
        "11040",
        "0.001",
        "Hit",
        "text/html",
        "78",
        "-",
        "-",
    )
    return "\t".join(fields)
