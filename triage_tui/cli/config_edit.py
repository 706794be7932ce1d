"""Adds an entry to a list in the config, or takes it out, as a person would: comments and order
stay, and what was written is read back before it takes the old file's place.
"""

from __future__ import annotations

import asyncio
import os
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from triage_tui.atomic import whole
from triage_tui.config import ConfigError, parse, toml
from triage_tui.model import KeepError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_QUOTES = ('"""', "'''", '"', "'")


class _Statement(NamedTuple):
    """A header, or a key with its value."""

    section: str
    key: str
    """"" for a header."""
    start: int
    """Where its value begins; of a header, where it does."""
    end: int
    """Where it ends, without the rest of the line."""


def added(text: str, section: str, key: str, entry: object) -> str:
    """The config with one more entry in the list `key` of a section ("" is none). Raises KeepError
    where the text is not one that it can be added to."""
    written = toml(entry)
    before = _document(text)
    found = [each for each in _statements(text) if (each.section, each.key) == (section, key)]
    if found:
        new = _appended(text, found[0], written)
    else:
        new = _begun(text, section, f"{key} = [{written}]")
    table = before if not section else before.setdefault(section, {})
    if not isinstance(table, dict) or not isinstance(table.setdefault(key, []), list):
        raise KeepError(f"{section}.{key} is no list there; mend it first".lstrip("."))
    table[key].append(entry)
    if _document(new) != before:
        raise KeepError("the list could not be found; add it by hand")
    return new


def removed(text: str, section: str, key: str, unwanted: Callable[[object], bool]) -> str:
    """The config without some entries of a list. Raises KeepError where they cannot be taken
    out."""
    before = _document(text)
    table = before if not section else before.get(section, {})
    entries = table.get(key) if isinstance(table, dict) else None
    if not isinstance(entries, list):
        return text
    for place in reversed([place for place, entry in enumerate(entries) if unwanted(entry)]):
        found = [each for each in _statements(text) if (each.section, each.key) == (section, key)]
        spans = list(_entries(text, found[0])) if found else []
        if len(spans) != len(entries):
            raise KeepError("the list could not be found; take the entry out by hand")
        text = _without(text, *spans[place])
        del entries[place]
    if _document(text) != before:
        raise KeepError("the list could not be found; take the entry out by hand")
    return text


def _entries(text: str, value: _Statement) -> Iterator[tuple[int, int]]:
    """Where each entry of a list begins and ends, with the comma behind it."""
    depth, begun = 0, -1
    for start, end in _tokens(text, value.start + 1, value.end - 1):
        sign = text[start:end]
        if sign == "," and not depth:
            yield begun, end
            begun = -1
            continue
        begun = start if begun < 0 else begun
        depth += (sign in ("[", "{")) - (sign in ("]", "}"))
        last = end
    if begun >= 0:
        yield begun, last


def _without(text: str, start: int, end: int) -> str:
    """The text without an entry, and without the line that it leaves empty."""
    while text[start - 1] in " \t":
        start -= 1
    blank = _line_end(text, end)
    if text[start - 1] == "\n" and not text[end:blank].strip():
        return text[:start] + text[blank + 1 :]
    return text[:start] + text[end:]


def _document(text: str) -> dict[str, object]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise KeepError(f"not TOML: {error}; mend it first") from None
    except RecursionError:
        raise KeepError("nested too deeply; mend it first") from None


def _appended(text: str, value: _Statement, written: str) -> str:
    """The entry behind the last one of a list; on a line of its own where the list has several."""
    start, stop = value.start, value.end - 1
    last = max((end for _, end in _tokens(text, start + 1, stop)), default=start + 1)
    empty = last == start + 1
    comma = "" if empty or text[last - 1] == "," else ","
    rest = text[last:stop]
    if "\n" not in text[start:stop]:
        return f"{text[:last]}{comma}{'' if empty else ' '}{written}{text[stop:]}"
    line = rest.rfind("\n") + 1
    newline = "\r\n" if "\r\n" in text[start:stop] else "\n"
    if not line:  # the bracket stands behind the last entry
        return f"{text[:last]}{comma}{newline}  {written},{newline}{text[stop:]}"
    head = f"{text[:last]}{comma}{rest[:line]}"
    return f"{head}  {written},{newline}{rest[line:]}{text[stop:]}"


def _begun(text: str, section: str, line: str) -> str:
    """A new list: below its section's header, or in front of the first section."""
    newline = "\r\n" if "\r\n" in text else "\n"
    headers = [each for each in _statements(text) if not each.key]
    if not section:
        at = headers[0].start if headers else len(text)
        gap = "" if not text[:at] or text[:at].endswith("\n") else newline
        return f"{text[:at]}{gap}{line}{newline}{newline if headers else ''}{text[at:]}"
    own = [each for each in headers if each.section == section]
    if own:
        at = text.find("\n", own[0].end) + 1 or len(text)
        gap = "" if text[:at].endswith("\n") else newline
        return f"{text[:at]}{gap}{line}{newline}{text[at:]}"
    gap = "" if not text or text.endswith("\n") else newline
    return f"{text}{gap}{newline if text else ''}[{section}]{newline}{line}{newline}"


def _statements(text: str) -> Iterator[_Statement]:
    """The headers and keys of a text that is TOML."""
    at, section = 0, ""
    while at < len(text):
        char = text[at]
        if char in " \t\r\n\ufeff":
            at += 1
        elif char == "#":
            at = _line_end(text, at)
        elif char == "[":
            end = _line_end(text, at)
            section = _bare(text[at:end].partition("#")[0].strip().strip("[]"))
            yield _Statement(section, "", at, end)
            at = end
        else:
            sign = _equals(text, at)
            start = sign + 1
            while text[start : start + 1] in (" ", "\t"):
                start += 1
            end = _value_end(text, start)
            name = ".".join(part for part in (section, _bare(text[at:sign])) if part)
            head, _, key = name.rpartition(".")
            yield _Statement(head, key, start, end)
            at = end


def _bare(name: str) -> str:
    return ".".join(part.strip().strip("\"'") for part in name.strip().split("."))


def _equals(text: str, at: int) -> int:
    while text[at] != "=":
        at = _string_end(text, at) if text[at] in "\"'" else at + 1
    return at


def _line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end


def _value_end(text: str, at: int) -> int:
    """Where the value that begins there ends."""
    depth = 0
    while at < len(text):
        char = text[at]
        if char in "\"'":
            at = _string_end(text, at)
        elif char == "#":
            if not depth:
                return at
            at = _line_end(text, at)
        elif char == "\n" and not depth:
            return at
        else:
            depth += (char in "[{") - (char in "]}")
            at += 1
            if char in "]}" and not depth:
                return at
    return at


def _tokens(text: str, at: int, stop: int) -> Iterator[tuple[int, int]]:
    """Where what is neither space nor comment begins and ends."""
    while at < stop:
        char = text[at]
        if char in "\"'":
            end = _string_end(text, at)
            yield at, end
            at = end
        elif char == "#":
            at = _line_end(text, at)
        else:
            if not char.isspace():
                yield at, at + 1
            at += 1


def _string_end(text: str, at: int) -> int:
    quote = next(each for each in _QUOTES if text.startswith(each, at))
    at += len(quote)
    while not text.startswith(quote, at):
        at += 2 if text[at] == "\\" and quote[0] == '"' else 1
    at += len(quote)
    while len(quote) == 3 and text.startswith(quote[0], at):
        at += 1  # quotes that stand before the three
    return at


class ConfigKeeper:
    """A `ports.Keeper` that writes the config."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def protect(self, cidr: str, reason: str) -> str:
        """Adds to `protect`."""
        entry = {"cidr": cidr, "reason": reason} if reason else {"cidr": cidr}
        return await asyncio.to_thread(self._add, "", "protect", entry)

    async def ignore(self, rule: str, entity: str, reason: str) -> str:
        """Adds to `rules.mute`."""
        entry = {"rule": rule, "entity": entity, "reason": reason}
        return await asyncio.to_thread(
            self._add, "rules", "mute", {name: text for name, text in entry.items() if text}
        )

    async def heed(self, rule: str, *, entities: bool = False) -> str:
        """Takes out of `rules.mute` what mutes it everywhere, or for `entities`."""

        def mutes(entry: object) -> bool:
            if isinstance(entry, dict):
                return entry.get("rule") == rule and bool(entry.get("entity")) == entities
            return entry == rule and not entities

        def change(text: str) -> str:
            return removed(text, "rules", "mute", mutes)

        await asyncio.to_thread(self._change, change)
        return f"took {rule} out of rules.mute in {self._path}"

    async def keep_filter(self, name: str, filter_: str) -> str:
        """Adds to `filters`."""
        entry = {"name": name, "filter": filter_}
        return await asyncio.to_thread(self._add, "", "filters", entry)

    def _add(self, section: str, key: str, entry: dict[str, str]) -> str:
        self._change(lambda text: added(text, section, key, entry))
        name = f"{section}.{key}" if section else key
        return f"wrote {name} += {toml(entry)} to {self._path}"

    def _change(self, change: Callable[[str], str]) -> None:
        path = Path(os.path.realpath(self._path))
        try:
            try:
                data = path.read_bytes()
            except FileNotFoundError:
                data = b""
            new = change(data.decode("utf-8")).encode()
            if new != data:
                parse(new, str(self._path))
                _replace(path, new)
        except ConfigError as error:
            raise KeepError(error.problems[0]) from None
        except UnicodeError:
            raise KeepError(f"{self._path}: not UTF-8; mend it first") from None
        except KeepError as error:
            raise KeepError(f"{self._path}: {error}") from None
        except OSError as error:
            raise KeepError(f"{self._path}: cannot be written: {error.strerror or error}") from None


def _replace(path: Path, data: bytes) -> None:
    """Puts the new content in the old one's place, all of it or nothing; a new file is for its
    owner alone."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    mode = path.stat().st_mode & 0o777 if path.exists() else 0o600
    with whole(path, mode=mode, sure=True) as file:
        file.write(data)
