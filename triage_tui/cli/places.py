"""Where addresses are from, as the settings say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from triage_tui.detect.geo import GeoError, geo

from . import console

if TYPE_CHECKING:
    from triage_tui.config import Settings
    from triage_tui.ports import Geo


def places(settings: Settings) -> Geo:
    """What knows where addresses are from. A table that cannot be used is said, and done without:
    nobody should be kept from a triage by it."""
    tables = settings.geo
    while True:
        try:
            return geo(tables)
        except GeoError as error:
            console.say(f"geo.{error.setting}: {error}")
            tables = msgspec.structs.replace(tables, **{error.setting: ""})
