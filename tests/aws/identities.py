"""A strict IAM of users, their keys and policies, and of roles with inline policies."""

import json
import urllib.parse
from typing import Any, NamedTuple

from tests.aws.server import Call, ServiceError

POLICIES_OF_A_USER = 10
KEYS_OF_A_USER = 2
Asked = dict[str, Any]


class User(NamedTuple):
    """A user: keys by their status, and the policies that are attached."""

    keys: dict[str, str]
    policies: list[str]


class Role(NamedTuple):
    """A role: its path, and its inline policies as text."""

    path: str
    policies: dict[str, str]


class FakeIam:
    """Implements `server.Service`. `answer` is the same without HTTP. One page holds one item."""

    name = "iam"

    def __init__(self) -> None:
        self.users: dict[str, User] = {}
        self.roles: dict[str, Role] = {}

    async def handle(self, call: Call) -> Asked:
        return self.answer(call.operation, dict(call.asked))

    def answer(self, operation: str, asked: Asked) -> Asked:
        """The answer to a call. Raises ServiceError."""
        match operation:
            case "ListAccessKeys":
                keys = [
                    {"UserName": asked["UserName"], "AccessKeyId": key, "Status": status}
                    for key, status in self._user(asked).keys.items()
                ]
                return _page(asked, "AccessKeyMetadata", keys)
            case "UpdateAccessKey":
                keys_of = self._user(asked).keys
                if asked["AccessKeyId"] not in keys_of:
                    raise _missing(f"The Access Key with id {asked['AccessKeyId']}")
                keys_of[asked["AccessKeyId"]] = asked["Status"]
            case "ListAttachedUserPolicies":
                attached = [
                    {"PolicyName": arn.rpartition("/")[2], "PolicyArn": arn}
                    for arn in self._user(asked).policies
                ]
                return _page(asked, "AttachedPolicies", attached)
            case "AttachUserPolicy":
                self._attach(asked)
            case "DetachUserPolicy":
                if asked["PolicyArn"] not in self._user(asked).policies:
                    raise _missing(f"Policy {asked['PolicyArn']}")
                self._user(asked).policies.remove(asked["PolicyArn"])
            case "GetRole":
                return {"Role": self._described(asked)}
            case _:
                return self._inline(operation, asked)
        return {}

    def _attach(self, asked: Asked) -> None:
        attached = self._user(asked).policies
        if asked["PolicyArn"] in attached:
            return
        if len(attached) >= POLICIES_OF_A_USER:
            text = f"Cannot exceed quota for PoliciesPerUser: {POLICIES_OF_A_USER}"
            raise ServiceError("LimitExceeded", text, 409)
        attached.append(asked["PolicyArn"])

    def _inline(self, operation: str, asked: Asked) -> Asked:
        policies, name = self._role(asked).policies, asked["PolicyName"]
        if operation == "PutRolePolicy":
            try:
                json.loads(asked["PolicyDocument"])
            except ValueError as error:
                text = "This policy contains invalid Json"
                raise ServiceError("MalformedPolicyDocument", text) from error
            policies[name] = asked["PolicyDocument"]
            return {}
        if name not in policies:
            raise _missing(f"The role policy with name {name}")
        if operation == "DeleteRolePolicy":
            del policies[name]
            return {}
        assert operation == "GetRolePolicy", f"the fake has no {operation}"
        document = urllib.parse.quote(policies[name])
        return {"RoleName": asked["RoleName"], "PolicyName": name, "PolicyDocument": document}

    def _described(self, asked: Asked) -> Asked:
        name, path = asked["RoleName"], self._role(asked).path
        arn = f"arn:aws:iam::111122223333:role{path}{name}"
        made = "2026-01-01T00:00:00Z"
        return {"RoleName": name, "Path": path, "RoleId": "AROA" + "E" * 17, "Arn": arn,
                "CreateDate": made}  # fmt: skip

    def _user(self, asked: Asked) -> User:
        if asked["UserName"] not in self.users:
            raise _missing(f"The user with name {asked['UserName']}")
        return self.users[asked["UserName"]]

    def _role(self, asked: Asked) -> Role:
        if asked["RoleName"] not in self.roles:
            raise _missing(f"The role with name {asked['RoleName']}")
        return self.roles[asked["RoleName"]]


def _missing(what: str) -> ServiceError:
    return ServiceError("NoSuchEntity", f"{what} cannot be found.", 404)


def _page(asked: Asked, key: str, items: list[Asked]) -> Asked:
    start = int(asked.get("Marker", "0"))
    more = start + 1 < len(items)
    page: Asked = {key: items[start : start + 1], "IsTruncated": more}
    return page | ({"Marker": str(start + 1)} if more else {})
