"""The randomness seam: independent streams of chance, each known by its name."""

import random
import secrets
from hashlib import blake2b

ROOT_BYTES = 32


class Randomness:
    """Gives every user of chance a stream of its own, so that one more draw in one place moves
    nothing elsewhere: a drill and its faultless twin stay comparable.

    The streams are for simulation, spreading and sampling. They are Mersenne Twisters: never draw
    a secret from one.
    """

    def __init__(self, seed: int | None) -> None:
        """The same ``seed`` gives the same streams in every process; None asks the system."""
        if seed is None:
            self._root = secrets.token_bytes(ROOT_BYTES)
        else:
            self._root = blake2b(str(seed).encode(), digest_size=ROOT_BYTES).digest()

    def stream(self, *name: str | int) -> random.Random:
        """The stream called ``name``, from its beginning.

        Asking again for the same name begins the same stream again, so a caller keeps what it got.
        The text "1" and the number 1 are different names.
        """
        digest = blake2b(key=self._root, digest_size=ROOT_BYTES)
        for part in name:
            # repr tells 1 from "1" and quotes separators: no two names spell the same bytes.
            digest.update(repr(part).encode() + b"\0")
        return random.Random(int.from_bytes(digest.digest(), "big"))  # noqa: S311 -- no secrets
