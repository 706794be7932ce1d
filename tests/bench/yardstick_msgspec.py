"""One thread of msgspec that decodes the fields of CloudTrail that make a row, and drops them.

Run as a process of its own: `python yardstick_msgspec.py FILE`.
"""

import sys

import msgspec


class Issuer(msgspec.Struct, gc=False):
    arn: str | None = None
    userName: str | None = None


class Context(msgspec.Struct, gc=False):
    sessionIssuer: Issuer | None = None


class Caller(msgspec.Struct, gc=False):
    type: str | None = None
    principalId: str | None = None
    arn: str | None = None
    accountId: str | None = None
    accessKeyId: str | None = None
    userName: str | None = None
    invokedBy: str | None = None
    sessionContext: Context | None = None


class Parameters(msgspec.Struct, gc=False):
    bucketName: str | None = None
    clusterName: str | None = None
    dBInstanceIdentifier: str | None = None
    functionName: str | None = None
    instanceId: str | None = None
    keyId: str | None = None
    logGroupName: str | None = None
    name: str | None = None
    queueUrl: str | None = None
    roleName: str | None = None
    tableName: str | None = None
    topicArn: str | None = None


class Resource(msgspec.Struct, gc=False):
    ARN: str | None = None


class Record(msgspec.Struct, gc=False):
    eventName: str
    eventSource: str
    eventTime: str
    eventID: str
    awsRegion: str | None = None
    sourceIPAddress: str | None = None
    userAgent: str | None = None
    errorCode: str | None = None
    recipientAccountId: str | None = None
    userIdentity: Caller | None = None
    requestParameters: Parameters | None = None
    resources: list[Resource] | None = None


def main(path: str) -> None:
    decode = msgspec.json.Decoder(Record).decode
    count = 0
    with open(path, "rb") as file:
        for line in file:
            decode(line)
            count += 1
    sys.stdout.write(f"{count}\n")


main(sys.argv[1])
