"""A strict Lambda: one function, which answers what a test says, or breaks off."""

import base64
import json

from aiohttp import web

from tests.aws.server import Call, ServiceError

_KINDS = ("DryRun", "Event", "RequestResponse")


class FakeLambda:
    """Implements `server.Service`."""

    name = "lambda"

    def __init__(self, function: str) -> None:
        self.function = function
        self.ran: list[dict[str, object]] = []
        """What the function was called with, each time it ran."""
        self.answer = b'{"isolated": true}'
        self.failed = ""
        """What kind of error it ends with."""
        self.breaks = False
        """Whether the connection breaks after it has run."""
        self.denied = False

    async def handle(self, call: Call) -> web.StreamResponse:
        assert call.operation == "Invoke", f"the fake has no {call.operation}"
        if self.denied:
            raise ServiceError("AccessDeniedException", "User: oncall is not authorized", 403)
        if call.asked["FunctionName"] != self.function:
            raise ServiceError("ResourceNotFoundException", "Function not found", 404)
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
        return web.Response(body=self.answer, headers=said)
