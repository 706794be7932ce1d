"""`--config` and `triage-tui config`: refused with file, line and key, or in force everywhere."""

import json
import stat
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import msgspec
import pytest

from tests import program
from triage_tui.cli.example import EXAMPLE, commented
from triage_tui.config import Settings, parse


class Screen(Protocol):
    """What these tests need of the terminal."""

    written: bytearray

    def text(self) -> str: ...

    def wait_for(self, words: str) -> str: ...

    def wait_for_end(self) -> int: ...


def run(*arguments: object) -> program.Done:
    return program.run(*map(str, arguments))


def request(ip: str, *forwarded: str, country: str = "-") -> str:
    """A WAF record, one line."""
    headers = [{"name": "X-Forwarded-For", "value": value} for value in forwarded]
    record = {
        "timestamp": 1773540551245,
        "webaclId": "arn:aws:wafv2:eu-west-1:111122223333:regional/webacl/shop/0a1b",
        "action": "ALLOW",
        "httpSourceName": "ALB",
        "httpRequest": {"clientIp": ip, "country": country, "headers": headers, "uri": "/"},
    }
    return json.dumps(record) + "\n"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "waf.jsonl"
    path.write_text(
        request("162.158.1.1", "203.0.113.99, 8.8.8.8", country="DE")
        + request("8.8.4.4", "203.0.113.99", country="CA")
        + request("8.8.4.4")
        + request("203.0.113.5")
    )
    return path


def events(*arguments: object) -> list[dict[str, Any]]:
    done = run("events", *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize("command", ["demo", "scan", "events", "report", "config"])
def test_a_wrong_key_ends_every_command(command: str, config: Path, log: Path) -> None:
    config.write_text("# mine\ntrusted_proxys = []\n\n[geo]\nasn_database = 5\n")
    paths = [log] if command in ("scan", "events", "report") else []
    done = program.start(command, *map(str, paths), "--config", str(config))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines() == [
        f"triage-tui: {config}:2: trusted_proxys: there is no such setting; "
        "did you mean 'trusted_proxies'?",
        f"triage-tui: {config}:5: geo.asn_database: must be the path of an MMDB file, not 5",
    ]


def test_a_wrong_key_ends_a_replay_before_its_screen(
    config: Path, log: Path, terminal: Callable[..., Screen]
) -> None:
    config.write_text("protct = []")
    screen = terminal("replay", str(log), "--config", str(config), columns=200)
    assert screen.wait_for_end() == 2
    assert "protct: there is no such setting; did you mean 'protect'?" in screen.text()
    assert b"\x1b[?1049h" not in screen.written


def test_the_keys_of_the_config_are_those_of_the_screen(
    config: Path, log: Path, terminal: Callable[..., Screen]
) -> None:
    config.write_text('[keys]\ncase.note = "c"')
    screen = terminal("replay", str(log), "--config", str(config))
    screen.wait_for("c note")


def test_hostile_configs_reach_no_terminal(config: Path) -> None:
    config.write_text('"\\u001b]0;x\\u0007" = 1\n"\\u202e" = 2')
    done = run("config", "--config", config)
    assert (done.returncode, done.stdout) == (2, "")
    assert not {"\x1b", "\x07", "\u202e"} & set(done.stderr)


def test_a_config_that_is_not_there(tmp_path: Path) -> None:
    done = run("scan", tmp_path, "--config", tmp_path / "none.toml")
    assert done.returncode == 2
    assert done.stderr == f"triage-tui: {tmp_path}/none.toml: there is no such file\n"


def test_who_is_behind_the_proxies(log: Path, config: Path) -> None:
    plain = events(log)
    assert [event["actors"][0]["source_ip"] for event in plain] == [
        *("162.158.1.1", "8.8.4.4", "8.8.4.4", "203.0.113.5")
    ]
    config.write_text('trusted_proxies = ["cloudflare"]')
    behind = events(log, "--config", config)
    assert [event["source_ip"] for event in behind] == [event["source_ip"] for event in plain]
    assert [event["actors"][0]["source_ip"] for event in behind] == [
        *("8.8.8.8", "8.8.4.4", "8.8.4.4", "203.0.113.5")
    ]
    assert [event["forwarded"] for event in behind] == [
        ["203.0.113.99", "8.8.8.8"],
        ["203.0.113.99"],
        None,
        None,
    ]
    # The record knows where its own client is; of whom it does not know, the registry does.
    assert [event["country"] for event in plain] == ["DE", "CA", "US", None]
    assert [event["country"] for event in behind] == ["US", "CA", "US", None]
    assert [event["asn"] for event in behind] == [None] * 4


def test_places_of_addresses(log: Path) -> None:
    done = run("scan", "--json", "--by", "ip,network", log)
    found = {entity["key"]: entity for entity in json.loads(done.stdout)["entities"]}
    # As the newest record says that says it, else as it is registered.
    assert (found["8.8.4.4"]["country"], found["8.8.4.4"]["asn"]) == ("CA", None)
    assert (found["162.158.1.1"]["country"]) == "DE"
    assert found["203.0.113.5"]["country"] is None
    assert found["8.8.4.0/24"]["country"] is None


def test_a_table_that_is_gone_is_said_and_done_without(log: Path, config: Path) -> None:
    config.write_text(f"[geo]\nasn_database = '{log.parent}/gone.mmdb'")
    done = run("scan", "--json", log, "--config", config)
    assert done.returncode == 0
    assert json.loads(done.stdout)["entities"][0]["asn"] is None
    assert done.stderr == (
        f"triage-tui: geo.asn_database: {log.parent}/gone.mmdb: there is no such file; "
        "put a table of ASNs there\n"
    )


def test_flow_fields_of_logs_without_a_header(tmp_path: Path, config: Path) -> None:
    log = tmp_path / "flow.log"
    log.write_text("203.0.113.5 10.0.0.9 443 1773540551 1773540561 REJECT\n" * 3)
    config.write_text("[formats]\nflow_fields = 'srcaddr dstaddr dstport start end action'")
    assert run("events", log).returncode == 2  # no log that anybody knows
    assert {event["source_ip"] for event in events(log, "--config", config)} == {"203.0.113.5"}


def test_show_says_where_each_came_from(config: Path) -> None:
    config.write_text('protect = ["10.0.0.1"]\n[keys]\ncase.note = "c"')
    done = run("config", "--config", config)
    assert (done.returncode, done.stderr) == (0, "")
    assert 'protect = ["10.0.0.1"]  # file' in done.stdout
    assert "trusted_proxies = []  # default" in done.stdout
    assert '[keys]\n"case.note" = "c"  # file' in done.stdout
    assert parse(done.stdout.encode(), "again")[0] == parse(config.read_bytes(), "once")[0]
    told = json.loads(run("config", "show", "--json", "--config", config).stdout)
    assert told["file"] == str(config)
    assert told["settings"]["protect"] == {"value": ["10.0.0.1"], "from": "file"}
    assert told["settings"]["geo.asn_database"] == {"value": "", "from": "default"}


def test_show_without_a_file(home: Path) -> None:
    done = run("config")
    assert done.stdout.startswith(f"# {home}/xdg-config/triage-tui/config.toml: the defaults")
    assert parse(done.stdout.encode(), "again")[0] == Settings()
    assert json.loads(run("config", "--json").stdout)["file"] is None


def test_path(home: Path, config: Path) -> None:
    default = f"{home}/xdg-config/triage-tui/config.toml"
    assert run("config", "path").stdout == f"{default}\n"
    assert json.loads(run("config", "path", "--json").stdout) == {"path": default, "exists": False}
    assert run("config", "path", "--config", config).stdout == f"{config}\n"


def test_keys(config: Path) -> None:
    config.write_text('[keys]\ncase.note = "c"')
    lines = run("config", "keys", "--config", config).stdout.splitlines()
    (note,) = [line for line in lines if " case.note " in line]
    assert note.split()[:3] == ["*", "case.note", "c"]
    told = json.loads(run("config", "keys", "--json", "--config", config).stdout)
    assert {"id": "case.note", "keys": ["c"], "help": "Write a note", "from": "file"} in told


def test_init_writes_the_example_once(home: Path) -> None:
    done = run("config", "init")
    path = home / "xdg-config" / "triage-tui" / "config.toml"
    assert (done.returncode, done.stdout) == (0, "")
    assert str(path) in done.stderr
    assert parse(path.read_bytes(), "c") == (Settings(), frozenset())
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    path.write_text("# mine")
    again = run("config", "init")
    assert again.returncode == 2
    assert "there already" in again.stderr
    assert path.read_text() == "# mine"


def test_init_where_nothing_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = run("config", "init", "--config", tmp_path / "file" / "config.toml")
    assert done.returncode == 2
    assert "cannot be written" in done.stderr


def test_the_example_names_every_setting() -> None:
    found = tomllib.loads(EXAMPLE)
    assert set(found) == set(Settings.__struct_fields__)
    settings, _ = parse(EXAMPLE.encode(), "example")
    sections = [name for name in found if isinstance(getattr(settings, name), msgspec.Struct)]
    for name in sections:
        assert set(found[name]) == set(getattr(settings, name).__struct_fields__)
    headed = [name for name in [*sections, "keys"] if f"\n[{name}]\n" in EXAMPLE]
    assert set(sections) - set(headed) == {"casebook"}  # it stands in one line
    assert tomllib.loads(commented(EXAMPLE)) == {key: {} for key in headed}


def test_the_key_that_is_shown_is_the_one_that_was_used(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text('[formats]\nip_keys = ["visitor.address"]\n')
    log = tmp_path / "app.jsonl"
    log.write_text(
        '{"timestamp": "2026-03-15T02:09:11Z", "msg": "x", "ip": "198.51.100.8",'
        ' "visitor": {"address": "203.0.113.9"}}\n'
    )
    (row,) = events("--config", config, log)
    assert row["source_ip"] == "203.0.113.9"
    assert row["summary"] == "from 203.0.113.9: x (ip from visitor.address)"
