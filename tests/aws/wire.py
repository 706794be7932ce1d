"""Between the wire and botocore's models: names, and what a model allows."""

import re
from functools import cache
from typing import Any
from urllib.parse import parse_qs, unquote

from botocore.loaders import Loader
from botocore.model import OperationModel, ServiceModel, Shape
from botocore.validate import ParamValidator

_JAVA = re.compile(r"\\p|\\uD800\\uDC00")
"""What patterns of Java say, and ours cannot."""
_ENDS = 100
"""Of a longer list, so many items at each end are checked: they are all made by one function."""

_LOADER = Loader()
"""One for all: it looks through the folders of all services, and keeps what it found."""


@cache
def model(service: str) -> ServiceModel:
    """The service's model as botocore has it."""
    return ServiceModel(_LOADER.load_service_model(service, "service-2"), service)


def from_wire(value: Any, shape: Shape | None) -> Any:
    """JSON by the names of the wire to parameters by those of the model."""
    return _renamed(value, shape, into_model=True)


def to_wire(value: Any, shape: Shape | None) -> Any:
    """The other way round."""
    return _renamed(value, shape, into_model=False)


def _renamed(value: Any, shape: Any, *, into_model: bool) -> Any:
    kind = getattr(shape, "type_name", None)
    if kind == "structure" and isinstance(value, dict):
        names = _names(shape)
        if not into_model:
            names = {there: here for here, there in names.items()}
        members = shape.members
        return {
            names.get(key, key): _renamed(
                inner,
                members.get(names.get(key, key) if into_model else key),
                into_model=into_model,
            )
            for key, inner in value.items()
        }
    if kind == "list" and isinstance(value, list):
        if shape.member.type_name not in ("structure", "list", "map"):
            return value
        return [_renamed(inner, shape.member, into_model=into_model) for inner in value]
    if kind == "map" and isinstance(value, dict):
        return {
            key: _renamed(inner, shape.value, into_model=into_model) for key, inner in value.items()
        }
    return value


def _names(shape: Any) -> dict[str, str]:
    """The model's names by those of the wire."""
    return {member.serialization.get("name", name): name for name, member in shape.members.items()}


def rest(operation: OperationModel, found: re.Match[str], query: str, body: Any) -> dict[str, Any]:
    """The parameters of a rest-json request: those in the path, in the query and in the body."""
    shape = operation.input_shape
    asked: dict[str, Any] = from_wire(body, shape)
    given = parse_qs(query)
    members: dict[str, Shape] = getattr(shape, "members", {})
    for name, member in members.items():
        wire = member.serialization.get("name", name)
        place = member.serialization.get("location")
        if place == "uri":
            asked[name] = unquote(found[wire])
        elif place == "querystring" and wire in given:
            text = given[wire][0]
            asked[name] = int(text) if member.type_name == "integer" else text
    return asked


def wrong(value: Any, shape: Any) -> str:
    """What the model does not allow; "" where all is well."""
    if shape is None:
        return ""
    value = _ends(value)
    report = ParamValidator().validate(value, shape)
    if report.has_errors():
        return str(report.generate_report())
    return "; ".join(_beyond(value, shape, ""))


def _ends(value: Any) -> Any:
    """A structure without the middle of its long lists."""
    if not isinstance(value, dict):
        return value
    return {
        key: inner[:_ENDS] + inner[-_ENDS:]
        if isinstance(inner, list) and len(inner) > 2 * _ENDS and isinstance(inner[0], dict | list)
        else inner
        for key, inner in value.items()
    }


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
        pattern = limits.get("pattern")
        # What Java alone understands stays unchecked.
        if pattern and not _JAVA.search(pattern) and not re.fullmatch(pattern, value, re.S):
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
