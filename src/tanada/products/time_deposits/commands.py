"""Commands of time deposits (定期預金) and their results. Amounts are yen."""

import msgspec

from tanada.operations.commands import Command


class OpenTimeDeposit(Command, frozen=True, kw_only=True):
    """Move ``amount`` from the ordinary deposit ``account`` into a new time deposit.

    ``term_months`` is one of the offered terms. At a machine it needs the card and its PIN;
    ``card`` 0 means that the channel has identified the customer itself.
    """

    amount: int
    term_months: int
    card: int = 0
    pin_proof: bytes = b""
    auto_renew: bool = True


class RenewTimeDeposit(Command, frozen=True, kw_only=True):
    """Renew the matured deposit ``account`` with its net interest for the same term (元利継続)."""


class SwitchToEAccount(Command, frozen=True, kw_only=True):
    """Switch the deposit ``account`` from passbook to e-account (未記帳切替)."""


class ShowTimeDeposit(Command, frozen=True, kw_only=True):
    """Show one time deposit."""


class TimeDepositOpened(msgspec.Struct, frozen=True, kw_only=True):
    """The new deposit's account, the ordinary account's balance, and the day it matures."""

    account: int
    balance: int
    matures_on: str
    rate: int


class TimeDepositRenewed(msgspec.Struct, frozen=True, kw_only=True):
    """Interest and taxes of the ended term, the new principal and the next maturity."""

    interest: int
    national_tax: int
    local_tax: int
    principal: int
    matures_on: str


class EAccountSwitched(msgspec.Struct, frozen=True, kw_only=True):
    account: int


class TimeDepositShown(msgspec.Struct, frozen=True, kw_only=True):
    """Principal in yen, rate in 0.001 %, maturity as YYYY-MM-DD."""

    principal: int
    rate: int
    opened_on: str
    matures_on: str
    auto_renew: bool
    e_account: bool
