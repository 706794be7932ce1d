"""JSON of applications: what is guessed, in which order, and what is left to others."""

import json
from array import array
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage_tui.formats.decode import decode, describe
from triage_tui.formats.ids import hash_id
from triage_tui.formats.registry import FORMATS
from triage_tui.formats.rows import Rows
from triage_tui.formats.settings import DEFAULT, FormatSettings
from triage_tui.model import NO_NUMBER, Batch, Columns, Identity, Outcome, Severity, Texts

DATA = Path(__file__).parent.parent / "data"
TIME = "2026-03-15T02:09:11.123Z"
NANOSECONDS = 1773540551123 * 10**6
IP = "203.0.113.9"
ARN = "arn:aws:sts::111122223333:assumed-role/ops-admin/ana"

PINO: dict[str, object] = {
    "level": 30,
    "time": 1773540551123,
    "msg": "request completed",
    "req": {
        "method": "GET",
        "url": "/a?b=1",
        "headers": {"host": "shop.example", "user-agent": "curl/8.1"},
        "remoteAddress": "::ffff:203.0.113.9",
    },
    "res": {"statusCode": 404},
}
CADDY: dict[str, object] = {
    "level": "info",
    "ts": 1773540551.123,
    "logger": "http.log.access",
    "msg": "handled request",
    "request": {
        "client_ip": IP,
        "method": "GET",
        "host": "shop.example",
        "uri": "/a?b=1",
        "headers": {"User-Agent": ["curl/8.1"]},
    },
    "user_id": "",
    "size": 10900,
    "status": 404,
}
NGINX: dict[str, object] = {
    "time_iso8601": TIME,
    "remote_addr": IP,
    "remote_user": "-",
    "request": "GET /a?b=1 HTTP/1.1",
    "status": "404",
    "body_bytes_sent": "10900",
    "http_host": "shop.example",
    "http_user_agent": "curl/8.1",
}
ECS: dict[str, object] = {
    "@timestamp": TIME,
    "event": {"action": "user-login", "outcome": "failure"},
    "source": {"ip": IP},
    "user": {"name": "maria", "id": "4"},
    "log": {"level": "info"},
    "message": "wrong password",
}
APPLICATION: tuple[dict[str, object], ...] = (PINO, CADDY, NGINX, ECS)

UUID = "0d1c2b3a-1111-4222-8333-444455556666"
OTHERS: dict[str, dict[str, object]] = {
    **{
        name: json.loads((DATA / f"{name}.json").read_text())
        for name in ("cloudtrail", "waf", "guardduty")
    },
    "securityhub": {
        "SchemaVersion": "2018-10-08",
        "Id": "f1",
        "ProductArn": "arn:aws:securityhub:eu-west-1::product/aws/guardduty",
        "UpdatedAt": TIME,
        "Severity": {"Label": "HIGH"},
    },
    "ocsf": {"class_uid": 6003, "time": 1773540551123, "message": "m", "status": "Success"},
    "apigateway": {
        "requestId": UUID,
        "ip": IP,
        "requestTime": "15/Mar/2026:02:09:11 +0000",
        "httpMethod": "GET",
        "resourcePath": "/a",
        "status": "200",
    },
    "apigateway of an HTTP API": {
        "requestId": "JKJaXmPLvHcESHA=",
        "ip": IP,
        "requestTime": "15/Mar/2026:02:09:11 +0000",
        "routeKey": "GET /a",
        "status": "200",
    },
    "cloudfront": {
        "date": "2026-03-15",
        "time": "02:09:11",
        "timestamp": 1773540551,
        "x-edge-location": "FRA56",
        "c-ip": IP,
        "cs-method": "GET",
        "cs-uri-stem": "/a",
        "sc-status": "200",
    },
    "alb": {
        "type": "https",
        "time": TIME,
        "elb": "app/shop/1",
        "client:port": f"{IP}:1",
        "elb_status_code": "200",
        "request": "GET https://shop.example:443/ HTTP/1.1",
    },
    "resolver": {
        "version": "1.1",
        "query_timestamp": TIME,
        "timestamp": TIME,
        "query_name": "example.com.",
        "srcaddr": "10.0.0.4",
        "message": "m",
    },
    "eks": {
        "kind": "Event",
        "apiVersion": "audit.k8s.io/v1",
        "auditID": UUID,
        "level": "Metadata",
        "verb": "get",
        "requestURI": "/api",
        "sourceIPs": [IP],
        "stageTimestamp": TIME,
        "timestamp": TIME,
    },
    "lambda": {"timestamp": TIME, "level": "INFO", "message": "m", "requestId": UUID},
    "lambda of Python": {"timestamp": TIME, "level": "INFO", "message": "m", "AWSRequestId": UUID},
    "lambda's telemetry": {"time": TIME, "type": "platform.start", "record": {"requestId": UUID}},
}
WRAPPINGS: tuple[object, ...] = (
    {"Records": [ECS], "time": TIME, "message": "m"},
    {"events": [{"timestamp": 1, "message": "m"}], "time": TIME, "message": "m"},
    {"timestamp": 1773540551123, "message": json.dumps(ECS), "eventId": "1"},
    {"timestamp": 1773540551123, "message": json.dumps(ECS), "logStreamName": "s"},
    {"detail-type": "x", "source": "y", "time": TIME, "detail": {}, "message": "m"},
    {"source": "x", "position": "1", "received": 5, "message": json.dumps(ECS), "time": TIME},
    {"Type": "Notification", "TopicArn": "t", "Message": json.dumps(ECS), "Timestamp": TIME},
    {"awslogs": {"data": ""}, "time": TIME, "message": "m"},
    {"results": [[{"field": "@message", "value": "x"}]], "status": "Complete", "time": TIME},
)
NO_RECORDS: tuple[object, ...] = (
    {"file": "x.json", "index": 0, "time": TIME, "source_ip": IP, "action": "GET"},
    {"id": "1", "time": TIME, "action": "GET", "source_ip": IP, "source_service": None},
    {"time": TIME},
    {"message": "no time"},
    {"time": "soon", "message": "no time"},
    {"time": 12, "message": "a duration"},
    {"name": "package", "version": "1.0.0", "path": "/x"},
    {"eventName": "x", "eventSource": "s3.amazonaws.com", "eventTime": "broken", "time": TIME},
)


def read(record: object, settings: FormatSettings = DEFAULT) -> Columns:
    raw = json.dumps(record).encode()
    return decode(Batch(1, raw, array("Q", [0]), array("Q", [len(raw)]), received=5), settings)


def text(texts: Texts) -> str:
    return texts.values[texts.ids[0]]


def who(columns: Columns) -> Identity:
    return columns.identities[columns.who[0]]


def event(**members: object) -> dict[str, object]:
    return {"time": TIME, "message": "m", **members}


def summary(record: object) -> str:
    return describe("application", json.dumps(record).encode()).summary


@pytest.mark.parametrize("record", [PINO, CADDY, NGINX])
def test_a_request_as_servers_log_it(record: dict[str, object]) -> None:
    columns = read(record)
    assert text(columns.format) == "application"
    assert columns.time[0] == NANOSECONDS
    assert not columns.own_id[0]
    assert columns.id[0] == hash_id(json.dumps(record))
    assert (text(columns.source_ip), text(columns.actor_ip)) == (IP, IP)
    assert (text(columns.action), text(columns.method), text(columns.path)) == ("GET", "GET", "/a")
    assert (columns.status[0], columns.outcome[0]) == (404, Outcome.ERROR)
    assert columns.size[0] == (NO_NUMBER if record is PINO else 10900)
    assert (text(columns.agent), text(columns.resource)) == ("curl/8.1", "shop.example")
    assert who(columns).key == ""
    assert columns.severity[0] == Severity.NONE


def test_an_event_as_elastic_agents_log_it() -> None:
    columns = read(ECS)
    assert (columns.time[0], text(columns.source_ip)) == (NANOSECONDS, IP)
    assert text(columns.action) == "user-login"
    assert Outcome(columns.outcome[0]) is Outcome.DENIED
    assert (who(columns).key, who(columns).type) == ("http:maria", "WebUser")
    assert summary(ECS) == (
        f"user-login by maria from {IP}: wrong password (ip from source.ip, user from user.name)"
    )


def test_the_summary_names_the_keys() -> None:
    assert summary(PINO) == (
        f"GET /a?b=1 404 from {IP} curl/8.1: request completed (ip from req.remoteAddress)"
    )
    assert summary(event(level="warn")) == "WARN: m"
    assert summary(event()) == "m"
    long = summary(event(message="x" * 5000, sub="maria"))
    assert len(long) <= 400


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("@timestamp", TIME),
        ("eventTime", "2026-03-15 02:09:11,123"),
        ("ts", 1773540551.123),
        ("TimeStamp", 1773540551123),
        ("time_millis", "1773540551123"),
        ("date", 1773540551123000),
        ("timestamp", 1773540551123000000),
        ("asctime", "2026-03-15T03:09:11.123+01:00"),
        ("__REALTIME_TIMESTAMP", "1773540551123000"),
        ("msec", "1773540551.123"),
    ],
)
def test_times(key: str, value: object) -> None:
    assert read({key: value, "msg": "m"}).time[0] == NANOSECONDS


def test_the_time_of_access_logs_and_a_duration_before_it() -> None:
    record = {"time": 0.003, "time_local": "[15/Mar/2026:03:09:11 +0100]", "msg": "m"}
    assert read(record).time[0] == 1773540551 * 10**9


def test_without_a_time_it_is_the_wrappings() -> None:
    message = json.dumps({"msg": "m", "clientIp": IP})
    wrapped = {"timestamp": 1773540551123, "message": message, "logStreamName": "s"}
    columns = read(wrapped)
    assert (text(columns.format), columns.time[0]) == ("application", NANOSECONDS)


ADDRESS_KEYS = (
    "ip clientIp client_ip remote_addr remoteAddr remote-ip sourceIp source_ip SRCIP src_ip"
    " ipAddress client.ip request.ip X-Forwarded-For"
)
HOSTILE_KEYS = (
    "time ip user method request path status level message action outcome agent size host claims"
    " x-forwarded-for url _aws a.b.c.d .."
)


@pytest.mark.parametrize("name", ADDRESS_KEYS.split())
@pytest.mark.parametrize("value", [IP, f"{IP}:4711", f"::ffff:{IP}"])
def test_addresses(name: str, value: str) -> None:
    record = event(**{name: value})
    assert text(read(record).source_ip) == IP
    assert summary(record) == f"from {IP}: m (ip from {name})"


@pytest.mark.parametrize(
    "members",
    [
        {"client": {"ip": IP}},
        {"network": {"client": {"ip": IP}}},
        {"request": {"headers": {"x-forwarded-for": IP}}},
        {"requestContext": {"identity": {"sourceIp": IP}}},
        {"remoteAddr": "unknown", "ip": IP},
        {"ip": "10.0.0.1", "clientIp": IP},
        {"context": {"clientIp": "10.0.0.1"}, "client_ip": IP},
    ],
)
def test_the_address_among_several(members: dict[str, object]) -> None:
    assert text(read(event(**members)).source_ip) == IP


@pytest.mark.parametrize("members", [{"destination": {"ip": IP}}, {"host": {"ip": IP}}, {"x": IP}])
def test_what_is_nobodys_address(members: dict[str, object]) -> None:
    assert text(read(event(**members)).source_ip) == ""


def test_a_service_in_the_place_of_the_address() -> None:
    columns = read(event(sourceIp="rds.amazonaws.com"))
    assert (text(columns.service), text(columns.source_ip)) == ("rds.amazonaws.com", "")


@pytest.mark.parametrize("chain", [f"6.6.6.6, {IP}, 10.0.0.1", ["6.6.6.6", f"{IP},10.0.0.1"]])
def test_behind_proxies_the_right_most_that_is_not_trusted_acts(chain: object) -> None:
    trusting = FormatSettings(trusted_proxies=("10.0.0.0/8",))
    named = read(event(remoteAddr="10.0.0.2", headers={"X-Forwarded-For": chain}), trusting)
    assert (text(named.source_ip), text(named.actor_ip)) == ("10.0.0.2", IP)
    unnamed = read(event(headers={"X-Forwarded-For": chain}), trusting)
    assert (text(unnamed.source_ip), text(unnamed.actor_ip)) == ("10.0.0.1", IP)
    assert text(read(event(headers={"X-Forwarded-For": chain})).actor_ip) == "10.0.0.1"
    raw = json.dumps(event(remoteAddr="10.0.0.2", headers={"X-Forwarded-For": chain})).encode()
    assert describe("application", raw).forwarded == ("6.6.6.6", IP, "10.0.0.1")


@pytest.mark.parametrize(
    ("members", "key"),
    [
        ({"user": "maria"}, "http:maria"),
        ({"userName": "maria", "userId": 7}, "http:maria"),
        ({"user_id": 7}, "http:7"),
        ({"claims": {"sub": "maria"}}, "http:maria"),
        ({"context": {"user": {"id": "maria"}}}, "http:maria"),
        ({"user": "-", "email": "m@x.example"}, "http:m@x.example"),
        ({"user": "", "sub": "null", "actor": "maria"}, "http:maria"),
        ({"user": True}, ""),
        ({"principal": ARN}, ARN),
        ({"user": "arn:x"}, "http:arn:x"),
    ],
)
def test_users(members: dict[str, object], key: str) -> None:
    assert who(read(event(**members))).key == key


def test_the_settings_come_first() -> None:
    settings = FormatSettings(ip_keys=("edge.peer", "peer"), user_keys=("tenant-user",))
    record = event(
        clientIp="10.0.0.1",
        user="x",
        edge={"Peer": IP},
        deep={"tenantUser": "maria"},
        peer="1.1.1.1",
    )
    columns = read(record, settings)
    assert (text(columns.source_ip), who(columns).key) == (IP, "http:maria")
    assert text(read(record).source_ip) == "10.0.0.1"


@pytest.mark.parametrize(
    ("members", "outcome"),
    [
        ({"status": 200, "level": "error"}, Outcome.OK),
        ({"statusCode": "403"}, Outcome.DENIED),
        ({"http": {"response": {"status_code": 500}}}, Outcome.ERROR),
        ({"level": "ERROR"}, Outcome.ERROR),
        ({"level": "fatal"}, Outcome.ERROR),
        ({"level": 50}, Outcome.ERROR),
        ({"level": 40}, Outcome.UNKNOWN),
        ({"level": "info"}, Outcome.UNKNOWN),
        ({"success": True}, Outcome.OK),
        ({"success": False}, Outcome.ERROR),
        ({"success": False, "action": "signIn"}, Outcome.DENIED),
        ({"outcome": "denied", "level": "error"}, Outcome.DENIED),
        ({"result": "blocked"}, Outcome.BLOCKED),
        ({"status": "failed"}, Outcome.ERROR),
        ({"status": 7}, Outcome.UNKNOWN),
    ],
)
def test_the_outcome(members: dict[str, object], outcome: Outcome) -> None:
    assert Outcome(read(event(**members)).outcome[0]) is outcome


@pytest.mark.parametrize(
    ("members", "method", "path"),
    [
        ({"url": "https://shop.example:443/a?b"}, "", "/a"),
        ({"method": "com.example.Main.run"}, "", ""),
        ({"method": "PROPFIND", "uri": "/a"}, "PROPFIND", "/a"),
        ({"path": "C:\\x"}, "", ""),
        ({"request": "\x16\x03\x01"}, "", ""),
        ({"request": "POST /a?b HTTP/1.1", "uri": "/index.php"}, "POST", "/index.php"),
    ],
)
def test_methods_and_paths(members: dict[str, object], method: str, path: str) -> None:
    columns = read(event(**members))
    assert (text(columns.method), text(columns.path)) == (method, path)


def test_a_sentence_is_no_action() -> None:
    assert text(read(event(event="user signed in", level="info")).action) == "INFO"
    assert text(read({"ts": TIME, "event": "cart.checkout"}).action) == "cart.checkout"


def test_accounts_and_regions() -> None:
    columns = read(event(cloud={"account": {"id": 111122223333}, "region": "eu-west-1"}))
    assert (text(columns.account), text(columns.region)) == ("111122223333", "eu-west-1")


@pytest.mark.parametrize("record", OTHERS.values(), ids=OTHERS.keys())
def test_the_others_records_are_theirs(record: dict[str, object]) -> None:
    rows = Rows(1, 1)
    rows.logged = 1
    assert not FORMATS["application"].read(json.dumps(record).encode(), rows)
    assert not FORMATS["application"].read(json.dumps({**record, "x": "y" * 1000}).encode(), rows)


@pytest.mark.parametrize("record", [*WRAPPINGS, *NO_RECORDS])
def test_neither_wrappings_nor_what_is_no_record(record: object) -> None:
    assert not FORMATS["application"].read(json.dumps(record).encode(), Rows(1, 1))


def test_what_quotes_a_foreign_record_is_the_applications() -> None:
    quoted = event(event={"eventSource": "aws:s3"}, body=json.dumps(OTHERS["waf"]), pad="x" * 999)
    assert text(read(quoted).format) == "application"


EVERYBODYS = (*OTHERS.values(), *APPLICATION)


@given(
    left=st.sampled_from(EVERYBODYS),
    right=st.sampled_from(EVERYBODYS),
    keys=st.sets(st.sampled_from(sorted({key for record in EVERYBODYS for key in record}))),
)
def test_no_record_is_read_by_two_formats(
    left: dict[str, object], right: dict[str, object], keys: set[str]
) -> None:
    mixed = left | {key: value for key, value in right.items() if key in keys}
    raw = json.dumps(mixed).encode()
    taken = [name for name, known in FORMATS.items() if known.read(raw, Rows(1, 1))]
    assert len(taken) <= 1, taken


odd: st.SearchStrategy[object] = st.sampled_from(
    [None, True, -1, 2**70, 1e308, 0.5, "", "-", "x", "?", "://", "9" * 30, [], [[]], {}, {"": {}},
     ["x", 1], "\ud800", "a,b", ",", "arn:", "GET", {"time": {"ip": {"ip": {}}}}]
)  # fmt: skip
names = st.sampled_from(HOSTILE_KEYS.split()) | st.text(max_size=6)


@given(members=st.dictionaries(names, odd | st.dictionaries(names, odd, max_size=3), max_size=6))
def test_odd_values_are_read_or_refused(members: dict[str, object]) -> None:
    raw = json.dumps({"ts": TIME, "msg": "m"} | members).encode()
    rows = Rows(1, 1)
    assert FORMATS["application"].read(raw, rows) is (len(rows) == 1)
    described = describe("application", raw)
    assert described.id
    assert "\n" not in described.summary


def test_keys_that_never_come_again_are_forgotten() -> None:
    for batch in range(3):
        record = event(**{f"key{batch}-{n}": {"ip": n} for n in range(5000)}, clientIp=IP)
        assert text(read(record).source_ip) == IP
