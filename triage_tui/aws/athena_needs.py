"""What the tables of Athena need: calls of ours, and those that Athena makes as whoever asks.
Light: no AWS client."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .need import EVERYTHING, Feature, Home, Need

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from .need import Configured
    from .settings import AthenaTable

    Resources = Callable[[Configured, Home], Sequence[str]]

_GLUE = "AwsDataCatalog"
"""The catalog that is Glue's."""
_AS_US = "Athena makes the call as whoever asks"


def _placed(configured: Configured, home: Home) -> Iterator[tuple[AthenaTable, Home]]:
    """The tables, each with where it is asked for: in its own region."""
    for table in configured.history.athena:
        account = EVERYTHING if table.profile else home.account
        yield table, Home(account, table.region or home.region)


def _workgroups(configured: Configured, home: Home) -> Sequence[str]:
    found = [
        where.arn("athena", f"workgroup/{table.workgroup}")
        for table, where in _placed(configured, home)
    ]
    return list(dict.fromkeys(found))


def _catalog(configured: Configured, home: Home) -> Sequence[str]:
    """What Glue knows of the tables: it asks for the catalog and the database as well."""
    found = [
        where.arn("glue", resource)
        for table, where in _placed(configured, home)
        if table.catalog == _GLUE
        for resource in (
            "catalog",
            f"database/{table.database}",
            f"table/{table.database}/{table.table}",
        )
    ]
    return list(dict.fromkeys(found))


def _in_s3(*, read: bool, objects: bool) -> Resources:
    """Where results go, and with `read` where the logs are as well: the buckets, or the `objects`
    in them."""

    def resources(configured: Configured, home: Home) -> Sequence[str]:
        found: dict[str, None] = {}
        for table in configured.history.athena:
            for place in (table.output, table.location if read else ""):
                bucket, _, prefix = place.removeprefix("s3://").partition("/")
                if bucket:
                    end = f"/{prefix.rstrip('/')}{'/' if prefix else ''}*" if objects else ""
                    found[f"arn:{home.partition}:s3:::{bucket}{end}"] = None
        return list(found)

    return resources


def _has_results(configured: Configured) -> bool:
    return any(table.output for table in configured.history.athena)


def _has_places(configured: Configured) -> bool:
    return any(table.output or table.location for table in configured.history.athena)


def _has_glue(configured: Configured) -> bool:
    return any(table.catalog == _GLUE for table in configured.history.athena)


ATHENA = Feature(
    "athena",
    (
        Need(
            "athena:GetWorkGroup",
            "what a query may scan at most; without it, no table is searched",
            "asks for the work groups of the tables",
            _workgroups,
        ),
        *(
            Need(f"athena:{operation}", why, "", _workgroups, untestable=untestable)
            for operation, why, untestable in (
                ("StartQueryExecution", "searches the tables", "it would be billed"),
                ("GetQueryExecution", "how far a query is", "there is no query to ask about"),
                ("GetQueryResults", "what it found", "there is no query to ask about"),
                (
                    "StopQueryExecution",
                    "ends a query that nobody waits for; without it, it is billed to its end",
                    "there is no query to stop",
                ),
            )
        ),
        *(
            Need(
                f"glue:{operation}",
                why,
                "",
                _catalog,
                untestable=_AS_US,
                applies=_has_glue,
                indirect=True,
            )
            for operation, why in (
                ("GetDatabase", "finds the tables; without it, no query begins"),
                ("GetTable", "what columns they have; without it, no query begins"),
                ("GetPartitions", "which partitions there are, unless they are projected"),
                ("BatchGetPartition", "where those are, unless they are projected"),
            )
        ),
        *(
            Need(
                action,
                why,
                "",
                resources,
                untestable=_AS_US,
                applies=applies,
                indirect=True,
                operation=operation,
            )
            for action, why, resources, applies, operation in (
                (
                    "s3:GetBucketLocation",
                    "where the buckets are of `output` and `location`",
                    _in_s3(read=True, objects=False),
                    _has_places,
                    "",
                ),
                (
                    "s3:ListBucket",
                    "which files there are in them",
                    _in_s3(read=True, objects=False),
                    _has_places,
                    "s3:ListObjectsV2",
                ),
                (
                    "s3:GetObject",
                    "reads the logs, and what a query found",
                    _in_s3(read=True, objects=True),
                    _has_places,
                    "",
                ),
                (
                    "s3:PutObject",
                    "writes what a query found",
                    _in_s3(read=False, objects=True),
                    _has_results,
                    "",
                ),
            )
        ),
    ),
    lambda configured: bool(configured.history.athena),
    essential=False,
)
