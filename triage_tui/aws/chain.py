"""Where credentials come from: the standard chain of the AWS CLI, made fit for a screen.

Nothing of it may ask on the terminal or hang for good. What the chain has no public way for (a
process that gets no keyboard, the folders of caches) is in this file alone; tests run each of its
links against a server.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aiobotocore.credentials import (
    AioAssumeRoleProvider,
    AioCanonicalNameCredentialSourcer,
    AioContainerProvider,
    AioCredentialResolver,
    AioEnvProvider,
    AioInstanceMetadataProvider,
    AioProcessProvider,
    AioProfileProviderBuilder,
    create_credential_resolver,
)
from botocore.exceptions import CredentialRetrievalError
from botocore.utils import JSONFileCache, get_login_token_cache_directory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from aiobotocore.session import AioSession

LONGEST_WAIT = 60.0
"""Seconds that a credential_process may take."""
_PROCESS = "custom-process"


class Cache(dict[str, Any]):
    """Credentials of roles: our own in memory, and before them those that the AWS CLI has left on
    disk, so that whoever has just given it a code is not asked for another. Nothing is written."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._files = JSONFileCache(str(folder))
        self._refused: set[str] = set()

    def __contains__(self, key: object) -> bool:
        return self._found(key) is not None

    def __getitem__(self, key: str) -> Any:
        found = self._found(key)
        if found is None:
            raise KeyError(key)
        return found

    def refuse(self, access_key: str) -> None:
        """The service does not take this key: it is not given again."""
        self._refused.add(access_key)

    def _found(self, key: object) -> Any:
        for look in (super().__getitem__, self._files.__getitem__):
            with contextlib.suppress(KeyError):
                found = look(str(key))
                if _is_whole(found) and _access_key(found) not in self._refused:
                    return found
        return None


_PARTS = ("AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration")


def _is_whole(value: Any) -> bool:
    """Whether it is what the AWS CLI writes: anybody may have put the file there."""
    credentials = value.get("Credentials") if isinstance(value, dict) else None
    return isinstance(credentials, dict) and all(part in credentials for part in _PARTS)


def _access_key(value: Any) -> str:
    credentials = value.get("Credentials") if isinstance(value, dict) else None
    return str(credentials.get("AccessKeyId", "")) if isinstance(credentials, dict) else ""


def folder(*parts: str) -> Path:
    """A folder below ~/.aws."""
    return Path(os.path.expanduser("~"), ".aws", *parts)


def files() -> list[str]:
    """Every file in which new credentials may appear. Blocking."""
    found = [
        os.path.expanduser(os.environ.get(name) or usual)
        for name, usual in (
            ("AWS_CONFIG_FILE", "~/.aws/config"),
            ("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials"),
        )
    ]
    token = os.environ.get("AWS_WEB_IDENTITY_TOKEN_FILE")
    if token:
        found.append(token)
    login = Path(get_login_token_cache_directory())
    for place in (folder("sso", "cache"), folder("cli", "cache"), login):
        with contextlib.suppress(OSError):
            found += sorted(map(str, place.iterdir()))
    return found


Stamps = tuple[tuple[str, int, int], ...]
"""(path, time of change, size) of files."""


def stamps(paths: Iterable[str]) -> Stamps:
    """Of what there is of them. Blocking."""
    found = []
    for path in paths:
        with contextlib.suppress(OSError):
            known = os.stat(path)
            found.append((path, known.st_mtime_ns, known.st_size))
    return tuple(found)


def resolver(
    session: AioSession,
    region: str,
    cache: Cache,
    sts: Callable[..., Any],
) -> AioCredentialResolver:
    """The chain of a session. `sts` makes the client that roles are assumed by, and asks for MFA
    codes where one is due. Blocking."""
    profile = session.get_config_variable("profile") or "default"
    named = session.instance_variables().get("profile") is not None
    usual = create_credential_resolver(session, region_name=region)
    # Folders as they are now: botocore's defaults are from when it was imported.
    tokens: Any = JSONFileCache(str(folder("sso", "cache")))
    logins: Any = JSONFileCache(get_login_token_cache_directory())
    builder = _Builder(
        session,
        cache=cache,
        region_name=region,
        sso_token_cache=tokens,
        login_token_cache=logins,
    )
    sourcer = AioCanonicalNameCredentialSourcer(
        [
            AioEnvProvider(),
            AioContainerProvider(),
            *(each for each in usual.providers if isinstance(each, AioInstanceMetadataProvider)),
        ]
    )
    roles = AioAssumeRoleProvider(
        load_config=lambda: session.full_config,
        client_creator=sts,
        cache=cache,
        profile_name=profile,
        prompter=no_prompt,
        credential_sourcer=sourcer,
        profile_provider_builder=builder,
    )
    own: dict[str | None, Any] = {roles.METHOD: roles}
    for each in builder.providers(profile_name=profile, disable_env_vars=named):
        own[each.METHOD] = each
    return AioCredentialResolver([own.get(each.METHOD, each) for each in usual.providers])


def no_prompt(_: str) -> str:
    """The code is filled in by whoever sends the request: this is for an own prompt's place."""
    return ""


class _Builder(AioProfileProviderBuilder):
    """Providers of a profile, whose process cannot ask on the terminal."""

    _session: AioSession

    def _create_process_provider(self, profile_name: str) -> AioProcessProvider:
        session = self._session
        return AioProcessProvider(
            profile_name=profile_name, load_config=lambda: session.full_config, popen=_started
        )


async def _started(*command: str, **given: Any) -> _Process:
    """A process without a keyboard or a terminal: the screen is ours."""
    process = await asyncio.create_subprocess_exec(
        *command, stdin=subprocess.DEVNULL, start_new_session=True, **given
    )
    return _Process(process)


class _Process:
    """As much of a process as is waited for, which is not for good."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @property
    def returncode(self) -> int | None:
        return self._process.returncode

    async def communicate(self) -> tuple[bytes, bytes]:
        try:
            async with asyncio.timeout(LONGEST_WAIT):
                out, said = await self._process.communicate()
        except TimeoutError:
            words = f"no answer in {LONGEST_WAIT:.0f} s"
            raise CredentialRetrievalError(provider=_PROCESS, error_msg=words) from None
        finally:
            if self._process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(self._process.pid, signal.SIGKILL)  # and what it has started
                await self._process.wait()
        # It may have said it in any encoding.
        return out, said.decode("utf-8", "replace").encode()
