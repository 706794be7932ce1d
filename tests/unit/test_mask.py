"""The mask: every secret goes, everything else stays, whatever the text is."""

import json
import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from triage_tui.mask import MASK, mask, mask_key

KEY = "AKIAIOSFODNN7EXAMPLE"
SHORT = "AKIA…PLE"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJtYXJpYSJ9.c2lnbmF0dXJl-_x"
PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA+/x=\nabc\n-----END RSA PRIVATE KEY-----"


@pytest.mark.parametrize(
    ("key", "short"),
    [
        (KEY, SHORT),
        ("ASIAQWERTYUIOP0007XQ", "ASIA…7XQ"),
        (SHORT, SHORT),
        ("", "…"),
        ("short", "…"),
        ("…", "…"),
    ],
)
def test_a_key_is_shortened(key: str, short: str) -> None:
    assert mask_key(key) == short
    assert mask_key(short) == short


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        # Headers as lines.
        ("Authorization: Bearer abc.def ghi", f"Authorization: {MASK}"),
        ("Cookie: a=b; c=d\r\nHost: x", f"Cookie: {MASK}\r\nHost: x"),
        ("set-cookie:a=b; Path=/", f"set-cookie:{MASK}"),
        ("Proxy-Authorization: Basic dTpw", f"Proxy-Authorization: {MASK}"),
        ("X-Api-Key: s3cr3t other", f"X-Api-Key: {MASK} other"),
        ("Cookie:\r\nHost: x", "Cookie:\r\nHost: x"),
        # Headers as WAF, ECS, CloudFormation write them.
        ('{"name":"Cookie","value":"a=b"}', f'{{"name":"Cookie","value":"{MASK}"}}'),
        ('{"value": "x y", "name": "COOKIE"}', f'{{"value": "{MASK}", "name": "COOKIE"}}'),
        ('{"name":"Host","value":"a"}', '{"name":"Host","value":"a"}'),
        ('{"Name":"DB_PASSWORD","Value":"x"}', f'{{"Name":"DB_PASSWORD","Value":"{MASK}"}}'),
        (
            '{"parameterKey":"DbPassword","parameterValue":"x"}',
            f'{{"parameterKey":"DbPassword","parameterValue":"{MASK}"}}',
        ),
        ('{"cookie": ["a=b", "c=\\"d"]}', f'{{"cookie": ["{MASK}", "{MASK}"]}}'),
        ('{"cookies": {"sid": "x", "n": 1}, "k": "v"}',
         f'{{"cookies": {{"sid": "{MASK}", "n": 1}}, "k": "v"}}'),
        # JSON.
        ('{"sessionToken":"FwoG\\"x\\\\"}', f'{{"sessionToken":"{MASK}"}}'),
        ('{"secretAccessKey" : "w/J+"}', f'{{"secretAccessKey" : "{MASK}"}}'),
        ('{"x-amz-security-token":"x"}', f'{{"x-amz-security-token":"{MASK}"}}'),
        ('{"masterUserPassword":"x","a":1}', f'{{"masterUserPassword":"{MASK}","a":1}}'),
        ('{"password":12345,"b":"c"}', f'{{"password":"{MASK}","b":"c"}}'),
        (f'{{"credentials":{{"accessKeyId":"{KEY}","expiration":"7 p.m.","secretAccessKey":"x"}}}}',
         f'{{"credentials":{{"accessKeyId":"{SHORT}","expiration":"7 p.m.",'
         f'"secretAccessKey":"{MASK}"}}}}'),
        ('{"tokens":["a",{"id":"b","token":"c"}]}',
         f'{{"tokens":["{MASK}",{{"id":"b","token":"{MASK}"}}]}}'),
        ('{"password":null,"token":true}', '{"password":null,"token":true}'),
        ('{"password":""}', '{"password":""}'),
        ('{"password":"cut off', f'{{"password":"{MASK}'),
        (f'{{"accessKeyId":"{KEY}"}}', f'{{"accessKeyId":"{SHORT}"}}'),
        # Python, shells, URLs.
        ("{'password': 'it\\'s', 'x': 'y'}", f"{{'password': '{MASK}', 'x': 'y'}}"),
        ("AWS_SECRET_ACCESS_KEY=abc/d+e", f"AWS_SECRET_ACCESS_KEY={MASK}"),
        ('--password="two words" --user=x', f'--password="{MASK}" --user=x'),
        ("password: hunter2, user: x", f"password: {MASK}, user: x"),
        ('"pass_word" => "x"', '"pass_word" => "x"'.replace('"x"', f'"{MASK}"')),
        ("user=a&password=b&c=d", f"user=a&password={MASK}&c=d"),
        ("a%3D1%26password%3Db%26c%3Dd", f"a%3D1%26password%3D{MASK}%26c%3Dd"),
        ("password\\u003db\\u0026c", f"password\\u003d{MASK}\\u0026c"),
        (
            f"https://b/x?X-Amz-Credential={KEY}%2Feu&X-Amz-Date=1&X-Amz-Signature=0f&e=1",
            f"https://b/x?X-Amz-Credential={MASK}&X-Amz-Date=1&X-Amz-Signature={MASK}&e=1",
        ),
        ("https://b/x?AWSAccessKeyId=a&Signature=b%3D", f"https://b/x?AWSAccessKeyId=a&Signature={MASK}"),
        ("postgres://shop:p4ss@db/x", f"postgres://shop:{MASK}@db/x"),
        # By their own form.
        (f"saw {JWT}.", f"saw {MASK}."),
        (f"token: Bearer {'x' * 20}", f"token: {MASK} {MASK}"),
        (f"key\n{PEM}\nafter", f"key\n{MASK}\nafter"),
        (json.dumps({"a": PEM}), json.dumps({"a": MASK}, ensure_ascii=False)),
        (f"private_key: {PEM}", f"private_key: {MASK}"),
        (f"by {KEY}.", f"by {SHORT}."),
        (f"\\n{KEY} %3D{KEY}", f"\\n{SHORT} %3D{SHORT}"),
    ],
)  # fmt: skip
def test_secrets_are_masked(text: str, masked: str) -> None:
    assert mask(text) == masked
    assert mask(masked) == masked


@pytest.mark.parametrize(
    "text",
    [
        "",
        '{"eventName":"DeleteItem","sourceIPAddress":"198.51.100.23","tokens":null}',
        "arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/db-AbCdEf",
        '{"nextToken":"abc","clientRequestToken":"d","lockToken":"e"}',
        '{"httpTokens":"optional","inputTokens":12,"credentials":{"expiration":"7 p.m."}}',
        '{"authorization":null,"x":"y","cookie":true,"cookies":[],"z":["a"]}',
        '{"secretId":"prod/db","secretArn":"arn:x"}',
        '{"sessionCredentialFromConsole":"true","passwordLastUsed":"never"}',
        '{"SignatureVersion":"SigV4","AuthenticationMethod":"AuthHeader"}',
        '{"principalId":"AROAEXAMPLEID:deploy","publicKey":"ssh-ed25519"}',
        '{"a":"x=password=","b":"c"}',
        '{"a":"password:" , "b":"c"}',
        '{"a":"{\\"q\\":\\"password=\\",\\"r\\":\\"s\\"}"}',
        "the password is not here, nor is a token",
        "not_eyJabcdef.eyJ.x",
        "MAKIAIOSFODNN7EXAMPLE",
    ],
)
def test_the_rest_stays(text: str) -> None:
    assert mask(text) == text


# -- properties ----------------------------------------------------------------------------------

SECRET_NAMES = ["password", "sessionToken", "X-Amz-Security-Token", "secret_key1", "Cookie"]
OTHER_NAMES = ["eventName", "n", "é", "nextToken", "x y", "\\", '"', ""]
secrets = st.text(min_size=1).filter(str.strip)
others = st.text(st.characters(exclude_characters="=:%@-", exclude_categories=["Cs"]), max_size=8)


@st.composite
def documents(draw: st.DrawFn, depth: int = 2) -> tuple[object, object]:
    """A JSON value, and what it must be when masked."""
    kind = draw(st.sampled_from(["text", "number", "list", "object", "pair", "nested"]))
    if depth == 0 or kind == "text":
        text = draw(others)
        return text, text
    if kind == "number":
        number = draw(st.integers() | st.booleans() | st.none())
        return number, number
    if kind == "list":
        parts = draw(st.lists(documents(depth=depth - 1), max_size=3))
        return [plain for plain, _ in parts], [masked for _, masked in parts]
    if kind == "pair":
        name, value = draw(st.sampled_from(SECRET_NAMES)), draw(secrets)
        forward = draw(st.booleans())
        plain = {"name": name, "value": value} if forward else {"value": value, "name": name}
        return plain, plain | {"value": MASK}
    if kind == "nested":
        plain_inside, masked_inside = draw(documents(depth=depth - 1))
        ascii_only = draw(st.booleans())
        return _Nested(plain_inside, ascii_only), _Nested(masked_inside, ascii_only)
    plain_fields: dict[str, object] = {}
    masked_fields: dict[str, object] = {}
    for name in draw(st.lists(st.sampled_from(SECRET_NAMES + OTHER_NAMES), unique=True)):
        if name in SECRET_NAMES:
            plain_fields[name], masked_fields[name] = draw(secrets), MASK
        else:
            plain_fields[name], masked_fields[name] = draw(documents(depth=depth - 1))
    return plain_fields, masked_fields


class _Nested:
    """A document that stands as a string in another."""

    def __init__(self, content: object, ascii_only: bool) -> None:
        self.content = content
        self.ascii_only = ascii_only


def spelled(value: object) -> object:
    """The value with nested documents as the strings that they are."""
    if isinstance(value, _Nested):
        return json.dumps(spelled(value.content), ensure_ascii=value.ascii_only)
    if isinstance(value, list):
        return [spelled(one) for one in value]
    if isinstance(value, dict):
        return {name: spelled(one) for name, one in value.items()}
    return value


def read(text: str, like: object) -> object:
    """Parses the text, and strings in it where the other value has nested documents."""
    return understood(json.loads(text), like)


def understood(value: object, like: object) -> object:
    if isinstance(like, _Nested) and isinstance(value, str):
        return ["nested", understood(json.loads(value), like.content)]
    if isinstance(like, list) and isinstance(value, list):
        return [understood(one, other) for one, other in zip(value, like, strict=True)]
    if isinstance(like, dict) and isinstance(value, dict):
        return {name: understood(value[name], like[name]) for name in like}
    return value


def expected(value: object) -> object:
    return understood(spelled(value), value)


@settings(max_examples=100)  # what is held here is rare in fewer
@given(documents(depth=4), st.booleans(), st.sampled_from([None, 1]))
def test_in_json_just_the_secrets_go(
    document: tuple[object, object], ascii_only: bool, indent: int | None
) -> None:
    plain, masked = document
    text = json.dumps(spelled(plain), ensure_ascii=ascii_only, indent=indent)
    assert read(mask(text), masked) == expected(masked)


pieces = st.sampled_from(
    [
        *("password", "Cookie", "token", "name", "value", "Authorization", "nextToken", "x"),
        *('"', "'", '\\"', '\\\\"', '\\\\\\"', "\\", "\\n", "\\u003d", "\\u0026", "%3D", "%26"),
        *("=", ":", "=>", ",", "&", ";", " ", "\n", "[", "]", "{", "}", "@", "://", "/", "%25"),
        *(KEY, JWT, MASK, SHORT, "Bearer ", "A" * 17, "12", "null", "PWD=", "ab", "eyJ", "."),
        *("-----BEGIN X-----", "-----END X-----", "-----"),
    ]
)
mixtures = st.lists(pieces, max_size=14).map("".join) | st.text()


@settings(max_examples=100)
@given(mixtures)
@example(f"{KEY[:-3]}PWD=x")
@example(f"token: Bearer {'A' * 17}")
def test_masking_twice_is_masking_once(text: str) -> None:
    once = mask(text)
    assert mask(once) == once


@given(st.lists(st.tuples(mixtures, mixtures), max_size=4))
def test_valid_json_stays_valid(pairs: list[tuple[str, str]]) -> None:
    text = json.dumps(dict(pairs))
    inner = json.dumps({"message": text, "more": [text]})
    # Fields are counted before names may collide: a name that holds a secret is masked too.
    assert len(json.loads(mask(text), object_pairs_hook=list)) == len(dict(pairs))
    assert set(json.loads(mask(inner))) == {"message", "more"}


@given(st.text(st.sampled_from("abcdefghij0123456789+/._~-"), min_size=1, max_size=40))
def test_no_secret_is_left_of(secret: str) -> None:
    for before in ("Authorization: ", "password=", '{"a":1,"sessionToken":"', "x?Signature="):
        assert mask(before + secret) == before + MASK


PLENTY = 300_000


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "unit",
    [
        *("a", "eyJ", "eyJa.", "\\", '"', "'", '\\"', "%25", "-", ":", "=", " ", "://", "://a:"),
        *("password", "password ", "password=", 'password="', 'password\\":\\"', "password':'"),
        *("name\\':\\'", "name':'", 'name":"', 'name\\":\\"', 'value":"x\\":\\"', "value\\':\\'x"),
        *('cookie":[', 'cookie":["', 'cookie":{"a":', "-----BEGIN X-----", "-----BEGIN ", "-----"),
        *("bearer ", "bearer a", "AKIA", "AKIA ", "\\neyJ", "%3DeyJ", "password%25", "a.-_"),
        *('name\\":\\"name\\\\\\":\\\\\\"', 'value":"password","name":"', "cookie: \\", "\\u003d"),
        *("[", "]", '["', "\n", "\t:", "\U0001f600", "\ud800"),
    ],
)  # fmt: skip
def test_plenty_of_hostile_text_ends(unit: str) -> None:
    """The test's own limit is the assertion, a hundred times what it needs: work that grows with
    the square takes minutes."""
    masked = mask(unit * (PLENTY // len(unit)))
    assert mask(masked[:1000]) is not None


def test_the_mask_ends_nothing() -> None:
    assert not re.search(r"""[\s"'\\&;,<>(){}\[\]|%=:@/.-]""", MASK)
