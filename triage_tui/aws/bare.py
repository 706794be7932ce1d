"""Clients of which so little is called that their stubs would weigh more than they tell: what they
give is read as hostile JSON is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

Json = Mapping[str, object]


class Body(Protocol):
    """The content of an object in S3."""

    async def read(self, amt: int) -> bytes:
        """So many bytes at most."""
        ...

    def close(self) -> None: ...


if TYPE_CHECKING:
    from aiobotocore.client import AioBaseClient

    class CloudFrontClient(AioBaseClient):
        """CloudFront."""

        async def list_distributions_by_web_acl_id(
            self, *, WebACLId: str, MaxItems: str, Marker: str = ""
        ) -> Json: ...

    class DynamoDBClient(AioBaseClient):
        """DynamoDB. Requests are put together elsewhere (`statetable`)."""

        async def create_table(self, **request: Any) -> Mapping[str, Any]: ...

        async def delete_item(self, **request: Any) -> Mapping[str, Any]: ...

        async def describe_table(self, *, TableName: str) -> Mapping[str, Any]: ...

        async def get_item(self, **request: Any) -> Mapping[str, Any]: ...

        async def put_item(self, **request: Any) -> Mapping[str, Any]: ...

        async def update_item(self, **request: Any) -> Mapping[str, Any]: ...

        async def query(self, **request: Any) -> Mapping[str, Any]: ...

        async def update_continuous_backups(self, **request: Any) -> Mapping[str, Any]: ...

        async def update_time_to_live(self, **request: Any) -> Mapping[str, Any]: ...

    class EC2Client(AioBaseClient):
        """EC2."""

        async def describe_addresses(self) -> Json: ...

        async def describe_nat_gateways(self, *, MaxResults: int, NextToken: str = "") -> Json: ...

    class IAMClient(AioBaseClient):
        """IAM."""

        async def list_access_keys(self, **asked: object) -> Json: ...

        async def update_access_key(self, **asked: object) -> Json: ...

        async def get_role(self, **asked: object) -> Json: ...

        async def get_role_policy(self, **asked: object) -> Json: ...

        async def put_role_policy(self, **asked: object) -> Json: ...

        async def delete_role_policy(self, **asked: object) -> Json: ...

        async def list_attached_user_policies(self, **asked: object) -> Json: ...

        async def attach_user_policy(self, **asked: object) -> Json: ...

        async def detach_user_policy(self, **asked: object) -> Json: ...

    class S3Client(AioBaseClient):
        """S3."""

        async def get_object(self, *, Bucket: str, Key: str) -> Mapping[str, Body]: ...
