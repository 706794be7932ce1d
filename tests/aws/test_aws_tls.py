"""The authorities are read once for all clients, and again where their file has changed."""

import ssl
from pathlib import Path

import pytest
from botocore.httpsession import get_cert_path

from triage_tui.aws.signin import CALL
from triage_tui.aws.tls import HttpSession


def context(verify: bool | str = True, certificate: str | None = None) -> ssl.SSLContext:
    made = HttpSession(client_cert=certificate)
    made._verify = verify  # a path, too, which the stubs do not know
    return made._build_verify_context()


def test_clients_share_what_they_know_of_authorities() -> None:
    assert vars(CALL)["http_session_cls"] is HttpSession
    shared = context()
    assert context() is shared
    assert shared.verify_mode is ssl.CERT_REQUIRED
    assert shared.check_hostname
    assert shared.get_ca_certs()


def test_who_shows_a_certificate_has_a_context_of_its_own() -> None:
    assert context(certificate="mine.pem") is not context()


def test_who_trusts_everybody_shares_nothing() -> None:
    trusting = context(verify=False)
    assert trusting.verify_mode is ssl.CERT_NONE
    assert context().verify_mode is ssl.CERT_REQUIRED
    assert context(verify=False) is not trusting


def test_a_bundle_that_was_mended_is_read_again(tmp_path: Path) -> None:
    bundle = tmp_path / "bundle.pem"
    whole = Path(str(get_cert_path(True))).read_text()
    end = "-----END CERTIFICATE-----\n"
    bundle.write_text(whole[: whole.index(end) + len(end)])
    first = context(str(bundle))
    assert len(first.get_ca_certs()) == 1
    assert context(str(bundle)) is first
    bundle.write_text(whole)
    assert len(context(str(bundle)).get_ca_certs()) > 1
    bundle.unlink()
    with pytest.raises(OSError, match="No such file"):
        context(str(bundle))
