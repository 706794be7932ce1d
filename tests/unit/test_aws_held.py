"""What signs requests, when a session that was opened with an MFA code has ended."""

from botocore.credentials import ReadOnlyCredentials
from botocore.exceptions import RefreshWithMFAUnsupportedError

from triage_tui.aws.signin import Held, SignIn


class Ended:
    """As botocore has them: it asks for a code once."""

    method = "assume-role"

    async def get_frozen_credentials(self) -> ReadOnlyCredentials:
        raise RefreshWithMFAUnsupportedError

    async def get_account_id(self) -> str:
        raise RefreshWithMFAUnsupportedError


class Anew(Ended):
    """With another code."""

    async def get_frozen_credentials(self) -> ReadOnlyCredentials:
        return ReadOnlyCredentials("AKIDEXAMPLE", "secret", "token", "111122223333")


async def test_whose_account_it_is_comes_with_keys_that_are_found_anew() -> None:
    async def again() -> Anew:
        return Anew()

    held = Held(Ended(), SignIn(None, "eu-west-1"), again)
    assert await held.get_account_id() == "111122223333"
    assert held.access_key == "AKIDEXAMPLE"
