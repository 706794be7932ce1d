"""Where addresses are from: the table in the package, and one that the user brings."""

import math
import struct
import sys
from collections.abc import Mapping
from ipaddress import IPv4Address, IPv6Address, ip_network
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage_tui.detect.centroids import CENTROIDS
from triage_tui.detect.geo import GeoError, GeoSettings, Nowhere, OfflineGeo, geo
from triage_tui.detect.travel import distance, spot_of
from triage_tui.model import Asn, Place, Spot

GOOGLE = Asn(15169, "GOOGLE")


def encoded(value: object) -> bytes:
    """A value as the MaxMind DB format 2.0 writes it."""
    if isinstance(value, bytes):
        return value
    if isinstance(value, str):
        data = value.encode()
        assert len(data) < 29 + 256
        if len(data) < 29:
            return bytes([2 << 5 | len(data)]) + data
        return bytes([2 << 5 | 29, len(data) - 29]) + data
    if isinstance(value, float):
        return bytes([3 << 5 | 8]) + struct.pack(">d", value)
    if isinstance(value, int):
        return number(value, 6)
    if isinstance(value, list):
        return bytes([len(value), 11 - 7]) + b"".join(map(encoded, value))
    assert isinstance(value, dict)
    pairs = b"".join(encoded(key) + encoded(inner) for key, inner in value.items())
    return bytes([7 << 5 | len(value)]) + pairs


def number(value: int, kind: int) -> bytes:
    """An unsigned number; kind 5 has 16 bits, 6 has 32, 9 has 64."""
    data = value.to_bytes((value.bit_length() + 7) // 8, "big")
    return bytes([kind << 5 | len(data)] if kind < 8 else [len(data), kind - 7]) + data


def table(records: Mapping[str, object], kind: str = "GeoLite2-ASN") -> bytes:
    """An MMDB of IPv4 networks with 24-bit records."""
    tree: list[list[int]] = [[-1, -1]]
    data, starts = b"", []
    for place, (cidr, record) in enumerate(records.items()):
        network, node = ip_network(cidr), 0
        starts.append(len(data))
        data += encoded(record)
        bits = f"{int(network.network_address):032b}"[: network.prefixlen]
        for bit in map(int, bits[:-1]):
            if tree[node][bit] < 0:
                tree.append([-1, -1])
                tree[node][bit] = len(tree) - 1
            node = tree[node][bit]
        tree[node][int(bits[-1])] = -2 - place

    def pointer(found: int) -> bytes:
        number = len(tree) if found == -1 else found
        if found < -1:
            number = len(tree) + 16 + starts[-2 - found]
        return struct.pack(">I", number)[1:]

    meta = {
        "binary_format_major_version": number(2, 5),
        "binary_format_minor_version": number(0, 5),
        "build_epoch": number(1_700_000_000, 9),
        "database_type": kind,
        "description": {},
        "ip_version": number(4, 5),
        "languages": [],
        "node_count": len(tree),
        "record_size": number(24, 5),
    }
    nodes = b"".join(pointer(found) for node in tree for found in node)
    return nodes + bytes(16) + data + b"\xab\xcd\xefMaxMind.com" + encoded(meta)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "asn.mmdb"
    path.write_bytes(
        table(
            {
                "8.8.8.0/24": {
                    "autonomous_system_number": 15169,
                    "autonomous_system_organization": "GOOGLE",
                },
                "1.1.1.0/24": {"asn": "AS13335", "as_name": "CLOUDFLARENET"},
                "9.9.9.0/24": {"autonomous_system_number": 19281},
                "4.4.4.0/24": {"asn": "AS1x", "name": "odd"},
                "5.5.5.0/24": "odd",
                "10.0.0.0/8": {"autonomous_system_number": 1},
            }
        )
    )
    return path


@pytest.mark.parametrize(
    ("ip", "country"),
    [
        ("8.8.8.8", "US"),
        ("2a00:1450::1", "IE"),
        ("10.0.0.1", None),
        ("100.64.0.1", None),
        ("127.0.0.1", None),
        ("169.254.169.254", None),
        ("224.0.0.1", None),
        ("192.0.2.1", None),
        ("198.51.100.23", None),
        ("203.0.113.77", None),
        ("2001:db8::1", None),
        ("fd00::1", None),
        ("fe80::1", None),
        ("", None),
        ("rds.amazonaws.com", None),
        ("8.8.8.0/24", None),
    ],
)
def test_countries(ip: str, country: str | None) -> None:
    assert geo(GeoSettings()).place(ip) == Place(country)


@given(st.text() | st.ip_addresses().map(str))
def test_any_text_is_somewhere_or_nowhere(ip: str) -> None:
    country = OfflineGeo().place(ip).country
    assert country is None or (len(country) == 2 and country.isupper())


class Everywhere:
    """A table that has an answer for every address."""

    def get(self, _: str) -> object:
        return {"autonomous_system_number": 64_500}


@given(st.ip_addresses())
def test_public_addresses_alone_are_somewhere(ip: IPv4Address | IPv6Address) -> None:
    found = OfflineGeo(Everywhere()).place(str(ip))
    assert (found.asn is not None) == ip.is_global


@pytest.mark.parametrize(
    "ip", ["8.8.8", "8.8.8.256", "8.8.8.08", "8.8.8.", "8.8.8.8 ", "::8.8.8.8.8"]
)
def test_what_is_no_address_is_nowhere(ip: str) -> None:
    assert OfflineGeo(Everywhere()).place(ip) == Place()


def test_nowhere_knows_nothing() -> None:
    assert Nowhere().place("8.8.8.8") == Place()


@pytest.mark.parametrize(
    ("ip", "asn"),
    [
        ("8.8.8.8", GOOGLE),
        ("1.1.1.1", Asn(13335, "CLOUDFLARENET")),
        ("9.9.9.9", Asn(19281, "")),
        ("4.4.4.4", None),
        ("5.5.5.5", None),
        ("7.7.7.7", None),
        ("10.0.0.1", None),  # private, whatever the table says
        ("2a00:1450::1", None),  # the table has IPv4 alone
    ],
)
def test_operators(database: Path, ip: str, asn: Asn | None) -> None:
    assert geo(GeoSettings(str(database))).place(ip).asn == asn


def test_a_path_in_the_home_folder(database: Path, home: Path) -> None:
    database.rename(home / "asn.mmdb")
    assert geo(GeoSettings("~/asn.mmdb")).place("8.8.8.8") == Place("US", GOOGLE)


def test_what_was_found_is_kept(database: Path) -> None:
    places = geo(GeoSettings(str(database)))
    assert places.place("8.8.8.8") is places.place("8.8.8.8")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "there is no such file"),
        (b"", "MMDB"),
        (b"nonsense", "not an MMDB table"),
        (table({"8.8.8.0/24": {}}, kind="GeoLite2-City"), "a table of 'GeoLite2-City'"),
    ],
)
def test_a_table_that_cannot_be_used(tmp_path: Path, content: bytes | None, words: str) -> None:
    path = tmp_path / "x.mmdb"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(GeoError, match=words):
        geo(GeoSettings(str(path)))


LYON = {
    "city": {"names": {"de": "Lyon!", "en": "Lyon"}},
    "country": {"iso_code": "FR"},
    "location": {"latitude": 45.7, "longitude": 4.8, "accuracy_radius": 20},
}


@pytest.mark.parametrize(
    ("record", "spot"),
    [
        (LYON, Spot(45.7, 4.8, 20, "FR", "Lyon")),
        (
            {"lat": "35.7", "lng": "139.7", "country": "JP", "city": "Tokyo"},
            Spot(35.7, 139.7, 50, "JP", "Tokyo"),
        ),
        ({"location": {"latitude": 1.5, "longitude": -2.5}}, Spot(1.5, -2.5, 50)),
        ({"location": {"latitude": 95.0, "longitude": 1.0}}, None),
        ({"location": {"latitude": 5.0}}, None),
        ({"location": {"latitude": "nan", "longitude": "inf"}}, None),
        ({"country": {"iso_code": "FR"}}, None),
        ("odd", None),
    ],
)
def test_cities(tmp_path: Path, record: object, spot: Spot | None) -> None:
    path = tmp_path / "city.mmdb"
    path.write_bytes(table({"8.8.8.0/24": record, "10.0.0.0/8": LYON}, kind="GeoLite2-City"))
    places = geo(GeoSettings(city_database=str(path)))
    assert places.place("8.8.8.8").spot == spot
    assert places.place("8.8.8.8").country == ((spot and spot.country) or "US")
    assert places.place("10.0.0.1") == Place()


def test_a_wrong_table_is_told_by_its_setting(database: Path) -> None:
    with pytest.raises(GeoError, match="one of cities") as raised:
        geo(GeoSettings(city_database=str(database)))
    assert raised.value.setting == "city_database"


# -- distances -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("left", "right", "low", "high"),
    [
        ("DE", "BR", 5500, 6500),
        ("DE", "FR", 0, 0),
        ("US", "CA", 0, 0),
        ("US", "DE", 4000, 5000),
        ("RU", "DE", 0, 0),
        ("SG", "DE", 9500, 10200),
        ("FJ", "WS", 0, 900),  # across the date line
        ("NZ", "ES", 17000, 19000),
    ],
)
def test_countries_are_as_far_apart_as_they_are_at_least(
    left: str, right: str, low: int, high: int
) -> None:
    spots = [spot for code in (left, right) if (spot := spot_of(Place(code)))]
    assert low <= distance(*spots) <= high


def test_every_country_of_the_table_in_the_package_has_its_place() -> None:
    assert all(
        abs(latitude) <= 90 and abs(longitude) <= 180 and reach > 0
        for latitude, longitude, reach in CENTROIDS.values()
    )
    assert len(CENTROIDS) == 248
    assert spot_of(Place("ZZ")) is None
    assert spot_of(Place()) is None


spots = st.builds(Spot, st.floats(-90, 90), st.floats(-180, 180), st.floats(1, 3000))


@given(spots, spots)
def test_distances_are_symmetric_and_on_the_earth(left: Spot, right: Spot) -> None:
    found = distance(left, right)
    assert math.isclose(found, distance(right, left), abs_tol=1e-6)
    assert 0 <= found <= 20016
    assert distance(left, left) == 0


def test_a_folder_is_no_table(tmp_path: Path) -> None:
    with pytest.raises(GeoError, match="cannot be read"):
        geo(GeoSettings(str(tmp_path)))


def test_without_the_module(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "maxminddb", None)
    with pytest.raises(GeoError, match=r"pip install 'triage-tui\[asn\]'"):
        geo(GeoSettings(str(database)))


@given(st.data())
def test_a_damaged_table_costs_its_answers_alone(data: st.DataObject) -> None:
    class Damaged:
        def get(self, ip_address: str, /) -> object:
            kinds = (RuntimeError, ValueError, IndexError, KeyError, struct.error)
            raise data.draw(st.sampled_from(kinds))("damaged")

    assert OfflineGeo(Damaged()).place("8.8.8.8") == Place("US")
