"""Ways to credentials that fail: said in words, and tried again when there is news."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.aws.metadata import metadata
from tests.aws.server import ACCOUNT
from tests.aws.signed import HERE, HUB, SHOP, failed, fake, no_sleep_needed, opened, script
from triage_tui.aws import chain
from triage_tui.aws.access import Scope
from triage_tui.aws.settings import Role
from triage_tui.aws.trouble import CALL_ERRORS, Kind, Trouble

pytestmark = pytest.mark.usefixtures("nothing_said")


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
