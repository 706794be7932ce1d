"""The data rules: both sides of each."""

from __future__ import annotations

import json

from .cases import Case, series
from .trail import ACCOUNT, ANNA, OTHER, PIPELINE, call, session, through
from .weblogs import bucket

BUCKET = "orders-example"
APPLICATION = session("orders-api-role", "orders-api")
LAMBDA = "aws-sdk-js/3.750.0 os/linux#5.10.233 lang/js exec-env/AWS_Lambda_nodejs20.x"
STACK = through(PIPELINE, "cloudformation.amazonaws.com")


def _bucket_policy(*statements: dict[str, object]) -> bytes:
    document = {"Version": "2012-10-17", "Statement": list(statements)}
    return call("s3", "PutBucketPolicy", {"bucketName": BUCKET, "bucketPolicy": document})


def _block(*, on: bool) -> bytes:
    switches = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
    configuration = dict.fromkeys(switches, on)
    request = {"bucketName": BUCKET, "PublicAccessBlockConfiguration": configuration}
    return call("s3", "PutBucketPublicAccessBlock", request)


def _lifecycle(days: int) -> bytes:
    rule = {"ID": "tidy", "Status": "Enabled", "Filter": {"Prefix": ""}}
    configuration = {"Rule": {**rule, "Expiration": {"Days": days}}}
    request = {"bucketName": BUCKET, "LifecycleConfiguration": configuration}
    return call("s3", "PutBucketLifecycle", request)


def _versions(status: str) -> bytes:
    configuration = {"Status": status}
    request = {"bucketName": BUCKET, "VersioningConfiguration": configuration}
    return call("s3", "PutBucketVersioning", request)


def _objects(count: int, name: str = "GetObject", agent: str = "rclone/v1.68.2") -> list[bytes]:
    return series(
        count,
        lambda n: call(
            "s3", name, {"bucketName": BUCKET, "key": f"2026/{n}.csv"}, at=n, agent=agent
        ),
    )


def _volume_permission(change: dict[str, object]) -> bytes:
    request = {"snapshotId": "snap-0a1b2c3d", "createVolumePermission": change}
    return call("ec2", "ModifySnapshotAttribute", request)


def _items(*values: dict[str, object]) -> dict[str, object]:
    return {"items": list(values)}


def _registry(principal: object) -> bytes:
    document = {"Statement": [{"Effect": "Allow", "Principal": principal, "Action": "ecr:*"}]}
    request = {"repositoryName": "orders", "policyText": json.dumps(document, indent=1)}
    return call("ecr", "SetRepositoryPolicy", request)


BUCKETS = (
    Case(
        "Bucket opened to everybody",
        [
            _bucket_policy({"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject"}),
        ],
        [
            _bucket_policy(
                {
                    "Effect": "Deny",
                    "Principal": "*",
                    "Action": "s3:*",
                    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                },
                {
                    "Effect": "Allow",
                    "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
                    "Action": "s3:GetObject",
                },
            ),
            _bucket_policy(
                {
                    "Effect": "Allow",
                    "Principal": {"AWS": "*"},
                    "Action": "s3:GetObject",
                    "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-example"}},
                }
            ),
        ],
    ),
    Case("Public access block of a bucket lifted", [_block(on=False)], [_block(on=True)]),
    Case("Bucket will delete its objects within days", [_lifecycle(1)], [_lifecycle(365)]),
    Case(
        "Bucket's protection against loss taken away",
        [_versions("Suspended")],
        [_versions("Enabled")],
    ),
    Case(
        "Bucket replicated elsewhere",
        [call("s3", "PutBucketReplication", {"bucketName": BUCKET})],
        [call("s3", "GetBucketReplication", {"bucketName": BUCKET}, read_only=True)],
    ),
    Case(
        "Bucket deleted",
        [call("s3", "DeleteBucket", {"bucketName": BUCKET})],
        [call("s3", "DeleteBucketWebsite", {"bucketName": BUCKET})],
    ),
    Case(
        "Object overwritten with a key of the caller's",
        [
            call(
                "s3",
                "CopyObject",
                {"key": "a.csv", "x-amz-server-side-encryption-customer-algorithm": "AES256"},
            )
        ],
        [call("s3", "CopyObject", {"key": "a.csv", "x-amz-server-side-encryption": "aws:kms"})],
    ),
    Case("Many objects downloaded", _objects(120), [*_objects(60), *_objects(150, agent=LAMBDA)]),
    Case(
        "Many objects deleted",
        _objects(120, "DeleteObject"),
        _objects(60, "DeleteObject"),
    ),
)

SHARING = (
    Case(
        "Snapshot or image opened to everybody",
        [_volume_permission({"add": _items({"group": "all"})})],
        [_volume_permission({"remove": _items({"group": "all"})})],
    ),
    Case(
        "Snapshot or image shared with an account",
        [
            call(
                "rds",
                "ModifyDBSnapshotAttribute",
                {"attributeName": "restore", "valuesToAdd": [OTHER]},
            )
        ],
        [
            call(
                "rds",
                "ModifyDBSnapshotAttribute",
                {"attributeName": "restore", "valuesToRemove": [OTHER]},
            ),
            _volume_permission({"remove": _items({"userId": OTHER})}),
        ],
    ),
    Case(
        "Snapshot read block by block",
        [call("ebs", "GetSnapshotBlock", {"snapshotId": "snap-0a1b", "blockIndex": 1})],
        [
            call(
                "ebs",
                "GetSnapshotBlock",
                {"snapshotId": "snap-0a1b"},
                who=through(PIPELINE, "backup.amazonaws.com"),
            )
        ],
    ),
    Case(
        "Database or table exported",
        [call("rds", "StartExportTask", {"exportTaskIdentifier": "x", "s3BucketName": "y"})],
        [call("rds", "CreateDBSnapshot", {"dBSnapshotIdentifier": "x"})],
    ),
    Case(
        "Instance or image exported",
        [call("ec2", "ExportImage", {"imageId": "ami-0a1b"})],
        [call("ec2", "DescribeExportTasks", read_only=True)],
    ),
    Case(
        "Registry or layer opened to everybody",
        [_registry("*")],
        [_registry({"AWS": f"arn:aws:iam::{OTHER}:root"})],
    ),
)


def _delete_item(number: int) -> bytes:
    key = {"orderId": f"O-{number:06d}"}
    return call("dynamodb", "DeleteItem", {"tableName": "orders", "key": key}, at=2 * number)


def _batch(change: str, number: int) -> bytes:
    requests = {"orders": [{change: {"key": {"orderId": f"O-{number:06d}"}}}]}
    return call("dynamodb", "BatchWriteItem", {"requestItems": requests}, at=2 * number)


DATABASES = (
    Case(
        "Many items deleted from DynamoDB",
        [*series(60, _delete_item), *series(60, lambda n: _batch("deleteRequest", n))],
        [*series(60, _delete_item), *series(90, lambda n: _batch("putRequest", n))],
    ),
    Case(
        "DynamoDB table deleted or unprotected",
        [call("dynamodb", "DeleteTable", {"tableName": "orders"})],
        [
            call("dynamodb", "DeleteTable", {"tableName": "orders"}, who=STACK),
            call("dynamodb", "UpdateTable", {"tableName": "x", "deletionProtectionEnabled": True}),
        ],
    ),
    Case(
        "Table read from end to end",
        [call("dynamodb", "Scan", {"tableName": "orders"}, read_only=True)],
        [call("dynamodb", "Scan", {"tableName": "orders"}, read_only=True, who=APPLICATION)],
    ),
    Case(
        "Database deleted",
        [call("rds", "DeleteDBInstance", {"dBInstanceIdentifier": "reports"})],
        [call("rds", "StopDBInstance", {"dBInstanceIdentifier": "reports"})],
    ),
    Case(
        "Database deleted without a last snapshot",
        [call("rds", "DeleteDBCluster", {"dBClusterIdentifier": "x", "skipFinalSnapshot": True})],
        [call("rds", "DeleteDBCluster", {"dBClusterIdentifier": "x", "skipFinalSnapshot": False})],
    ),
    Case(
        "Database unprotected or opened",
        [call("rds", "ModifyDBInstance", {"deletionProtection": False})],
        [call("rds", "ModifyDBInstance", {"deletionProtection": True, "allocatedStorage": 100})],
    ),
    Case(
        "Master password of a database changed",
        [call("rds", "ModifyDBInstance", {"masterUserPassword": "****"})],
        [call("rds", "ModifyDBInstance", {"allocatedStorage": 100})],
    ),
    Case(
        "Log file of a database downloaded",
        [call("rds", "DownloadDBLogFilePortion", {"logFileName": "error/postgres.log"})],
        [call("rds", "DescribeDBLogFiles", read_only=True)],
    ),
    Case(
        "Backups deleted",
        [call("backup", "DeleteRecoveryPoint", {"backupVaultName": "main"})],
        [
            call(
                "rds",
                "DeleteDBSnapshot",
                {"dBSnapshotIdentifier": "x"},
                who=through(PIPELINE, "backup.amazonaws.com"),
            )
        ],
    ),
    Case(
        "Many snapshots or volumes deleted",
        series(12, lambda n: call("ec2", "DeleteSnapshot", {"snapshotId": f"snap-{n}"}, at=n)),
        series(5, lambda n: call("ec2", "DeleteSnapshot", {"snapshotId": f"snap-{n}"}, at=n)),
    ),
)


def _secret(name: str, at: float) -> bytes:
    return call("secretsmanager", "GetSecretValue", {"secretId": name}, at=at, read_only=True)


def _parameter(at: float, *, decrypted: bool) -> bytes:
    request: dict[str, object] = {"name": f"/orders/{at}", "withDecryption": decrypted}
    return call("ssm", "GetParameter", request, at=at, read_only=True)


def _parameters(batch: int, count: int) -> bytes:
    names = [f"/orders/{batch}-{n}" for n in range(count)]
    request: dict[str, object] = {"names": names, "withDecryption": True}
    return call("ssm", "GetParameters", request, at=batch, read_only=True)


SECRETS = (
    Case(
        "Many secrets read",
        series(12, lambda n: _secret(f"secret-{n}", n)),
        series(40, lambda n: _secret("orders/database", n)),
    ),
    Case(
        "Secrets read in one batch",
        [
            call(
                "secretsmanager",
                "BatchGetSecretValue",
                {"filters": [{"key": "all", "values": ["prod"]}]},
            )
        ],
        [call("secretsmanager", "BatchGetSecretValue", {"secretIdList": ["orders/database"]})],
    ),
    Case(
        "Secret deleted at once",
        [call("secretsmanager", "DeleteSecret", {"forceDeleteWithoutRecovery": True})],
        [call("secretsmanager", "DeleteSecret", {"recoveryWindowInDays": 30})],
    ),
    Case(
        "Many parameters read",
        series(16, lambda n: _parameter(n, decrypted=True)),
        series(30, lambda n: _parameter(n, decrypted=False)),
    ),
    Case(
        "Many parameters read in full batches",
        series(4, lambda n: _parameters(n, 10)),
        [*series(9, lambda n: _parameters(n, 3)), *series(9, lambda _: _parameters(0, 10))],
    ),
    Case(
        "Encryption key to be deleted or disabled",
        [call("kms", "ScheduleKeyDeletion", {"keyId": "0a1b", "pendingWindowInDays": 7})],
        [call("kms", "CancelKeyDeletion", {"keyId": "0a1b"})],
    ),
)


def _put(account: str, key: str = "a.csv", who: dict[str, object] = ANNA) -> bytes:
    bucket_of: dict[str, object] = {"accountId": account, "type": "AWS::S3::Bucket", "ARN": "x"}
    more: dict[str, object] = {"resources": [{"type": "AWS::S3::Object", "ARN": "x"}, bucket_of]}
    return call("s3", "PutObject", {"bucketName": BUCKET, "key": key}, who=who, more=more)


def _allowed(*accounts: str) -> bytes:
    names = [f"arn:aws:iam::{account}:root" for account in accounts]
    return _bucket_policy(
        {"Effect": "Allow", "Principal": {"AWS": names}, "Action": "s3:*", "Resource": "*"}
    )


def _from_top(path: str, *, recursive: bool) -> bytes:
    request = {"path": path, "recursive": recursive, "withDecryption": True}
    return call("ssm", "GetParametersByPath", request, read_only=True)


BULK = (
    Case(
        "Bucket opened to another account",
        [_allowed(OTHER)],
        [
            _allowed(ACCOUNT),
            _allowed(ACCOUNT, OTHER),
            _bucket_policy(
                {"Effect": "Allow", "Principal": {"Service": "logging.s3.amazonaws.com"}}
            ),
        ],
    ),
    Case(
        "Object written to another account's bucket",
        [_put(OTHER)],
        [
            _put(ACCOUNT),
            _put(OTHER, who={"type": "AWSService", "invokedBy": "delivery.logs.amazonaws.com"}),
        ],
    ),
    Case(
        "Ransom note in a bucket",
        [_put(ACCOUNT, "HOW_TO_DECRYPT_YOUR_FILES.txt")],
        [_put(ACCOUNT, "how-to-order.txt")],
    ),
    Case(
        "Batches of objects deleted in series",
        series(22, lambda n: call("s3", "DeleteObjects", {"bucketName": BUCKET}, at=n)),
        series(9, lambda n: call("s3", "DeleteObjects", {"bucketName": BUCKET}, at=n)),
    ),
    Case(
        "Batches of items deleted in series",
        series(30, lambda n: _batch("deleteRequest", n)),
        [
            *series(9, lambda n: _batch("deleteRequest", n)),
            *series(60, lambda n: _batch("putRequest", n)),
        ],
    ),
    Case(
        "All parameters read from the top",
        [_from_top("/", recursive=True)],
        [
            _from_top("/orders/", recursive=True),
            _from_top("/", recursive=False),
            call("ssm", "GetParametersByPath", {"path": "/", "recursive": True}, read_only=True),
        ],
    ),
    Case(
        "Guard against public copies lifted",
        [call("ec2", "DisableSnapshotBlockPublicAccess")],
        [call("ec2", "EnableSnapshotBlockPublicAccess", {"state": "block-all-sharing"})],
    ),
    Case(
        "Resources may be shared outside",
        [call("ram", "CreateResourceShare", {"name": "x", "allowExternalPrincipals": True})],
        [call("ram", "CreateResourceShare", {"name": "x", "allowExternalPrincipals": False})],
    ),
)

OBJECTS = (
    Case(
        "Many objects read, as the bucket logs it",
        series(510, lambda n: bucket("REST.GET.OBJECT", f"2026/{n}.csv", at=n / 4)),
        [
            *series(90, lambda n: bucket("REST.GET.OBJECT", f"2026/{n}.csv", at=n / 4)),
            *series(600, lambda n: bucket("REST.GET.OBJECT", "logo.png", at=n / 4)),
        ],
    ),
    Case(
        "Many objects deleted, as the bucket logs it",
        series(110, lambda n: bucket("BATCH.DELETE.OBJECT", f"2026/{n}.csv", at=n / 4)),
        series(40, lambda n: bucket("BATCH.DELETE.OBJECT", f"2026/{n}.csv", at=n / 4)),
    ),
)

CASES = (*BUCKETS, *BULK, *OBJECTS, *SHARING, *DATABASES, *SECRETS)
