"""How late log events come, and from when on they have come. All in milliseconds."""

OVERLAP = 30_000
"""What is read again before what is in doubt: events come late and out of order. Where it is known
how late, it is as much as that takes."""
LATENESS = 15 * 60_000
"""By as much an event may come late (CloudTrail's do) and still be found."""
AUDIT = 5 * 60_000
"""Between two looks for what came late. What is as old as that is read once more, and once for the
last time when nothing comes late for it any more."""
UPDATE = 1_000
"""Between two updates of Live Tail."""
SLOW = 5_000
"""From one update to the next having been taken in, from which on others may have been dropped
between them: Live Tail keeps ten of them for whoever is slow."""
SKEW = 3_000
"""By as much events may be dated later than they come, for the clocks of those who send them are a
little fast."""
SETTLE = 10_000
"""After so long FilterLogEvents knows what was ingested."""
