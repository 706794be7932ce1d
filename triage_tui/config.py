"""The config: TOML into frozen settings, composed of the structs that each room owns.

What is unknown or wrong is refused, all of it at once, each with file, line and key: a typo in a
list of what must not be blocked has to be heard of before it matters.
"""

from __future__ import annotations

import difflib
import json
import re
import tomllib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, NamedTuple, get_args, get_type_hints

import msgspec

from .aws.settings import (
    AwsSettings,
    CasebookPlace,
    CloudTrailSettings,
    GuardDutySettings,
    HistorySettings,
    InspectorSettings,
    LogsSettings,
)
from .detect.geo import GeoSettings
from .detect.intel import IntelSettings
from .detect.reaching import DependencySettings
from .detect.rule_settings import RuleSettings
from .detect.weeks import zone_of
from .formats.settings import FormatSection, FormatSettings
from .networks import NAMED, edges, network_of, spelled_out
from .respond.guard import GuardPolicy, GuardSettings, Protected
from .respond.remedy.settings import AnswerSettings
from .respond.settings import BlocklistSettings
from .ui.kept import KeptFilter
from .ui.keymap import KeymapError, validate_keymap
from .ui.settings import TerminalSettings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAME = "config.toml"
LONGEST = 1 << 20
"""Bytes of a config; what is longer is something else."""
_SHOWN = 60
"""Characters of a wrong value that a message quotes."""
_PLACE = re.compile(r"`\$\.\w+\[(\d+)\]")
_NTH = re.compile(r"(\w+)\[(\d+)\](?:\.(.*))?")
_QUOTES = str.maketrans("", "", "\"' ")


class RecordingSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[recording]`: how long the recordings of live nights are kept. Here, for its room is the
    store, which brings numpy."""

    keep_days: Annotated[float, msgspec.Meta(description="a number of days", gt=0)] = 30.0
    keep_gb: Annotated[float, msgspec.Meta(description="a number of gigabytes", gt=0)] = 10.0


class Settings(msgspec.Struct, frozen=True):
    """Everything a config may say; without one, the defaults."""

    trusted_proxies: Annotated[
        tuple[str, ...],
        msgspec.Meta(description=f"a list of addresses, CIDRs and names ({', '.join(NAMED)})"),
    ] = ()
    """Proxies that are believed when they name whom they were called from."""
    protect: Annotated[
        tuple[str | Protected, ...],
        msgspec.Meta(
            description='a list of addresses and CIDRs, or of { cidr = "…", reason = "…" }'
        ),
    ] = ()
    """What is never blocked."""
    blocklist: Annotated[
        tuple[BlocklistSettings, ...], msgspec.Meta(description="a section: write [[blocklist]]")
    ] = ()
    """Where blocks go; the first one unless another is named."""
    time_zone: Annotated[
        str, msgspec.Meta(description="the name of a time zone, as Europe/Berlin")
    ] = "UTC"
    """The team's: it decides which hour of the week it is."""
    casebook: Annotated[
        str | CasebookPlace,
        msgspec.Meta(
            description='"" (this machine alone), "dynamodb://TABLE", or '
            '{ table = "dynamodb://TABLE", profile = "…", region = "…" }'
        ),
    ] = ""
    """Where notes, statuses and blocks are kept: a table that a team shares, or this machine."""
    sensitive: Annotated[
        tuple[str, ...], msgspec.Meta(description="a list of names and ARNs, with * and ?")
    ] = ()
    """Resources that weigh more when somebody destroys them, reads their secrets, or hands out
    power over them."""
    limits: GuardSettings = GuardSettings()
    answers: AnswerSettings = AnswerSettings()
    aws: AwsSettings = AwsSettings()
    logs: LogsSettings = LogsSettings()
    guardduty: GuardDutySettings = GuardDutySettings()
    cloudtrail: CloudTrailSettings = CloudTrailSettings()
    history: HistorySettings = HistorySettings()
    inspector: InspectorSettings = InspectorSettings()
    recording: RecordingSettings = RecordingSettings()
    rules: RuleSettings = RuleSettings()
    formats: FormatSection = FormatSection()
    geo: GeoSettings = GeoSettings()
    intel: IntelSettings = IntelSettings()
    dependencies: DependencySettings = DependencySettings()
    terminal: TerminalSettings = TerminalSettings()
    filters: Annotated[
        tuple[KeptFilter, ...],
        msgspec.Meta(description='a list of { name = "…", filter = "…" }'),
    ] = ()
    """Filters that can be picked on the screen by their names."""
    keys: Mapping[str, str] = {}
    """Keys by the id of their action, with commas between several."""

    def __post_init__(self) -> None:
        spelled_out(self.trusted_proxies)
        zone_of(self.time_zone)
        if self.casebook and isinstance(self.casebook, str):
            CasebookPlace(self.casebook)
        if not all(name.strip(" *?") for name in self.sensitive):
            raise ValueError("sensitive: a pattern that matches everything; name the resources")
        for entry in self.protected:
            if network_of(entry.cidr) is None:
                raise ValueError(f"{entry.cidr!r} is neither an address nor a CIDR")
        _check_blocklists(self.blocklist)

    @property
    def protected(self) -> tuple[Protected, ...]:
        """The `protect` list, all of one form."""
        return tuple(
            Protected(entry) if isinstance(entry, str) else entry for entry in self.protect
        )

    @property
    def shared(self) -> CasebookPlace | None:
        """The table that a team shares; None where there is none."""
        if isinstance(self.casebook, CasebookPlace):
            return self.casebook
        return CasebookPlace(self.casebook) if self.casebook else None

    @property
    def reading(self) -> FormatSettings:
        """What those who read the logs need to know."""
        said = {name: getattr(self.formats, name) for name in FormatSection.__struct_fields__}
        return FormatSettings(**said, trusted_proxies=spelled_out(self.trusted_proxies))

    def guard(self, own: tuple[str, ...]) -> GuardPolicy:
        """What nobody blocks; `own` are the engineer's own addresses."""
        return GuardPolicy(
            widest_v4=self.limits.widest_ipv4,
            widest_v6=self.limits.widest_ipv6,
            protect=self.protected,
            own=own,
            trusted_proxies=spelled_out(self.trusted_proxies),
            cdn=edges(),
        )


def _check_blocklists(lists: tuple[BlocklistSettings, ...]) -> None:
    """Raises ValueError where two could be taken for one another."""
    names: set[str] = set()
    sets: dict[tuple[str, str, str, str], str] = {}
    for each in lists:
        if each.name in names:
            raise ValueError(f"two blocklists are called {each.name!r}: name each once")
        names.add(each.name)
        for named in filter(None, (each.ipv4, each.ipv6)):
            other = sets.setdefault((each.profile, each.home, each.scope, named), each.name)
            if other != each.name:
                raise ValueError(f"{named!r} is a set of {other!r} and of {each.name!r} too")


class Loaded(NamedTuple):
    """Settings, and where they came from."""

    settings: Settings
    path: Path
    exists: bool
    said: frozenset[str]
    """The keys that the file says, as `formats.flow_fields`; all others are defaults."""


class ConfigError(Exception):
    """A config that cannot be used; one line for each thing that is wrong with it."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def default_path() -> Path:
    """Where the config lies unless somebody names another."""
    from platformdirs import user_config_path

    return user_config_path("triage-tui", appauthor=False) / NAME


def load(path: Path | None = None) -> Loaded:
    """Reads the config; the default one may be absent. Raises ConfigError."""
    chosen = path or default_path()
    try:
        with open(chosen, "rb") as file:
            data = file.read(LONGEST + 1)
    except FileNotFoundError:
        if path is None:
            return Loaded(Settings(), chosen, exists=False, said=frozenset())
        raise ConfigError([f"{chosen}: there is no such file"]) from None
    except (OSError, ValueError) as error:
        words = getattr(error, "strerror", None) or error
        raise ConfigError([f"{chosen}: cannot be read: {words}"]) from None
    if len(data) > LONGEST:
        raise ConfigError([f"{chosen}: too long for a config; {LONGEST:,} bytes at most"])
    settings, said = parse(data, str(chosen))
    return Loaded(settings, chosen, exists=True, said=said)


def parse(data: bytes, name: str) -> tuple[Settings, frozenset[str]]:
    """(settings, the keys that are said) of a config. Raises ConfigError; `name` stands before
    each problem."""
    try:
        text = data.decode("utf-8-sig")
        reader = _Reader(name, text)
        settings = reader.read(tomllib.loads(text))
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigError([f"{name}:{line}: not UTF-8, which TOML is"]) from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError([f"{name}: not TOML: {error}"]) from None
    except RecursionError:
        raise ConfigError([f"{name}: nested too deeply"]) from None
    if reader.problems:
        raise ConfigError(reader.problems)
    return settings, frozenset(reader.said)


def flat(settings: Settings) -> dict[str, object]:
    """Every key with its value; sections are told by a dot, and come last as they do in TOML."""
    plain: dict[str, object] = {}
    sections: dict[str, object] = {}
    for name in Settings.__struct_fields__:
        value = msgspec.to_builtins(getattr(settings, name))
        if isinstance(value, dict):
            sections |= {f"{name}.{key}": inner for key, inner in value.items()}
        else:
            plain[name] = value
    return plain | sections


def toml(value: object) -> str:
    """A value as TOML writes it; what a terminal might obey is escaped."""
    if isinstance(value, dict):
        inner = ", ".join(f"{name} = {toml(part)}" for name, part in value.items())
        return f"{{ {inner} }}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(toml, value))}]"
    quoted = json.dumps(value, ensure_ascii=False)
    return "".join(char if char.isprintable() else f"\\U{ord(char):08x}" for char in quoted)


class _Reader:
    """Turns a document into settings, and collects what is wrong with it."""

    def __init__(self, name: str, text: str) -> None:
        self.problems: list[str] = []
        self.said: list[str] = []
        self._name = name
        self._text = text

    def read(self, document: Mapping[str, object]) -> Settings:
        found: dict[str, object] = {}
        for name, value in document.items():
            default = getattr(Settings(), name, None)
            if name not in Settings.__struct_fields__:
                self._unknown(name, name, Settings.__struct_fields__)
            elif name == "keys":
                found[name] = self._keymap(value)
            elif isinstance(default, msgspec.Struct):
                found[name] = self._section(name, value, type(default))
            elif name == "blocklist":
                found |= self._blocklists(name, value)
            else:
                found |= self._value(name, name, value, Settings)
        return Settings(**found)  # type: ignore[arg-type] # each has passed as its own field

    def _section(self, name: str, value: object, kind: type[msgspec.Struct]) -> msgspec.Struct:
        found: dict[str, object] = {}
        if not isinstance(value, dict):
            self._wrong(name, f"is a section: write [{name}], and its keys below")
            return kind()
        for key, inner in value.items():
            full = f"{name}.{key}"
            if key not in kind.__struct_fields__:
                self._unknown(full, key, kind.__struct_fields__)
            else:
                found |= self._value(full, key, inner, kind)
        return kind(**found)

    def _blocklists(self, name: str, value: object) -> dict[str, object]:
        """The sections of that name, all of them or nothing where one is wrong."""
        if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
            self._wrong(name, f"is a section of which there may be several: write [[{name}]]")
            return {}
        before = len(self.problems)
        made: list[BlocklistSettings] = []
        for number, table in enumerate(value, 1):
            place = f"{name}[{number}]"
            good: dict[str, object] = {}
            for key, inner in table.items():
                if key not in BlocklistSettings.__struct_fields__:
                    self._unknown(f"{place}.{key}", key, BlocklistSettings.__struct_fields__)
                else:
                    good |= self._field(f"{place}.{key}", key, inner)
            if "name" not in table:
                self._wrong(place, "has no name: say name, and ipv4 or ipv6")
            if len(self.problems) == before:
                try:
                    made.append(BlocklistSettings(**good))  # type: ignore[arg-type] # as below
                except ValueError as error:
                    self._wrong(place, str(error))
        if len(self.problems) == before:
            try:
                _check_blocklists(tuple(made))
            except ValueError as error:
                self._wrong(name, str(error))
        if len(self.problems) > before:
            return {}
        self.said.append(name)
        return {name: tuple(made)}

    def _field(self, full: str, name: str, value: object) -> dict[str, object]:
        """A field of a blocklist, on its own: what it says beside others is looked at later."""
        hints = get_type_hints(BlocklistSettings, include_extras=True)
        try:
            return {name: msgspec.convert(value, hints[name], strict=True)}
        except msgspec.ValidationError:
            self._wrong(full, f"must be {_allowed(BlocklistSettings, name)}, not {_shown(value)}")
            return {}

    def _value(
        self, full: str, name: str, value: object, kind: type[msgspec.Struct]
    ) -> dict[str, object]:
        """The field by its name, or nothing where its value is wrong."""
        try:
            good = getattr(msgspec.convert({name: value}, kind, strict=True), name)
        except msgspec.ValidationError as error:
            if isinstance(error.__cause__, ValueError):
                self._wrong(full, str(error.__cause__))
            else:
                self._wrong(
                    full, f"must be {_allowed(kind, name)}, not {_shown(_at_fault(value, error))}"
                )
            return {}
        self.said.append(full)
        return {name: good}

    def _keymap(self, value: object) -> Mapping[str, str]:
        if not isinstance(value, dict):
            self._wrong("keys", "is a section: write [keys], and its keys below")
            return {}
        keymap: dict[str, str] = {}
        for name, keys in _flattened(value):
            listed = [keys] if isinstance(keys, str) else keys
            if isinstance(listed, list) and all(isinstance(key, str) for key in listed):
                keymap[name] = ",".join(listed)
            else:
                full = f"keys.{name}"
                self._wrong(full, f"must be a key or a list of keys, not {_shown(keys)}")
        try:
            validate_keymap(keymap)
        except KeymapError as error:
            self._wrong(f"keys.{error.action}", str(error).removeprefix(f"{error.action}: "))
        self.said += [f"keys.{name}" for name in keymap]
        return keymap

    def _unknown(self, full: str, name: str, known: tuple[str, ...]) -> None:
        near = difflib.get_close_matches(name.lower(), known, 1)
        hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known)}"
        self._wrong(full, f"there is no such setting; {hint}")

    def _wrong(self, full: str, words: str) -> None:
        line = _line_of(self._text, full)
        place = f"{self._name}:{line}" if line else self._name
        self.problems.append(f"{place}: {full}: {words}")


def _flattened(table: Mapping[str, object], before: str = "") -> Iterator[tuple[str, object]]:
    """`block.plan = …` is a table in a table to TOML, and the id of an action to us."""
    for name, value in table.items():
        if isinstance(value, dict) and value:
            yield from _flattened(value, f"{before}{name}.")
        else:
            yield f"{before}{name}", value


def _allowed(kind: type[msgspec.Struct], name: str) -> str:
    """What a field may hold, in words."""
    hints = get_type_hints(kind, include_extras=True)
    metas = [meta for meta in get_args(hints[name])[1:] if isinstance(meta, msgspec.Meta)]
    return next((meta.description for meta in metas if meta.description), "something else")


def _at_fault(value: object, error: msgspec.ValidationError) -> object:
    """The entry of a list that is wrong; the value itself where it is no list."""
    place = _PLACE.search(str(error))
    return value[int(place[1])] if place and isinstance(value, list) else value


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


def _line_of(text: str, full: str) -> int | None:
    """The line that says a key; a guess that holds for TOML as people write it. `name[2].key` is
    a key below the second `[[name]]`."""
    section = ""
    counts: dict[str, int] = {}
    nth = _NTH.fullmatch(full)
    for number, line in enumerate(text.splitlines(), 1):
        head, sign, _ = line.partition("=")
        bare = head.strip().translate(_QUOTES)
        if bare.startswith("["):
            name = section = bare.lstrip("[").partition("]")[0]
            counts[name] = counts.get(name, 0) + 1
            if nth and name == nth[1]:
                section = f"{name}[{counts[name]}]"
                if section == full:
                    return number
        elif sign:
            name = f"{section}.{bare}" if section else bare
        else:
            continue
        if name == full or (sign and full.startswith(f"{name}.")):
            return number
    return None
