"""HTTPS as the AWS client speaks it, with the authorities that vouch for servers read once: each
client for itself would read all of them anew, and a triage has dozens of clients."""

from __future__ import annotations

import os
from threading import Lock
from typing import TYPE_CHECKING

from aiobotocore.httpsession import AIOHTTPSession
from botocore.httpsession import get_cert_path

if TYPE_CHECKING:
    import ssl

_known: dict[tuple[str, int, int], ssl.SSLContext] = {}
"""By file, its time of change and its size: who mends a bundle is heard without a new start."""
_turn = Lock()  # several clients connect at once, each in a thread


class HttpSession(AIOHTTPSession):
    """aiobotocore's, whose connections share what they know of authorities."""

    # What its stubs leave out.
    _verify: bool | str
    _cert_file: str | None

    def _build_verify_context(self) -> ssl.SSLContext:
        """Blocking; raises OSError where the bundle cannot be read. Who shows a certificate of
        their own gets a context of their own: it is put in there."""
        path = get_cert_path(True) if self._verify is True else self._verify
        if self._cert_file or not path:
            return self._own()
        found = os.stat(path)
        key = (os.path.realpath(path), found.st_mtime_ns, found.st_size)
        with _turn:
            if key not in _known:
                _known[key] = self._own()
            return _known[key]

    def _own(self) -> ssl.SSLContext:
        made: ssl.SSLContext = super()._build_verify_context()  # type: ignore[misc]
        return made
