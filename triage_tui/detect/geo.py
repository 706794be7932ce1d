"""Where addresses are from, offline: the country of registration, the network's operator, the city.

Countries come with `iptocc`, which is loaded when the first address is looked up. Operators and
cities come from tables that the user brings (GeoLite2's, DB-IP's or IPinfo's), read by `maxminddb`.
"""

from __future__ import annotations

import ipaddress
import math
import os
import re
import struct
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Protocol

import msgspec

from triage_tui.model import Asn, Place, Spot

if TYPE_CHECKING:
    from triage_tui.ports import Geo

_KEPT = 1 << 16
_MOST_AS = 2**32


class GeoSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[geo]` of the config. Raises ValueError for a path that depends on where one stands."""

    asn_database: Annotated[str, msgspec.Meta(description="the path of an MMDB file")] = ""
    """Networks' operators."""
    city_database: Annotated[str, msgspec.Meta(description="the path of an MMDB file")] = ""
    """Coordinates."""

    def __post_init__(self) -> None:
        for path in (self.asn_database, self.city_database):
            if path and not os.path.isabs(os.path.expanduser(path)):
                raise ValueError(f"{path!r} must be a whole path, or begin with ~")


class GeoError(Exception):
    """A table that cannot be used: what is wrong, and what to do."""

    def __init__(self, words: str, setting: str = "asn_database") -> None:
        """`setting` is the one that names it."""
        super().__init__(words)
        self.setting = setting


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

    def __init__(self, operators: _Table | None = None, cities: _Table | None = None) -> None:
        self._operators = operators
        self._cities = cities
        self.place = lru_cache(maxsize=_KEPT)(self._place)

    def _place(self, ip: str) -> Place:
        if not _is_public(ip):
            return _UNKNOWN
        spot, operator = _spot(_record(self._cities, ip)), _record(self._operators, ip)
        return Place((spot and spot.country) or _country(ip), _asn(operator), spot)


_OCTETS = frozenset(map(str, range(256)))
_PIECEMEAL = "192.0.0"
"""The one /24 of which only some addresses are public."""


def _is_public(ip: str) -> bool:
    """Whether it is an address that may be anywhere; told once for a /24."""
    head, _, last = ip.rpartition(".")
    if last in _OCTETS and ":" not in head and head != _PIECEMEAL:
        return _is_global(f"{head}.0")
    return _is_global(ip)


@lru_cache(maxsize=1 << 14)
def _is_global(ip: str) -> bool:
    try:
        return ipaddress.ip_address(ip).is_global
    except ValueError:
        return False


def _record(table: _Table | None, ip: str) -> dict[str, object]:
    """What a table says of an address; nothing where it says nothing."""
    if table is None:
        return {}
    try:
        found = table.get(ip)
    except (RuntimeError, ValueError, LookupError, struct.error):
        return {}  # a table of IPv4 alone, or a damaged one: the rest of it still serves
    return found if isinstance(found, dict) else {}


_UNKNOWN = Place()


def geo(settings: GeoSettings) -> Geo:
    """What knows places under these settings. Raises GeoError when the table cannot be used."""
    operators = _opened(settings.asn_database, "asn_database", _ASNS, "ASNs")
    return OfflineGeo(
        operators, _opened(settings.city_database, "city_database", _CITIES, "cities")
    )


_ASNS = re.compile("asn", re.IGNORECASE)
_CITIES = re.compile("city|location|enterprise|insights|precision", re.IGNORECASE)


def _opened(path: str, setting: str, wanted: re.Pattern[str], of: str) -> _Table | None:
    """The table of a setting; None where there is none. Raises GeoError."""
    try:
        return _open(path, wanted, of) if path else None
    except GeoError as error:
        raise GeoError(str(error), setting) from error


def _open(path: str, wanted: re.Pattern[str], of: str) -> _Table:
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
        raise GeoError(f"{whole}: there is no such file; put a table of {of} there") from None
    except OSError as error:
        raise GeoError(f"{whole}: cannot be read: {error.strerror or error}") from None
    except (maxminddb.InvalidDatabaseError, ValueError) as error:
        raise GeoError(f"{whole}: not an MMDB table: {error}") from None
    kind = reader.metadata().database_type
    if not wanted.search(kind):
        reader.close()
        raise GeoError(f"{whole}: a table of {kind!r}; what is wanted is one of {of}")
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


_USUAL_REACH = 50.0
"""Kilometres, where a table does not say how sure it is."""


def _spot(record: dict[str, object]) -> Spot | None:
    """MaxMind's and DB-IP's spelling, or IPinfo's."""
    where = record.get("location")
    if not isinstance(where, dict):
        where = record
    latitude = _degrees(where.get("latitude", where.get("lat")), 90)
    longitude = _degrees(where.get("longitude", where.get("lng")), 180)
    if latitude is None or longitude is None:
        return None
    reach = _number(where.get("accuracy_radius", where.get("radius")))
    return Spot(
        latitude,
        longitude,
        reach if reach is not None and reach > 0 else _USUAL_REACH,
        _code(record.get("country", record.get("country_code"))),
        _named(record.get("city")),
    )


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def _degrees(value: object, most: float) -> float | None:
    found = _number(value)
    return found if found is not None and abs(found) <= most else None


def _code(country: object) -> str:
    """The ISO 3166 code of a country."""
    code = country.get("iso_code") if isinstance(country, dict) else country
    return code if isinstance(code, str) and re.fullmatch("[A-Z]{2}", code) else ""


def _named(city: object) -> str:
    """What a city is called in English."""
    names = city.get("names") if isinstance(city, dict) else None
    name = names.get("en") if isinstance(names, dict) else city
    return name if isinstance(name, str) else ""
