"""How tests take what is sans-IO to its end."""

from collections.abc import Callable, Generator
from typing import TypeVar

Step = TypeVar("Step")
Answer = TypeVar("Answer")
Result = TypeVar("Result")


def driven(
    course: Generator[Step, Answer | None, Result], answer: Callable[[Step], Answer | None]
) -> Result:
    """What a course comes to, each of whose steps is answered so."""
    given: Answer | None = None
    while True:
        try:
            step = course.send(given)
        except StopIteration as stop:
            result: Result = stop.value
            return result
        given = answer(step)
