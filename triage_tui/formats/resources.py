"""What a call acted on: the best single name among a CloudTrail record's request parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping


class Parameters(msgspec.Struct, gc=False):
    """The request parameters that name things, of any type: services do not agree on it."""

    bucketName: object = None
    key: object = None
    tableName: object = None
    functionName: object = None
    roleName: object = None
    userName: object = None
    roleArn: object = None
    groupName: object = None
    instanceId: object = None
    secretId: object = None
    keyId: object = None
    clusterName: object = None
    dBInstanceIdentifier: object = None
    dBClusterIdentifier: object = None
    dBSnapshotIdentifier: object = None
    logGroupName: object = None
    stackName: object = None
    topicArn: object = None
    queueUrl: object = None
    repositoryName: object = None
    policyArn: object = None
    detectorId: object = None
    resourceArn: object = None
    groupId: object = None
    vpcId: object = None
    snapshotId: object = None
    volumeId: object = None
    instancesSet: object = None
    name: object = None


_FIELDS = Parameters.__struct_fields__
_PLAIN = tuple(field for field in _FIELDS if field not in ("bucketName", "key", "instancesSet"))


def parameters_of(table: Mapping[str, object]) -> Parameters:
    """The same from a dict."""
    return Parameters(**{field: table[field] for field in _FIELDS if field in table})


def name_of(p: Parameters) -> str | None:
    """The most telling name, or None. A bucket's object is `bucket/key`."""
    bucket = p.bucketName
    if bucket and isinstance(bucket, str):
        return f"{bucket}/{p.key}" if p.key and isinstance(p.key, str) else bucket
    # One chain instead of a loop: this runs for each record.
    name = (
        p.tableName
        or p.functionName
        or p.roleName
        or p.userName
        or p.roleArn
        or p.groupName
        or p.instanceId
        or p.secretId
        or p.keyId
        or p.clusterName
        or p.dBInstanceIdentifier
        or p.dBClusterIdentifier
        or p.dBSnapshotIdentifier
        or p.logGroupName
        or p.stackName
        or p.topicArn
        or p.queueUrl
        or p.repositoryName
        or p.policyArn
        or p.detectorId
        or p.resourceArn
        or p.groupId
        or p.vpcId
        or p.snapshotId
        or p.volumeId
        or p.name
    )
    if isinstance(name, str):
        return name
    if name is None and p.instancesSet is None:
        return None
    return _odd_name(p)


def _odd_name(p: Parameters) -> str | None:
    """The slow way: the first that is text, then the first instance of a set."""
    for field in _PLAIN:
        value = getattr(p, field)
        if value and isinstance(value, str):
            return str(value)
    items = p.instancesSet.get("items") if isinstance(p.instancesSet, dict) else None
    first = items[0] if isinstance(items, list) and items else None
    instance = first.get("instanceId") if isinstance(first, dict) else None
    return instance if instance and isinstance(instance, str) else None
