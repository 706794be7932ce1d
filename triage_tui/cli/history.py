"""`triage-tui history`: what somebody did before anybody looked."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from . import console, scan
from . import options as shared

if TYPE_CHECKING:
    from triage_tui.config import Settings
    from triage_tui.model import EntityRef
    from triage_tui.store.filters import Filter

SUMMARY = "what an address or a principal did in the last hours, days or weeks"
_SINCE = "1d"


def options(parser: argparse.ArgumentParser) -> None:
    """What `history` takes."""
    parser.add_argument(
        "entity",
        metavar="ENTITY",
        help="an address, a /24 or /64, an ARN, a principalId or an access key; ip:, network: or "
        "principal: before it says which",
    )
    parser.add_argument(
        "--since",
        metavar="SPAN",
        type=_span,
        default=_SINCE,
        help=f"how far back: 12h, {_SINCE} (unless given), 7d, 30d",
    )
    parser.add_argument(
        "--until", metavar="TIME", type=shared.moment, help="up to when; now, unless given"
    )
    parser.add_argument(
        "--estimate", action="store_true", help="say what it would read, and read nothing"
    )
    parser.add_argument(
        "--limit-gb",
        metavar="N",
        type=_gigabytes,
        help="what may be scanned, instead of history.limit_gb of the config",
    )
    parser.add_argument(
        "--learn", action="store_true", help="learn from it what is usual, as `learn` does"
    )
    parser.add_argument("--no-record", action="store_true", help="write no recording")
    parser.add_argument("--json", action="store_true", help="one JSON object, as of scan")
    scan.ranking(parser)
    scan.failing(parser)
    shared.scope(parser)
    shared.common(parser)


def _span(text: str) -> int:
    """Seconds. For argparse."""
    from triage_tui.aws.settings import seconds

    try:
        found = seconds(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    if not 1 <= found <= 3650 * 86_400:
        raise argparse.ArgumentTypeError(f"{text!r} is not between 1s and 3650d")
    return found


def _gigabytes(text: str) -> float:
    try:
        found = float(text)
    except ValueError:
        found = 0.0
    if not 0 < found <= 1e6:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of gigabytes")
    return found


def run(arguments: argparse.Namespace) -> int:
    """Reads the past, and prints what `scan` prints of it."""
    settings = shared.scoped(shared.settings(arguments), arguments)
    ref = entity(arguments.entity)
    arguments.filter = f'{ref.kind}:"{ref.key}" {arguments.filter}'.strip()
    selected = shared.selected(arguments)
    return _run(settings, arguments, ref, selected)


def _run(
    settings: Settings, arguments: argparse.Namespace, ref: EntityRef, selected: Filter
) -> int:
    from triage_tui.aws.access import AccessError
    from triage_tui.past import PastError
    from triage_tui.statefile import StateFileError

    from . import pasts

    try:
        return pasts.headless(settings, arguments, ref, selected)
    except (AccessError, PastError, StateFileError) as error:
        console.say(str(error))
    except OSError as error:
        console.say(f"{error.filename or 'the state folder'}: {error.strerror or error}")
    return console.TROUBLE


def entity(text: str) -> EntityRef:
    """Who is meant by a text."""
    from ipaddress import ip_address, ip_network

    from triage_tui.model import EntityRef, Kind

    kind, colon, rest = text.partition(":")
    if colon and kind in ("ip", "network", "principal"):
        return EntityRef(Kind(kind), rest)
    for make, found in ((ip_address, Kind.IP), (ip_network, Kind.NETWORK)):
        try:
            return EntityRef(found, str(make(text)))
        except ValueError:
            continue
    return EntityRef(Kind.PRINCIPAL, text)
