"""What a deed touches, by its names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage_tui.detect.risk import WEIGHTS
from triage_tui.detect.touched import Touch, of_action, points, sensitive, words


@pytest.mark.parametrize(
    ("action", "touch"),
    [
        ("DeleteItem", Touch.DESTROYS),
        ("TerminateInstances", Touch.DESTROYS),
        ("ScheduleKeyDeletion", Touch.DESTROYS),
        ("StopLogging", Touch.DESTROYS),
        ("BatchDeleteImage", Touch.DESTROYS),
        ("DeleteMessage", Touch(0)),
        ("DeleteNetworkInterface", Touch(0)),
        ("DELETE", Touch(0)),
        ("Deleted", Touch(0)),
        ("CreateAccessKey", Touch.POWER),
        ("AttachUserPolicy", Touch.POWER),
        ("UpdateAssumeRolePolicy", Touch.POWER),
        ("PutBucketPolicy", Touch.POWER),
        ("AddPermission", Touch.POWER),
        ("ModifySnapshotAttribute", Touch.POWER),
        ("PutLifecyclePolicy", Touch(0)),
        ("PutRetentionPolicy", Touch(0)),
        ("CreateUserPool", Touch(0)),
        ("DeleteVirtualMFADevice", Touch.DESTROYS | Touch.POWER),
        ("GetSecretValue", Touch.SECRETS),
        ("GetParametersByPath", Touch.SECRETS),
        ("GetParameter", Touch(0)),  # every machine reads its settings so
        ("GetPasswordData", Touch.SECRETS),
        ("list secrets", Touch.SECRETS),
        ("delete pods", Touch.DESTROYS),
        ("create clusterrolebindings", Touch.POWER),
        ("get pods", Touch(0)),
        ("DescribeInstances", Touch(0)),
        ("GetObject", Touch(0)),
        ("", Touch(0)),
    ],
)
def test_deeds(action: str, touch: Touch) -> None:
    assert of_action(action) == touch


@pytest.mark.parametrize(
    ("resource", "found"),
    [
        ("arn:aws:secretsmanager:eu-west-1:1:secret:x", True),
        ("payments", True),
        ("arn:aws:s3:::shop-backup-2026/x", True),
        ("Customer_Data", True),
        ("repayments", False),
        ("orders", False),
        ("secretsmanager.amazonaws.com", False),  # where nothing tells what it was done to
        ("arn:aws:s3:::ledger-2026", True),
        ("arn:aws:dynamodb:eu-west-1:1:table/Orders-Prod", True),
        ("orders-prod-2", False),
        ("", False),
    ],
)
def test_what_is_sensitive(resource: str, found: bool) -> None:
    assert sensitive(["arn:aws:s3:::ledger-*", "orders-prod"])(resource) == found


@given(st.text(), st.lists(st.text(), max_size=3))
def test_any_text_is_sensitive_or_not(resource: str, names: list[str]) -> None:
    assert sensitive(names)(resource) in (True, False)
    assert of_action(resource) in Touch.DESTROYS | Touch.POWER | Touch.SECRETS


def test_each_further_sort_adds_less_and_what_is_sensitive_a_little() -> None:
    every = Touch.DESTROYS | Touch.POWER | Touch.SECRETS
    found = [points(mask) for mask in (0, 1, 3, every, every | Touch.SENSITIVE, Touch.SENSITIVE)]
    assert found == [0, 4, 7, 10, 12, 0]
    assert max(points(mask) for mask in range(16)) == WEIGHTS["touched"].most
    said = words([(Touch.DESTROYS, "DeleteItem"), (Touch.SECRETS, "GetSecretValue")], "payments")
    assert said == "destroys (DeleteItem), reads secrets (GetSecretValue); sensitive: payments"
