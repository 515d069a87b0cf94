"""Storing the outcomes of a batch, in the transaction that moves its money."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from tanada.base.database import (
    bytes_array,
    int_array,
    load_queries,
    text_array,
    uuid_array,
)
from tanada.base.pipeline import Parameters, Pipeline
from tanada.ledger.book import Book
from tanada.operations.commands import MICROSECONDS, InquireOutcome, Request
from tanada.operations.known import Decided

QUERIES: Final = load_queries("tanada.operations")


def store_operations(
    pipeline: Pipeline, decided: Sequence[Decided], book: Book, now: datetime, compartment: str
) -> None:
    """Write one row of the idempotency table for everything that was decided."""
    if not decided:
        return
    requests = [row.request for row in decided]
    outcomes = [row.known.outcome for row in decided]
    parameters: Parameters = {
        "compartment": compartment,
        "decided_at": now,
        "business_date": book.business_date,
        "ids": uuid_array(outcome.operation_id for outcome in outcomes),
        "keys": text_array(row.key for row in decided),
        "fingerprints": bytes_array(row.known.fingerprint for row in decided),
        "commands": text_array(row.known.command for row in decided),
        "products": text_array(row.product for row in decided),
        "channels": text_array(request.channel for request in requests),
        "origins": text_array(request.origin for request in requests),
        "accounts": int_array(request.account for request in requests),
        "amounts": int_array(getattr(request, "amount", 0) for request in requests),
        "kinds": text_array(outcome.kind for outcome in outcomes),
        "codes": text_array(outcome.code.value for outcome in outcomes),
        "results": bytes_array(outcome.result for outcome in outcomes),
        "made_at": int_array(_made_at(request, now) for request in requests),
    }
    pipeline.execute(QUERIES.write_operations, parameters)


def _made_at(request: Request, now: datetime) -> int:
    if isinstance(request, InquireOutcome):
        return int(now.timestamp()) * MICROSECONDS
    return request.made_at
