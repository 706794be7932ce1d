"""A team's normal month, and one day after it on which somebody else has one of the keys: made from
a seed. People with office hours, night owls and holidays, pipelines, machines of several tempers,
users who come once a month, AWS at work for itself; the day after it is a day like all others but
for the attacker, who is told by `Month.attacker`."""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random
from typing import TYPE_CHECKING, NamedTuple

from triage_tui.formats.rows import Rows
from triage_tui.model import HOUR, Identity, Outcome
from triage_tui.store.index import Index

if TYPE_CHECKING:
    from triage_tui.model import Columns

FIRST = int(datetime(2026, 2, 2, tzinfo=UTC).timestamp()) * 1_000_000_000
"""A Monday."""
DAY = 24 * HOUR
DAYS = 28
READS = [f"{verb}{what}" for verb in ("List", "Describe", "Get") for what in "ABCDEFGH"]
WRITES = [f"{verb}{what}" for verb in ("Put", "Update") for what in "ABCD"]
LOOKS = ("GetCallerIdentity", "ListUsers", "ListBuckets", "ListSecrets", "DescribeInstances")
SERVICES = {
    "DeleteItem": "dynamodb.amazonaws.com",
    "GetObject": "s3.amazonaws.com",
    "GetCallerIdentity": "sts.amazonaws.com",
    "ListSecrets": "secretsmanager.amazonaws.com",
    **dict.fromkeys(
        ("ListUsers", "CreateUser", "AttachUserPolicy", "CreateAccessKey"), "iam.amazonaws.com"
    ),
    **{f"{verb}{what}": "s3.amazonaws.com" for verb in ("List", "Put") for what in "ABCD"},
}
"""By action; all others are EC2's."""
ATTACKS = ("deletes at night", "looks around", "quiet admin", "bulk reads", "sleeper")


class Month(NamedTuple):
    """What came of a seed."""

    past: Index
    day: Index
    attacker: str
    """The key of the principal in other hands."""
    attack: str


class _Someone(NamedTuple):
    who: Identity
    ip: str
    agent: str
    actions: tuple[str, ...]


def normal(seed: int, day: int) -> tuple[Index, Columns]:
    """A month of a seed, and the day after it, whose first nanosecond is given, on which nobody
    attacks."""
    first = day - DAYS * DAY
    team = _Team(Random(seed), first)
    past, log = _Log(), _Log()
    for number in range(DAYS):
        team.live(past, number)
    team.live(log, DAYS)
    return past.index(), log.columns()


def month(seed: int) -> Month:
    """The month of a seed."""
    rng = Random(seed)
    team = _Team(rng)
    past, day = _Log(), _Log()
    for number in range(DAYS):
        team.live(past, number)
    team.live(day, DAYS)
    attack = ATTACKS[seed % len(ATTACKS)]
    victim = team.attacked(day, attack)
    return Month(past.index(), day.index(), victim.who.key, attack)


class _Log:
    def __init__(self) -> None:
        self._rows = Rows(0, 0)
        self._count = 0

    def add(
        self, at: int, someone: _Someone, action: str, outcome: Outcome = Outcome.OK, ip: str = ""
    ) -> None:
        self._count += 1
        self._rows.add(
            format="cloudtrail",
            time=at,
            own_id=f"{at} {self._count}",
            raw=b"x",
            action=action,
            outcome=outcome,
            source_ip=ip or someone.ip,
            actors=[(ip or someone.ip, someone.who)],
            agent=someone.agent,
            region="eu-west-1",
            called=SERVICES.get(action, "ec2.amazonaws.com"),
        )
        self._rows.spill(b"x")

    def columns(self) -> Columns:
        return self._rows.columns()

    def index(self) -> Index:
        index = Index()
        index.append(self.columns())
        return index


class _Team:
    """Who there is."""

    def __init__(self, rng: Random, first: int = FIRST) -> None:
        """`first` is the first nanosecond of a day."""
        self._rng = rng
        self._first = first
        self._weekday = datetime.fromtimestamp(first // 10**9, UTC).weekday()
        self.people = [self._person(n) for n in range(10)]
        self.owls = [self._person(n) for n in range(10, 12)]
        self.rare = [self._person(n) for n in range(12, 15)]
        self.machines = [self._machine(n) for n in range(8)]
        self._holiday = {n: rng.randrange(DAYS) for n in range(10)}
        self._comes = {n: rng.randrange(1, DAYS - 3) for n in range(3)}
        self._tempo = [rng.choice((2, 8, 40)) for _ in self.machines]

    def _person(self, number: int) -> _Someone:
        rng = self._rng
        arn = f"arn:aws:iam::1:user/person{number}"
        who = Identity(arn, type="IAMUser", arn=arn, principal_id=f"AIDA{number}", label=arn[18:])
        actions = (*rng.sample(READS, rng.randrange(4, 12)), *rng.sample(WRITES, 2))
        agent = rng.choice(("aws-cli/2.15 Linux", "Mozilla/5.0 (Macintosh)", "Boto3/1.34 linux"))
        return _Someone(who, f"192.0.2.{number + 1}", agent, actions)

    def _machine(self, number: int) -> _Someone:
        arn = f"arn:aws:sts::1:assumed-role/job{number}/run"
        who = Identity(
            arn,
            type="AssumedRole",
            arn=arn,
            principal_id=f"AROA{number}:run",
            role=f"arn:aws:iam::1:role/job{number}",
            session="run",
            label=f"job{number} › run",
        )
        actions = tuple(self._rng.sample(READS + WRITES, 3))
        return _Someone(who, f"10.0.0.{number + 1}", "aws-sdk-go/1.5 linux", actions)

    def live(self, log: _Log, number: int) -> None:
        """A day."""
        rng, begins = self._rng, self._first + number * DAY
        weekday = (self._weekday + number) % 7
        for n, person in enumerate(self.people):
            away = 0 <= number - self._holiday[n] < 7
            if weekday < 5 and not away and rng.random() < 0.9:
                for hour in range(8 + n % 3, 16 + n % 3):
                    if rng.random() < 0.6:
                        self._work(log, person, begins + hour * HOUR, rng.randrange(1, 14))
            elif rng.random() < 0.06:
                self._work(log, person, begins + rng.randrange(10, 22) * HOUR, rng.randrange(1, 6))
        for owl in self.owls:
            if rng.random() < 0.7:
                for _ in range(rng.randrange(1, 4)):
                    hour = rng.choice((20, 21, 22, 23, 0, 1, 2))
                    self._work(log, owl, begins + hour * HOUR, rng.randrange(1, 20))
        for n, rare in enumerate(self.rare):
            if number == self._comes[n]:
                self._work(log, rare, begins + 10 * HOUR, rng.randrange(5, 40))
        for n, machine in enumerate(self.machines):
            hours = range(24) if n % 2 else (1, 2, 13)
            for hour in hours:
                events = max(1, int(rng.gauss(self._tempo[n], self._tempo[n] / 4)))
                self._work(log, machine, begins + hour * HOUR, events)
        service = Identity("config.amazonaws.com", type="AWSService", service="config")
        aws = _Someone(service, "", "config", ("AssumeRole",))
        self._work(log, aws, begins + 5 * HOUR, rng.randrange(50, 400))

    def _work(self, log: _Log, someone: _Someone, hour: int, events: int) -> None:
        rng = self._rng
        for _ in range(events):
            action = rng.choice(someone.actions)
            if rng.random() < 0.01:
                action = rng.choice(READS + WRITES)
            failed = rng.random() < 0.03
            outcome = Outcome.DENIED if failed else Outcome.OK
            log.add(hour + rng.randrange(HOUR), someone, action, outcome)

    def attacked(self, log: _Log, attack: str) -> _Someone:
        """Somebody has a key that is not theirs."""
        rng, begins = self._rng, self._first + DAYS * DAY
        foreign = f"203.0.113.{rng.randrange(1, 250)}"
        match attack:
            case "deletes at night":
                victim, hour, calls = rng.choice(self.rare), 2, ["DeleteItem"] * 300
            case "looks around":
                victim, hour, calls = rng.choice(self.machines), 4, [*LOOKS] * 12
            case "quiet admin":
                victim, hour = rng.choice(self.people), 3
                calls = [
                    "GetCallerIdentity",
                    "CreateUser",
                    "AttachUserPolicy",
                    "CreateAccessKey",
                ] * 5
            case "bulk reads":
                victim, hour, calls = rng.choice(self.people), 11, ["GetObject"] * 1500
            case _:
                victim, hour, calls = rng.choice(self.rare), 14, [*LOOKS] * 16
        thief = victim._replace(agent="Boto3/1.40 kali linux")
        for call in calls:
            denied = call in LOOKS and rng.random() < 0.4
            outcome = Outcome.DENIED if denied else Outcome.OK
            log.add(begins + hour * HOUR + rng.randrange(HOUR), thief, call, outcome, foreign)
        return victim
