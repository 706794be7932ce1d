"""The config: what it may say, and what is said of everything else."""

import re
from fnmatch import fnmatchcase as fnmatch
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage_tui.config import (
    LONGEST,
    ConfigError,
    Settings,
    default_path,
    flat,
    load,
    parse,
    toml,
)
from triage_tui.networks import CDN, edges
from triage_tui.respond.guard import Protected, judge, refusals

FULL = """
trusted_proxies = ["Fastly", "192.0.2.10"]
protect = ["198.51.100.7/24", { cidr = "203.0.113.9", reason = "the bank" }]
[formats]
flow_fields = "version account_id srcaddr dstaddr"
ip_keys = ["visitor.ip"]
[geo]
asn_database = "~/asn.mmdb"
[keys]
block.plan = "X"
"case.note" = ["c", "semicolon"]
"""


def settings(text: str) -> Settings:
    return parse(text.encode(), "config.toml")[0]


def problems(text: str | bytes) -> list[str]:
    data = text if isinstance(text, bytes) else text.encode()
    with pytest.raises(ConfigError) as caught:
        parse(data, "c")
    return caught.value.problems


def test_nothing_said_is_the_defaults() -> None:
    assert settings("") == Settings()
    assert Settings().reading.trusted_proxies == ()
    assert Settings().guard(()).cdn == edges()


def test_everything_said() -> None:
    found, said = parse(FULL.encode(), "c")
    assert found.reading.trusted_proxies == (*CDN["fastly"].ranges, "192.0.2.10/32")
    assert found.reading.flow_fields == "version account_id srcaddr dstaddr"
    assert found.reading.ip_keys == ("visitor.ip",)
    assert found.protected == (
        Protected("198.51.100.7/24"),
        Protected("203.0.113.9", "the bank"),
    )
    assert found.geo.asn_database == "~/asn.mmdb"
    assert found.keys == {"block.plan": "X", "case.note": "c,semicolon"}
    assert said == {
        *("trusted_proxies", "protect", "formats.flow_fields", "formats.ip_keys"),
        *("geo.asn_database", "keys.block.plan", "keys.case.note"),
    }


def test_how_wide_a_block_may_be() -> None:
    policy = settings("[limits]\nwidest_ipv4 = 24\nwidest_ipv6 = 64").guard(())
    assert (policy.widest_v4, policy.widest_v6) == (24, 64)
    assert "wider than the widest allowed, /24" in " ".join(refusals(judge("8.8.8.0/23", policy)))
    (said,) = problems("[limits]\nwidest_ipv4 = 7")
    assert said == "c:2: limits.widest_ipv4: must be a prefix length from 8 to 32, not 7"


def test_the_guard_refuses_what_the_config_names() -> None:
    policy = settings(FULL).guard(own=("9.9.9.9",))
    said = {
        cidr: " ".join(refusals(judge(cidr, policy)))
        for cidr in ("198.51.100.200", "192.0.2.10", "151.101.5.5", "13.32.0.9", "9.9.9.9")
    }
    assert "protect list" in said["198.51.100.200"]
    assert "trusted proxy" in said["192.0.2.10"]
    assert "edge of a CDN" in said["151.101.5.5"]
    assert "edge of a CDN" in said["13.32.0.9"]  # known without being configured
    assert "this session" in said["9.9.9.9"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("trusted_proxys = []", ["c:1: trusted_proxys: * did you mean 'trusted_proxies'?"]),
        ("[Geo]\n", ["c:1: Geo: there is no such setting; did you mean 'geo'?"]),
        ("[zebra]\n", ["c:1: zebra: * known are trusted_proxies, protect, blocklist, *"]),
        ("\n[geo]\nasn_databse = 1", ["c:3: geo.asn_databse: * did you mean 'asn_database'?"]),
        ("geo.colour = 1", ["c:1: geo.colour: * known are asn_database, city_database"]),
        ("geo = 5", ["c:1: geo: is a section: write [geo], and its keys below"]),
        ("keys = 5", ["c:1: keys: is a section: write [keys], and its keys below"]),
        ("[geo]\nasn_database = 5", ["c:2: geo.asn_database: must be the path * not 5"]),
        ("[geo]\nasn_database = 'x'", ["c:2: geo.asn_database: 'x' must be a whole path*"]),
        ("[formats]\nip_keys = 'ip'", ["c:2: formats.ip_keys: must be a list of names * 'ip'"]),
        ("[formats]\nip_keys = ['a', 5]", ["c:2: formats.ip_keys: must be a list * not 5"]),
        ("[formats]\nuser_keys = [' ']", ["c:2: formats.user_keys: a key has no name"]),
        (
            "[formats]\nflow_fields = 'version srcadr dstaddr'",
            ["c:2: formats.flow_fields: 'srcadr' is no field * did you mean 'srcaddr'?"],
        ),
        (
            "formats.flow_fields = 'zzz yyy xxx'",
            ["c:1: formats.flow_fields: 'zzz' is no field of flow logs; known are version*"],
        ),
        (
            "formats.flow_fields = 'start end srcaddr start'",
            ["c:1: formats.flow_fields: 'start' is named twice"],
        ),
        (
            "formats.flow_fields = 'start end bytes'",
            ["c:1: formats.flow_fields: name at least three fields*"],
        ),
        ("trusted_proxies = 'akamai'", ["c:1: trusted_proxies: must be a list * not 'akamai'"]),
        ("trusted_proxies = ['akamia']", ["c:1: trusted_proxies: * did you mean 'akamai'?"]),
        ("trusted_proxies = ['::/0']", ["c:1: trusted_proxies: * would trust strangers*"]),
        ("trusted_proxies = 1979-05-27", ["c:1: trusted_proxies: must be a list*"]),
        ("protect = ['bank']", ["c:1: protect: 'bank' is neither an address nor a CIDR"]),
        ("protect = ['10.0.0.1', { cdir = 'x' }]", ["c:1: protect: must be * not {'cdir': 'x'}"]),
        ("[[protect]]\nreason = 'x'", ["c:1: protect: must be * not {'reason': 'x'}"]),
        ("[keys]\nblock.plan = 5", ["c:2: keys.block.plan: must be a key or a list * not 5"]),
        ("[keys]\nblock.plam = 'x'", ["c:2: keys.block.plam: * did you mean `block.plan`?"]),
        ("[keys]\n'block.plan' = 'ctrl+b'", ["c:2: keys.block.plan: * without looking*"]),
        ("[keys]\ncase.note = 'n'", ["c:2: keys.case.note: `n` is the key of search.next too*"]),
        ("[keys]\ncase.note = []", ["c:2: keys.case.note: no key is given"]),
        ("[keys]\ncase.note = {}", ["c:2: keys.case.note: must be a key or a list * not {}"]),
        ("a = ", ["c: not TOML: *"]),
        ("x = 1\nx = 2", ["c: not TOML: *"]),
        (b"\n\n\xff", ["c:3: not UTF-8, which TOML is"]),
        (
            "trusted_proxies = 5\nprotect = 5\n[geo]\nb = 1",
            ["c:1: trusted_proxies: *", "c:2: protect: *", "c:4: geo.b: *"],
        ),
    ],
)
def test_what_is_wrong_is_said(text: str | bytes, said: list[str]) -> None:
    found = problems(text)
    assert len(found) == len(said)
    for line, pattern in zip(found, said, strict=True):
        assert re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), line), line


@pytest.mark.parametrize(
    "data",
    [
        b"a = " + b"[" * 50_000,
        b"keys." + b".".join([b"a"] * 5_000) + b" = 1",
        b"[" + b".".join([b"geo"] * 5_000) + b"]",
        b"\xef\xbb\xbftrusted_proxies = 5",
        b"protect = [" + b"{}," * 1000 + b"]",
        b"\x00",
    ],
)
def test_odd_files_are_refused_in_words(data: bytes) -> None:
    (said,) = problems(data)
    assert said.startswith("c:")
    assert len(said) < 400


@given(st.binary() | st.text().map(str.encode))
def test_any_bytes_are_settings_or_problems(data: bytes) -> None:
    try:
        found, said = parse(data, "c")
    except ConfigError:
        return
    assert said <= flat(found).keys()


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.dates(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(st.sampled_from(Settings.__struct_fields__) | st.text(), st.text(), values)
def test_any_value_is_refused_in_words(section: str, key: str, value: object) -> None:
    from triage_tui.config import _Reader

    reader = _Reader("c", "")
    reader.read({section: {key: value}})
    reader.read({section: value})
    assert all(line.startswith("c: ") for line in reader.problems)


def test_a_byte_order_mark_is_no_mistake() -> None:
    assert parse(b"\xef\xbb\xbfprotect = ['10.0.0.1']", "c")[1] == {"protect"}


def test_the_default_file_may_be_absent(home: Path) -> None:
    found = load()
    assert (found.settings, found.exists, found.said) == (Settings(), False, frozenset())
    assert found.path == default_path() == home / "xdg-config" / "triage-tui" / "config.toml"


def test_the_default_file_is_read(home: Path) -> None:
    path = home / "xdg-config" / "triage-tui" / "config.toml"
    path.parent.mkdir(parents=True)
    path.write_text(FULL)
    assert load().settings == settings(FULL)


def test_a_named_file_must_be_there(tmp_path: Path) -> None:
    long = tmp_path / "long"
    long.write_bytes(b"#" * (LONGEST + 1))
    for path, words in [
        (tmp_path / "none.toml", "there is no such file"),
        (tmp_path, "cannot be read: Is a directory"),
        (Path("a\0b"), "cannot be read: embedded null byte"),
        (long, "too long"),
    ]:
        with pytest.raises(ConfigError, match=words):
            load(path)


def test_settings_written_down_are_the_same_settings() -> None:
    found = settings(FULL)
    text = "\n".join(
        f"{'.'.join(name.split('.')[:1] + [toml(part) for part in name.split('.', 1)[1:]])}"
        f" = {toml(value)}"
        for name, value in flat(found).items()
    )
    assert settings(text) == found


@given(st.text(st.characters(codec="utf-8")))
def test_any_text_is_written_as_toml_and_clean(text: str) -> None:
    import tomllib

    written = toml([text])
    assert written.isprintable()
    assert tomllib.loads(f"a = {written}") == {"a": [text]}


BLOCKLISTS = """
[[blocklist]]
name = "edge"
scope = "CLOUDFRONT"
region = "eu-west-1"
profile = "prod"
ipv4 = "blocked-v4"
[[blocklist]]
name = "shop"
region = "eu-west-1"
ipv4 = "11111111-2222-3333-4444-555555555555"
ipv6 = "shop-v6"
calls_per_second = 0.5
"""


def test_blocklists() -> None:
    found, said = parse(BLOCKLISTS.encode(), "c")
    edge, shop = found.blocklist
    assert (edge.name, edge.scope, edge.home, edge.named(4), edge.named(6)) == (
        *("edge", "CLOUDFRONT"),
        "us-east-1",  # whatever the region
        *("blocked-v4", ""),
    )
    assert (shop.home, shop.profile, shop.calls_per_second) == ("eu-west-1", "", 0.5)
    assert edge.calls_per_second == 1.0
    assert said == {"blocklist"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("blocklist = 5", ["c:1: blocklist: is a section * write [[][[]blocklist]]"]),
        (
            "[blocklist]\nname = 'a'",
            ["c:1: blocklist: is a section of which there may be several*"],
        ),
        ("[[blocklist]]\nipv4 = 'a'", ["c:1: blocklist[[]1]: has no name*"]),
        ("[[blocklist]]\nname = 'a'", ["c:1: blocklist[[]1]: names no IP set*"]),
        ("[[blocklist]]\nname = 'a b'\nipv4 = 'x'", ["c:2: blocklist[[]1].name: must be a name*"]),
        (
            "[[blocklist]]\nname='a'\nipv4='x'\n[[blocklist]]\nname='b'\nipv4='y'\nscop = 1",
            ["c:7: blocklist[[]2].scop: there is no such setting; did you mean 'scope'?"],
        ),
        (
            "[[blocklist]]\nname = 'a'\nipv4 = 'x'\nscope = 'GLOBAL'",
            ['c:4: blocklist[[]1].scope: must be "REGIONAL" or "CLOUDFRONT", not \'GLOBAL\''],
        ),
        (
            "[[blocklist]]\nname = 'a'\nipv4 = 'x'\nipv6 = 'x'",
            ["c:1: blocklist[[]1]: 'x' cannot hold both families*"],
        ),
        (
            "[[blocklist]]\nname = 'a'\nipv4 = 'x'\n[[blocklist]]\nname = 'a'\nipv4 = 'y'",
            ["c:1: blocklist: two blocklists are called 'a'*"],
        ),
        (
            "[[blocklist]]\nname = 'a'\nipv4 = 'x'\n[[blocklist]]\nname = 'b'\nipv6 = 'x'",
            ["c:1: blocklist: 'x' is a set of 'a' and of 'b' too"],
        ),
        (
            "[[blocklist]]\nname = 'a'\nipv4 = 'x'\ncalls_per_second = 0",
            ["c:4: blocklist[[]1].calls_per_second: must be a number from 0.1 to 1000, not 0"],
        ),
    ],
)
def test_wrong_blocklists(text: str, said: list[str]) -> None:
    found = problems(text)
    assert len(found) == len(said)
    for problem, pattern in zip(found, said, strict=True):
        assert fnmatch(problem, pattern), problem


SECTIONS = [
    name
    for name in Settings.__struct_fields__
    if isinstance(getattr(Settings(), name), msgspec.Struct)
]


@pytest.mark.parametrize("section", SECTIONS)
def test_every_section_refuses_what_it_does_not_know(section: str) -> None:
    known = type(getattr(Settings(), section)).__struct_fields__
    mistyped = f"{known[0]}x"
    with pytest.raises(ConfigError) as error:
        parse(f"# mine\n[{section}]\n{mistyped} = 1\n".encode(), "c.toml")
    [problem] = error.value.problems
    assert problem.startswith(f"c.toml:3: {section}.{mistyped}: there is no such setting")
    assert f"did you mean {known[0]!r}?" in problem
