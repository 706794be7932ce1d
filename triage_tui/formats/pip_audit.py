"""`pip-audit --format json`: one hole of one package."""

from __future__ import annotations

from triage_tui.model import Vulnerability

from .base import text_of
from .vulnerability import names, only, texts

_KEYS = frozenset(("dependencies", "fixes", "name", "version", "vulns"))


class PipAudit:
    """It says neither how bad a hole is nor what it looked at: that is the environment, or the
    requirements file, that it ran on."""

    name = "pip_audit"
    mark = b'"vulns"'

    def holes(self, table: dict[str, object]) -> list[Vulnerability]:
        package = only(table.get("dependencies")) or table
        hole = only(package.get("vulns"))
        name = text_of(package.get("name"))
        known, aliases = names(hole.get("id"), hole.get("aliases"))
        if not table.keys() <= _KEYS or name is None or not known:
            return []
        return [
            Vulnerability(
                source=self.name,
                id=known,
                aliases=aliases,
                package=name,
                version=text_of(package.get("version")) or "",
                fixed=tuple(texts(hole.get("fix_versions"))),
                title=_first_sentence(text_of(hole.get("description")) or ""),
                ecosystem="PyPI",
            )
        ]


def _first_sentence(text: str) -> str:
    return " ".join(text[:400].split()).partition(". ")[0][:120]
