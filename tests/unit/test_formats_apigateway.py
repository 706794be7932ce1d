"""API Gateway: JSON of REST, HTTP and WebSocket APIs, the common log format, users, ids."""

import json
from collections.abc import Callable

import pytest

See = Callable[..., dict[str, object]]

REST: dict[str, object] = {
    "requestId": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
    "ip": "203.0.113.9",
    "caller": "-",
    "user": "-",
    "requestTime": "15/Mar/2026:03:09:11 +0100",
    "httpMethod": "GET",
    "resourcePath": "/orders/{id}",
    "status": "403",
    "protocol": "HTTP/1.1",
    "responseLength": "23",
}
SEEN = {
    "format": "apigateway",
    "time": "2026-03-15T02:09:11.000000",
    "action": "GET",
    "method": "GET",
    "path": "/orders/{id}",
    "outcome": "denied",
    "status": 403,
    "size": 23,
    "source_ip": "203.0.113.9",
    "summary": "GET /orders/{id} 403 from 203.0.113.9",
}
USER = "arn:aws:iam::111122223333:user/maria"


def changed(*gone: str, **changes: object) -> bytes:
    return json.dumps({k: v for k, v in (REST | changes).items() if k not in gone}).encode()


def test_a_record_of_a_rest_api(see: See) -> None:
    assert see(changed()) == SEEN
    assert see(changed(status=403, responseLength=23)) == SEEN


def test_the_path_as_asked_for_comes_before_the_resource(see: See) -> None:
    assert see(changed(path="/orders/7"))["path"] == "/orders/7"


def test_a_record_of_an_http_api_names_its_route(see: See) -> None:
    raw = changed("resourcePath", routeKey="GET /orders/{id}")
    assert see(raw) == SEEN
    assert see(changed("resourcePath", "httpMethod", routeKey="GET /orders/{id}")) == SEEN
    seen = see(changed("resourcePath", "httpMethod", routeKey="ANY /orders/{id}"))
    assert (seen["action"], seen.get("method")) == ("ANY /orders/{id}", None)
    assert see(changed("resourcePath", routeKey="$default"))["path"] == "$default"


def test_a_record_of_a_websocket_api_is_an_event(see: See) -> None:
    raw = changed(
        "httpMethod",
        "resourcePath",
        "protocol",
        "responseLength",
        eventType="CONNECT",
        routeKey="$connect",
        connectionId="AAAA1234=",
        status="200",
    )
    assert see(raw) == {
        "format": "apigateway",
        "time": SEEN["time"],
        "action": "CONNECT",
        "path": "$connect",
        "outcome": "ok",
        "status": 200,
        "source_ip": "203.0.113.9",
        "summary": "CONNECT $connect 200 from 203.0.113.9",
    }


@pytest.mark.parametrize("epoch", [1773540551123, "1773540551123"])
def test_times_as_numbers(see: See, epoch: object) -> None:
    seen = see(changed("requestTime", requestTimeEpoch=epoch))
    assert seen["time"] == "2026-03-15T02:09:11.123000"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("sourceIp", "203.0.113.9"),
        ("identity.sourceIp", "203.0.113.9"),
        ("identity", {"sourceIp": "203.0.113.9"}),
    ],
)
def test_the_keys_of_addresses(see: See, key: str, value: object) -> None:
    assert see(changed("ip", **{key: value})) == SEEN


@pytest.mark.parametrize(
    ("key", "value", "principal"),
    [
        ("user", "AIDAEXAMPLE", "http:AIDAEXAMPLE"),
        ("userArn", USER, USER),
        ("identity", {"userArn": USER}, USER),
        ("caller", "AROAEXAMPLE:s", "http:AROAEXAMPLE:s"),
        ("authorizer.principalId", "maria", "http:maria"),
        ("authorizer", {"principalId": "maria"}, "http:maria"),
        ("authorizer", {"jwt": {"claims": {"sub": "7b61"}}}, "http:7b61"),
        ("claims", {"sub": "7b61"}, "http:7b61"),
        ("claims", ["sub"], None),
        ("userArn", "-", None),
    ],
)
def test_the_keys_of_users(see: See, key: str, value: object, principal: str | None) -> None:
    assert see(changed(**{key: value})).get("principal") == principal


def test_more_fields(see: See) -> None:
    more = {"userAgent": "curl/8.1", "domainName": "api.example.org", "accountId": "111122223333"}
    seen = see(changed(**more, errorMessage="Forbidden"))
    assert (seen["agent"], seen["resource"], seen["account"]) == tuple(more.values())
    assert seen["summary"] == "GET /orders/{id} 403 from 203.0.113.9 curl/8.1 Forbidden"


def test_only_the_extended_request_id_cannot_be_chosen_by_a_client(see: See) -> None:
    assert "id" not in see(changed())
    assert see(changed(extendedRequestId="JKJaXmPLvHcESHA="))["id"] == "JKJaXmPLvHcESHA="


CLF = (
    "203.0.113.9 - maria [15/Mar/2026:03:09:11 +0100]"
    '"GET /orders/{id} HTTP/1.1" 403 23 c6af9ac6-7b61-11e6-9a41-93e8deadbeef'
)
CLF_SEEN = SEEN | {
    "principal": "http:maria",
    "summary": "GET /orders/{id} 403 from 203.0.113.9 by maria",
}


@pytest.mark.parametrize(
    "line",
    [
        CLF,
        f"{CLF} JKJaXmPLvHcESHA=",
        CLF.replace("c6af9ac6-7b61-11e6-9a41-93e8deadbeef", "chosen-by-the-client"),
        CLF.replace(']"', '] "'),
        CLF.replace("- maria", "maria -"),
        CLF.replace(']"GET ', '] "GET GET ').replace(
            "c6af9ac6-7b61-11e6-9a41-93e8deadbeef", "JKJaXmPLvHcESHA="
        ),
    ],
)
def test_lines_of_the_common_log_format(see: See, line: str) -> None:
    assert see(line.encode()) == CLF_SEEN


@pytest.mark.parametrize(
    "raw",
    [
        changed(requestTime="yesterday"),
        changed(requestTime=None),
        changed("httpMethod", "resourcePath", "responseLength"),
        changed(class_uid=1),
        changed(requestContext={"identity": {}}),
        changed(requestTimeEpoch=10**40, requestTime=[]),
        CLF.replace("[", "(").encode(),
        CLF.replace("203.0.113.9 - ", "").encode(),
    ],
)
def test_what_merely_resembles_is_another_format_or_unread(see: See, raw: bytes) -> None:
    assert see(raw)["format"] != "apigateway"


@pytest.mark.parametrize("event", ["CONNECT $connect", "MESSAGE send", "DISCONNECT $disconnect"])
@pytest.mark.parametrize("blank", ["", " "])
@pytest.mark.parametrize("own_id", ["Yfe3HHJGDoEFbRQ=", "Yfe="])
def test_events_of_a_websocket_have_no_length(
    see: See, event: str, blank: str, own_id: str
) -> None:
    line = f'203.0.113.7 - - [10/Jun/2023:15:36:28 +0000]{blank}"{event} L0SM9cOFvHcCIhw="'
    seen = see(f"{line} 200 {own_id}".encode())
    kind, route = event.split()
    assert (seen["format"], seen["action"], seen["path"]) == ("apigateway", kind, route)
    assert (seen["source_ip"], seen["status"]) == ("203.0.113.7", 200)
