"""Who acts: every type of userIdentity with its traps, and what findings name."""

import pytest

from triage_tui.formats.identities import (
    of_access_key,
    of_database_user,
    of_kubernetes_user,
    of_role,
    of_sequence_actor,
    of_trail,
)
from triage_tui.formats.vocabulary import LONGEST
from triage_tui.model import Identity

ACCOUNT = "111122223333"
IAM = f"arn:aws:iam::{ACCOUNT}"
STS = f"arn:aws:sts::{ACCOUNT}"
KEY = "ASIAIOSFODNN7EXAMPLE"


def session(role: str, name: str) -> dict[str, object]:
    return {
        "type": "AssumedRole",
        "principalId": f"AROAEXAMPLE:{name}",
        "arn": f"{STS}:assumed-role/{role}/{name}",
        "accountId": ACCOUNT,
        "accessKeyId": KEY,
        "sessionContext": {"sessionIssuer": {"arn": f"{IAM}:role/path/{role}", "userName": role}},
    }


def trail(**user: object) -> Identity:
    who = of_trail(user)
    assert who is not None
    return who


def test_a_user_is_the_arn() -> None:
    user = {"principalId": "AIDAEXAMPLE", "arn": f"{IAM}:user/team/maria", "accountId": ACCOUNT}
    assert trail(type="IAMUser", userName="maria", accessKeyId=KEY, **user) == Identity(
        key=f"{IAM}:user/team/maria",
        type="IAMUser",
        label="maria",
        arn=f"{IAM}:user/team/maria",
        principal_id="AIDAEXAMPLE",
        access_key=KEY,
        account=ACCOUNT,
        user="maria",
    )


def test_a_user_of_whom_the_arn_is_missing_is_named_in_the_account() -> None:
    who = trail(type="IAMUser", userName="maria", accountId=ACCOUNT, accessKeyId="")
    assert (who.key, who.label, who.arn) == (f"{ACCOUNT}:user/maria", "maria", "")
    assert trail(type="IAMUser", arn=f"{IAM}:user/team/maria").label == "maria"


def test_a_failed_sign_in_hides_the_name_that_was_typed() -> None:
    hidden = "HIDDEN_DUE_TO_SECURITY_REASONS"
    who = trail(type="IAMUser", accountId=ACCOUNT, accessKeyId="", userName=hidden)
    assert who.key == f"{ACCOUNT}:user/{hidden}"


def test_a_role_session_keeps_role_session_and_key() -> None:
    who = trail(**session("ops-admin", "ana@example.com"))
    assert who.key == who.arn == f"{STS}:assumed-role/ops-admin/ana@example.com"
    assert who.role == f"{IAM}:role/path/ops-admin"
    assert who.session == "ana@example.com"
    assert who.label == "ops-admin › ana@example.com"
    assert (who.access_key, who.principal_id) == (KEY, "AROAEXAMPLE:ana@example.com")
    assert who.user == ""


def test_a_role_session_without_arn_has_the_name_that_findings_use() -> None:
    user = session("ops-admin", "ana")
    del user["arn"]
    found = of_access_key(
        {"usertype": "AssumedRole", "username": "ops-admin", "principalid": "AROAEXAMPLE:ana"},
        ACCOUNT,
        "aws",
    )
    assert found is not None
    assert trail(**user).key == found.key == f"{ACCOUNT}:role/ops-admin/ana"


def test_of_a_sign_in_through_identity_center_the_person_comes_first() -> None:
    who = trail(**session("AWSReservedSSO_AdministratorAccess_0123456789abcdef", "ana@example.com"))
    assert who.label == "ana@example.com › AdministratorAccess"


def test_root_is_the_account() -> None:
    who = trail(type="Root", principalId=ACCOUNT, arn=f"{IAM}:root", accountId=ACCOUNT)
    assert (who.key, who.label) == (f"{IAM}:root", f"root {ACCOUNT}")
    assert trail(type="Root", accountId=ACCOUNT).key == f"{IAM}:root"


def test_a_federated_user_is_a_session_of_the_issuer() -> None:
    who = trail(
        type="FederatedUser",
        principalId=f"{ACCOUNT}:guest",
        arn=f"{STS}:federated-user/guest",
        accountId=ACCOUNT,
        sessionContext={"sessionIssuer": {"type": "IAMUser", "userName": "issuer"}},
    )
    assert who.key == f"{STS}:federated-user/guest"
    assert (who.label, who.session, who.user) == ("guest (federated)", "guest", "issuer")
    bare = trail(type="FederatedUser", principalId=f"{ACCOUNT}:guest", accountId=ACCOUNT)
    assert bare.key == f"{ACCOUNT}:federated-user/guest"


@pytest.mark.parametrize("kind", ["SAMLUser", "WebIdentityUser"])
def test_a_user_of_an_identity_provider_is_named_in_it(kind: str) -> None:
    who = trail(type=kind, userName="u-7", identityProvider="idp.example", principalId="x:app:u-7")
    assert (who.key, who.label, who.principal_id) == ("idp.example:u-7", "u-7", "x:app:u-7")
    assert trail(type=kind, userName="u-7").key == "u-7"


def test_an_identity_center_user_is_the_user_id() -> None:
    behalf = {"userId": "94482488-3041", "identityStoreArn": "arn:aws:identitystore::1:x"}
    who = trail(type="IdentityCenterUser", accountId=ACCOUNT, onBehalfOf=behalf, credentialId="c")
    assert who.key == "94482488-3041"
    assert trail(type="IdentityCenterUser", credentialId="c").key == "c"


def test_another_account_is_its_principal_or_itself() -> None:
    who = trail(type="AWSAccount", accountId=ACCOUNT, principalId="AROAEXAMPLE:ana")
    assert (who.key, who.principal_id) == ("AROAEXAMPLE:ana", "AROAEXAMPLE:ana")
    assert who.label == f"ana › account {ACCOUNT}"
    assert trail(type="AWSAccount", accountId=ACCOUNT).key == ACCOUNT
    anonymous = trail(type="AWSAccount", accountId="ANONYMOUS_PRINCIPAL", principalId="")
    assert (anonymous.key, anonymous.label) == ("ANONYMOUS_PRINCIPAL", "anonymous")


@pytest.mark.parametrize("user", [{"type": "AWSService"}, {"accountId": ACCOUNT}])
def test_a_service_is_who_invoked(user: dict[str, object]) -> None:
    who = trail(invokedBy="ec2.amazonaws.com", **user)
    assert who.key == who.service == who.label == "ec2.amazonaws.com"
    assert who.type == "AWSService"
    assert who.principal_id == ""


def test_a_service_on_behalf_of_a_user_is_that_user() -> None:
    who = trail(invokedBy="health.amazonaws.com", **session("ops", "ana"))
    assert who.key == f"{STS}:assumed-role/ops/ana"
    assert who.service == "health.amazonaws.com"


def test_a_role_by_itself() -> None:
    who = of_role(f"{IAM}:role/path/worker")
    assert who is not None
    assert (who.key, who.label, who.account) == (f"{IAM}:role/path/worker", "worker", ACCOUNT)
    assert of_role("") is None


@pytest.mark.parametrize("kind", ["Directory", "Unknown", "", "SomethingNew"])
def test_other_types_go_by_name_then_by_id(kind: str) -> None:
    assert trail(type=kind, userName="x", accountId=ACCOUNT).key == f"{ACCOUNT}:user/x"
    assert trail(type=kind, principalId="p").key == "p"


@pytest.mark.parametrize(
    "user", [{}, {"type": "IAMUser"}, {"type": "AWSService"}, {"userName": ["x"]}, {"arn": None}]
)
def test_nobody_is_nobody(user: dict[str, object]) -> None:
    assert of_trail(user) is None


def test_odd_types_are_taken_where_they_can_be() -> None:
    who = trail(type="IAMUser", userName="x", accountId=111122223333, sessionContext=[1])
    assert who.account == ACCOUNT
    assert who.key == f"{ACCOUNT}:user/x"


def test_very_long_names_are_cut_and_stay_different() -> None:
    one, other = (trail(type="IAMUser", userName="x" * 10**5 + last) for last in "ab")
    assert one.key != other.key
    assert len(one.key) <= LONGEST


@pytest.mark.parametrize(
    ("details", "key", "label"),
    [
        ({"usertype": "IAMUser", "username": "maria"}, f"{ACCOUNT}:user/maria", "maria"),
        ({"usertype": "Odd", "username": "maria"}, f"{ACCOUNT}:user/maria", "maria"),
        (
            {"usertype": "AssumedRole", "username": "ops", "principalid": "AROAX:ana"},
            f"{ACCOUNT}:role/ops/ana",
            "ops › ana",
        ),
        (
            {"usertype": "FederatedUser", "username": "guest"},
            f"{ACCOUNT}:federated-user/guest",
            "guest (federated)",
        ),
        ({"usertype": "Root", "username": "Root"}, f"{IAM}:root", f"root {ACCOUNT}"),
        (
            {"usertype": "AWSService", "username": "rds.amazonaws.com"},
            "rds.amazonaws.com",
            "rds.amazonaws.com",
        ),
        ({"usertype": "Unknown", "accesskeyid": KEY}, KEY, KEY),
    ],
)
def test_a_finding_names_nobody_by_an_arn_of_its_own_making(
    details: dict[str, object], key: str, label: str
) -> None:
    who = of_access_key(details, ACCOUNT, "aws")
    assert who is not None
    assert (who.key, who.label, who.arn) == (key, label, "")


def test_nobody_in_particular_is_the_same_in_findings_and_records() -> None:
    name = "ANONYMOUS_PRINCIPAL"
    found = of_access_key({"username": name, "principalid": name}, ACCOUNT, "aws")
    logged = trail(type="AWSAccount", accountId=name, principalId="")
    assert found is not None
    assert (found.key, found.label, found.principal_id) == (logged.key, logged.label, "")


def test_root_in_another_partition() -> None:
    who = of_access_key({"usertype": "Root", "username": "root"}, ACCOUNT, "aws-cn")
    assert who is not None
    assert who.key == f"arn:aws-cn:iam::{ACCOUNT}:root"


def test_a_finding_may_name_nobody() -> None:
    assert of_access_key({}, ACCOUNT, "aws") is None
    assert of_sequence_actor({"user": {"type": "AssumedRole"}}, ACCOUNT, "aws") is None
    assert of_kubernetes_user({}, ACCOUNT, "c") is None
    assert of_database_user("", ACCOUNT, "d") is None


def test_an_actor_of_an_attack_sequence_carries_its_aliases() -> None:
    user = {"name": "ops", "uid": "AROAX", "type": "AssumedRole", "credentialuid": KEY}
    who = of_sequence_actor({"user": user, "session": {"uid": "AROAX:ana"}}, ACCOUNT, "aws")
    assert who is not None
    assert who.key == f"{ACCOUNT}:role/ops/ana"
    assert (who.principal_id, who.access_key) == ("AROAX:ana", KEY)
    user["account"] = {"uid": "444455556666"}  # type: ignore[assignment]
    other = of_sequence_actor({"user": user}, ACCOUNT, "aws")
    assert other is not None
    assert other.account == "444455556666"


def test_users_of_clusters_and_databases() -> None:
    who = of_kubernetes_user({"username": "system:anonymous"}, ACCOUNT, "prod")
    assert who is not None
    assert who.key == f"{ACCOUNT}:kubernetes/prod/system:anonymous"
    assert who.label == "system:anonymous @ prod"
    arn = f"{STS}:assumed-role/ops/ana"
    mapped = of_kubernetes_user({"username": arn}, ACCOUNT, "prod")
    assert mapped is not None
    assert (mapped.key, mapped.label) == (arn, "ops › ana")
    user = of_database_user("admin", ACCOUNT, "orders")
    assert user is not None
    assert (user.key, user.label) == (f"{ACCOUNT}:database/orders/admin", "admin @ orders")
