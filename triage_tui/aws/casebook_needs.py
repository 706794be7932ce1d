"""What a shared casebook needs from AWS."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .need import EVERYTHING, Feature, Home, Need

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .need import Configured


def _table(configured: Configured, home: Home) -> Sequence[str]:
    place = configured.casebook
    if place is None:
        return []
    # Of another profile's account nobody knows the number here.
    account = EVERYTHING if place.profile else home.account
    there = Home(account, place.region or home.region)
    return [there.arn("dynamodb", f"table/{place.name}")]


def _is_shared(configured: Configured) -> bool:
    return configured.casebook is not None


CASEBOOK = Feature(
    "casebook",
    (
        Need(
            "dynamodb:GetItem",
            "whether the table is ours; without it, nothing of it is read",
            "reads what says whose the table is",
            _table,
        ),
        Need(
            "dynamodb:Query",
            "what others said, blocked and look at; without it, only this machine's notes",
            "asks for one entry",
            _table,
        ),
        Need(
            "dynamodb:PutItem",
            "writes notes, statuses and blocks, and takes turns; without it, they wait on this "
            "machine, and nothing can be blocked",
            "",
            _table,
            untestable="it would write",
        ),
        Need(
            "dynamodb:UpdateItem",
            "ends one's turn to write to an IP set; without it, the next one waits for 40 s",
            "",
            _table,
            untestable="it would write",
            essential=lambda _configured: False,
        ),
        Need(
            "dynamodb:DeleteItem",
            "says that one has left; without it, one is shown a little longer",
            "",
            _table,
            untestable="it would write",
            essential=lambda _configured: False,
        ),
    ),
    _is_shared,
)
CASEBOOK_INIT = Feature(
    "casebook init",
    (
        Need(
            "dynamodb:DescribeTable",
            "whether the table is there",
            "",
            _table,
            untestable="it is for setting up alone",
        ),
        Need(
            "dynamodb:TagResource",
            "tags it as ours",
            "",
            _table,
            untestable="it would tag the table",
            operation="dynamodb:CreateTable",
        ),
        *(
            Need(action, why, "", _table, untestable="it would change the table")
            for action, why in (
                ("dynamodb:CreateTable", "creates the table, once"),
                ("dynamodb:UpdateContinuousBackups", "point-in-time recovery"),
                ("dynamodb:UpdateTimeToLive", "what says when it ends goes by itself"),
            )
        ),
    ),
    _is_shared,
    standing=False,
)
CASEBOOK_FEATURES = (CASEBOOK, CASEBOOK_INIT)
