"""What the config says, compiled when the function is packaged: plain data, read at the start.

No parser of rules or TOML runs in Lambda.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from triage_tui.detect.rule_settings import Mute
from triage_tui.detect.ruleset import RuleSet
from triage_tui.formats.settings import FormatSettings
from triage_tui.respond.guard import GuardPolicy
from triage_tui.respond.settings import BlocklistSettings

from .allowed import Allowed

NAME = "bundle.msgpack"
"""The file beside this module, in the zip."""
FORM = 1
"""Of the bundle."""


class Bundle(msgspec.Struct, frozen=True):
    """Everything that the function was packaged with."""

    rules: RuleSet = RuleSet()
    reading: FormatSettings = FormatSettings()
    guard: GuardPolicy = GuardPolicy()
    blocklist: BlocklistSettings | None = None
    """Where it blocks; None where the config names none."""
    allowed: tuple[Allowed, ...] = ()
    """Whom somebody knows to be good, or to be shared by many: nobody blocks them by itself."""
    trusts: bool = True
    """Whether GuardDuty is asked for its trusted lists."""
    mutes: tuple[Mute, ...] = ()
    version: str = ""
    """Of the program that packaged it."""
    form: int = FORM


class BundleError(Exception):
    """The package is not whole, or of another version than its code."""


def write(bundle: Bundle) -> bytes:
    """The bundle as it is packaged: the same bytes for the same bundle."""
    return msgspec.msgpack.encode(bundle, order="deterministic")


def read(data: bytes) -> Bundle:
    """The bundle that `write` wrote. Raises BundleError."""
    try:
        found = msgspec.msgpack.decode(data, type=Bundle)
    except (msgspec.DecodeError, ValueError) as error:
        raise BundleError(f"{NAME}: {error}: package the function again") from error
    if found.form != FORM:
        raise BundleError(f"{NAME} is of form {found.form}, not {FORM}: package it again")
    return found


def packaged() -> Bundle:
    """The bundle beside this module. Raises BundleError."""
    try:
        return read((Path(__file__).parent / NAME).read_bytes())
    except OSError as error:
        raise BundleError(f"{NAME}: {error.strerror}: package the function again") from error
