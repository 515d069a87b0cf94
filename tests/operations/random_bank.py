"""An independent model of a small bank: dictionaries, and the rules in their simplest words."""

from collections import Counter
from dataclasses import dataclass, field

from tanada.operations.codes import Code

MAX_CASH = 2_000_000
MAX_TIME_DEPOSIT = 9_999_999


@dataclass
class Done:
    """What became of a key."""

    content: tuple[object, ...]
    code: Code
    moves: dict[int, int] = field(default_factory=dict)
    cancelled: bool = False


@dataclass
class Model:
    """Balances by account, and what became of every key. ``limits`` are yen left on each card."""

    balances: dict[int, int]
    limits: dict[int, int]
    items: Counter[int] = field(default_factory=Counter)
    keys: dict[str, Done] = field(default_factory=dict)

    def deposit(self, key: str, account: int, amount: int) -> Code:
        def decide() -> tuple[Code, dict[int, int]]:
            if amount > MAX_CASH:
                return Code.AMOUNT_ABOVE_LIMIT, {}
            return Code.OK, {account: amount}

        return self._once(key, ("deposit", account, amount), decide)

    def withdraw(self, key: str, account: int, amount: int) -> Code:
        def decide() -> tuple[Code, dict[int, int]]:
            if amount > MAX_CASH:
                return Code.AMOUNT_ABOVE_LIMIT, {}
            if amount > self.limits[account]:
                return Code.DAILY_LIMIT, {}
            if amount > self.balances[account]:
                return Code.INSUFFICIENT_FUNDS, {}
            self.limits[account] -= amount
            return Code.OK, {account: -amount}

        return self._once(key, ("withdraw", account, amount), decide)

    def open_time_deposit(self, key: str, account: int, amount: int, new: int) -> Code:
        """``new`` is the account of item 0 of the book; items count up from what is there."""

        def decide() -> tuple[Code, dict[int, int]]:
            if amount > MAX_TIME_DEPOSIT:
                return Code.AMOUNT_ABOVE_LIMIT, {}
            if amount > self.balances[account]:
                return Code.INSUFFICIENT_FUNDS, {}
            self.items[account] += 1
            return Code.OK, {account: -amount, new + self.items[account]: amount}

        return self._once(key, ("open", account, amount), decide)

    def inquire(self, key: str) -> Code:
        return self.keys.setdefault(key, Done((), Code.NEVER_ARRIVED)).code

    def reverse(self, key: str, original: str, account: int, product: str) -> Code:
        def decide() -> tuple[Code, dict[int, int]]:
            done = self.keys.setdefault(original, Done((), Code.NEVER_ARRIVED))
            if done.code is not Code.OK:
                return Code.OK, {}
            if done.content[0] == "reverse":
                return Code.NOT_REVERSIBLE, {}
            if product != ("time_deposits" if done.content[0] == "open" else "deposits"):
                return Code.WRONG_PRODUCT, {}
            if account not in done.moves:
                return Code.UNKNOWN_ACCOUNT, {}
            if done.cancelled:
                return Code.ALREADY_REVERSED, {}
            if any(amount > self.balances[each] for each, amount in done.moves.items()):
                return Code.INSUFFICIENT_FUNDS, {}
            done.cancelled = True
            # The limit comes back to the card that the cancellation names, if it is the right one.
            if done.content[:2] == ("withdraw", account):
                self.limits[account] -= done.moves[account]
            return Code.OK, {each: -amount for each, amount in done.moves.items()}

        return self._once(key, ("reverse", original, account, product), decide)

    def _once(self, key: str, content: tuple[object, ...], decide: object) -> Code:
        known = self.keys.get(key)
        if known is not None:
            if known.content in ((), content):
                return Code.ALREADY_REVERSED if known.cancelled else known.code
            return Code.SAME_KEY_OTHER_CONTENT
        assert callable(decide)
        code, moves = decide()
        if code is Code.UNKNOWN_ACCOUNT:
            # The accounts of this bank all exist: a cancellation named the wrong one, and may be
            # sent again with the right one.
            return code
        self.keys[key] = Done(content, code, moves)
        for account, amount in moves.items():
            self.balances[account] = self.balances.get(account, 0) + amount
            assert self.balances[account] >= 0, "the model itself keeps the floors"
        return code
