"""Every format there is. No record is accepted by two of them, so their order is only a guess at
which comes most often."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .auth import Auth
from .cloudtrail import CloudTrail
from .guardduty import GuardDuty
from .ocsf import Ocsf
from .securityhub import SecurityHub
from .vpcflow import VpcFlow
from .waf import Waf

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .base import Format

ALL: tuple[Format, ...] = (
    CloudTrail(),
    Waf(),
    GuardDuty(),
    VpcFlow(),
    Auth(),
    SecurityHub(),
    Ocsf(),
)

FORMATS: Mapping[str, Format] = {known.name: known for known in ALL}
"""Every format by its name, as it stands in the column `format`."""
