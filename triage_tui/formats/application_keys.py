"""Where applications put what: the names of keys that are tried, and in which order.

Names are compared without regard to case, `-`, `_` and `@`. A name alone is looked for on the top
level and in the containers that loggers use; a name behind a dot in the container before the dot,
wherever that is; at most two levels down. Of several keys for one field the earlier name wins, then
the one higher up, then the one that comes first in the record. A value that cannot be what the
field holds is passed over.
"""

from __future__ import annotations

import enum
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from .settings import FormatSettings


class Field(enum.IntEnum):
    """What a record may hold."""

    TIME = 0
    IP = 1
    CHAIN = 2
    USER = 3
    METHOD = 4
    REQUEST = 5
    PATH = 6
    STATUS = 7
    LEVEL = 8
    MESSAGE = 9
    ACTION = 10
    OUTCOME = 11
    AGENT = 12
    SIZE = 13
    RESOURCE = 14
    ACCOUNT = 15
    REGION = 16


_NAMES = {
    Field.TIME: "timestamp time ts datetime date event_time event_timestamp log_time time_iso8601"
    " timestamp_ms time_millis asctime published request_time request_timestamp start_time"
    " start_utc time_local edge_start_timestamp instant.epoch_second _aws.timestamp datetime.date"
    " __realtime_timestamp msec t",
    Field.IP: "client_ip client_addr client_address client_host remote_addr remote_address"
    " remote_ip remote_host source_ip source_address source_ip_address src_ip src_addr actor_ip"
    " user_ip caller_ip origin_ip ip_address ip_addr ip client.ip client.ip_address client.address"
    " source.ip source.address remote.ip remote.address user.ip actor.ip session.ip"
    " downstream_remote_address real_ip x_real_ip headers.x_real_ip true_client_ip"
    " headers.true_client_ip cf_connecting_ip headers.cf_connecting_ip client",
    Field.CHAIN: "x_forwarded_for http_x_forwarded_for headers.x_forwarded_for forwarded_for"
    " client.forwarded_for xff",
    Field.USER: "user username user_name user_id uid remote_user user_email email sub subject"
    " principal principal_id actor identity login account_name client_username upn"
    " preferred_username display_name user.name user.username user.user_name user.email user.login"
    " user.sub user.arn user.id user.user_id claims.preferred_username claims.username"
    " claims.cognito:username claims.email claims.sub jwt.sub token.sub actor.name actor.username"
    " actor.login actor.email actor.alternate_id actor.display_name actor.id principal.name"
    " principal.arn principal.id principal.sub identity.name identity.user identity.username"
    " identity.arn identity.user_arn identity.id auth.user auth.username auth.display_name auth.sub"
    " auth.uid authorizer.principal_id usr.name usr.email usr.id session.user session.username"
    " session.user_id",
    Field.METHOD: "http_method request_method client_request_method method request.method"
    " http.method verb",
    Field.REQUEST: "request request_line",
    Field.PATH: "request_path path client_request_path client_request_uri request_uri uri"
    " request_url original_url url url.path url.original url_details.path uri_path url_path"
    " raw_path resource_path route endpoint",
    Field.STATUS: "status_code status http_status http_status_code response_status response_code"
    " response_status_code downstream_status edge_response_status res.status_code"
    " response.status_code response.status http.status_code http.status",
    Field.LEVEL: "level severity log_level levelname level_name loglevel lvl log.level l",
    Field.MESSAGE: "message msg log text short_message rendered_message error_message m mt"
    " message_template",
    Field.ACTION: "action event event_type event_name event_action operation activity event.action"
    " event.name event.type",
    Field.OUTCOME: "outcome result success succeeded status event.outcome outcome.result"
    " event.result",
    Field.AGENT: "user_agent http_user_agent client_request_user_agent useragent.original"
    " user_agent.original headers.user_agent request_user_agent agent user_agent.raw_user_agent",
    Field.SIZE: "bytes bytes_sent body_bytes_sent response_size response_length response_bytes"
    " content_length size downstream_content_size res.content_length http.bytes body.bytes",
    Field.RESOURCE: "http_host host vhost virtual_host server_name request_host authority"
    " headers.host service service_name app app_name application service.name app.name"
    " function_name component logger logger_name channel log.logger host.name",
    Field.ACCOUNT: "account_id aws_account_id cloud.account.id account.id",
    Field.REGION: "region cloud.region",
}
_CONTAINERS = (
    "req request http http_request request_context identity context ctx context_map mdc fields data"
    " extra meta metadata payload properties attributes labels log event details json"
)
"""In these a name alone means what it means on the top level."""
_DEEPEST = 3
_MOST_KNOWN = 8192
_LONGEST_NAME = 64
_FOLD = str.maketrans("", "", "-_@ ")
_RANKS = 1000
_OWN = 100
"""Names that the settings may add to a field's."""


class Place(NamedTuple):
    """What is known of one key at one place."""

    name: str
    """The whole path as spelled."""
    claims: tuple[tuple[int, int], ...]
    """Which fields its value may be: (order, field). The order holds field, rank of the name, and
    depth; claims are sorted by it."""
    below: Level | None


_NOTHING = Place("", (), None)


class Level(dict[str, Place]):
    """The keys of one level, as spelled, found out when they are first met."""

    def __init__(self, names: _Names, path: tuple[str, ...], spelled: str) -> None:
        super().__init__()
        self._names = names
        self._path = path
        self._spelled = spelled

    def __missing__(self, key: str) -> Place:
        if len(key) > _LONGEST_NAME:
            return _NOTHING
        path = (*self._path, *_folded(key))
        name = f"{self._spelled}{key}"
        below = Level(self._names, path, f"{name}.") if len(path) < _DEEPEST else None
        place = Place(name, self._names.claims(path), below)
        self._names.remember(self, key, place)
        return place


class _Names:
    """The names in force, by their last part."""

    def __init__(self, ip_keys: tuple[str, ...], user_keys: tuple[str, ...]) -> None:
        self._by_last: dict[str, list[tuple[Field, int, tuple[str, ...], bool]]] = {}
        self._containers = frozenset(name for (name,) in map(_folded, _CONTAINERS.split()))
        self._known = 0
        for field, own in ((Field.IP, ip_keys), (Field.USER, user_keys)):
            for rank, name in enumerate(own[:_OWN]):
                self._add(field, rank, name, anywhere=True)
        for field, names in _NAMES.items():
            for rank, name in enumerate(names.split(), _OWN):
                self._add(field, rank, name, anywhere=False)
        self.top = Level(self, (), "")

    def _add(self, field: Field, rank: int, name: str, *, anywhere: bool) -> None:
        path = _folded(name)
        self._by_last.setdefault(path[-1], []).append((field, rank, path, anywhere))

    def claims(self, path: tuple[str, ...]) -> tuple[tuple[int, int], ...]:
        found: dict[Field, int] = {}
        for field, rank, name, anywhere in self._by_last.get(path[-1], ()):
            outer = path[: -len(name)]
            if path[-len(name) :] != name:
                continue
            if anywhere or len(name) > 1 or self._containers.issuperset(outer):
                order = (field * _RANKS + rank) * (_DEEPEST + 1) + len(outer)
                found[field] = min(order, found.get(field, order))
        return tuple((order, int(field)) for field, order in found.items())

    def remember(self, level: Level, key: str, place: Place) -> None:
        """Keeps what was found out; forgets all when keys come that never come again."""
        if self._known >= _MOST_KNOWN:
            self.top.clear()
            self._known = 0
        self._known += 1
        level[key] = place


@lru_cache(maxsize=8)
def top_level(settings: FormatSettings) -> Level:
    """The keys of a record's top level; what the settings name comes before the usual names."""
    return _Names(settings.ip_keys, settings.user_keys).top


def _folded(name: str) -> tuple[str, ...]:
    return tuple(name.lower().translate(_FOLD).split("."))
