"""Filter patterns of CloudWatch Logs, evaluated: terms, regexes, JSON and columns.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
"""

import json
import operator
import re
from collections.abc import Callable
from functools import cache

Matcher = Callable[[str], bool]
_Test = Callable[[object], bool]

_TERM = re.compile(r'([-?]?)(?:"((?:[^"\\]|\\.)*)"|%([^%]*)%|(\w+))(?=\s|$)')
_TOKEN = re.compile(r'\s*(\(|\)|&&|\|\||"(?:[^"\\]|\\.)*"|%[^%]*%|!=|<=|>=|=|<|>|[^\s()=!<>&|"%]+)')
_WORDS = re.compile(r'\[[^\]]*\]|"[^"]*"|\S+')
_REGEX = re.compile(r"[\w:#=@/;,\-^$?\[\]{}|\\*+.\s]*", re.ASCII)
_NUMBERS = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}
_MISSING = object()


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
        return _json(text[1:-1])
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
            test = _contains(bare if quoted is None else _unquoted(quoted))
        if sign == "-":
            needed.append(_negated(test))
        else:
            (any_of if sign == "?" else needed).append(test)
    # Beside terms that are no question, questions have no effect.
    if needed:
        return lambda message: all(test(message) for test in needed)
    return lambda message: any(test(message) for test in any_of)


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)


def _contains(term: str) -> Matcher:
    return lambda message: term in message


def _regex(text: str) -> Matcher:
    if not _REGEX.fullmatch(text):
        raise PatternError(f"a regex has no parentheses, and not every symbol: {text!r}")
    try:
        known = re.compile(text)
    except re.error as error:
        raise PatternError(str(error)) from None
    return lambda message: known.search(message) is not None


def _negated(test: Matcher) -> Matcher:
    return lambda message: not test(message)


class _Conditions:
    """`a = "v*" && (n > 3 || x IS NULL)`, over a value in which `select` finds what is named."""

    def __init__(self, text: str, select: Callable[[str], Callable[[object], object]]) -> None:
        self._tokens: list[str] = []
        self._at = at = 0
        self._select = select
        text = text.strip()
        while at < len(text):
            found = _TOKEN.match(text, at)
            if found is None:
                raise PatternError(f"unexpected {text[at:]!r}")
            self._tokens.append(found[1])
            at = found.end()
        self.test = self._either()
        if self._at != len(self._tokens):
            raise PatternError(f"unexpected {self._tokens[self._at]!r}")

    def _next(self) -> str:
        if self._at == len(self._tokens):
            raise PatternError("the pattern ends too early")
        self._at += 1
        return self._tokens[self._at - 1]

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _either(self) -> _Test:
        tests = [self._both()]
        while self._peek() == "||":
            self._next()
            tests.append(self._both())
        return lambda value: any(test(value) for test in tests)

    def _both(self) -> _Test:
        tests = [self._one()]
        while self._peek() == "&&":
            self._next()
            tests.append(self._one())
        return lambda value: all(test(value) for test in tests)

    def _one(self) -> _Test:
        if self._peek() == "(":
            self._next()
            inner = self._either()
            if self._next() != ")":
                raise PatternError("a parenthesis is open")
            return inner
        find, sign = self._select(self._next()), self._next()
        test = _state(sign, self._next()) if sign in ("IS", "NOT") else self._comparison(sign)
        return lambda value: test(find(value))

    def _comparison(self, sign: str) -> _Test:
        if sign not in _NUMBERS:
            raise PatternError(f"no comparison: {sign!r}")
        return _comparison(sign, self._next())


def _state(sign: str, what: str) -> _Test:
    """`IS NULL`, `IS TRUE`, `IS FALSE`, `NOT EXISTS`."""
    states = {("IS", "NULL"): None, ("IS", "TRUE"): True, ("IS", "FALSE"): False}
    if (sign, what) == ("NOT", "EXISTS"):
        return lambda found: found is _MISSING
    if (sign, what) not in states:
        raise PatternError(f"no state: {sign} {what}")
    wanted = states[sign, what]
    return lambda found: found is wanted


def _comparison(sign: str, wanted: str) -> _Test:
    """Numbers by their size, all else as text with `*` for anything, or by a regex."""
    is_same = sign == "="
    if wanted.startswith("%"):
        search = _regex(wanted[1:-1])
        return lambda found: isinstance(found, str) and search(found) is is_same
    try:
        number, compare = float(wanted), _NUMBERS[sign]
    except ValueError:
        pass
    else:
        return lambda found: _is_number(found) and bool(compare(float(str(found)), number))
    if sign not in ("=", "!="):
        raise PatternError(f"{wanted!r} is no number")
    text = _unquoted(wanted[1:-1]) if wanted.startswith('"') else wanted
    glob = re.compile(".*".join(map(re.escape, text.split("*"))), re.S)
    return lambda found: isinstance(found, str) and (glob.fullmatch(found) is not None) is is_same


def _is_number(found: object) -> bool:
    if isinstance(found, str):
        return re.fullmatch(r"[-+]?\d+(\.\d+)?(e[-+]?\d+)?", found) is not None
    return isinstance(found, int | float) and not isinstance(found, bool)


def _json(text: str) -> Matcher:
    test = _Conditions(text, _selected).test

    def matches(message: str) -> bool:
        try:
            value = json.loads(message)
        except ValueError:
            return False
        return isinstance(value, dict) and test(value)

    return matches


def _selected(path: str) -> Callable[[object], object]:
    """What `$.users[0].name` is in a record."""
    if not re.fullmatch(r"\$(\.[\w-]+(\[\d+\])*)+", path):
        raise PatternError(f"no selector: {path!r}")
    steps = [int(n) if n else name for name, n in re.findall(r"([\w-]+)|\[(\d+)\]", path[2:])]

    def find(value: object) -> object:
        for step in steps:
            if isinstance(value, dict) and isinstance(step, str):
                value = value.get(step, _MISSING)
            elif isinstance(value, list) and isinstance(step, int) and step < len(value):
                value = value[step]
            else:
                return _MISSING
        return value

    return find


def _columns(text: str) -> Matcher:
    """`[ip, user, ..., status = 4* && status != 403, bytes > 100]`."""
    wanted = [part.strip() for part in text.split(",")]
    if wanted.count("...") > 1:
        raise PatternError("... stands once")
    tests = [_column(part) for part in wanted]
    gap = wanted.index("...") if "..." in wanted else None

    def matches(message: str) -> bool:
        words = [word.strip('"[]') for word in _WORDS.findall(message)]
        parts = list(tests)
        if gap is not None:
            parts[gap : gap + 1] = [_anything] * max(0, len(words) - len(tests) + 1)
        return len(parts) == len(words) and all(
            test(word) for test, word in zip(parts, words, strict=True)
        )

    return matches


def _anything(word: object) -> bool:
    return True


def _column(part: str) -> _Test:
    if part == "..." or re.fullmatch(r"\w*", part):
        return _anything
    return _Conditions(part, lambda name: lambda word: word).test
