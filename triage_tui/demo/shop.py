"""Innocent visitors of the web shop: most of the night, and some of them at bad addresses."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random

from triage_tui.demo.cast import END, OFFICE, OFFICE_NEIGHBOURS, START, Scene, dice, spread
from triage_tui.demo.web import ALLOWED, GROUPS, Match, Request, Verdict, Visitor, waf_record

BROWSERS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/133.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/132.0.0.0 Safari/537.36 Edg/132.0.0.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.3 Safari/605.1.15",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_3 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/18.3 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/133.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (X11; Linux x86_64; rv:135.0) Gecko/20100101 Firefox/135.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "ExampleShop/5.2.1 (iOS 18.3; iPhone16,1)",
    "ExampleShop/5.2.0 (Android 15; Pixel 8)",
)
COUNTRIES = ("DE", "NL", "FR", "GB", "US", "CA", "AU", "JP", "BR", "SE")
LANGUAGES = ("en-US,en;q=0.9", "de-DE,de;q=0.9,en;q=0.5", "fr-FR,fr;q=0.9", "ja,en;q=0.7")
GOODS = ("lamp-oak", "chair-ash", "desk-birch", "rug-wool", "shelf-pine", "vase-clay", "mug-blue")
SEARCHES = ("lamp", "desk%20white", "select%20oak%20table", "union%20jack%20cushion", "o'neill")
BIG_UPLOAD = Verdict(ended_by=Match(GROUPS[0], "SizeRestrictions_BODY", "SizeRestrictions_Body"))


def shop() -> Scene:
    """All good visitors: the world, the office behind one address, and its neighbours."""
    yield from shoppers()
    yield from office()
    yield from office_neighbours()


def shoppers() -> Scene:
    """Visits from hundreds of addresses over the whole hour."""
    rng = dice("shoppers")
    addresses = _addresses(rng)
    for begins in spread(rng, START - timedelta(minutes=3), END, 440):
        visitor = _visitor(rng, rng.choice(addresses))
        yield from _visit(rng, visitor, begins, 3 + rng.randrange(10))


def _addresses(rng: Random) -> list[str]:
    """Documentation networks, without the hosts that play a part of their own."""
    v4 = [f"192.0.2.{host}" for host in range(140, 210)]
    v4 += [f"198.51.100.{host}" for host in range(30, 250)]
    v6 = [f"2001:db8:{0x100 + home:x}::{rng.randrange(1, 0xFFFF):x}" for home in range(180)]
    return v4 + v6


def _visitor(rng: Random, address: str) -> Visitor:
    return Visitor(
        address,
        rng.choice(COUNTRIES),
        rng.choice(BROWSERS),
        rng.choice(LANGUAGES),
        cookie=f"lang=en; session=EXAMPLE{rng.getrandbits(32):08x}",
    )


def _visit(rng: Random, visitor: Visitor, begins: datetime, pages: int) -> Scene:
    """A walk through the shop, as long as it falls into the hour."""
    at = begins
    for _ in range(pages):
        if START <= at < END:
            yield waf_record(rng, at, visitor, _page(rng), ALLOWED)
        at += timedelta(milliseconds=rng.randrange(400, 42_000))


def _page(rng: Random) -> Request:
    chance = rng.random()
    if chance < 0.45:
        return Request(f"/products/{rng.choice(GOODS)}")
    if chance < 0.6:
        return Request("/search", f"q={rng.choice(SEARCHES)}")
    if chance < 0.72:
        return Request(f"/category/{rng.choice(('tables', 'light', 'gifts'))}", "page=1")
    if chance < 0.84:
        return Request("/api/v2/cart", method="POST")
    if chance < 0.9:
        return Request("/checkout", method=rng.choice(("GET", "POST")))
    return Request(rng.choice(("/", "/account", "/static/app.4f1c.css", "/api/v2/recommendations")))


def office() -> Scene:
    """The customer service's office: fourteen people behind 203.0.113.40."""
    rng = dice("office")
    staff = [_visitor(rng, OFFICE) for _ in range(14)]
    token = ("authorization", "Bearer EXAMPLE-TOKEN-NOT-A-SECRET")
    for at in spread(rng, START, END, 430):
        order = f"/backoffice/orders/O-20260314-{rng.randrange(1_000_000):06d}"
        request = Request(order, extra=(token,)) if rng.random() < 0.6 else _page(rng)
        yield waf_record(rng, at, rng.choice(staff), request)
    photo = Request("/backoffice/photos", method="POST", extra=(token,))
    for at in spread(rng, START, END, 5):
        yield waf_record(rng, at, staff[0], photo, BIG_UPLOAD)


def office_neighbours() -> Scene:
    """Three more good addresses of the same /24."""
    rng = dice("neighbours")
    yield from _regulars(rng, OFFICE_NEIGHBOURS, 130)


def _regulars(rng: Random, addresses: Sequence[str], requests: int) -> Scene:
    visitors = [_visitor(rng, address) for address in addresses for _ in range(2)]
    for at in spread(rng, START, END, requests):
        yield waf_record(rng, at, rng.choice(visitors), _page(rng))
