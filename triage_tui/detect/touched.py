"""What a deed touches: whether it destroys, gives power away or reads secrets, and whether what it
was done to is sensitive by its name. Of API calls, and of requests to a Kubernetes cluster.
"""

from __future__ import annotations

import enum
import fnmatch
import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


class Touch(enum.IntFlag):
    """Sorts of deeds that weigh more than others."""

    DESTROYS = 1
    POWER = 2
    """It decides who may do what."""
    SECRETS = 4
    SENSITIVE = 8
    """One of the others was done to something sensitive."""


DEEDS = (Touch.DESTROYS, Touch.POWER, Touch.SECRETS)
_NO_DESTRUCTION = re.compile(
    r"Delete(?:Message|MessageBatch|NetworkInterface|Tags?|LogStream|Objects?Tagging)$"
)
"""What machines delete all day long, and nobody misses."""
_PATTERNS = {
    Touch.DESTROYS: re.compile(
        r"(?:Batch)?(?:Delete|Terminate|Destroy|Purge|Erase|Schedule\w*Deletion|Deregister)[A-Z]"
        r"|DisableKey$|StopLogging$|ScheduleKeyDeletion$|PutBucketLifecycle"
        r"|delete(?:collection)? (?:namespaces|deployments|statefulsets|secrets|pods|nodes"
        r"|persistentvolume)"
    ),
    Touch.POWER: re.compile(
        r"(?!\w*(?:Lifecycle|Retention|Index|Metering|Ipam|Storage|DataProtection|Password"
        r"|NetworkInterface))(?:Attach|Put|Set|Create|Add|Update|Detach)(?:User|Role|Group|Assume|Bucket|Resource|Key"
        r"|Repository|Permission|Default)?\w*(?:Policy|PolicyVersion|Permissions?|PermissionsBoundary)$"
        r"|Create(?:User|Role|Group|AccessKey|LoginProfile|SAMLProvider|OpenIDConnectProvider"
        r"|ServiceSpecificCredential|Grant|AccessEntry|VirtualMFADevice)$"
        r"|Update(?:LoginProfile|AccessKey|SAMLProvider)$|AddUserToGroup$|AddRoleToInstanceProfile$"
        r"|AssociateAccessPolicy$|(?:Deactivate|Delete|Enable)(?:Virtual)?MFADevice$"
        r"|Modify(?:Snapshot|Image|DBSnapshot|DBClusterSnapshot)Attribute$|SharePortfolio"
        r"|(?:create|update|patch) (?:cluster)?rolebindings$"
    ),
    Touch.SECRETS: re.compile(
        r"(?:Batch)?GetSecretValue$|GetParameter(?:sByPath|History)$|GetPasswordData$"
        r"|GetInstanceAccessDetails$|Get(?:Database|Cluster)CredentialsWithIAM$"
        r"|GetClusterCredentials$|GetFederationToken$|CreateToken$"
        r"|(?:get|list|watch) secrets$"
    ),
}
_SENSITIVE = re.compile(
    r"(?i)(?<![a-z])(?:secrets?|credentials?|passw(?:or)?ds?|private[-_]?keys?|vaults?|payments?"
    r"|payroll|billing|customers?|pii|gdpr|personal|medical|patients?|confidential|backups?"
    r"|audit|cloudtrail|admin(?:istrators?|access)?|root|break[-_]?glass)(?![a-z])"
)


@lru_cache(maxsize=1 << 14)
def of_action(action: str) -> Touch:
    """The deeds that an API call is by its name."""
    found = Touch(0)
    for touch, pattern in _PATTERNS.items():
        if pattern.match(action):
            found |= touch
    return found & ~Touch.DESTROYS if _NO_DESTRUCTION.match(action) else found


def sensitive(names: Iterable[str]) -> Callable[[str], bool]:
    """Tells whether a resource is sensitive: by a word in its name, or since somebody said so:
    `names` are patterns with * and ?, of a whole name or of its last part."""
    patterns = [fnmatch.translate(name.lower()) for name in names]
    said = re.compile("|".join(patterns)) if patterns else None

    def decide(resource: str) -> bool:
        if not resource or resource.endswith(".amazonaws.com"):
            return False
        if _SENSITIVE.search(resource):
            return True
        if said is None:
            return False
        whole = resource.lower()
        last = re.split(r"[:/]", whole)[-1]
        return said.match(whole) is not None or said.match(last) is not None

    return decide


_FIRST, _FURTHER, _MORE = 4, 3, 2


def points(touched: int) -> int:
    """What it weighs: 4 for a sort of deed, 3 for each further one, 2 for what is sensitive."""
    deeds = sum(1 for deed in DEEDS if touched & deed)
    if not deeds:
        return 0
    return _FIRST + _FURTHER * (deeds - 1) + (_MORE if touched & Touch.SENSITIVE else 0)


def words(examples: Iterable[tuple[Touch, str]], resource: str) -> str:
    """`destroys (DeleteItem), reads secrets (GetSecretValue); sensitive: payments`: of each sort of
    deed an action, and a sensitive resource or ""."""
    named = {Touch.DESTROYS: "destroys", Touch.POWER: "gives power", Touch.SECRETS: "reads secrets"}
    said = ", ".join(f"{named[deed]} ({action})" for deed, action in examples)
    return f"{said}; sensitive: {resource}" if resource else said
