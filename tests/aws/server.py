"""A strict AWS on loopback: it takes and gives what botocore's models allow, and nothing else."""

import asyncio
import json
import re
import socket
import struct
import uuid
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, NoReturn, Protocol, Self
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

import msgspec
from aiohttp import web
from botocore.model import OperationModel

from tests.aws.faults import CALL_FAULTS, Faults
from tests.aws.flat import nested
from tests.aws.wire import model, rest, to_wire, wrong
from tests.aws.xmlwire import to_xml

_CREDENTIAL = re.compile(r"Credential=([^/]+)/\d{8}/([^/]+)/([^/]+)/aws4_request")
ACCOUNT = "111122223333"
"""Whose account an access key is of that nobody told about."""


class ServiceError(Exception):
    """An error that a service answers with."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status


@dataclass(frozen=True)
class Call:
    """A request that was understood."""

    operation: str
    asked: dict[str, Any]
    account: str
    region: str
    http: web.Request
    server: "FakeAws"

    @property
    def home(self) -> tuple[str, str]:
        """Account and region: nothing is shared between two of them."""
        return self.account, self.region

    def break_off(self) -> NoReturn:
        """Breaks the connection instead of an answer."""
        reset(self.http)
        raise asyncio.CancelledError  # aiohttp: nobody is there any more


class Service(Protocol):
    """One service. `handle` gives the parsed answer (empty for none), or has answered by itself;
    it raises ServiceError. Whatever else it raises fails the test."""

    name: str

    def handle(self, call: Call) -> Awaitable[dict[str, Any] | web.StreamResponse]: ...


class FakeSts:
    """Knows who somebody is, and lets roles be assumed; every server has one."""

    name = "sts"

    def __init__(self) -> None:
        self.codes: set[str] = set()
        """MFA codes that are taken, each once."""
        self.external_id = ""
        """What AssumeRole has to be told."""
        self.lasts = 3600.0
        """Seconds that a session lasts."""
        self.assumed: list[str] = []
        """The access key of every session."""

    async def handle(self, call: Call) -> dict[str, Any]:
        if call.operation == "AssumeRole":
            return self._assume(call)
        assert call.operation == "GetCallerIdentity", f"the fake has no {call.operation}"
        arn = f"arn:aws:iam::{call.account}:user/oncall"
        return {"UserId": "AIDAEXAMPLE", "Account": call.account, "Arn": arn}

    def _assume(self, call: Call) -> dict[str, Any]:
        code = call.asked.get("TokenCode", "")
        if "SerialNumber" in call.asked and code not in self.codes:
            raise ServiceError(
                "AccessDenied",
                "MultiFactorAuthentication failed with invalid MFA one time pass code. ",
                403,
            )
        role = call.asked["RoleArn"]
        if self.external_id != call.asked.get("ExternalId", ""):
            denied = f"User: oncall is not authorized to perform: sts:AssumeRole on: {role}"
            raise ServiceError("AccessDenied", denied, 403)
        self.codes.discard(code)
        key = f"ASIAFAKE{len(self.assumed):08d}"
        self.assumed.append(key)
        call.server.accounts[key] = role.split(":")[4]
        ends = datetime.now(UTC) + timedelta(seconds=self.lasts)
        name = call.asked["RoleSessionName"]
        return {
            "Credentials": {
                "AccessKeyId": key,
                "SecretAccessKey": "secret",
                "SessionToken": "token",
                "Expiration": ends.strftime("%Y-%m-%dT%H:%M:%SZ"),
            },
            "AssumedRoleUser": {"AssumedRoleId": f"AROAEXAMPLE:{name}", "Arn": f"{role}/{name}"},
        }


class FakeAws:
    """Serves on a free port of 127.0.0.1 while it is entered.

    What nobody may ask (an unknown service or operation), and what the fake may not answer, fails
    the test: leaving raises an ExceptionGroup of it.
    """

    def __init__(
        self,
        *services: Service,
        faults: Faults | None = None,
        accounts: Mapping[str, str] | None = None,
    ) -> None:
        """`accounts` tells whose account each access key is of."""
        self.faults = faults or Faults()
        self.calls: list[tuple[str, dict[str, Any]]] = []
        """(operation, what was asked) of every call that was understood."""
        self.broken: list[Exception] = []
        """What must not happen, and did."""
        self.sts = FakeSts()
        self.expired: set[str] = set()
        """Access keys that are no good any more."""
        self._services: dict[str, Service] = {
            service.name: service for service in (self.sts, *services)
        }
        self.accounts = dict(accounts or {})
        self._port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def asked(self, operation: str) -> int:
        """How often an operation was called."""
        return sum(name == operation for name, _ in self.calls)

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=1 << 24)
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await site.start()
        self._port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._runner.cleanup()
        if self.broken and (error is None or isinstance(error, Exception)):
            raise ExceptionGroup(
                "the fake was asked, or has answered, what AWS is not", self.broken
            )

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        found = _CREDENTIAL.search(request.headers.get("Authorization", ""))
        if found is None:
            return _refused("json", ServiceError("MissingAuthenticationTokenException", "unsigned"))
        key, region, signed_for = found.groups()
        account = self.accounts.get(key, ACCOUNT)
        body = await request.read()
        try:
            if key in self.expired:
                protocol = model(signed_for).metadata["protocol"]
                return _refused(protocol, ServiceError("ExpiredTokenException", "it has expired"))
            return await self._serve(request, signed_for, body, account, region)
        except Exception as error:  # noqa: BLE001 - it fails the test, whatever it is
            self.broken.append(error)
            # Nobody tries this again.
            return _refused("json", ServiceError("TheFakeRefuses", f"{error!r}"))

    async def _serve(
        self, request: web.Request, signed_for: str, body: bytes, account: str, region: str
    ) -> web.StreamResponse:
        service = self._services.get(signed_for)
        assert service is not None, f"no service {signed_for} here"
        operation, asked = _understood(signed_for, request, body)
        protocol = operation.service_model.metadata["protocol"]
        self.calls.append((operation.name, asked))
        call = Call(operation.name, asked, account, region, request, self)
        try:
            self._fault(call)
            refusal = wrong(asked, operation.input_shape)
            if refusal:
                raise ServiceError(_REFUSALS.get(signed_for, "ValidationException"), refusal)
            answer = await service.handle(call)
        except ServiceError as error:
            return _refused(protocol, error)
        if isinstance(answer, web.StreamResponse):
            return answer
        return await self._answered(call, operation, answer)

    def _fault(self, call: Call) -> None:
        fault = self.faults.draw(call.operation)
        if fault is None:
            return
        if fault == "reset":
            call.break_off()
        code, status, message = CALL_FAULTS[fault]
        raise ServiceError(code, message, status)

    async def _answered(
        self, call: Call, operation: OperationModel, answer: dict[str, Any]
    ) -> web.StreamResponse:
        shape = operation.output_shape
        refusal = wrong(answer, shape)
        assert not refusal, f"{call.operation} would answer what no model allows: {refusal}"
        protocol = operation.service_model.metadata["protocol"]
        if protocol in _XML:
            data, kind = to_xml(operation, answer).encode(), "text/xml"
        else:
            # Only rest-json has names of its own.
            wire = to_wire(answer, shape) if protocol == "rest-json" else answer
            data = _encoded(wire)
            kind = _CONTENT_TYPES[protocol]
        fault = self.faults.draw(f"{call.operation}.answer")
        if fault is None:
            return web.Response(body=data, content_type=kind, headers=_request_id())
        return await _half(call.http, data, kind, fault)


def _encoded(value: object) -> bytes:
    """As JSON; half a pair of surrogates is spelled out."""
    try:
        return msgspec.json.encode(value)
    except UnicodeEncodeError:
        return json.dumps(value).encode()


_REFUSALS = {
    "logs": "InvalidParameterException",
    "guardduty": "BadRequestException",
    "wafv2": "WAFInvalidParameterException",
}
_CONTENT_TYPES = {"json": "application/x-amz-json-1.1", "rest-json": "application/json"}
_XML = frozenset({"query", "ec2", "rest-xml"})
_QUERY_CODES = {
    "AccessDeniedException": "AccessDenied",
    "ExpiredTokenException": "ExpiredToken",
    "ThrottlingException": "Throttling",
}
"""What the query protocol says for what the others say."""


def _request_id() -> dict[str, str]:
    return {"x-amzn-RequestId": str(uuid.uuid4())}


def reset(request: web.Request) -> None:
    """Breaks the connection: whoever reads gets a reset, not an end."""
    transport = request.transport
    if transport is not None:
        known = transport.get_extra_info("socket")
        known.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()


async def _half(request: web.Request, data: bytes, kind: str, fault: str) -> web.StreamResponse:
    """Half of an answer: then the connection is `reset`, or (`cut`) ends without a word."""
    response = web.StreamResponse(headers={"Content-Type": kind, "Content-Length": str(len(data))})
    await response.prepare(request)
    await response.write(data[: len(data) // 2])
    if fault == "reset":
        reset(request)
    elif request.transport is not None:
        request.transport.close()
    return response


def _refused(protocol: str, error: ServiceError) -> web.Response:
    if protocol == "ec2":
        code = {"AccessDeniedException": "UnauthorizedOperation"}.get(error.code, error.code)
        text = (
            f"<Response><Errors><Error><Code>{code}</Code><Message>{escape(error.message)}"
            "</Message></Error></Errors><RequestID>r</RequestID></Response>"
        )
        return web.Response(status=error.status, content_type="text/xml", text=text)
    if protocol in _XML:
        code = _QUERY_CODES.get(error.code, error.code)
        text = (
            "<ErrorResponse><Error><Type>Sender</Type>"
            f"<Code>{code}</Code><Message>{escape(error.message)}</Message>"
            "</Error><RequestId>r</RequestId></ErrorResponse>"
        )
        return web.Response(status=error.status, content_type="text/xml", text=text)
    said = {"message": error.message}
    return web.Response(
        status=error.status,
        headers={"x-amzn-ErrorType": error.code} | _request_id(),
        content_type=_CONTENT_TYPES[protocol],
        text=json.dumps(said | ({"__type": error.code} if protocol == "json" else {})),
    )


def _understood(
    service: str, request: web.Request, body: bytes
) -> tuple[OperationModel, dict[str, Any]]:
    """The operation, and its parameters by the model's names."""
    known = model(service)
    match known.metadata["protocol"]:
        case "json":
            prefix, _, name = request.headers.get("X-Amz-Target", "").rpartition(".")
            assert prefix == known.metadata["targetPrefix"], f"{service} is no {prefix}"
            operation = known.operation_model(name)
            return operation, json.loads(body or b"{}")
        case "query" | "ec2":
            form = parse_qs(body.decode(), keep_blank_values=True)
            given = {key: values[0] for key, values in form.items()}
            assert given.pop("Version") == known.api_version
            operation = known.operation_model(given.pop("Action"))
            return operation, nested(given, operation)
    for name in known.operation_names:
        operation = known.operation_model(name)
        path, _, _ = operation.http["requestUri"].partition("?")
        labels = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(path))
        found = re.fullmatch(labels, request.rel_url.raw_path)
        if found and operation.http["method"] == request.method:
            shape = operation.input_shape
            blob = shape.serialization.get("payload") if shape is not None else None
            if shape is not None and blob and shape.members[blob].type_name == "blob":
                asked = rest(operation, found, request.query_string, {})
                return operation, asked | ({blob: body} if body else {})
            said = json.loads(body or b"{}")
            return operation, rest(operation, found, request.query_string, said)
    raise AssertionError(f"{service} has no operation {request.method} {request.path}")
