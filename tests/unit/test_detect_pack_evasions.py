"""Payloads stay recognised however they are spelled, in every log of requests; what resembles them
is let alone."""

from collections.abc import Callable, Mapping

import pytest

from tests.pack import evasions
from tests.pack.judge import found
from tests.pack.weblogs import balancer, front, line, waf


def _overlooked(
    rule: str | None,
    encodings: Mapping[str, Callable[[str], str]],
    logs: Mapping[str, Callable[[str], bytes]],
    payloads: tuple[str, ...],
) -> list[tuple[str, str, str]]:
    """(payload, encoding, log) where the rule, or any at all, does not see it."""
    missed = []
    for log, written in logs.items():
        asked = [(text, name) for text in payloads for name in encodings]
        seen = found([written(encodings[name](text)) for text, name in asked])
        missed += [
            (text, name, log)
            for (text, name), titles in zip(asked, seen, strict=True)
            if not titles or (rule is not None and rule not in titles)
        ]
    return missed


@pytest.mark.parametrize("rule", evasions.ATTACKS)
def test_spelling_hides_nothing(rule: str) -> None:
    payloads = evasions.ATTACKS[rule]
    assert not _overlooked(rule, evasions.ENCODINGS, evasions.QUERIES, payloads)
    assert not _overlooked(rule, evasions.ENCODINGS, evasions.PATHS, payloads)


@pytest.mark.parametrize("rule", evasions.ATTACKS)
def test_what_no_browser_spells_so_is_told_by_that(rule: str) -> None:
    payloads = evasions.ATTACKS[rule]
    assert not _overlooked(None, evasions.HARDER, evasions.QUERIES, payloads)


@pytest.mark.parametrize("rule", evasions.DISGUISED)
def test_paths_in_disguise_are_what_they_are(rule: str) -> None:
    as_it_is = {"as it is": str}
    logs: Mapping[str, Callable[[str], bytes]] = {
        "AWS WAF": waf,
        "load balancer": balancer,
        "CloudFront": front,
        "access log": line,
    }
    assert not _overlooked(rule, as_it_is, logs, evasions.DISGUISED[rule])


@pytest.mark.parametrize("log", [waf, balancer, front, line])
def test_innocent_requests_are_let_alone(log: Callable[[str], bytes]) -> None:
    seen = found([log(target) for target in evasions.INNOCENT])
    accused = zip(evasions.INNOCENT, seen, strict=True)
    assert {target: titles for target, titles in accused if titles} == {}
