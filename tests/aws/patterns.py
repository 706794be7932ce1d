"""Filter patterns of CloudWatch Logs, evaluated: terms, regexes, JSON and columns.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
"""

import json
import re
from collections.abc import Callable
from fnmatch import fnmatchcase
from functools import cache

Matcher = Callable[[str], bool]

_TERM = re.compile(r'([-?]?)(?:"((?:[^"\\]|\\.)*)"|%([^%]*)%|([\w.:/@-]+))')
_TOKEN = re.compile(r'\s*(\(|\)|&&|\|\||"(?:[^"\\]|\\.)*"|!=|<=|>=|=|<|>|[^\s()=!<>&|]+)')
_WORDS = re.compile(r'\[[^\]]*\]|"[^"]*"|\S+')


class PatternError(ValueError):
    """What is no pattern."""


@cache
def matcher(pattern: str) -> Matcher:
    """Whether a message matches. Raises PatternError."""
    text = pattern.strip()
    if not text:
        return lambda message: True
    if text.startswith("{"):
        if not text.endswith("}"):
            raise PatternError("a JSON pattern ends with }")
        return _Json(text[1:-1]).matches
    if text.startswith("["):
        if not text.endswith("]"):
            raise PatternError("a pattern of columns ends with ]")
        return _columns(text[1:-1])
    return _terms(text)


def _terms(text: str) -> Matcher:
    needed: list[Matcher] = []
    any_of: list[Matcher] = []
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        found = _TERM.match(text, at)
        if found is None:
            raise PatternError(f"quote terms with other characters: {text[at:]!r}")
        at = found.end()
        sign, quoted, regex, bare = found.groups()
        if regex is not None:
            test = _regex(regex)
        else:
            term = bare if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
            test = _contains(term)
        if sign == "-":
            needed.append(_negated(test))
        else:
            (any_of if sign == "?" else needed).append(test)
    return lambda message: (
        all(test(message) for test in needed)
        and (not any_of or any(test(message) for test in any_of))
    )


def _contains(term: str) -> Matcher:
    return lambda message: term in message


def _regex(text: str) -> Matcher:
    known = re.compile(text)
    return lambda message: known.search(message) is not None


def _negated(test: Matcher) -> Matcher:
    return lambda message: not test(message)


class _Json:
    """`$.a.b = "v*" && ($.n > 3 || $.x IS NULL)`."""

    def __init__(self, text: str) -> None:
        self._tokens = [found[1] for found in _TOKEN.finditer(text)]
        if "".join(self._tokens) != re.sub(r'\s+(?=(?:[^"]*"[^"]*")*[^"]*$)', "", text):
            raise PatternError(f"no JSON pattern: {text!r}")
        self._at = 0
        self._test = self._either()
        if self._at != len(self._tokens):
            raise PatternError(f"unexpected {self._tokens[self._at]!r}")

    def matches(self, message: str) -> bool:
        try:
            value = json.loads(message)
        except ValueError:
            return False
        return isinstance(value, dict) and self._test(value)

    def _next(self) -> str:
        if self._at == len(self._tokens):
            raise PatternError("the pattern ends too early")
        self._at += 1
        return self._tokens[self._at - 1]

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _either(self) -> Callable[[object], bool]:
        tests = [self._both()]
        while self._peek() == "||":
            self._next()
            tests.append(self._both())
        return lambda value: any(test(value) for test in tests)

    def _both(self) -> Callable[[object], bool]:
        tests = [self._one()]
        while self._peek() == "&&":
            self._next()
            tests.append(self._one())
        return lambda value: all(test(value) for test in tests)

    def _one(self) -> Callable[[object], bool]:
        if self._peek() == "(":
            self._next()
            inner = self._either()
            if self._next() != ")":
                raise PatternError("a parenthesis is open")
            return inner
        path, sign = self._next(), self._next()
        if not path.startswith("$."):
            raise PatternError(f"a selector begins with $.: {path!r}")
        steps = [int(n) if n else name for name, n in re.findall(r"(\w+)|\[(\d+)\]", path[2:])]
        wanted = self._next()
        if sign in ("IS", "NOT"):
            return lambda value: (sign == "IS") is (_at(value, steps) in (None, wanted == "TRUE"))
        return lambda value: _compare(_at(value, steps), sign, wanted)


def _at(value: object, steps: list[str | int]) -> object:
    for step in steps:
        if isinstance(value, dict) and isinstance(step, str):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return None
    return value


def _compare(found: object, sign: str, wanted: str) -> bool:
    if found is None or isinstance(found, dict | list):
        return False
    try:
        number = float(wanted)
    except ValueError:
        text = wanted.strip('"')
        same = fnmatchcase(str(found), text)
        return same if sign == "=" else sign == "!=" and not same
    if isinstance(found, str | bool):
        return False
    return {
        "=": found == number,
        "!=": found != number,
        "<": float(str(found)) < number,
        ">": float(str(found)) > number,
        "<=": float(str(found)) <= number,
        ">=": float(str(found)) >= number,
    }[sign]


def _columns(text: str) -> Matcher:
    """`[ip, user, ..., status=4*, bytes>100]`."""
    wanted = [part.strip() for part in text.split(",")]
    gap = wanted.index("...") if "..." in wanted else None

    def matches(message: str) -> bool:
        words = [word.strip('"[]') for word in _WORDS.findall(message)]
        parts = list(wanted)
        if gap is not None:
            parts[gap : gap + 1] = [""] * max(0, len(words) - len(wanted) + 1)
        return len(parts) == len(words) and all(map(_column, parts, words))

    return matches


def _column(part: str, word: str) -> bool:
    found = re.fullmatch(r"\s*\w*\s*(!=|<=|>=|=|<|>)\s*(\S+)\s*", part)
    if found is None:
        return True
    sign, wanted = found.groups()
    try:
        value: object = float(word)
    except ValueError:
        value = word
    return _compare(value if re.fullmatch(r"[\d.]+", wanted) else word, sign, wanted)
