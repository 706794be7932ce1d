"""Logs of functions: text and JSON, the platform's and the runtimes'."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage_tui.formats.awslambda import Lambda
from triage_tui.formats.decode import describe
from triage_tui.formats.ids import hash_id
from triage_tui.formats.registry import FORMATS
from triage_tui.formats.rows import Rows
from triage_tui.formats.settings import DEFAULT
from triage_tui.formats.times import iso_time
from triage_tui.model import Columns, Outcome, Severity, Texts

OK, ERROR, UNKNOWN = Outcome.OK, Outcome.ERROR, Outcome.UNKNOWN
ID = "8f507cfc-1a2b-4c3d-9e0f-0a1b2c3d4e5f"
AT = "2026-03-15T02:09:11.250Z"
LOGGED = 77
RECORD: dict[str, object] = {
    "timestamp": AT,
    "level": "ERROR",
    "message": "no such cart",
    "logger": "root",
    "requestId": ID,
}


def raw_of(**changes: object) -> bytes:
    """The record with these fields changed, or left out where they are `...`."""
    return json.dumps({k: v for k, v in (RECORD | changes).items() if v is not ...}).encode()


def event(kind: str, record: object, **more: object) -> bytes:
    return json.dumps({"time": AT, "type": kind, "record": record, **more}).encode()


def read(raw: bytes, logged: int | None = LOGGED) -> Columns:
    rows = Rows(1, 5)
    rows.logged = logged
    assert Lambda().read(raw, rows)
    return rows.columns()


def value(texts: Texts) -> str:
    return texts.values[texts.ids[0]]


REPORT = f"REPORT RequestId: {ID}\tDuration: 3000.00 ms\tBilled Duration: 3000 ms\t"


@pytest.mark.parametrize(
    ("line", "action", "outcome"),
    [
        (f"START RequestId: {ID} Version: $LATEST", "START", UNKNOWN),
        (f"END RequestId: {ID}", "END", UNKNOWN),
        (f"{REPORT}Memory Size: 128 MB\tMax Memory Used: 40 MB", "REPORT", OK),
        (f"{REPORT}Memory Size: 128 MB\tStatus: timeout", "REPORT", ERROR),
        (f"{REPORT}Status: error\tError Type: Runtime.ExitError", "REPORT", ERROR),
        (f"{REPORT}\nXRAY TraceId: 1-5e\tSegmentId: 1\tSampled: true", "REPORT", OK),
        ("INIT_START Runtime Version: python:3.11.v45\tRuntime Version ARN: arn:aws:lambda",
         "INIT_START", UNKNOWN),
        ("INIT_REPORT Init Duration: 9999 ms\tPhase: init\tStatus: timeout", "INIT_REPORT", ERROR),
        ("RESTORE_START Runtime Version: java:17.v1", "RESTORE_START", UNKNOWN),
        ("RESTORE_REPORT Restore Duration: 500 ms", "RESTORE_REPORT", OK),
        ("XRAY TraceId: 1-5e\tSegmentId: 1\tSampled: true", "XRAY", UNKNOWN),
        ("EXTENSION\tName: x\tState: Ready\tEvents: [INVOKE]", "EXTENSION", UNKNOWN),
        (f"RequestId: {ID} Error: Runtime exited with error: exit status 1", "ERROR", ERROR),
        (f"RequestId: {ID} Process exited before completing request", "ERROR", ERROR),
        ("[ERROR] KeyError: 'x'\nTraceback (most recent call last):\n  File", "ERROR", ERROR),
    ],
)  # fmt: skip
def test_lines_without_time_take_the_log_event_s(line: str, action: str, outcome: Outcome) -> None:
    columns = read(line.encode())
    assert (value(columns.format), columns.time[0]) == ("lambda", LOGGED)
    assert (value(columns.action), Outcome(columns.outcome[0])) == (action, outcome)
    assert not Lambda().read(line.encode(), Rows(1, 5))


@pytest.mark.parametrize(
    ("line", "action", "outcome"),
    [
        (f"[INFO]\t{AT}\t{ID}\tcart opened", "INFO", UNKNOWN),
        (f"[CRITICAL]\t{AT}\t{ID}", "CRITICAL", ERROR),
        (f"[WARNING]\t{AT}\t\tbefore any request", "WARNING", UNKNOWN),
        (f"{AT}\t{ID}\tINFO\tcart opened", "INFO", UNKNOWN),
        (f"{AT}\tundefined\tERROR\tUncaught Exception", "ERROR", ERROR),
        (f"{AT}\t{ID}\tFATAL", "FATAL", ERROR),
        (f"{AT} {ID} Task timed out after 3.00 seconds", "timeout", ERROR),
    ],
)
def test_lines_of_loggers_have_a_time(line: str, action: str, outcome: Outcome) -> None:
    columns = read(line.encode())
    assert columns.time[0] == iso_time(AT)
    assert (value(columns.action), Outcome(columns.outcome[0])) == (action, outcome)
    assert Severity(columns.severity[0]) is Severity.NONE
    assert (columns.own_id[0], columns.id[0]) == (0, hash_id(line.encode()))
    assert describe("lambda", line.encode()).summary == " ".join(line.split())


@pytest.mark.parametrize(
    ("changes", "action", "outcome"),
    [
        ({}, "ERROR", ERROR),
        ({"level": "info"}, "INFO", UNKNOWN),
        ({"level": "INFO", "errorType": "KeyError"}, "INFO", ERROR),
        ({"level": ..., "errorType": "KeyError"}, "ERROR", ERROR),
        ({"level": ...}, "log", UNKNOWN),
        ({"requestId": ..., "AWSRequestId": ID}, "ERROR", ERROR),
        ({"timestamp": 1773540551250}, "ERROR", ERROR),
        ({"message": {"seen": "platform.start"}}, "ERROR", ERROR),
    ],
)
def test_structured_logs(changes: dict[str, object], action: str, outcome: Outcome) -> None:
    columns = read(raw_of(**changes))
    assert columns.time[0] == iso_time(AT)
    assert (value(columns.action), Outcome(columns.outcome[0])) == (action, outcome)


def test_descriptions_of_json() -> None:
    assert describe("lambda", raw_of()).summary == "ERROR no such cart (root)"
    failed = raw_of(errorType="KeyError", errorMessage="'x'", logger=...)
    assert describe("lambda", failed).summary == "ERROR KeyError: 'x'"
    assert describe("lambda", raw_of()).id == f"{hash_id(raw_of()):016x}"
    report = event(
        "platform.report",
        {"requestId": ID, "status": "error", "errorType": "X", "metrics": {"durationMs": 9.5}},
    )
    assert describe("lambda", report).summary == f"platform.report error X 9.5 ms {ID}"
    fault = event("platform.fault", "Process exited")
    assert describe("lambda", fault).summary == "platform.fault Process exited"


@pytest.mark.parametrize(
    ("raw", "outcome", "function"),
    [
        (event("platform.start", {"requestId": ID}), UNKNOWN, ""),
        (event("platform.report", {"status": "success"}), OK, ""),
        (event("platform.runtimeDone", {"status": "timeout"}), ERROR, ""),
        (event("platform.fault", "Process exited"), ERROR, ""),
        (event("platform.initStart", {"functionName": "cart"}), UNKNOWN, "cart"),
        (event("platform.initStart", {"functionArn": "arn:aws:lambda:r:1:function:cart:9"}),
         UNKNOWN, "cart"),
        (event("platform.initStart", {"functionArn": "arn:aws:lambda"}), UNKNOWN, ""),
    ],
)  # fmt: skip
def test_events_of_the_platform(raw: bytes, outcome: Outcome, function: str) -> None:
    columns = read(raw)
    assert columns.time[0] == iso_time(AT)
    assert value(columns.action) == json.loads(raw)["type"]
    assert Outcome(columns.outcome[0]) is outcome
    assert value(columns.resource) == function


@pytest.mark.parametrize(
    "raw",
    [
        b"START",
        f"START RequestId: {ID}x".encode(),
        b"START RequestId: 1 Version: 2",
        b"[ERROR] something went wrong",
        f"[INFO] {AT} {ID} blanks".encode(),
        f"[INFO]\t2026-13-15T02:09:11.250Z\t{ID}\tx".encode(),
        f"{AT}\tx\tINFO\tx".encode(),
        f"{AT} {ID} Task done".encode(),
        "Étart".encode("latin-1"),
        raw_of(requestId="1"),
        raw_of(requestId=...),
        raw_of(timestamp="x"),
        raw_of(level=..., message=..., logger=...),
        raw_of(requestTime="x"),
        raw_of(eventSource="x"),
        raw_of(severity=8, Type="x"),
        event("function", "x"),
        event("platform.start", None),
        event("platform.start", {}, eventSource="x"),
        event("platform.start", {}, severity=8),
    ],
)
def test_what_merely_resembles_is_refused(raw: bytes) -> None:
    rows = Rows(1, 5)
    rows.logged = LOGGED
    assert not Lambda().read(raw, rows)
    assert len(rows) == 0


LINES = [
    REPORT.encode(),
    f"[INFO]\t{AT}\t{ID}\tx".encode(),
    f"{AT}\t{ID}\tINFO\tx".encode(),
    raw_of(),
    event("platform.report", {"status": "error", "metrics": {"durationMs": 1}}),
]
ODD: list[object] = [None, True, 0, 10**400, "", "\ud800", [], [[]], {}, {"": {}}, ["x"], "%s"]


def taken(raw: bytes) -> list[str]:
    rows = Rows(1, 5)
    rows.logged = LOGGED
    return [name for name, known in FORMATS.items() if known.read(raw, rows)]


@pytest.mark.parametrize("raw", LINES)
def test_no_other_format_reads_them(raw: bytes) -> None:
    assert taken(raw) == ["lambda"]


@given(
    raw=st.sampled_from(LINES),
    at=st.integers(0, 160),
    cut=st.integers(0, 9),
    junk=st.binary(max_size=5),
)
def test_damaged_records_raise_nothing(raw: bytes, at: int, cut: int, junk: bytes) -> None:
    raw = raw[:at] + junk + raw[at + cut :]
    assert len(taken(raw)) <= 1
    assert "\n" not in describe("lambda", raw).summary


@given(
    changes=st.dictionaries(st.sampled_from(sorted(RECORD)), st.sampled_from(ODD), max_size=3),
    record=st.sampled_from(ODD),
)
def test_odd_values_raise_nothing(changes: dict[str, object], record: object) -> None:
    for raw in (raw_of(**changes), event("platform.report", record, **changes)):
        assert len(taken(raw)) <= 1
        assert "\n" not in describe("lambda", raw).summary


def test_the_applications_own_keys_say_who_asked() -> None:
    raw = (
        b'{"timestamp":"2026-11-22T02:14:00.123Z","level":"WARN","message":"login failed",'
        b'"requestId":"8f507cfc-1234-4697-b07a-ac58fc914c95","clientIp":"203.0.113.9",'
        b'"sub":"bob","path":"/login","statusCode":401}'
    )
    rows = Rows(1, 5)
    assert Lambda().read(raw, rows)
    columns = rows.columns()
    assert columns.source_ip.values == ["", "203.0.113.9"]
    assert columns.identities[1].key == "http:bob"
    assert (columns.status[0], columns.outcome[0]) == (401, Outcome.DENIED)
    said = Lambda().describe(raw, b"", DEFAULT).summary
    assert said.endswith("login failed (ip from clientIp, user from sub)")
