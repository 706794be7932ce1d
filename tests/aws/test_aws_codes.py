"""Codes of MFA devices: asked for once, by one, and not again while they hold."""

import asyncio
import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.aws.server import ACCOUNT
from tests.aws.signed import HERE, HUB, SERIAL, SHOP, Asker, failed, fake, no_sleep_needed, opened
from triage_tui.aws.access import Access, Scope
from triage_tui.aws.settings import Role
from triage_tui.aws.signins import SignIns
from triage_tui.aws.trouble import Kind
from triage_tui.aws.whose import MfaError, SignInError

pytestmark = pytest.mark.usefixtures("nothing_said")


MFA = f"[profile shop]\nrole_arn={SHOP}\nsource_profile=hub\nmfa_serial={SERIAL}\n"


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


async def test_whoever_waits_while_nobody_gives_a_code_is_told_that_and_not_that_a_session_ended(
    aws_files: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of them share what was found, of which one alone may ask."""
    aws_files(MFA, HUB)
    ask = Asker()
    signin = SignIns(ask).of(Scope("shop", HERE))
    async with fake(monkeypatch):
        held = await (await signin.session()).load_credentials()
        keys = [held.get_frozen_credentials() for _ in range(4)]
        found = await asyncio.gather(*keys, return_exceptions=True)
        causes = [each.cause for each in found if isinstance(each, SignInError)]
        assert [type(each) for each in causes] == [MfaError] * 4
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
