"""How often Python looks for cyclic garbage in a process that serves."""

import gc
from typing import Final

YOUNG_OBJECTS: Final = 100_000
"""New objects between two looks at the youngest; a batch of 512 commands makes some ten thousand.

At Python's default of 700 a fifth of a compartment's processor time went into looking through
batches that were alive and held no cycles.
"""
YOUNG_LOOKS: Final = 50
"""Looks at the youngest between two at the middle-aged."""
MIDDLE_LOOKS: Final = 1_000
"""Looks at the middle-aged between two at everything."""


def collect_rarely() -> None:
    """Leave alone for ever what was loaded so far, and look for cycles among the rest rarely.

    Called once, when all is imported. What is in no cycle is freed at once as ever.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS, YOUNG_LOOKS, MIDDLE_LOOKS)
