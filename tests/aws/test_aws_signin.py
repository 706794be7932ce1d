"""Every way to credentials, against servers: they are had, they fail in words, they are renewed."""

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.aws.emulators import moto
from tests.aws.metadata import metadata
from tests.aws.signed import HERE, SHOP, failed, fake, no_sleep_needed, opened, script
from triage_tui.aws.access import Scope
from triage_tui.aws.settings import Role
from triage_tui.aws.trouble import Kind

pytestmark = pytest.mark.usefixtures("nothing_said")


# -- having them ---------------------------------------------------------------------------------


async def test_roles_of_several_accounts_are_assumed_at_moto(
    aws_files: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    aws_files("[profile hub]\n", "[hub]\naws_access_key_id=AKIAHUB\naws_secret_access_key=s\n")
    other = Role("arn:aws:iam::555566667777:role/path/triage", "hub", session_name="night-shift")
    with moto() as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        scopes = Scope("hub", HERE, Role(SHOP, "hub")), Scope("hub", HERE, other)
        async with opened(*scopes) as (shop, path):
            assert await shop.account() == "222233334444"
            assert await path.account() == "555566667777"
            client = await path.client("sts")
            assert (await client.get_caller_identity())["Arn"].endswith("/night-shift")
            own = (await (await shop.client("sts")).get_caller_identity())["Arn"]
            assert "/triage-tui-" in own


async def test_a_profile_of_a_profile_is_assumed(
    aws_files: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    aws_files(
        f"[profile shop]\nrole_arn={SHOP}\nsource_profile=hub\nexternal_id=tide\n",
        "[hub]\naws_access_key_id=AKIAHUB\naws_secret_access_key=s\n",
    )
    async with fake(monkeypatch) as aws, opened(Scope("shop", HERE)) as (shop,):
        aws.sts.external_id = "tide"
        assert await shop.account() == "222233334444"


async def test_web_identity_at_moto(
    aws_files: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "token").write_text("eyJhbGciOiJSUzI1NiJ9.e30.c2ln")
    monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", str(tmp_path / "token"))
    monkeypatch.setenv("AWS_ROLE_ARN", SHOP)
    with moto() as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        async with opened(Scope(None, HERE)) as (access,):
            assert await access.account() == "222233334444"


def printed(key: str) -> str:
    said = {"Version": 1, "AccessKeyId": key, "SecretAccessKey": "s", "SessionToken": "t"}
    return json.dumps(said)


@contextmanager
def typed(text: str) -> Iterator[None]:
    """What somebody types into our own terminal."""
    before, (there, here) = os.dup(0), os.pipe()
    os.write(here, text.encode())
    os.dup2(there, 0)
    try:
        yield
    finally:
        os.dup2(before, 0)
        for each in (before, there, here):
            os.close(each)


async def test_a_process_gives_them_and_gets_no_keyboard(
    aws_files: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would read what is typed; in a session of its own it has no terminal either."""
    path = script(
        tmp_path,
        'read line && exit 9\n[ "$(ps -o sid= -p $$ | tr -d " ")" = $$ ] || exit 8\n'
        f"echo '{printed('ASIAPROC')}'",
    )
    aws_files(f"[profile p]\ncredential_process={path}\n")
    with typed("to us\n"):
        async with (
            fake(monkeypatch, ASIAPROC="444455556666"),
            opened(Scope("p", HERE)) as (access,),
        ):
            assert await access.account() == "444455556666"


async def test_a_container_gives_them(monkeypatch: pytest.MonkeyPatch) -> None:
    async with metadata() as found, fake(monkeypatch, ASIAMACHINE="444455556666"):
        monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", f"{found.url}/creds")
        async with opened(Scope(None, HERE)) as (access,):
            assert await access.account() == "444455556666"


async def test_an_instance_gives_them(monkeypatch: pytest.MonkeyPatch) -> None:
    async with metadata() as found, fake(monkeypatch, ASIAMACHINE="444455556666"):
        monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "false")
        monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", found.url)
        async with opened(Scope(None, HERE)) as (access,):
            assert await access.account() == "444455556666"


SSO = """[profile prod]
sso_session = corp
sso_account_id = 444455556666
sso_role_name = triage
[sso-session corp]
sso_start_url = https://corp.awsapps.com/start
sso_region = eu-west-1
"""
LEGACY = """[profile prod]
sso_start_url = https://corp.awsapps.com/start
sso_region = eu-west-1
sso_account_id = 444455556666
sso_role_name = triage
"""


def sso_token(home: Path, name: str, lasts: float) -> None:
    """What `aws sso login` leaves behind; it lasts so many seconds."""
    folder = home / ".aws" / "sso" / "cache"
    folder.mkdir(parents=True, exist_ok=True)
    ends = datetime.now(UTC) + timedelta(seconds=lasts)
    token = {
        "startUrl": "https://corp.awsapps.com/start",
        "region": "eu-west-1",
        "accessToken": "bearer",
        "expiresAt": ends.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    digest = hashlib.sha1(name.encode(), usedforsecurity=False).hexdigest()
    (folder / f"{digest}.json").write_text(json.dumps(token))


@pytest.mark.parametrize(
    ("config", "name"), [(SSO, "corp"), (LEGACY, "https://corp.awsapps.com/start")]
)
async def test_sso_is_told_and_goes_on_as_soon_as_somebody_has_signed_in(
    config: str,
    name: str,
    home: Path,
    aws_files: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    aws_files(config)
    async with (
        metadata() as portal,
        fake(monkeypatch, ASIAMACHINE="444455556666"),
        opened(Scope("prod", HERE)) as (access,),
    ):
        monkeypatch.setenv("AWS_ENDPOINT_URL_SSO", portal.url)
        never = await failed(access)
        assert never.kind is Kind.CREDENTIALS
        assert "profile 'prod' is not signed in to SSO" in never.words
        assert never.cure == "run: aws sso login --profile prod"
        sso_token(home, name, -60)
        await access.locked_out(never, 3600, no_sleep_needed)  # the file is noticed
        ended = await failed(access)
        assert "SSO session of profile 'prod' has expired" in ended.words
        assert ended.cure == "run: aws sso login --profile prod"
        sso_token(home, name, 3600)
        await access.locked_out(ended, 3600, no_sleep_needed)
        assert await access.account() == "444455556666"


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (401, "has expired"),
        (403, "SSO gives no credentials"),
    ],
)
async def test_what_the_portal_refuses(
    status: int,
    words: str,
    home: Path,
    aws_files: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    aws_files(SSO)
    sso_token(home, "corp", 3600)
    async with metadata() as portal, fake(monkeypatch), opened(Scope("prod", HERE)) as (access,):
        portal.status = status
        monkeypatch.setenv("AWS_ENDPOINT_URL_SSO", portal.url)
        found = await failed(access)
        assert found.kind is Kind.CREDENTIALS
        assert words in found.words
