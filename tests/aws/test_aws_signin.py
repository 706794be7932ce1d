"""Every way to credentials, against servers: they are had, they fail in words, they are renewed."""

import asyncio
import hashlib
import json
import os
import stat
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.aws.emulators import moto
from tests.aws.metadata import metadata
from tests.aws.server import ACCOUNT, FakeAws
from triage_tui.aws import chain
from triage_tui.aws.access import Access, Scope
from triage_tui.aws.settings import Role
from triage_tui.aws.signins import SignIns
from triage_tui.aws.trouble import CALL_ERRORS, Kind, Trouble
from triage_tui.health import CodeRequest

HERE = "eu-west-1"
SHOP, SERIAL = "arn:aws:iam::222233334444:role/triage", "arn:aws:iam::111122223333:mfa/oncall"


@pytest.fixture(autouse=True)
def nothing_said(credentials: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """No keys in the environment, unless a test puts some there."""
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")


@pytest.fixture
def aws_files(home: Path) -> Callable[..., None]:
    """Writes ~/.aws/config and ~/.aws/credentials."""

    def write(config: str = "", credentials: str = "") -> None:
        (home / ".aws").mkdir(exist_ok=True)
        (home / ".aws" / "config").write_text(config)
        (home / ".aws" / "credentials").write_text(credentials)

    return write


class Asker:
    """Gives codes, one after another; None where it has no more."""

    later = "press L"

    def __init__(self, *codes: str) -> None:
        self._codes = list(codes)
        self.asked: list[CodeRequest] = []

    async def __call__(self, asked: CodeRequest) -> str | None:
        self.asked.append(asked)
        await asyncio.sleep(0)
        return self._codes.pop(0) if self._codes else None


@asynccontextmanager
async def opened(
    *scopes: Scope, ask: Asker | None = None, renewal: float = 0.0
) -> AsyncIterator[list[Access]]:
    signins = SignIns(ask, renewal=renewal, look=0.05)
    accesses = [Access(scope, signins.of(scope)) for scope in scopes]
    try:
        async with asyncio.TaskGroup() as tasks:
            looking = tasks.create_task(signins.run())
            yield accesses
            looking.cancel()
    finally:
        for access in accesses:
            await access.close()


async def failed(access: Access) -> Trouble:
    """What goes wrong when somebody asks."""
    try:
        await access.account()
    except CALL_ERRORS as error:
        return access.trouble(error)
    raise AssertionError("it goes well")


async def no_sleep_needed(_: float) -> None:
    await asyncio.Event().wait()  # so that only news end the wait


@asynccontextmanager
async def fake(monkeypatch: pytest.MonkeyPatch, **accounts: str) -> AsyncIterator[FakeAws]:
    async with FakeAws(accounts=accounts) as aws:
        monkeypatch.setenv("AWS_ENDPOINT_URL", aws.url)
        yield aws


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


def script(folder: Path, body: str) -> Path:
    path = folder / "credentials.sh"
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


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


# -- failing -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("echo 'vault: sealed' >&2; exit 1", "credential_process of profile 'p' failed: vault"),
        ("exit 1", "it said nothing"),
        ("echo not json", "are unusable: JSONDecodeError"),
        ("echo '[1]'", "are unusable"),
        ("echo '{\"Version\": 2}'", "Unsupported version"),
        ("echo '{\"Version\": 1}'", "Missing required key"),
        (r"printf '\377\376' >&2; exit 1", "failed: "),
        (
            'echo \'{"Version": 1, "AccessKeyId": "A", "SecretAccessKey": "s", '
            '"Expiration": "2020-01-01T00:00:00Z"}\'',
            "still expired",
        ),
        ("sleep 60", "no answer in"),
    ],
)
async def test_a_process_that_fails(
    body: str,
    words: str,
    aws_files: Callable[..., None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if "sleep" in body:
        monkeypatch.setattr(chain, "LONGEST_WAIT", 0.2)
    aws_files(f"[profile p]\ncredential_process={script(tmp_path, body)}\n")
    async with fake(monkeypatch), opened(Scope("p", HERE)) as (access,):
        found = await failed(access)
        assert found.kind is Kind.CREDENTIALS
        assert words in found.words
        assert "credential_process" in found.told or "by hand" in found.told


async def test_a_process_that_is_not_there(
    aws_files: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    aws_files("[profile p]\ncredential_process=/nowhere/vault --json\n")
    async with fake(monkeypatch), opened(Scope("p", HERE)) as (access,):
        assert "needs /nowhere/vault, which is not there" in (await failed(access)).words


@pytest.mark.parametrize(
    ("status", "body"), [(500, None), (200, "not json"), (200, '{"AccessKeyId": "A"}')]
)
async def test_a_container_that_fails(
    status: int, body: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with metadata() as found, fake(monkeypatch):
        found.status, found.body = status, body
        monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", f"{found.url}/creds")
        async with opened(Scope(None, HERE)) as (access,):
            told = await failed(access)
            assert told.kind is Kind.CREDENTIALS
            assert "credentials" in told.words


@pytest.mark.parametrize(
    ("config", "keys", "profile", "words"),
    [
        ("", "", None, "there are no credentials: none in the environment"),
        ("", "[p]\naws_access_key_id=A\n", "p", "is missing: aws_secret_access_key"),
        ("", "", "prd", "there is no profile 'prd' in ~/.aws"),
        ("[profile p]\nlogin_session=arn:aws:iam::1:user/m\n", "", "p", "`aws login`"),
        ("[profile p]\nrole_arn=arn:aws:iam::1:role/x\n", "", "p", "missing: source_profile or"),
        (
            f"[profile p]\nrole_arn={SHOP}\nsource_profile=p2\n[profile p2]\nrole_arn={SHOP}\n"
            "source_profile=p\n", "", "p", "Infinite loop",
        ),
        ("not a config", "", "p", "cannot be read as a config of the AWS CLI"),
        (
            "[profile p]\nsso_session=x\nsso_account_id=1\nsso_role_name=r\n", "", "p",
            "settings of profile 'p'",
        ),
    ],
)  # fmt: skip
async def test_what_the_files_say_wrong(
    config: str,
    keys: str,
    profile: str | None,
    words: str,
    aws_files: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    aws_files(config, keys)
    async with fake(monkeypatch), opened(Scope(profile, HERE)) as (access,):
        found = await failed(access)
        assert found.kind is Kind.CREDENTIALS, found
        assert words in found.words
        assert found.cure


async def test_a_denied_role_says_which_and_what_to_do(
    aws_files: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    aws_files("", "[hub]\naws_access_key_id=AKIAHUB\naws_secret_access_key=s\n")
    async with (
        fake(monkeypatch) as aws,
        opened(Scope("hub", HERE, Role(SHOP, "hub"))) as (access,),
    ):
        aws.sts.external_id = "another"
        found = await failed(access)
        assert found.kind is Kind.CREDENTIALS
        assert f"{SHOP} may not be assumed: User: oncall is not authorized" in found.words
        assert "trust policy" in found.cure


async def test_the_base_of_a_role_that_has_expired_is_what_is_named(
    aws_files: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    aws_files("", "[hub]\naws_access_key_id=AKIAHUB\naws_secret_access_key=s\n")
    async with (
        fake(monkeypatch) as aws,
        opened(Scope("hub", HERE, Role(SHOP, "hub"))) as (access,),
    ):
        aws.expired.add("AKIAHUB")
        found = await failed(access)
        assert "the credentials of profile 'hub' have expired" in found.words
        aws_files("", "[hub]\naws_access_key_id=AKIANEW\naws_secret_access_key=s\n")
        await access.locked_out(found, 3600, no_sleep_needed)
        assert await access.account() == "222233334444"


# -- codes ---------------------------------------------------------------------------------------

MFA = f"[profile shop]\nrole_arn={SHOP}\nsource_profile=hub\nmfa_serial={SERIAL}\n"
HUB = "[hub]\naws_access_key_id=AKIAHUB\naws_secret_access_key=s\n"


@pytest.mark.parametrize("role", [None, Role(SHOP, "hub", mfa_serial=SERIAL)])
async def test_a_code_is_asked_for_once_for_all_regions(
    role: Role | None, aws_files: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    aws_files(MFA, HUB)
    ask = Asker("111111", "222222")
    profile = "hub" if role else "shop"
    scopes = Scope(profile, HERE, role), Scope(profile, "us-east-1", role)
    async with fake(monkeypatch) as aws, opened(*scopes, ask=ask) as (here, there):
        aws.sts.codes = {"222222"}
        assert {*await asyncio.gather(here.account(), there.account())} == {"222233334444"}
        assert {(each.role, each.serial) for each in ask.asked} == {(SHOP, SERIAL)}
        assert len(ask.asked) == 2
        assert ask.asked[0].refused == ""
        assert "that code was refused" in ask.asked[1].refused
        assert len(aws.sts.assumed) == 1


async def test_a_code_that_nobody_gives_is_not_asked_for_again_until_somebody_says_so(
    aws_files: Callable[..., None], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    aws_files(MFA, HUB)
    ask = Asker()
    signins = SignIns(ask, renewal=0.0, look=0.05)
    access = Access(Scope("shop", HERE), signins.of(Scope("shop", HERE)))
    async with fake(monkeypatch) as aws:
        aws.sts.codes = {"333333"}
        for _ in range(3):
            found = await failed(access)
            assert found.kind is Kind.CREDENTIALS
            assert f"asks for an MFA code ({SERIAL}), and none was given" in found.words
            assert found.cure == "press L"
            async with asyncio.TaskGroup() as tasks:
                waiting = tasks.create_task(access.locked_out(found, 3600, no_sleep_needed))
                looking = tasks.create_task(signins.run())
                (home / ".aws" / "credentials").touch()
                await waiting
                looking.cancel()
        assert len(ask.asked) == 1
        ask._codes.append("333333")
        async with asyncio.TaskGroup() as tasks:
            waiting = tasks.create_task(access.locked_out(found, 3600, no_sleep_needed))
            looking = tasks.create_task(signins.run())
            await asyncio.sleep(0)
            signins.try_again()
            await waiting
            looking.cancel()
        assert await access.account() == "222233334444"
        await access.close()


async def test_all_who_wait_for_a_code_that_nobody_gives_are_told_that(
    aws_files: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    aws_files(MFA, HUB)
    ask = Asker()
    scopes = [Scope("shop", region) for region in (HERE, "us-east-1", "eu-central-1")]
    async with fake(monkeypatch), opened(*scopes, ask=ask) as accesses:
        found = [*await asyncio.gather(*map(failed, accesses)), await failed(accesses[0])]
        assert {each.cure for each in found} == {"press L"}
        assert len(ask.asked) == 1


async def test_a_code_that_sts_breaks_at_is_not_asked_for_again_and_again(
    aws_files: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    aws_files(MFA, HUB)
    ask = Asker("111111", "222222")
    async with fake(monkeypatch) as aws, opened(Scope("shop", HERE), ask=ask) as (shop,):
        aws.sts.codes = {"111111"}
        aws.faults.add("AssumeRole", "error500", times=1)
        assert (await failed(shop)).kind is not Kind.CREDENTIALS
        for _ in range(2):
            found = await failed(shop)
            assert "could not be assumed with that code" in found.words
            assert found.cure == "press L"
        assert len(ask.asked) == 1


async def test_a_profile_that_comes_later_is_noticed(
    aws_files: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    aws_files("[profile x]\n")
    async with fake(monkeypatch), opened(Scope("p", HERE)) as (access,):
        found = await failed(access)
        aws_files("", "[p]\naws_access_key_id=A\naws_secret_access_key=s\n")
        await access.locked_out(found, 3600, no_sleep_needed)
        assert await access.account() == ACCOUNT


async def test_when_a_session_ends_the_next_code_is_asked_for_at_once(
    aws_files: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("triage_tui.aws.signin.KEPT", 0.0)
    aws_files(MFA, HUB)
    ask = Asker("111111", "222222")
    async with fake(monkeypatch) as aws, opened(Scope("shop", HERE), ask=ask) as (shop,):
        aws.sts.codes, aws.sts.lasts = {"111111", "222222"}, 500
        assert await shop.account() == "222233334444"
        aws.sts.lasts = 3600
        identities = [shop.identity() for _ in range(3)]
        assert {account for account, _ in await asyncio.gather(*identities)} == {"222233334444"}
        assert [each.refused for each in ask.asked] == ["", ""]


async def test_without_anybody_to_ask_it_says_what_to_do(
    aws_files: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    aws_files(MFA, HUB)
    async with fake(monkeypatch), opened(Scope("shop", HERE)) as (access,):
        found = await failed(access)
        assert "there is nobody to give it" in found.words
        assert "aws sts get-caller-identity --profile shop" in found.cure


async def test_what_the_aws_cli_was_given_a_code_for_is_used(
    aws_files: Callable[..., None], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    aws_files(MFA, HUB)
    asked = {"RoleArn": SHOP, "SerialNumber": SERIAL}
    name = hashlib.sha1(json.dumps(asked, sort_keys=True).encode(), usedforsecurity=False)
    folder = home / ".aws" / "cli" / "cache"
    folder.mkdir(parents=True)
    ends = datetime.now(UTC) + timedelta(hours=1)
    credentials = {
        "AccessKeyId": "ASIACLI",
        "SecretAccessKey": "s",
        "SessionToken": "t",
        "Expiration": ends.strftime("%Y-%m-%dT%H:%M:%SUTC"),
    }
    path = folder / f"{name.hexdigest()}.json"
    async with fake(monkeypatch, ASIACLI="222233334444") as aws:
        for broken in ("[]", "{}", '{"Credentials": {"AccessKeyId": "A"}}', "not json"):
            path.write_text(broken)
            async with opened(Scope("shop", HERE)) as (access,):
                assert "asks for an MFA code" in (await failed(access)).words
        path.write_text(json.dumps({"Credentials": credentials}))
        async with opened(Scope("shop", HERE)) as (access,):
            assert await access.account() == "222233334444"
            assert aws.sts.assumed == []
        assert [path.name for path in folder.iterdir()] == [f"{name.hexdigest()}.json"]


# -- renewing ------------------------------------------------------------------------------------


async def test_new_static_keys_are_noticed_without_a_restart(
    aws_files: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    aws_files("", "[p]\naws_access_key_id=AKIAOLD\naws_secret_access_key=s\n")
    async with fake(monkeypatch) as aws, opened(Scope("p", HERE)) as (access,):
        assert await access.account() == ACCOUNT
        aws.expired.add("AKIAOLD")
        client = await access.client("sts")
        with pytest.raises(CALL_ERRORS) as caught:
            await client.get_caller_identity()
        found = access.trouble(caught.value)
        assert "the credentials of profile 'p' have expired" in found.words
        assert "put new keys into ~/.aws" in found.cure
        aws_files("", "[p]\naws_access_key_id=AKIANEW\naws_secret_access_key=s\n")
        await access.locked_out(found, 3600, no_sleep_needed)
        assert (await (await access.client("sts")).get_caller_identity())["Account"] == ACCOUNT


async def test_keys_of_another_account_are_refused(
    aws_files: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    aws_files("", "[p]\naws_access_key_id=AKIAOLD\naws_secret_access_key=s\n")
    async with (
        fake(monkeypatch, AKIANEW="999988887777") as aws,
        opened(Scope("p", HERE)) as (access,),
    ):
        assert await access.account() == ACCOUNT
        aws.expired.add("AKIAOLD")
        aws_files("", "[p]\naws_access_key_id=AKIANEW\naws_secret_access_key=s\n")
        await access.locked_out(Trouble(Kind.CREDENTIALS, ""), 3600, no_sleep_needed)
        for _ in range(2):
            with pytest.raises(CALL_ERRORS) as caught:
                await access.client("logs")
            found = access.trouble(caught.value)
            assert f"of the account 999988887777, and this triage is of {ACCOUNT}" in found.words


async def test_a_role_that_the_service_does_not_take_any_more_is_assumed_anew(
    aws_files: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("triage_tui.aws.signin.FRESH", 0.0)
    aws_files("", HUB)
    async with (
        fake(monkeypatch) as aws,
        opened(Scope("hub", HERE, Role(SHOP, "hub"))) as (access,),
    ):
        assert await access.account() == "222233334444"
        aws.expired.add(aws.sts.assumed[0])
        client = await access.client("sts")
        with pytest.raises(CALL_ERRORS) as caught:
            await client.get_caller_identity()
        await access.locked_out(access.trouble(caught.value), 0, asyncio.sleep)
        client = await access.client("sts")
        assert (await client.get_caller_identity())["Account"] == "222233334444"
        assert len(aws.sts.assumed) == 2


async def test_a_container_renews_them_before_they_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("triage_tui.aws.signin.KEPT", 0.0)
    async with metadata() as found, fake(monkeypatch, ASIAMACHINE="444455556666") as aws:
        found.lasts = 601  # botocore renews what ends in less than ten minutes
        monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", f"{found.url}/creds")
        async with opened(Scope(None, HERE)) as (access,):
            assert await access.account() == "444455556666"
            before = found.asked
            found.key, aws.accounts["ASIANEXT"] = "ASIANEXT", "444455556666"
            client = await access.client("sts")
            assert (await client.get_caller_identity())["Account"] == "444455556666"
            assert found.asked > before
