"""DuckDB that loads the fields of CloudTrail that make a row into a table in memory.

Run as a process of its own: `python yardstick_duckdb.py FILE`.
"""

import sys

import duckdb

COLUMNS = {
    "eventName": "VARCHAR",
    "eventSource": "VARCHAR",
    "eventTime": "TIMESTAMP",
    "eventID": "VARCHAR",
    "awsRegion": "VARCHAR",
    "sourceIPAddress": "VARCHAR",
    "userAgent": "VARCHAR",
    "errorCode": "VARCHAR",
    "recipientAccountId": "VARCHAR",
    "userIdentity": (
        'STRUCT("type" VARCHAR, principalId VARCHAR, arn VARCHAR, accountId VARCHAR, '
        "accessKeyId VARCHAR, userName VARCHAR, invokedBy VARCHAR, "
        "sessionContext STRUCT(sessionIssuer STRUCT(arn VARCHAR, userName VARCHAR)))"
    ),
    "requestParameters": (
        "STRUCT(bucketName VARCHAR, clusterName VARCHAR, dBInstanceIdentifier VARCHAR, "
        "functionName VARCHAR, instanceId VARCHAR, keyId VARCHAR, logGroupName VARCHAR, "
        '"name" VARCHAR, queueUrl VARCHAR, roleName VARCHAR, tableName VARCHAR, '
        "topicArn VARCHAR)"
    ),
    "resources": "STRUCT(ARN VARCHAR)[]",
}


def main(path: str) -> None:
    columns = ", ".join(f"'{name}': '{kind}'" for name, kind in COLUMNS.items())
    duckdb.execute(
        "CREATE TABLE events AS SELECT * FROM "  # the columns are ours
        f"read_json(?, format = 'newline_delimited', columns = {{{columns}}})",
        [path],
    )
    found = duckdb.execute("SELECT count(*) FROM events").fetchone()
    sys.stdout.write(f"{found[0] if found else 0}\n")


main(sys.argv[1])
