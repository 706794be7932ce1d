"""Which operations of AWS our code calls: read from the source, by botocore's models."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from botocore import xform_name
from botocore.loaders import Loader

from tests.aws.wire import model

_CLIENT = "Client"
_BACK_DOORS = frozenset({"getattr", "_make_api_call", "generate_presigned_url", "can_paginate"})
"""By these, a call could be made that no reader sees."""


class Call(NamedTuple):
    """A call of an operation, and where it stands."""

    action: str
    """Service and operation: `logs:FilterLogEvents`."""
    place: str


class Unreadable(Exception):
    """A call of which nobody can say what it calls."""


@cache
def operations(service: str) -> dict[str, str]:
    """The operations of a service by the names of the client's methods."""
    return {xform_name(name): name for name in model(service).operation_names}


@cache
def _waited(service: str) -> dict[str, str]:
    """The operations that the service's waiters call, by the waiters' names."""
    waiters = Loader().load_service_model(service, "waiters-2")["waiters"]
    return {xform_name(name): waiter["operation"] for name, waiter in waiters.items()}


def called(folder: Path, services: dict[str, str]) -> list[Call]:
    """Every call in a folder's modules. `services` are those of the clients, by the name that
    `Access.client` takes. Raises Unreadable."""
    found: list[Call] = []
    for path in sorted(folder.rglob("*.py")):
        found += in_source(path.read_text(), services, path.name)
    return found


def in_source(source: str, services: dict[str, str], name: str) -> list[Call]:
    """The calls of one module."""
    tree = ast.parse(source)
    return list(_Module(tree, services, name).calls())


class _Module:
    """Finds the clients of a module: what `.client("…")` gives, what is annotated as one, and what
    functions of it return."""

    def __init__(self, tree: ast.Module, services: dict[str, str], name: str) -> None:
        self._tree = tree
        self._services = services
        self._name = name
        self._stubs = {
            alias.asname or alias.name: str(node.module).removeprefix("types_aiobotocore_")
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom)
            and str(node.module).startswith("types_aiobotocore_")
            for alias in node.names
            if alias.name.endswith(_CLIENT)
        }
        self._methods = {method for each in services.values() for method in operations(each)}
        self._makers = {
            function.name: service
            for function in ast.walk(tree)
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
            and (service := self._annotated(function.returns))
        }

    def calls(self) -> Iterator[Call]:
        # A local function sees the clients of those around it.
        yield from self._inside(self._tree, {})

    def _inside(self, scope: ast.AST, outer: dict[str, str]) -> Iterator[Call]:
        clients = outer | self._clients(scope)
        for node in self._own(scope):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
                yield from self._inside(node, clients)
            elif isinstance(node, ast.Call):
                yield from self._call(node, clients)
            elif isinstance(node, ast.Attribute) and node.attr in self._methods:
                yield from self._operation(node, clients)

    def _own(self, scope: ast.AST) -> Iterator[ast.AST]:
        """Everything in a scope; of the functions in it, only that they are there."""
        for child in ast.iter_child_nodes(scope):
            yield child
            if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
                yield from self._own(child)

    def _clients(self, scope: ast.AST) -> dict[str, str]:
        """The service of each name that is a client here."""
        found: dict[str, str] = {}
        arguments = getattr(scope, "args", None)
        if isinstance(arguments, ast.arguments):
            for each in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
                if service := self._annotated(each.annotation):
                    found[each.arg] = service
        for node in self._own(scope):
            if isinstance(node, ast.Assign) and (service := self._given(node.value)):
                found |= {name.id: service for name in node.targets if isinstance(name, ast.Name)}
        return found

    def _annotated(self, annotation: ast.expr | None) -> str | None:
        """`LogsClient` and the like, by the name of the stubs' module."""
        name = ast.unparse(annotation).strip("'\"") if annotation else ""
        return self._stubs.get(name)

    def _given(self, value: ast.expr) -> str | None:
        """The service of a client that an expression gives."""
        if isinstance(value, ast.Await):
            value = value.value
        if not isinstance(value, ast.Call) or not isinstance(value.func, ast.Attribute):
            return None
        if value.func.attr == "client" and value.args:
            (asked, *_) = value.args
            if not isinstance(asked, ast.Constant) or asked.value not in self._services:
                raise Unreadable(f"{self._place(value)}: which service is that a client of?")
            return self._services[str(asked.value)]
        return self._makers.get(value.func.attr)

    def _call(self, node: ast.Call, clients: dict[str, str]) -> Iterator[Call]:
        function = node.func
        name = function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")
        receiver = getattr(function, "value", None)
        on_client = self._is_client(receiver, clients) or any(
            self._is_client(argument, clients) for argument in node.args[:1]
        )
        if name in _BACK_DOORS and on_client:
            raise Unreadable(f"{self._place(node)}: {name} hides what is called")
        if name in ("get_paginator", "get_waiter"):
            service = self._service_of(receiver, clients)
            (asked, *_) = node.args
            known = operations if name == "get_paginator" else _waited
            if service is None or not isinstance(asked, ast.Constant):
                raise Unreadable(f"{self._place(node)}: what does {name} call?")
            yield Call(f"{service}:{known(service)[str(asked.value)]}", self._place(node))

    def _operation(self, node: ast.Attribute, clients: dict[str, str]) -> Iterator[Call]:
        """An attribute that is called like an operation: of a client, it is one."""
        service = self._service_of(node.value, clients)
        if service is None:
            raise Unreadable(f"{self._place(node)}: .{node.attr} of what client?")
        if node.attr not in operations(service):
            raise Unreadable(f"{self._place(node)}: {service} has no {node.attr}")
        yield Call(f"{service}:{operations(service)[node.attr]}", self._place(node))

    def _service_of(self, receiver: object, clients: dict[str, str]) -> str | None:
        if isinstance(receiver, ast.Name):
            return clients.get(receiver.id)
        return self._given(receiver) if isinstance(receiver, ast.expr) else None

    def _is_client(self, receiver: object, clients: dict[str, str]) -> bool:
        return isinstance(receiver, ast.expr) and self._service_of(receiver, clients) is not None

    def _place(self, node: ast.expr) -> str:
        return f"{self._name}:{node.lineno}"
