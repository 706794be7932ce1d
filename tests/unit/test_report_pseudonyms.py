"""Anonymised reports: nobody's name is left, and one name has one pseudonym throughout."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from triage_tui.health import FileReport
from triage_tui.model import (
    SECOND,
    Block,
    BlockState,
    Entity,
    EntityRef,
    Finding,
    Kind,
    Note,
    Reason,
    Severity,
)
from triage_tui.report import Decision, IncidentReport, Snapshot, Told, incident, to_json
from triage_tui.report.pseudonyms import Pseudonyms

T0 = 1_773_540_847 * SECOND


def entity(kind: Kind, key: str, label: str = "", *aliases: str) -> Entity:
    return Entity(
        ref=EntityRef(kind, key, aliases),
        label=label or key,
        events=3,
        denied=0,
        errors=0,
        blocked=0,
        findings=0,
        worst=Severity.NONE,
        risk=50,
        reasons=(Reason(50, f"said of {key}", "new"),),
        first=T0,
        last=T0,
        principals=(),
        ips=(),
        actions={"GetObject": 3},
    )


def snapshot(*entities: Entity, text: str = "", author: str = "sam.oncall") -> Snapshot:
    return Snapshot(
        made=T0,
        program="triage-tui 0.1.0",
        cursor=None,
        filter="",
        files=(FileReport("/home/sam/111122223333_CloudTrail_x.json.gz", {"cloudtrail": 3}, 3),),
        events=3,
        unparsed=0,
        duplicates=0,
        first=T0,
        last=T0,
        totals={},
        entities=entities,
        cases={},
        findings=(),
        notes=(Note(1, "ip:198.51.100.23", text, author, T0, T0),),
        decisions=(Decision(T0, T0, author, "note", "ip:198.51.100.23", text),),
    )


def anonymous(found: Snapshot) -> IncidentReport:
    return incident(found, anonymize=True)


MARIA = entity(
    Kind.PRINCIPAL,
    "arn:aws:iam::111122223333:user/maria.keller",
    "maria.keller",
    "AIDAMARIAEXAMPLE01",
    "arn:aws:iam::111122223333:user/maria.keller",
)
ADMIN = entity(
    Kind.PRINCIPAL,
    "arn:aws:sts::111122223333:assumed-role/ops-admin/maintenance",
    "ops-admin › maintenance",
)
OTHER = entity(
    Kind.PRINCIPAL,
    "arn:aws:sts::111122223333:assumed-role/ops-admin/nightly",
    "ops-admin › nightly",
)
ADDRESS = entity(Kind.IP, "198.51.100.23")


def test_one_name_has_one_pseudonym_in_every_spelling() -> None:
    names = Pseudonyms()
    assert names.name("principal", "arn:x/maria", "AIDAX") == "principal-1"
    assert names.name("principal", "AIDAX") == "principal-1"
    assert names.name("principal", "arn:x/paul") == "principal-2"
    assert names.replace("arn:x/maria and AIDAX, arn:x/paul") == (
        "principal-1 and principal-1, principal-2"
    )


def test_names_within_free_text() -> None:
    text = (
        "maria.keller (AIDAMARIAEXAMPLE01) came from 198.51.100.23, ec2-198-51-100-23.example, "
        "then 2001:DB8:0::1 and 2001:db8::1; key AKIAIOSFODNN7EXAMPLE, account 111122223333, "
        "mail maria@corp.example. maria.kellerman is not in it. At 02:14:07 v1.2.3 in 10.0.0.0/8"
    )
    (note,) = anonymous(snapshot(MARIA, ADDRESS, text=text)).notes
    assert note.text == (
        "principal-1 (principal-1) came from ip-1, ec2-ip-1.example, "
        "then ip-2 and ip-2; key key-1, account account-1, "
        "mail mail-1. maria.kellerman is not in it. At 02:14:07 v1.2.3 in network-1"
    )
    assert note.author == "analyst-1"
    assert note.subject == "ip:ip-1"


def test_sessions_of_one_role_stay_apart() -> None:
    report = anonymous(snapshot(ADMIN, OTHER, text="maintenance and nightly of ops-admin"))
    assert [(entry.key, entry.label) for entry in report.entities] == [
        ("principal-1", "principal-1"),
        ("principal-2", "principal-2"),
    ]
    assert report.notes[0].text == "principal-1 and principal-2 of role-1"


def test_people_called_like_our_own_words() -> None:
    people = [entity(Kind.PRINCIPAL, f"arn:aws:iam::1:user/{n}", n) for n in ("ip", "note", "new")]
    report = anonymous(snapshot(*people, author="open"))
    assert [entry.kind for entry in report.entities] == ["principal"] * 3
    assert [entry.label for entry in report.entities] == [
        "principal-1",
        "principal-2",
        "principal-3",
    ]
    assert report.decisions[0].what == "note"
    assert report.entities[0].status == "new"


def test_ids_of_findings_stay() -> None:
    text = "a815650fd0831c731234567890126a23 and bucket-a111122223333"
    (note,) = anonymous(snapshot(text=text)).notes
    assert note.text == "a815650fd0831c731234567890126a23 and bucket-aaccount-1"


def test_files_keep_their_own_names_only() -> None:
    (source,) = anonymous(snapshot()).summary.sources
    assert source.path == "account-1_CloudTrail_x.json.gz"


def test_findings_blocks_and_authors() -> None:
    finding = Finding(
        *("f-1", "Recon:EC2/Portscan", Severity.LOW, T0, T0, 1, 0),
        ips=("203.0.113.9",),
        principals=("111122223333:user/maria.keller",),
    )
    blocked = Block(
        *("blk-1", "simulated", "203.0.113.9/32", "paul asked for it", "paul", T0, T0, None),
        state=BlockState.VERIFIED,
        simulated=True,
        subject="ip:203.0.113.9",
    )
    found = msgspec.structs.replace(
        snapshot(MARIA), findings=(Told(finding, "203.0.113.9 knocked"),), blocks=(blocked,)
    )
    report = anonymous(found)
    assert report.anonymized
    assert report.findings[0].ips == ("ip-1",)
    assert report.findings[0].summary == "ip-1 knocked"
    assert report.blocks[0].cidr == "ip-1/32"
    assert report.blocks[0].reason == "analyst-2 asked for it"
    assert report.blocks[0].subject == "ip:ip-1"


def test_the_same_report_twice_has_the_same_pseudonyms() -> None:
    found = snapshot(MARIA, ADMIN, ADDRESS, text="maria.keller from 198.51.100.23")
    assert anonymous(found) == anonymous(found)


NAMES = st.text(
    st.sampled_from("abcdefghijklmnopqrstuvwxyzABCDEF0123456789.-_@äß路"), max_size=30
).map(lambda name: f"zq{name}qz")


@given(name=NAMES, text=st.text(max_size=20), address=st.ip_addresses())
def test_no_name_is_left(name: str, text: str, address: object) -> None:
    key = f"arn:aws:iam::111122223333:user/{name}"
    said = f"{text} {name} {key} {address} {text}"
    found = snapshot(
        entity(Kind.PRINCIPAL, key, name), entity(Kind.IP, str(address)), text=said, author=name
    )
    written = to_json(anonymous(found))
    spelled = to_json(incident(found))
    for secret in (name, "111122223333"):
        quoted = msgspec.json.decode(f'"{secret}"')
        assert ascii(quoted)[1:-1] not in written
    assert str(address) in spelled
    assert f" {address} " not in written
