"""A strict AWS on loopback: it takes and gives what botocore's models allow, and nothing else."""

import asyncio
import json
import re
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from functools import cache
from types import TracebackType
from typing import Any, Protocol, Self
from urllib.parse import parse_qs, unquote

from aiohttp import web
from botocore.loaders import Loader
from botocore.model import OperationModel, ServiceModel, Shape
from botocore.validate import ParamValidator

from tests.aws.faults import CALL_FAULTS, Faults

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


class Service(Protocol):
    """One service. `handle` gives the parsed answer (None for an empty one), or has answered by
    itself."""

    name: str

    def handle(self, call: Call) -> Awaitable[dict[str, Any] | web.StreamResponse]: ...


@cache
def model(service: str) -> ServiceModel:
    """The service's model as botocore has it."""
    return ServiceModel(Loader().load_service_model(service, "service-2"), service)


class FakeAws:
    """Serves on a free port of 127.0.0.1 while it is entered."""

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
        self._services = {service.name: service for service in services}
        self._accounts = dict(accounts or {})
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
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
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

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        found = _CREDENTIAL.search(request.headers.get("Authorization", ""))
        if found is None:
            raise web.HTTPForbidden(text="no signature")
        key, region, signed_for = found.groups()
        account = self._accounts.get(key, ACCOUNT)
        body = await request.read()
        if signed_for == "sts":
            return _identity(account)
        service = self._services[signed_for]
        operation, asked = _understood(signed_for, request, body)
        self.calls.append((operation.name, asked))
        call = Call(operation.name, asked, account, region, request, self)
        try:
            await self._fault(call)
            wrong = _wrong(asked, operation.input_shape)
            if wrong:
                raise ServiceError(_REFUSALS[signed_for], wrong)
            answer = await service.handle(call)
        except ServiceError as error:
            return _refused(error)
        if isinstance(answer, web.StreamResponse):
            return answer
        return self._answered(call, operation, answer)

    async def _fault(self, call: Call) -> None:
        fault = self.faults.draw(call.operation)
        if fault == "reset":
            _abort(call.http)
        elif fault in CALL_FAULTS:
            code, status, message = CALL_FAULTS[fault]
            raise ServiceError(code, message, status)

    def _answered(
        self, call: Call, operation: OperationModel, answer: dict[str, Any]
    ) -> web.Response:
        shape = operation.output_shape
        if shape is not None:
            wrong = _wrong(answer, shape)
            assert not wrong, (
                f"{call.operation} would answer what its model does not allow: {wrong}"
            )
        wire = to_wire(answer, shape) if shape is not None else {}
        data = json.dumps(wire).encode()
        if self.faults.draw(f"{call.operation}.answer") == "cut":
            data, length = data[: len(data) // 2], len(data)
            response = web.Response(body=data, content_type="application/x-amz-json-1.1")
            response.headers["Content-Length"] = str(length)
            response.force_close()
            return response
        return web.Response(body=data, content_type="application/x-amz-json-1.1")


_REFUSALS = {
    "logs": "InvalidParameterException",
    "guardduty": "BadRequestException",
    "cloudtrail": "InvalidTimeRangeException",
}


def _abort(request: web.Request) -> None:
    transport = request.transport
    if transport is not None:
        transport.abort()
    raise asyncio.CancelledError


def _refused(error: ServiceError) -> web.Response:
    return web.Response(
        status=error.status,
        headers={"x-amzn-ErrorType": error.code},
        content_type="application/x-amz-json-1.1",
        text=json.dumps({"__type": error.code, "message": error.message}),
    )


def _identity(account: str) -> web.Response:
    text = (
        '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">'
        f"<GetCallerIdentityResult><Arn>arn:aws:iam::{account}:user/oncall</Arn>"
        f"<UserId>AIDAEXAMPLE</UserId><Account>{account}</Account></GetCallerIdentityResult>"
        "<ResponseMetadata><RequestId>r</RequestId></ResponseMetadata>"
        "</GetCallerIdentityResponse>"
    )
    return web.Response(text=text, content_type="text/xml")


def _understood(
    service: str, request: web.Request, body: bytes
) -> tuple[OperationModel, dict[str, Any]]:
    """The operation, and its parameters by the model's names."""
    known = model(service)
    target = request.headers.get("X-Amz-Target", "")
    if target:
        operation = known.operation_model(target.rpartition(".")[2])
        return operation, from_wire(json.loads(body or b"{}"), operation.input_shape)
    for name in known.operation_names:
        operation = known.operation_model(name)
        path, _, _ = operation.http["requestUri"].partition("?")
        labels = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(path))
        found = re.fullmatch(labels, request.rel_url.raw_path)
        if found and operation.http["method"] == request.method:
            return operation, _rest(operation, request, found, body)
    raise AssertionError(f"{service} has no operation {request.method} {request.path}")


def _rest(
    operation: OperationModel, request: web.Request, found: re.Match[str], body: bytes
) -> dict[str, Any]:
    shape = operation.input_shape
    asked: dict[str, Any] = from_wire(json.loads(body or b"{}"), shape)
    query = parse_qs(request.query_string)
    members: dict[str, Shape] = getattr(shape, "members", {})
    for name, member in members.items():
        wire = member.serialization.get("name", name)
        place = member.serialization.get("location")
        if place == "uri":
            asked[name] = unquote(found[wire])
        elif place == "querystring" and wire in query:
            text = query[wire][0]
            asked[name] = int(text) if member.type_name == "integer" else text
    return asked


def from_wire(value: Any, shape: Shape | None) -> Any:
    """JSON by the names of the wire to parameters by those of the model."""
    return _renamed(value, shape, into_model=True)


def to_wire(value: Any, shape: Shape | None) -> Any:
    """The other way round."""
    return _renamed(value, shape, into_model=False)


def _renamed(value: Any, shape: Any, *, into_model: bool) -> Any:
    kind = getattr(shape, "type_name", None)
    if kind == "structure" and isinstance(value, dict):
        found = {}
        for name, member in shape.members.items():
            wire = member.serialization.get("name", name)
            here, there = (wire, name) if into_model else (name, wire)
            if here in value:
                found[there] = _renamed(value[here], member, into_model=into_model)
        known = {
            (member.serialization.get("name", name) if into_model else name)
            for name, member in shape.members.items()
        }
        return found | {key: inner for key, inner in value.items() if key not in known}
    if kind == "list" and isinstance(value, list):
        return [_renamed(inner, shape.member, into_model=into_model) for inner in value]
    if kind == "map" and isinstance(value, dict):
        return {
            key: _renamed(inner, shape.value, into_model=into_model) for key, inner in value.items()
        }
    return value


def _wrong(value: Any, shape: Any) -> str:
    """What the model does not allow; "" where all is well."""
    if shape is None:
        return ""
    report = ParamValidator().validate(value, shape)
    if report.has_errors():
        return str(report.generate_report())
    return "; ".join(_beyond(value, shape, ""))


def _beyond(value: Any, shape: Any, name: str) -> list[str]:
    """Lengths, ranges and patterns, which botocore does not check."""
    kind, limits = shape.type_name, shape.metadata
    found: list[str] = []
    size = value if kind in ("integer", "long", "float", "double") else None
    if kind in ("string", "list", "map", "blob"):
        size = len(value)
    if size is not None:
        if "max" in limits and size > limits["max"]:
            found.append(f"{name}: more than {limits['max']}")
        if "min" in limits and size < limits["min"]:
            found.append(f"{name}: less than {limits['min']}")
    if kind == "string":
        pattern = shape.metadata.get("pattern")
        if pattern and "\\p" not in pattern and not re.fullmatch(pattern, value, re.S):
            found.append(f"{name}: not like {pattern}")
        if shape.enum and value not in shape.enum:
            found.append(f"{name}: none of {shape.enum}")
    elif kind == "structure":
        for key, inner in value.items():
            found += _beyond(inner, shape.members[key], f"{name}.{key}")
    elif kind == "list":
        for inner in value:
            found += _beyond(inner, shape.member, f"{name}[]")
    return found
