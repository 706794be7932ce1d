"""Where addresses are from, offline: the country of registration, and the network's operator.

Countries come with `iptocc`, which is loaded when the first address is looked up. Operators come
from a table that the user brings (GeoLite2-ASN, DB-IP's or IPinfo's), read by `maxminddb`.
"""

from __future__ import annotations

import ipaddress
import os
import struct
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Protocol

import msgspec

from triage_tui.model import Asn, Place

if TYPE_CHECKING:
    from triage_tui.ports import Geo

_KEPT = 1 << 16
_MOST_AS = 2**32


class GeoSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[geo]` of the config. Raises ValueError for a path that depends on where one stands."""

    asn_database: Annotated[str, msgspec.Meta(description="the path of an MMDB file")] = ""

    def __post_init__(self) -> None:
        if self.asn_database and not os.path.isabs(os.path.expanduser(self.asn_database)):
            raise ValueError(f"{self.asn_database!r} must be a whole path, or begin with ~")


class GeoError(Exception):
    """A table that cannot be used: what is wrong, and what to do."""


class Nowhere:
    """A `ports.Geo` that knows of no place."""

    def place(self, ip: str) -> Place:
        """Nothing."""
        return _UNKNOWN


class _Table(Protocol):
    """What is needed of an MMDB reader."""

    def get(self, ip_address: str, /) -> object: ...


class OfflineGeo:
    """A `ports.Geo`; what it found it keeps."""

    def __init__(self, operators: _Table | None = None) -> None:
        self._operators = operators
        self.place = lru_cache(maxsize=_KEPT)(self._place)

    def _place(self, ip: str) -> Place:
        try:
            public = ipaddress.ip_address(ip).is_global
        except ValueError:
            return _UNKNOWN
        return Place(_country(ip), self._operator(ip)) if public else _UNKNOWN

    def _operator(self, ip: str) -> Asn | None:
        if self._operators is None:
            return None
        try:
            found = self._operators.get(ip)
        except (RuntimeError, ValueError, LookupError, struct.error):
            return None  # a table of IPv4 alone, or a damaged one: the rest of it still serves
        return _asn(found) if isinstance(found, dict) else None


_UNKNOWN = Place()


def geo(settings: GeoSettings) -> Geo:
    """What knows places under these settings. Raises GeoError when the table cannot be used."""
    return OfflineGeo(open_operators(settings.asn_database) if settings.asn_database else None)


def open_operators(path: str) -> _Table:
    """A table of networks' operators. Raises GeoError."""
    try:
        import maxminddb
    except ModuleNotFoundError:
        raise GeoError(
            "the module that reads it is missing; install it: pip install 'triage-tui[asn]'"
        ) from None
    whole = os.path.expanduser(path)
    try:
        with open(whole, "rb"):  # for what is wrong with it: the module tells less
            reader = maxminddb.open_database(whole)
    except FileNotFoundError:
        raise GeoError(f"{whole}: there is no such file; put an ASN table there") from None
    except OSError as error:
        raise GeoError(f"{whole}: cannot be read: {error.strerror or error}") from None
    except (maxminddb.InvalidDatabaseError, ValueError) as error:
        raise GeoError(f"{whole}: not an MMDB table: {error}") from None
    kind = reader.metadata().database_type
    if "asn" not in kind.lower():
        reader.close()
        raise GeoError(f"{whole}: a table of {kind!r}; what is wanted is one of ASNs")
    return reader


def _country(ip: str) -> str | None:
    from iptocc import country_code

    return country_code(ip)


def _asn(record: dict[str, object]) -> Asn | None:
    """MaxMind's and DB-IP's spelling, or IPinfo's."""
    number = record.get("autonomous_system_number", record.get("asn"))
    if isinstance(number, str):
        digits = number.upper().removeprefix("AS")
        number = int(digits) if digits.isdecimal() and len(digits) <= 10 else None
    name = record.get("autonomous_system_organization", record.get("as_name", record.get("name")))
    if not isinstance(number, int) or isinstance(number, bool) or not 0 < number < _MOST_AS:
        return None
    return Asn(number, name if isinstance(name, str) else "")
