"""Cards in a batch: the PIN, the stop, and the limit of the day."""

import hmac
from collections.abc import Sequence
from datetime import date
from typing import Any, Final

import msgspec

from tanada.base.database import date_array, int_array, load_queries, text_array
from tanada.base.pipeline import Pipeline
from tanada.operations.codes import Code
from tanada.operations.commands import Command
from tanada.operations.shelf import Table
from tanada.operations.work import Work

QUERIES: Final = load_queries("tanada.customers")

MAX_WRONG_PINS: Final = 3
"""Wrong PINs in a row after which a card is refused; a customer must call at a branch."""


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """One card; amounts in yen. ``withdrawn`` counts on the day ``withdrawn_on``."""

    card_number: int
    account_id: int
    status: str
    pin_proof: bytes
    wrong_pins: int
    daily_limit: int
    withdrawn_on: date | None
    withdrawn: int


def _make(row: Sequence[Any]) -> tuple[int, Card]:
    number, account, status, proof, wrong, limit, on, withdrawn = row
    card = Card(
        card_number=number,
        account_id=account,
        status=status,
        pin_proof=bytes(proof),
        wrong_pins=wrong,
        daily_limit=limit,
        withdrawn_on=on,
        withdrawn=withdrawn,
    )
    return number, card


def _save(pipeline: Pipeline, cards: list[Card]) -> None:
    pipeline.execute(
        QUERIES.save_cards,
        (
            int_array(card.card_number for card in cards),
            text_array(card.status for card in cards),
            int_array(card.wrong_pins for card in cards),
            date_array(card.withdrawn_on for card in cards),
            int_array(card.withdrawn for card in cards),
        ),
    )


def _keys(command: Command) -> tuple[int, ...]:
    card: int = getattr(command, "card", 0)
    return (card,) if card else ()


CARDS: Final = Table(keys=_keys, load=QUERIES.cards, make=_make, save=_save)


def refusal_of_card(work: Work, card_number: int, account: int) -> Code | None:
    """Why a card may not be used on the account, whoever holds it; None if it may."""
    card = work.rows(CARDS).get(card_number)
    if card is None or card.account_id != account:
        return Code.UNKNOWN_CARD
    if card.status == "stolen":
        return Code.CARD_STOLEN
    if card.status == "stopped":
        return Code.CARD_STOPPED
    if card.wrong_pins >= MAX_WRONG_PINS:
        return Code.PIN_TRIES_EXCEEDED
    return None


def refusal_of_pin(work: Work, card_number: int, account: int, pin_proof: bytes) -> Code | None:
    """Why card and PIN do not open the account; None if they do.

    A wrong PIN is counted, although the command is declined, and forgotten after a right one.
    """
    refused = refusal_of_card(work, card_number, account)
    if refused is not None:
        return refused
    cards = work.rows(CARDS)
    card = cards.get(card_number)
    assert card is not None, "refused above"
    if not hmac.compare_digest(card.pin_proof, pin_proof):
        wrong = card.wrong_pins + 1
        cards.put(card_number, msgspec.structs.replace(card, wrong_pins=wrong))
        return Code.PIN_TRIES_EXCEEDED if wrong >= MAX_WRONG_PINS else Code.WRONG_PIN
    if card.wrong_pins:
        cards.put(card_number, msgspec.structs.replace(card, wrong_pins=0))
    return None


def withdrawn_today(work: Work, card: Card) -> int:
    """What was withdrawn with the card on this business date, yen."""
    return card.withdrawn if card.withdrawn_on == work.business_date else 0
