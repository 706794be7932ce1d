"""Filter patterns match what the documentation says they match."""

import json

import pytest

from tests.aws.patterns import PatternError, matcher

LINE = '127.0.0.1 - frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534'
RECORD = json.dumps(
    {
        "eventType": "UpdateTrail",
        "sourceIPAddress": "111.111.111.111",
        "arrayKey": ["value", "another value"],
        "objectList": [{"name": "a", "id": 1}, {"name": "b", "id": 2}],
        "SomeObject": None,
        "ThisFlag": True,
        "latency": 12.5,
        "x-id": 7,
    }
)


@pytest.mark.parametrize(
    ("pattern", "message", "matches"),
    [
        ("", "anything", True),
        ("ERROR", "an ERROR here", True),
        ("ERROR", "ERRORCODE: -1", True),
        ("ERROR", "an error here", False),
        ("ERROR Exception", "Exception and ERROR", True),
        ("ERROR Exception", "ERROR", False),
        ('"ERROR Exception"', "Exception and ERROR", False),
        ('"say \\"no\\""', 'they say "no"', True),
        ("?ERROR ?WARN", "WARN message", True),
        ("?ERROR ?WARN", "INFO message", False),
        ("?ERROR ?WARN REQUEST", "REQUEST alone", True),  # questions count only by themselves
        ("ERROR -Exiting", "Exiting with ERROR", False),
        ("ERROR -Exiting", "ERROR", True),
        ('ERROR -"at exit"', "ERROR at exit", False),
        ("%AUTHORI[SZ]ED%", "UNAUTHORIZED", True),
        ("%^AUTHORI[SZ]ED%", "UNAUTHORIZED", False),
        ('{ $.eventType = "UpdateTrail" }', RECORD, True),
        ("{ $.eventType = Update* }", RECORD, True),
        ('{ $.eventType = "update*" }', RECORD, False),
        ("{ $.sourceIPAddress != 123.123.* }", RECORD, True),
        ("{ $.sourceIPAddress != 111.111.* }", RECORD, False),
        ("{ $.sourceIPAddress = %^111\\.[0-9]+% }", RECORD, True),
        ('{ $.arrayKey[0] = "value" }', RECORD, True),
        ('{ $.arrayKey = "value" }', RECORD, False),
        ('{ $.arrayKey != "value" }', RECORD, False),
        ("{ $.objectList[1].id = 2 }", RECORD, True),
        ("{ $.objectList[2].id = 2 }", RECORD, False),
        ("{ $.SomeObject IS NULL }", RECORD, True),
        ("{ $.SomeOther IS NULL }", RECORD, False),
        ("{ $.SomeOther NOT EXISTS }", RECORD, True),
        ("{ $.eventType NOT EXISTS }", RECORD, False),
        ("{ $.ThisFlag IS TRUE }", RECORD, True),
        ("{ $.ThisFlag IS FALSE }", RECORD, False),
        ("{ $.latency > 3 && $.latency <= 12.5 }", RECORD, True),
        ("{ $.latency > +1e3 }", RECORD, False),
        ("{ $.x-id = 7 }", RECORD, True),
        ("{ $.latency < 3 || $.ThisFlag IS TRUE && $.x-id = 7 }", RECORD, True),
        ("{ ($.latency < 3 || $.ThisFlag IS TRUE) && $.x-id = 8 }", RECORD, False),
        ('{ $.eventType = "*" }', "no JSON", False),
        ("[ip, user, name, time, request, status = 4*, bytes]", LINE, True),
        ("[ip, user, name, time, request, status = 4* && status != 404, bytes]", LINE, False),
        ("[ip, ..., status = 404 || status = 410, bytes > 1000]", LINE, True),
        ("[..., bytes > 2000]", LINE, False),
        ('[..., request = "*html*", status, bytes]', LINE, True),
        ("[ip, user, name]", LINE, False),
        ("[ip = 127.0.*, ...]", LINE, True),
    ],
)
def test_patterns(pattern: str, message: str, matches: bool) -> None:
    assert matcher(pattern)(message) is matches


@pytest.mark.parametrize(
    "pattern",
    [
        "a.b",  # to be quoted
        '"open',
        "%(a)%",
        "%[a%",
        "{ $.a = 1",
        "{ a = 1 }",
        "{ $.a }",
        "{ $.a > word }",
        "{ ($.a = 1 }",
        "{ $.a = 1 $.b = 2 }",
        "{ $.a IS MAYBE }",
        "[a, b",
        "[..., a, ...]",
    ],
)
def test_what_is_no_pattern(pattern: str) -> None:
    with pytest.raises(PatternError):
        matcher(pattern)
