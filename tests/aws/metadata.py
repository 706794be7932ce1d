"""Where credentials come from without keys on disk, on loopback: a container's agent, an instance's
metadata service, and the portal of IAM Identity Center."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from aiohttp import web


class Metadata:
    """Hands out `key`, whoever asks; `status` other than 200 is all that it says."""

    def __init__(self) -> None:
        self.key = "ASIAMACHINE"
        self.lasts = 3600.0
        """Seconds."""
        self.status = 200
        self.body: str | None = None
        """What it says instead."""
        self.url = ""
        self.asked = 0

    def _credentials(self) -> dict[str, str]:
        ends = datetime.now(UTC) + timedelta(seconds=self.lasts)
        return {
            "Code": "Success",
            "AccessKeyId": self.key,
            "SecretAccessKey": "secret",
            "Token": "token",
            "Expiration": ends.strftime("%Y-%m-%dT%H:%M:%SZ"),
        }

    def _answer(self, found: object) -> web.Response:
        self.asked += 1
        if self.body is not None:
            return web.Response(status=self.status, text=self.body)
        if self.status != 200:
            return web.json_response({"message": "no"}, status=self.status)
        return web.json_response(found)

    async def container(self, _: web.Request) -> web.Response:
        return self._answer(self._credentials())

    async def token(self, _: web.Request) -> web.Response:
        return web.Response(text="token")

    async def roles(self, _: web.Request) -> web.Response:
        return web.Response(text="triage") if self.status == 200 else web.Response(status=404)

    async def portal(self, request: web.Request) -> web.Response:
        """GetRoleCredentials."""
        if self.status == 401:
            self.asked += 1
            headers = {"x-amzn-ErrorType": "UnauthorizedException"}
            return web.json_response({"message": "Session not found"}, status=401, headers=headers)
        if self.status == 403:
            self.asked += 1
            headers = {"x-amzn-ErrorType": "ForbiddenException"}
            return web.json_response({"message": "No access"}, status=403, headers=headers)
        assert request.headers["x-amz-sso_bearer_token"]
        ends = datetime.now(UTC) + timedelta(seconds=self.lasts)
        role = {
            "accessKeyId": self.key,
            "secretAccessKey": "secret",
            "sessionToken": "token",
            "expiration": int(ends.timestamp() * 1000),
        }
        return self._answer({"roleCredentials": role})


@asynccontextmanager
async def metadata() -> AsyncIterator[Metadata]:
    """Serves while it is entered."""
    found = Metadata()
    app = web.Application()
    app.router.add_get("/creds", found.container)
    app.router.add_put("/latest/api/token", found.token)
    app.router.add_get("/latest/meta-data/iam/security-credentials/", found.roles)
    app.router.add_get("/latest/meta-data/iam/security-credentials/triage", found.container)
    app.router.add_get("/federation/credentials", found.portal)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    found.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield found
    finally:
        await runner.cleanup()
