"""The evidence of a run is all that happened in it, and its hash changes with any of it."""

from dataclasses import replace

from tanada.base.database import connect
from tanada.counterparts.visits import VisitRecord
from tanada.drills.evidence import Evidence, gather
from tanada.drills.timeline import Line
from tanada.ledger.accounts import atm_cash
from tests.drills.played import alarm, at, evidence, line, visit


def _gathered(
    bank_url: str,
    watch_url: str,
    *,
    lines: tuple[Line, ...] = (),
    records: tuple[VisitRecord, ...] = (),
    cash: dict[int, int] | None = None,
) -> Evidence:
    with (
        connect(bank_url, application="test") as core,
        connect(watch_url, application="test") as watch,
    ):
        held = _ledger_cash(bank_url) if cash is None else cash
        return gather(core, watch, lines, records, held)


def _ledger_cash(bank_url: str) -> dict[int, int]:
    with connect(bank_url, application="test") as core:
        rows = core.execute(
            "select account_id, -sum(amount)::bigint from ledger.bank_entry "
            "where account_id between %s and %s group by account_id",
            (atm_cash(0), atm_cash(9_999_999)),
        ).fetchall()
    return dict(rows)


def test_the_same_left_behind_has_the_same_hash(bank_url: str, watch_url: str) -> None:
    first, second = (_gathered(bank_url, watch_url) for _ in range(2))
    assert first == second
    assert len(first.digest) == 64


def test_any_line_visit_entry_or_attempt_changes_the_hash(bank_url: str, watch_url: str) -> None:
    digests = [_gathered(bank_url, watch_url).digest]
    digests.append(_gathered(bank_url, watch_url, lines=(line("10:00", "x"),)).digest)
    digests.append(_gathered(bank_url, watch_url, records=(visit("10:00"),)).digest)
    digests.append(_gathered(bank_url, watch_url, records=(visit("10:00", "x"),)).digest)
    with connect(bank_url, application="test") as core:
        core.execute("update ledger.entry set booked_at = booked_at + interval '1 microsecond'")
    digests.append(_gathered(bank_url, watch_url).digest)
    with connect(watch_url, application="test") as watch:
        watch.execute(
            "insert into watch.attempt (attempt_id, at, answered_at, channel, origin, operation, "
            "product, account_id, amount, key, kind, code, error_class, media, custody) values "
            "(1, %(at)s, %(at)s, 'atm', '1', 'WithdrawCash', 'deposits', 1, 1, 'k', 'unknown', "
            "'no_answer', 'A', '', '')",
            {"at": at("10:00")},
        )
    last = _gathered(bank_url, watch_url)
    digests.append(last.digest)
    assert len(set(digests)) == len(digests)
    assert last.unsettled == 1


def test_facts_of_the_bank_stand_in_the_timeline_in_order_of_time(
    bank_url: str, watch_url: str
) -> None:
    with connect(bank_url, application="test") as core:
        core.execute(
            "insert into operations.fact (at, component, kind, detail) values "
            "(%s, 'atm-1', 'compartment_closed', 'why'), (%s, 'atm-0', 'compartment_started', '')",
            (at("12:14"), at("08:00")),
        )
    told = _gathered(bank_url, watch_url, lines=(line("09:00", "job_started"),)).timeline
    assert [entry.kind for entry in told] == [
        "compartment_started",
        "job_started",
        "compartment_closed",
    ]


def test_cash_that_machine_and_ledger_do_not_agree_on_is_counted_machine_by_machine(
    bank_url: str, watch_url: str
) -> None:
    held = _ledger_cash(bank_url)
    assert _gathered(bank_url, watch_url).money_difference == 0
    one, other = held
    wrong = {one: held[one] - 1_000, other: held[other] + 1_000}
    # What one machine lacks, another's surplus does not make good.
    assert _gathered(bank_url, watch_url, cash=wrong).money_difference == 2_000


def test_the_first_alarm_is_asked_for_by_kind_and_by_what_it_is_about() -> None:
    early = alarm("09:00", "job_refused")
    late = alarm("09:51", "reversal_log_full", about="09:50")
    proof = evidence(alarms=(early, late))
    assert proof.first_alarm() == early
    assert proof.first_alarm(since=at("09:50")) == late
    assert proof.first_alarm("reversal_log_full", "compartment_closed") == late
    assert proof.first_alarm("compartment_closed") is None
    assert replace(proof, alarms=()).first_alarm() is None
