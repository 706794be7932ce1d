"""Logs of load balancers as JSON, which log groups can have; every value may be text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .addresses import address
from .balancer import request_entry, tls_entry, without_port
from .base import count_of, document, text_of
from .marks import others_keys
from .times import iso_time

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .balancer import Entry

_MARK = b'"elb"'
_OTHERS = others_keys("alb") | {"severity", "Severity"}
_CLIENTS = ("client:port", "client_ip", "client_port", "ip_address", "client")
_OF_CONNECTIONS = ("tls_cipher", "tls_protocol_version", "listener")
_OF_REQUESTS = ("elb_status_code", "request", "request_verb", "request_url")


def entry_in(raw: bytes, name: str) -> Entry | None:
    """The entry of a record that is of the format `name`: `alb` or `nlb`."""
    if raw[:1] != b"{" or _MARK not in raw:
        return None
    table = document(raw)
    texts = {key: text for key, value in table.items() if (text := text_of(value))}
    if "elb" not in texts or not _OTHERS.isdisjoint(table):
        return None
    texts["client:port"] = without_port(texts.get("client:port", ""))
    client = next((texts[key] for key in _CLIENTS if address(texts.get(key))), None)
    time = texts.get("time") or texts.get("timestamp")
    if client is None or iso_time(time) is None:
        return None
    if any(key in texts for key in _OF_REQUESTS):
        return _request(texts, time, client) if name == "alb" else None
    if name != "nlb" or not any(key in texts for key in _OF_CONNECTIONS):
        return None
    return _connection(texts, time, client)


def _request(texts: Mapping[str, str], time: str | None, client: str) -> Entry | None:
    parts = (texts.get("request_verb"), texts.get("request_url"), texts.get("request_proto"))
    return request_entry(
        (
            time,
            texts["elb"],
            client,
            texts.get("elb_status_code"),
            texts.get("sent_bytes"),
            texts.get("request") or " ".join(part for part in parts if part),
            texts.get("user_agent"),
            texts.get("target_group_arn"),
        )
    )


def _connection(texts: Mapping[str, str], time: str | None, client: str) -> Entry | None:
    when = iso_time(time)
    if when is None:
        return None
    return tls_entry(
        time=when,
        client=client,
        balancer=texts["elb"],
        alert=texts.get("incoming_tls_alert"),
        cipher=texts.get("tls_cipher"),
        domain=texts.get("domain_name"),
        size=count_of(texts.get("sent_bytes")),
        arn=texts.get("chosen_cert_arn"),
    )
