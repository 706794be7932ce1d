"""Lock files: which packages a project gets, from where, and what is wrong with that. Pure: bytes
in, faults with their lines out."""

from .drift import drift
from .faults import Expected, faults
from .lock import Fault, Lock, LockError, Package
from .reading import is_lock_file, read

__all__ = [
    "Expected",
    "Fault",
    "Lock",
    "LockError",
    "Package",
    "drift",
    "faults",
    "is_lock_file",
    "read",
]
