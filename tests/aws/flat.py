"""Parameters of a form by botocore's models: `IpPermissions.1.IpRanges.1.CidrIp=…`."""

from collections.abc import Mapping
from typing import Any

from botocore.model import OperationModel


def nested(given: Mapping[str, str], operation: OperationModel) -> dict[str, Any]:
    """What a form says, by the model's names. What no model knows is refused."""
    is_ec2 = operation.service_model.metadata["protocol"] == "ec2"
    known: set[str] = set()
    shape = operation.input_shape
    asked = {} if shape is None else _structure(given, shape, "", known, is_ec2=is_ec2)
    assert set(given) == known, f"{operation.name} knows nothing of {set(given) - known}"
    return asked


def _structure(
    given: Mapping[str, str], shape: Any, before: str, known: set[str], *, is_ec2: bool
) -> dict[str, Any]:
    found = {}
    for name, member in shape.members.items():
        key = before + _name(member, name, is_ec2=is_ec2)
        if any(each == key or each.startswith(f"{key}.") for each in given):
            found[name] = _value(given, member, key, known, is_ec2=is_ec2)
    return found


def _name(member: Any, name: str, *, is_ec2: bool) -> str:
    said = member.serialization
    if not is_ec2:
        return str(said.get("name", name))
    if "queryName" in said:
        return str(said["queryName"])
    key = str(said.get("name", name))
    return key[0].upper() + key[1:]


def _value(
    given: Mapping[str, str], shape: Any, key: str, known: set[str], *, is_ec2: bool
) -> object:
    if shape.type_name == "structure":
        return _structure(given, shape, f"{key}.", known, is_ec2=is_ec2)
    if shape.type_name == "list":
        stem = key if is_ec2 else f"{key}.{shape.member.serialization.get('name', 'member')}"
        found: list[object] = []
        while True:
            item = f"{stem}.{len(found) + 1}"
            if not any(each == item or each.startswith(f"{item}.") for each in given):
                return found
            found.append(_value(given, shape.member, item, known, is_ec2=is_ec2))
    known.add(key)
    text = given[key]
    if shape.type_name in ("integer", "long"):
        return int(text)
    return text == "true" if shape.type_name == "boolean" else text
