"""Who reached a function with a hole: by log group, CloudTrail, routes and tags; as of a cursor."""

from __future__ import annotations

import json
from array import array
from typing import TYPE_CHECKING

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import holes, samples
from tests.rules import own_pack
from triage_tui.detect.matcher import RuleMatcher
from triage_tui.detect.reaching import Contents, DependencySettings, Route
from triage_tui.formats.decode import decode
from triage_tui.model import Batch, Kind, Severity
from triage_tui.principals import AliasGraph
from triage_tui.store.entities import entities
from triage_tui.store.filters import Bounds
from triage_tui.store.index import Index, Origin
from triage_tui.store.ranking import Ranking
from triage_tui.store.resources import resources
from triage_tui.store.sight import Sight

if TYPE_CHECKING:
    from triage_tui.detect.ruleset import RuleSet
    from triage_tui.model import Entity

NIGHT = 1_773_540_540_000_000_000
"""2026-03-15T02:09:00Z."""
IP = "203.0.113.77"


@pytest.fixture(scope="module")
def rules() -> RuleSet:
    return own_pack()


def application(number: int) -> bytes:
    """A line that a function logs."""
    return json.dumps(
        {
            "timestamp": f"2026-03-15T02:09:{number:02}.000Z",
            "clientIp": IP,
            "method": "POST",
            "path": "/cart",
            "status": 200,
        }
    ).encode()


def in_group(records: list[bytes], group: str = "/aws/lambda/shop-checkout") -> bytes:
    """What a subscription to the group brings."""
    events = [
        {"id": str(n), "timestamp": NIGHT // 10**6, "message": record.decode()}
        for n, record in enumerate(records)
    ]
    return json.dumps(
        {
            "messageType": "DATA_MESSAGE",
            "owner": "111122223333",
            "logGroup": group,
            "logStream": "s",
            "subscriptionFilters": [],
            "logEvents": events,
        }
    ).encode()


def invoked(function: str, action: str = "Invoke", account: str = "111122223333") -> bytes:
    record = json.loads(samples.record("cloudtrail", 7))
    record |= {
        "eventSource": "lambda.amazonaws.com",
        "eventName": action,
        "recipientAccountId": account,
        "requestParameters": {"functionName": function},
    }
    return json.dumps(record).encode()


class World:
    """An index that reads records one by one."""

    def __init__(self, settings: DependencySettings | None = None, rules: RuleSet | None = None):
        self.index = Index(rules=rules) if rules is not None else Index()
        self.index.knowledge = self.index.knowledge._replace(
            dependencies=settings or DependencySettings()
        )
        self._matcher = RuleMatcher(rules) if rules is not None else None

    def take(self, *documents: object, report: str = "report.json") -> None:
        for document in documents:
            raw = document if isinstance(document, bytes) else holes.text(document)
            batch = Batch(0, raw, array("Q", [0]), array("Q", [len(raw)]), 5, 0)
            columns = decode(batch, matcher=self._matcher)
            self.index.append(columns, origins=[Origin(columns.source, report)])

    def ranking(self, kind: Kind = Kind.IP, until: int | None = None) -> Ranking:
        return Ranking(Sight(self.index, AliasGraph(), Bounds(None, until)), kind)

    def entity(self, key: str, kind: Kind = Kind.IP, until: int | None = None) -> Entity:
        ranking = self.ranking(kind, until)
        number = ranking.number(key)
        assert number is not None
        [found] = entities(ranking, [number])
        # What risk adds up one by one and all at once is the same.
        assert found.risk == int(ranking.risks[number]) == sum(r.points for r in found.reasons)
        return found

    def reason(self, key: str = IP, kind: Kind = Kind.IP, until: int | None = None) -> str:
        """The reason that rests on holes; "" where there is none."""
        reasons = self.entity(key, kind, until).reasons
        return next((each.text for each in reasons if each.kind == "hole"), "")


SAID = "lodash 4.17.15: CVE-2021-23337, high 7.2, EPSS 1.1%, fixed in 4.17.21"


@pytest.mark.parametrize("first", ["report", "events"])
def test_a_log_group_names_its_function(first: str) -> None:
    world = World()
    parts: list[object] = [holes.inspector(), in_group([application(1), application(2)])]
    world.take(*(parts if first == "report" else parts[::-1]))
    assert world.reason() == f"reached shop-checkout: {SAID}"
    [visit] = world.entity(IP).reasons
    assert (visit.points, visit.ref) == (4, "CVE-2021-23337")


def test_another_function_and_another_account_are_not_reached() -> None:
    world = World()
    world.take(holes.inspector(), in_group([application(1)], "/aws/lambda/shop-search"))
    world.take(in_group([application(2)], "999999999999:/aws/lambda/shop-checkout"))
    assert world.reason() == ""


def test_cloudtrail_names_what_it_invokes_and_nothing_else() -> None:
    world = World()
    world.take(holes.inspector(), invoked("shop-checkout", "UpdateFunctionCode20150331v2"))
    assert world.reason() == ""
    world.take(invoked(f"{holes.FUNCTION}:$LATEST").replace(b"00000007", b"00000008"))
    assert "reached shop-checkout" in world.reason()
    assert "reached shop-checkout" in world.reason(
        "arn:aws:iam::111122223333:user/maria", Kind.PRINCIPAL
    )


def test_routes_lead_from_what_logs_name() -> None:
    route = Route(resource="app/shop/*", function="shop-checkout", path="/a*")
    world = World(DependencySettings(routes=(route,)))
    alb = samples.record("alb", 3, 0)
    world.take(holes.inspector(), alb)
    assert "reached shop-checkout" in world.reason("2001:db8::9")
    elsewhere = World(DependencySettings(routes=(Route("app/shop/*", "shop-checkout", "/b*"),)))
    elsewhere.take(holes.inspector(), alb)
    assert elsewhere.reason("2001:db8::9") == ""


def tagged(value: str) -> dict[str, object]:
    """A finding on a function with a tag."""
    finding = json.loads(json.dumps(holes.inspector()))
    finding["resources"][0]["tags"]["reached-by"] = value
    assert isinstance(finding, dict)
    return finding


@pytest.mark.parametrize(
    "integration",
    [
        {"integrationArn": f"{holes.FUNCTION}:live"},
        {
            "integration": {
                "uri": "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/"
                f"{holes.FUNCTION}/invocations"
            }
        },
    ],
)
def test_a_stage_that_logs_its_integration_names_the_function(integration: object) -> None:
    assert isinstance(integration, dict)
    record = json.loads(samples.record("apigateway", 3)) | integration
    world = World()
    world.take(holes.inspector(), json.dumps(record).encode())
    assert "reached shop-checkout" in world.reason()


@pytest.mark.parametrize(
    ("tag", "value", "reached"),
    [
        ("reached-by", "shop other", True),
        ("reached-by", "shop:/log", True),
        ("reached-by", "shop:/admin other", False),
        ("reached-by", "sho", False),
        ("reached-by", "sh*", False),
        ("elsewhere", "shop", False),
        ("", "shop", False),
    ],
)
def test_tags_lead_there_too(tag: str, value: str, *, reached: bool) -> None:
    world = World(DependencySettings(tag=tag))
    world.take(tagged(value), samples.record("waf", 3))
    assert ("reached shop-checkout" in world.reason()) == reached


def test_reports_of_an_image_and_of_a_file_are_about_the_function_that_runs_them() -> None:
    contents = (
        Contents("*/shop-checkout:*", "shop-checkout"),
        Contents("*/checkout-audit.json", "shop-checkout"),
    )
    world = World(DependencySettings(contents=contents))
    world.take(holes.TRIVY)
    world.take(holes.NPM_7, report="/builds/checkout-audit.json")
    world.take(holes.inspector(), in_group([application(1)]))
    [resource] = resources([world.ranking()])
    lodash = next(each for each in resource.holes if each.id == "CVE-2021-23337")
    assert sorted(lodash.sources) == ["inspector", "npm_audit", "trivy"]
    assert resource.arn == holes.FUNCTION


def request(number: int, path: str = "/cart", ip: str = IP, status: int = 200) -> bytes:
    """A line of the load balancer in front of the function."""
    return json.dumps(
        {
            "type": "h2",
            "time": f"2026-03-15T02:09:{number:02}Z",
            "elb": "app/shop/50",
            "client_ip": ip,
            "elb_status_code": str(status),
            "request": f"GET https://shop.example.org:443{path} HTTP/2.0",
        }
    ).encode()


def test_an_exploit_that_was_answered_ranks_on_top(rules: RuleSet) -> None:
    routes = (Route("app/shop/*", "shop-checkout"),)
    world = World(DependencySettings(routes=routes), rules)
    attack = "/cart?x=%27%20UNION%20SELECT%20password%20FROM%20users--"
    loud, refused, guest = "198.51.100.9", "192.0.2.1", "192.0.2.2"
    world.take(holes.inspector())
    world.take(*(request(n % 60, f"/{n}", loud, 403) for n in range(50)))
    world.take(request(1, attack, refused, 403), request(2, attack), request(3, ip=guest))
    ranking = world.ranking()
    ranked = [ranking.key(number) for number in ranking.ids.tolist()]
    assert ranked[0] == IP
    assert world.reason() == f"1 exploit-like request to shop-checkout, answered: {SAID}"
    assert world.reason(refused) == f"1 exploit-like request to shop-checkout, refused: {SAID}"
    assert world.reason(guest) == f"reached shop-checkout: {SAID}"
    [resource] = resources([ranking, world.ranking(Kind.PRINCIPAL)])
    assert [visitor.label for visitor in resource.visitors] == [IP, refused, loud, guest]
    assert (resource.events, resource.attempts, resource.answered) == (53, 2, 1)


def test_an_update_replaces_and_a_closed_hole_was_open_before() -> None:
    world = World()
    world.take(in_group([application(1)]), holes.inspector(updated="2026-03-14T11:00:00Z"))
    closed = holes.inspector(updated="2026-03-15T03:00:00Z", status="CLOSED")
    world.take(closed, closed)
    # It was reached while it was open.
    assert "reached shop-checkout" in world.reason()
    [resource] = resources([world.ranking()])
    assert (len(resource.holes), resource.open) == (1, ())
    assert resource.holes[0].remark == "closed: fixed or gone"
    late = World()
    early = holes.inspector(updated="2026-03-15T01:00:00Z", status="CLOSED")
    late.take(in_group([application(1)]), holes.inspector(updated="2026-03-14T11:00:00Z"), early)
    assert late.reason() == ""


def test_what_a_scan_of_the_morning_found_was_there_in_the_night() -> None:
    world = World()
    world.take(in_group([application(1)]), holes.inspector(updated="2026-03-15T09:00:00Z"))
    assert "reached shop-checkout" in world.reason(until=NIGHT + 30 * 10**9)


def test_a_vex_that_says_no_danger_is_no_reason() -> None:
    vex = json.loads(json.dumps(holes.CYCLONEDX))
    vex["metadata"]["component"] = {"name": "function:shop-checkout"}
    world = World()
    world.take(in_group([application(1)]), vex, holes.inspector())
    # Another hole of the same document is left.
    assert "CVE-2021-23337" not in world.reason()
    assert "jinja2" in world.reason()


def test_nothing_is_known_and_nothing_is_said() -> None:
    world = World()
    world.take(in_group([application(1)]))
    assert world.reason() == ""
    assert resources([world.ranking()]) == ()
    world.take(holes.NPM_7, report="audit.json")
    [resource] = resources([world.ranking()])
    assert (resource.name, resource.events) == ("audit.json", 0)


VERSIONS = [
    ("2026-03-14T11:00:00Z", "ACTIVE"),
    ("2026-03-15T02:09:20Z", "CLOSED"),
    ("2026-03-15T02:09:40Z", "ACTIVE"),
    ("2026-03-15T04:00:00Z", "SUPPRESSED"),
]


@given(st.permutations(VERSIONS), st.integers(0, 3 * 3600))
def test_the_order_of_updates_does_not_matter(order: list[tuple[str, str]], after: int) -> None:
    until = NIGHT + after * 10**9
    worlds = []
    for versions in (VERSIONS, order):
        world = World()
        world.take(*(holes.inspector(updated=at, status=status) for at, status in versions))
        worlds.append(world)
    mine, yours = (world.index.known.targets(until, DependencySettings()) for world in worlds)
    assert mine == yours
    [target] = mine
    assert (target.until() is None) == (after < 20 or 40 <= after < 6_660)


def test_levels_of_targets_are_those_of_their_worst_hole() -> None:
    world = World()
    world.take(holes.GRYPE)
    [target] = world.index.known.targets(NIGHT, DependencySettings())
    assert target.level is Severity.CRITICAL  # high, and known to be exploited
    assert msgspec.structs.asdict(target.holes[0])["id"] == "CVE-2021-23337"
