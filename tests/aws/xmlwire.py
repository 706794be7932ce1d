"""Answers of services that speak XML, written by botocore's models."""

from typing import Any
from xml.sax.saxutils import escape

from botocore.model import OperationModel, StructureShape

_NOTHING = StructureShape("Nothing", {"type": "structure", "members": {}})


def to_xml(operation: OperationModel, answer: dict[str, Any]) -> str:
    """An answer (parsed) as `query`, `ec2` and `rest-xml` services send it."""
    name, shape = operation.name, operation.output_shape
    protocol = operation.service_model.metadata["protocol"]
    if shape is None:
        assert not answer, f"{name} answers nothing"
        answer, shape = {}, _NOTHING
    if protocol == "rest-xml":
        payload = shape.serialization.get("payload")
        if payload is not None:
            return _element(payload, answer[payload], shape.members[payload])
        return f"<{name}Result>{_members(answer, shape)}</{name}Result>"
    inner = _members(answer, shape)
    if protocol == "ec2":
        return f"<{name}Response><requestId>r</requestId>{inner}</{name}Response>"
    space = operation.service_model.metadata["xmlNamespace"]
    return (
        f'<{name}Response xmlns="{space}"><{name}Result>{inner}</{name}Result>'
        f"<ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></{name}Response>"
    )


def _members(value: dict[str, Any], shape: Any) -> str:
    return "".join(
        _element(shape.members[key].serialization.get("name", key), inner, shape.members[key])
        for key, inner in value.items()
    )


def _element(name: str, value: Any, shape: Any) -> str:
    kind = shape.type_name
    if kind == "structure":
        return f"<{name}>{_members(value, shape)}</{name}>"
    if kind == "list":
        if shape.serialization.get("flattened"):
            return "".join(_element(name, each, shape.member) for each in value)
        item = shape.member.serialization.get("name", "member")
        return f"<{name}>{''.join(_element(item, each, shape.member) for each in value)}</{name}>"
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return f"<{name}>{escape(text)}</{name}>"
