"""The trusted lists of GuardDuty by boto3, as `aws.trusted` for the program: whom they name nobody
blocks, and while one of them cannot be read nobody is blocked without a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from triage_tui.respond import trusted_lists

from .drivers import CALL_ERRORS, told

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from triage_tui.respond.guard import Learned, Protected
    from triage_tui.respond.trusted_lists import Described

    from .drivers import Clients

_PAGE = 50


class _Asked(NamedTuple):
    """A detector of a region."""

    clients: Clients
    region: str
    detector: str

    def page(self, newer: bool, token: str) -> Mapping[str, Any]:
        """A page of the ids of older or newer lists."""
        guardduty = self.clients.client("guardduty", self.region)
        more = {"NextToken": token} if token else {}
        if newer:
            return dict(
                guardduty.list_trusted_entity_sets(
                    DetectorId=self.detector, MaxResults=_PAGE, **more
                )
            )
        return dict(guardduty.list_ip_sets(DetectorId=self.detector, MaxResults=_PAGE, **more))

    def one(self, newer: bool, each: str) -> Mapping[str, Any]:
        """What GuardDuty tells of a list."""
        guardduty = self.clients.client("guardduty", self.region)
        if newer:
            return dict(
                guardduty.get_trusted_entity_set(DetectorId=self.detector, TrustedEntitySetId=each)
            )
        return dict(guardduty.get_ip_set(DetectorId=self.detector, IpSetId=each))


def trusted(clients: Clients, regions: Sequence[str]) -> Learned:
    """What the trusted lists of the account hold in these regions. Never raises for what is wrong
    outside."""
    ranges: list[Protected] = []
    unread: list[str] = []
    for region in regions:
        try:
            lists = list(_lists(clients, region))
        except CALL_ERRORS as error:
            unread.append(f"{told('the trusted lists of GuardDuty', error)} ({region})")
            continue
        for each in lists:
            found = _content(clients, each)
            if isinstance(found, str):
                unread.append(trusted_lists.unread(each, found))
            else:
                ranges += found
    return trusted_lists.learned(ranges, unread)


def _lists(clients: Clients, region: str) -> Iterator[Described]:
    guardduty = clients.client("guardduty", region)
    for detector in guardduty.list_detectors()["DetectorIds"]:
        asked = _Asked(clients, region, detector)
        for newer in (False, True):
            for each in _ids(asked, newer):
                found = trusted_lists.described(asked.one(newer, each))
                if found is not None:
                    yield found


def _ids(asked: _Asked, newer: bool) -> Iterator[str]:
    token = ""
    while True:
        page = asked.page(newer, token)
        yield from page["TrustedEntitySetIds" if newer else "IpSetIds"]
        token = page.get("NextToken", "")
        if not token:
            return


def _content(clients: Clients, of: Described) -> list[Protected] | str:
    """Its entries; else why they are not known, in words that go on after its name."""
    if why := trusted_lists.unreadable(of):
        return why
    place = trusted_lists.s3_place(of.location)
    if place is None:
        return trusted_lists.NOWHERE
    bucket, key = place
    try:
        s3 = clients.client("s3")
        body = s3.get_object(Bucket=bucket, Key=key)["Body"]
        data: bytes = body.read(trusted_lists.LONGEST + 1)
        body.close()
    except CALL_ERRORS as error:
        return f"cannot be read: {told('GetObject', error)}"
    if len(data) > trusted_lists.LONGEST:
        return trusted_lists.too_long(trusted_lists.LONGEST)
    return trusted_lists.entries(data, of)
