"""S3 server access logs: requesters, services, several entries of one request, ages of the log."""

from collections.abc import Callable

import pytest

See = Callable[..., dict[str, object]]

OWNER = "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"
ARN = "arn:aws:iam::111122223333:user/maria"
HEAD = f"{OWNER} orders [06/Feb/2026:00:00:38 +0000] 203.0.113.9 {ARN} 3E57427F3EXAMPLE"
REQUEST = 'REST.GET.OBJECT a%2520b.csv "GET /orders/a%20b.csv?x=1 HTTP/1.1" 403 AccessDenied 243'
TAIL = '- 7 5 "-" "aws-cli/2.0"'
SINCE_2019 = (
    "- s9lzHYrFp76ZVxRcpX9= SigV4 ECDHE-RSA-AES128 AuthHeader orders.s3.amazonaws.com TLSv1.2"
)
LINE = f"{HEAD} {REQUEST} {TAIL}"
SEEN = {
    "format": "s3access",
    "id": "3E57427F3EXAMPLE:REST.GET.OBJECT",
    "time": "2026-02-06T00:00:38.000000",
    "action": "REST.GET.OBJECT",
    "method": "GET",
    "path": "/orders/a%20b.csv",
    "outcome": "denied",
    "status": 403,
    "size": 243,
    "source_ip": "203.0.113.9",
    "agent": "aws-cli/2.0",
    "resource": "orders",
    "principal": ARN,
    "summary": "REST.GET.OBJECT orders GET /orders/a%20b.csv?x=1 403 from 203.0.113.9 AccessDenied"
    " by maria aws-cli/2.0",
}


@pytest.mark.parametrize("more", ["", " -", f" {SINCE_2019}", f" {SINCE_2019} - Yes new fields"])
def test_lines_of_any_age(see: See, more: str) -> None:
    assert see(f"{LINE}{more}".encode()) == SEEN


@pytest.mark.parametrize(
    ("requester", "principal"),
    [
        ("-", None),
        (
            "arn:aws:sts::111122223333:assumed-role/ops/maria",
            "arn:aws:sts::111122223333:assumed-role/ops/maria",
        ),
        (OWNER, OWNER),
        ("svc:s3.amazonaws.com", "svc:s3.amazonaws.com"),
    ],
)
def test_requesters(see: See, requester: str, principal: str | None) -> None:
    assert see(LINE.replace(ARN, requester).encode()).get("principal") == principal


def test_what_a_life_cycle_rule_does_comes_from_the_service(see: See) -> None:
    head = HEAD.replace("203.0.113.9", "-").replace(ARN, "AmazonS3")
    seen = see(f'{head} S3.EXPIRE.OBJECT old.csv "-" - - - 2 - - "-" "-" -'.encode())
    assert (seen["service"], seen["principal"]) == ("AmazonS3", "AmazonS3")
    assert (seen["action"], seen["outcome"]) == ("S3.EXPIRE.OBJECT", "unknown")
    assert not {"source_ip", "method", "path", "status", "size", "agent"} & seen.keys()


def test_one_request_can_delete_many_objects(see: See) -> None:
    lines = [
        f"{HEAD} BATCH.DELETE.OBJECT {key} - 204 - - - - - - - v1".encode() for key in ("a", "b")
    ]
    assert len({see(line)["id"] for line in lines}) == 2


def test_a_service_may_stand_for_the_address(see: See) -> None:
    seen = see(LINE.replace("203.0.113.9", "cloudtrail.amazonaws.com").encode())
    assert (seen.get("source_ip"), seen["service"]) == (None, "cloudtrail.amazonaws.com")


@pytest.mark.parametrize(
    ("logged", "agent"),
    [(r"x\"y", 'x"y'), ("a\\", "a\\"), ("caf\u00e9 1", "caf\u00e9 1")],
)
def test_agents_hold_anything(see: See, logged: str, agent: str) -> None:
    assert see(LINE.replace("aws-cli/2.0", logged).encode())["agent"] == agent


@pytest.mark.parametrize(
    "line",
    [
        LINE.replace(OWNER, "owner"),
        LINE.replace("Feb", "Feq"),
        LINE.replace("REST.GET.OBJECT", "GET"),
        LINE[:90],
        f"see [{OWNER}]",
    ],
)
def test_what_merely_resembles_is_kept_unread(see: See, line: str) -> None:
    assert see(line.encode())["format"] == "unparsed"


@pytest.mark.parametrize(
    ("request_line", "agent"),
    [
        ('GET /orders/a" HTTP/1.1', "aws-cli/2.0"),
        ("GET /orders/a HTTP/1.1", 'Mozilla/5.0 Safari/604.1"'),
        ("GET /orders/a HTTP/1.1", 'a"b'),
    ],
)
def test_a_quote_from_the_client_hides_nothing(see: See, request_line: str, agent: str) -> None:
    line = f'{HEAD} REST.GET.OBJECT a "{request_line}" 403 AccessDenied 243 - 7 5 "-" "{agent}"'
    seen = see(f"{line} {SINCE_2019}".encode())
    for name in ("time", "source_ip", "principal", "action", "resource", "outcome", "status"):
        assert seen[name] == SEEN[name]
    assert seen["size"] == 243
    assert str(seen["path"]).startswith("/orders/a")


def test_any_code_of_an_error_counts_as_a_result(see: See) -> None:
    line = LINE.replace("AccessDenied", "XAmzContentSHA256Mismatch").replace("2.0", '2"0')
    assert see(line.encode())["status"] == 403


def test_a_result_before_all_quotes_is_sure(see: See) -> None:
    line = f'{HEAD} REST.GET.OBJECT a - 403 AccessDenied 243 - 7 5 "-" "x" 200 - 5 - 7 5 "-" "y"'
    assert see(f'{line} "z"'.encode())["status"] == 403


@pytest.mark.parametrize(
    ("invented", "agent"),
    [
        ('GET /a HTTP/1.1" 200 - 5 - 7 5 "-', 'x"y'),
        ('GET /a HTTP/1.1" 200 - 5 - 7 5 "-" "x', "y"),  # as a whole line would read
        ('GET /a HTTP/1.1" 200 - 5 - 7 5 ', "y"),  # its end is where the true one begins
        ("GET /a HTTP/1.1", 'x" 200 - 5 - 7 5 "-" "y'),
    ],
)
def test_a_result_that_a_client_invents_makes_the_result_unsure(
    see: See, invented: str, agent: str
) -> None:
    line = f'{HEAD} REST.GET.OBJECT a "{invented}" 403 AccessDenied 243 - 7 5 "-" "{agent}"'
    seen = see(f"{line} {SINCE_2019}".encode())
    assert (seen["source_ip"], seen["outcome"]) == ("203.0.113.9", "unknown")
    assert "status" not in seen
