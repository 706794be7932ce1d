"""VPC flow logs: one line of fields a flow.

Which fields they are, and in which order, the header line says, or the user's settings; without
them it is the published order, of which the default format is the beginning.
"""

from __future__ import annotations

from functools import lru_cache
from operator import itemgetter
from typing import TYPE_CHECKING

from triage_tui.model import SECOND, Description, Outcome

from .addresses import address, far_end
from .base import content_id, count_of, one_line, present, text_line
from .headers import FLOW_FIELDS, flow_fields

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .rows import Rows
    from .settings import FormatSettings

_LONGEST = 4096
_SECOND_DIGITS = 10
"""Of a time in seconds, until the year 2286."""

_ORDER = tuple(FLOW_FIELDS)
_DEFAULT_WIDTH = _ORDER.index("log-status") + 1
_VERSIONS = tuple(f"{version} ".encode() for version in sorted(set(FLOW_FIELDS.values())))
_ADDRESSES = frozenset(("srcaddr", "dstaddr", "pkt-srcaddr", "pkt-dstaddr"))
_OUTCOMES = {"ACCEPT": Outcome.OK, "REJECT": Outcome.BLOCKED, "-": Outcome.UNKNOWN}
_ACTIONS = {"OK": None, "-": None, "NODATA": "NODATA", "SKIPDATA": "SKIPDATA"}
"""What stands for the action where there is none, by the log's status."""
_PROTOCOLS = {"1": "icmp", "6": "tcp", "17": "udp", "47": "gre", "50": "esp", "58": "icmpv6"}
_WANTED = (
    "srcaddr",
    "dstaddr",
    "start",
    "end",
    "action",
    "log-status",
    "bytes",
    "pkt-srcaddr",
    "pkt-dstaddr",
    "flow-direction",
    "instance-id",
    "interface-id",
    "account-id",
    "region",
)


class _Layout:
    """The order of the fields in a line."""

    __slots__ = ("names", "pick", "places")

    def __init__(self, names: tuple[str, ...]) -> None:
        self.names = names
        self.places = {name: place for place, name in enumerate(names)}
        # What a line has not is found behind its end, where the reader puts a "-".
        places = (names.index(name) if name in names else len(names) for name in _WANTED)
        self.pick: Callable[[list[str]], tuple[str, ...]] = itemgetter(*places)


class VpcFlow:
    """Flow logs of VPCs, subnets and network interfaces: versions 2 to 10, any choice of fields."""

    name = "vpcflow"

    def read(self, raw: bytes, rows: Rows) -> bool:
        layout = _layout(rows.header)
        if layout is None and not raw.startswith(_VERSIONS):
            return False
        if raw.startswith(b"{") or len(raw) > _LONGEST or not raw.isascii():
            return False
        return _add(raw.decode().split(), raw, layout, rows)

    def describe(self, raw: bytes, header: bytes, settings: FormatSettings) -> Description:
        line = text_line(raw[:_LONGEST])
        return Description(
            id=content_id(raw), summary=one_line(_summary(flow_table(raw, header)) or line)
        )


def flow_table(raw: bytes, header: bytes) -> dict[str, str]:
    """The fields of a line by their names, as logged; none where it has another layout."""
    values = text_line(raw[:_LONGEST]).split()
    layout = _layout_of(values, _layout(header))
    return dict(zip(layout.names, values, strict=True)) if layout else {}


@lru_cache(maxsize=64)
def _layout(header: bytes) -> _Layout | None:
    """The layout that a header line names; None where it is no flow log's, or names no address."""
    names = flow_fields(header)
    return None if _ADDRESSES.isdisjoint(names) else _Layout(names)


@lru_cache(maxsize=64)
def _published(version: str, width: int) -> _Layout | None:
    """The layout of a line without header: the published fields up to some field of `version`."""
    if not _DEFAULT_WIDTH <= width <= len(_ORDER):
        return None
    return _Layout(_ORDER[:width]) if str(FLOW_FIELDS[_ORDER[width - 1]]) == version else None


def _layout_of(values: list[str], layout: _Layout | None) -> _Layout | None:
    if layout is not None and len(layout.names) == len(values):
        return layout
    return _published(values[0], len(values)) if values and len(values[0]) <= 2 else None


def _add(values: list[str], raw: bytes, layout: _Layout | None, rows: Rows) -> bool:
    """Appends the row if every field is what it has to be."""
    layout = _layout_of(values, layout)
    if layout is None:
        return False
    values.append("-")
    (
        source, target, start, end, action, status, size,
        packet_source, packet_target, direction, instance, interface, account, region,
    ) = layout.pick(values)  # fmt: skip
    ends = _ends(source, target, packet_source, packet_target, direction)
    time = _time(start if start != "-" else end, rows.logged)
    if ends is None or time is None or action not in _OUTCOMES or status not in _ACTIONS:
        return False
    source_ip, actors = ends
    rows.add(
        format="vpcflow",
        time=time,
        own_id=None,
        raw=raw,
        action=action if action != "-" else _ACTIONS[status],
        outcome=_OUTCOMES[action],
        source_ip=source_ip,
        actors=actors,
        account=None if account == "-" else account,
        region=None if region == "-" else region,
        resource=instance if instance != "-" else present(interface),
        size=count_of(size),
        parsed=(layout.places, values),
    )
    return True


def _time(seconds: str, logged: int | None) -> int | None:
    if seconds.isdigit() and len(seconds) <= _SECOND_DIGITS:
        return int(seconds) * SECOND
    return logged if seconds == "-" else None


@lru_cache(maxsize=1 << 14)
def _ends(
    source: str, target: str, packet_source: str, packet_target: str, direction: str
) -> tuple[str | None, tuple[tuple[str, None]] | None] | None:
    """(`source_ip`, `actors`) of a row. None where the two are not addresses."""
    source_ip, target_ip = address(source), address(target)
    if (source_ip is None and source != "-") or (target_ip is None and target != "-"):
        return None
    far = far_end(
        address(packet_source) or source_ip, address(packet_target) or target_ip, direction
    )
    return source_ip, None if far is None or far == source_ip else ((far, None),)


def _summary(table: Mapping[str, str]) -> str:
    """`REJECT tcp 203.0.113.9:55123 → 10.0.0.4:22 (3 packets, 180 bytes)`; "" without addresses."""
    status = table.get("log-status", "-")
    if status in ("NODATA", "SKIPDATA"):
        interface = present(table.get("interface-id"))
        return f"{status} {interface}" if interface else status
    source, target = _end(table, "src"), _end(table, "dst")
    if not source and not target:
        return ""
    protocol = table.get("protocol", "-")
    words = [
        present(table.get("action")),
        present(table.get("flow-direction")),
        present(_PROTOCOLS.get(protocol, f"protocol {protocol}" if protocol != "-" else "-")),
        f"{source or '?'} → {target or '?'}",
        _amount(table),
        present(table.get("reject-reason")),
    ]
    return " ".join(word for word in words if word)


def _end(table: Mapping[str, str], side: str) -> str:
    """`10.0.0.4:22`, with the packet's own address where a gateway stands between."""
    logged, port = table.get(f"{side}addr", "-"), table.get(f"{side}port", "-")
    packet = table.get(f"pkt-{side}addr", "-")
    ip = logged if logged != "-" else packet
    if ip == "-":
        return ""
    if port not in ("-", "0"):
        ip = f"[{ip}]:{port}" if ":" in ip else f"{ip}:{port}"
    return f"{ip} (for {packet})" if packet not in ("-", logged) and logged != "-" else ip


def _amount(table: Mapping[str, str]) -> str:
    counts = ((table.get(f"{unit}s", "-"), unit) for unit in ("packet", "byte"))
    texts = [f"{n} {unit}" if n == "1" else f"{n} {unit}s" for n, unit in counts if n != "-"]
    return f"({', '.join(texts)})" if texts else ""
