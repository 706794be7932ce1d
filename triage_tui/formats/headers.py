"""Header lines: they name the columns of the lines that follow, and are no records themselves."""

from __future__ import annotations

_COMMENTS = (b"#Version:", b"#Fields:", b"#Software:", b"#Date:", b"#Start-Date:", b"#Remark:")
_LONGEST = 8192

# What VPC flow logs can hold, in the published order: by the version that brought the fields.
_FLOW_VERSIONS = {
    2: "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes"
    " start end action log-status",
    3: "vpc-id subnet-id instance-id tcp-flags type pkt-srcaddr pkt-dstaddr",
    4: "region az-id sublocation-type sublocation-id",
    5: "pkt-src-aws-service pkt-dst-aws-service flow-direction traffic-path",
    7: "ecs-cluster-arn ecs-cluster-name ecs-container-instance-arn ecs-container-instance-id"
    " ecs-container-id ecs-second-container-id ecs-service-name ecs-task-definition-arn"
    " ecs-task-arn ecs-task-id",
    8: "reject-reason",
    9: "resource-id",
    10: "encryption-status",
}
FLOW_FIELDS = {name: version for version, names in _FLOW_VERSIONS.items() for name in names.split()}
"""Every field of VPC flow logs with the version that brought it, in the published order."""
_TELLING = frozenset(name for name in FLOW_FIELDS if "-" in name or name.endswith("addr"))
"""Names that no sentence holds."""
_FEWEST = 3


def is_header(line: bytes) -> bool:
    """Whether the line names the columns of those that follow it."""
    if len(line) > _LONGEST:
        return False
    return line.startswith(b"#Fields:") or bool(flow_fields(line))


def is_comment(line: bytes) -> bool:
    """Whether the line is one of a log's own remarks: no record."""
    return line.startswith(_COMMENTS)


def flow_fields(line: bytes) -> tuple[str, ...]:
    """The fields that a flow log's header line names (with hyphens, also where it writes
    underscores), or () where it is none."""
    if len(line) > _LONGEST or not line[:1].islower():
        return ()
    names = tuple(line.decode("latin-1").replace("_", "-").split())
    if len(names) < _FEWEST or len(set(names)) < len(names) or not FLOW_FIELDS.keys() >= set(names):
        return ()
    return names if not _TELLING.isdisjoint(names) else ()
