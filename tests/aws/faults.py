"""What goes wrong at a server, by plan and by seed; every fault that fired is on record."""

import random
from collections import Counter
from dataclasses import dataclass, field

CALL_FAULTS = {
    "throttle": ("ThrottlingException", 400, "Rate exceeded"),
    "error500": ("InternalFailure", 500, "We encountered an internal error"),
    "error503": ("ServiceUnavailableException", 503, "The service cannot complete the request"),
    "denied": ("AccessDeniedException", 400, "User is not authorized to perform this action"),
    "expired": ("ExpiredTokenException", 400, "The security token included is expired"),
    "limit": ("LimitExceededException", 400, "Rate exceeded"),
    "conflict": (
        "WAFOptimisticLockException",
        400,
        "AWS WAF couldn't save your changes because someone changed the resource",
    ),
    "internal": ("WAFInternalErrorException", 500, "Your request is valid, but AWS WAF couldn't"),
    "unavailable": ("WAFUnavailableEntityException", 400, "Retry your request."),
    "stale": ("InvalidParameterException", 400, "The specified nextToken is invalid."),
}
"""(code, status, message) of the faults of a call that are an answer. The one that is none is
`reset`: the connection breaks before the answer."""
ANSWER_FAULTS = ("reset", "cut")
"""Faults of `Operation.answer`: half of it comes, then a reset, or the end of the connection."""
STREAM_FAULTS = (
    "reset",  # in mid-frame
    "cut",  # half a frame, and then a clean end
    "crc",
    "timeout",  # SessionTimeoutException
    "streaming",  # SessionStreamingException
    "error",  # one that no model names
    "silence",  # nothing more, ever, on an open connection
    "garbage",  # what is no chunk, and nothing more, on an open connection
    "slow",  # nothing for so long that updates are dropped, which nobody is told
    "repeat",  # the update comes twice
    "mix",  # its events come out of order
    "late",  # the second half of its events comes with the next one
)
"""Faults of `StartLiveTail.frame`."""


@dataclass
class Rule:
    """A fault of an operation: `times` times (None: for good), each time by chance."""

    operation: str
    fault: str
    chance: float = 1.0
    times: int | None = None

    def is_for(self, operation: str) -> bool:
        """`*` is every call (no answer, and no frame)."""
        return self.operation == operation or (self.operation == "*" and "." not in operation)


@dataclass
class Faults:
    """The faults of one server. `fired` counts them by (operation, fault)."""

    seed: int = 0
    rules: list[Rule] = field(default_factory=list)
    fired: Counter[tuple[str, str]] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    def add(
        self, operation: str, fault: str, *, chance: float = 1.0, times: int | None = None
    ) -> None:
        """From now on, the operation (`*`: each) has this fault. Raises ValueError."""
        known = {"answer": ANSWER_FAULTS, "frame": STREAM_FAULTS}.get(
            operation.partition(".")[2], (*CALL_FAULTS, "reset")
        )
        if fault not in known:
            raise ValueError(f"{operation} has no fault {fault!r}, but {', '.join(known)}")
        self.rules.append(Rule(operation, fault, chance, times))

    def clear(self, operation: str | None = None) -> None:
        """Everything works again, or this operation does."""
        self.rules = [rule for rule in self.rules if operation not in (None, rule.operation)]

    def draw(self, operation: str) -> str | None:
        """The fault of a call, or of a frame (`StartLiveTail.frame`); None: it goes well."""
        for rule in self.rules:
            if not rule.is_for(operation) or rule.times == 0:
                continue
            if self._random.random() >= rule.chance:
                continue
            if rule.times is not None:
                rule.times -= 1
            self.fired[operation, rule.fault] += 1
            return rule.fault
        return None
