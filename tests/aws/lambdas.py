"""A strict Lambda: one function, which answers what a test says, or breaks off, and whose network
is changed as AWS does it: not at once, and one change at a time."""

import base64
import json
from typing import Any

from aiohttp import web

from tests.aws.server import Call, ServiceError

_KINDS = ("DryRun", "Event", "RequestResponse")


class FakeLambda:
    """Implements `server.Service`. `answer` is the same without HTTP, but for `Invoke`."""

    name = "lambda"

    def __init__(self, function: str) -> None:
        self.function = function
        """Its ARN."""
        self.ran: list[dict[str, object]] = []
        """What the function was called with, each time it ran."""
        self.response = b'{"isolated": true}'
        self.failed = ""
        """What kind of error it ends with."""
        self.breaks = False
        """Whether the connection breaks after it has run."""
        self.denied = False
        self.vpc: dict[str, Any] = {}
        """Its VPC, subnets and groups; empty for none."""
        self.takes = 2
        """How often it is looked at until a change has come through."""
        self._left = 0

    async def handle(self, call: Call) -> web.StreamResponse | dict[str, Any]:
        if self.denied:
            raise ServiceError("AccessDeniedException", "User: oncall is not authorized", 403)
        if call.operation != "Invoke":
            return self.answer(call.operation, call.asked)
        self._check_name(call.asked)
        headers = call.http.headers
        kind = headers.get("X-Amz-Invocation-Type", "RequestResponse")
        assert kind in _KINDS
        if kind == "DryRun":
            return web.Response(status=204)
        self.ran.append(json.loads(await call.http.read()))
        if self.breaks:
            call.break_off()
        if kind == "Event":
            return web.Response(status=202)
        said = {"X-Amz-Executed-Version": "$LATEST"}
        if headers.get("X-Amz-Log-Type") == "Tail":
            log = b"START\n[INFO] isolating\x1b[31m\nEND"
            said["X-Amz-Log-Result"] = base64.b64encode(log).decode()
        if self.failed:
            said["X-Amz-Function-Error"] = self.failed
        return web.Response(body=self.response, headers=said)

    def answer(self, operation: str, asked: dict[str, Any]) -> dict[str, Any]:
        """The answer to a call about its configuration. Raises ServiceError."""
        self._check_name(asked)
        if operation == "UpdateFunctionConfiguration":
            self._update(asked)
        else:
            assert operation == "GetFunctionConfiguration", f"the fake has no {operation}"
            self._left = max(0, self._left - 1)
        status = "InProgress" if self._left else "Successful"
        about = {"FunctionName": self.function.rpartition(":")[2], "FunctionArn": self.function}
        return {**about, "LastUpdateStatus": status, "VpcConfig": dict(self.vpc)}

    def _update(self, asked: dict[str, Any]) -> None:
        if self._left:
            text = "The operation cannot be performed at this time. An update is in progress."
            raise ServiceError("ResourceConflictException", text, 409)
        vpc = asked["VpcConfig"]
        if bool(vpc.get("SubnetIds")) != bool(vpc.get("SecurityGroupIds")):
            text = "SecurityGroupIds and SubnetIds must be given together."
            raise ServiceError("InvalidParameterValueException", text)
        # What is not said is as if nobody had ever said it.
        self.vpc = {"Ipv6AllowedForDualStack": False, **vpc, "VpcId": self.vpc["VpcId"]}
        self._left = self.takes

    def _check_name(self, asked: dict[str, Any]) -> None:
        if asked["FunctionName"] not in (self.function, self.function.rpartition(":")[2]):
            raise ServiceError("ResourceNotFoundException", "Function not found", 404)
