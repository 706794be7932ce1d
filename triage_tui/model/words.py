"""What all of it is told in: times, outcomes, severities, kinds of entities."""

from __future__ import annotations

import enum

NO_TIME = -(2**63)
"""The time of a row that has none (an unparsed record)."""


NO_NUMBER = -1
"""The status or size of a row that has none."""


SECOND = 1_000_000_000


MINUTE = 60 * SECOND
AHEAD = MINUTE
"""By as much may an event be dated later than it comes: clocks differ. What is dated later still is
in the future."""


HOUR = 60 * MINUTE


DAY = 24 * HOUR


class Outcome(enum.IntEnum):
    """What became of the request."""

    UNKNOWN = 0
    OK = 1
    DENIED = 2
    BLOCKED = 3
    ERROR = 4

    @property
    def word(self) -> str:
        return self.name.lower()


class Severity(enum.IntEnum):
    """Sigma's and OCSF's levels; NONE for events that carry no verdict."""

    NONE = 0
    INFORMATIONAL = 1
    LOW = 2
    MEDIUM = 3
    HIGH = 4
    CRITICAL = 5

    @property
    def word(self) -> str:
        return self.name.lower()


class Kind(enum.StrEnum):
    """What events group under."""

    IP = "ip"
    NETWORK = "network"
    PRINCIPAL = "principal"
    SERVICE = "service"
