"""Every kind of alarm has words in both languages, and what must stand alone does."""

import re

import pytest

from tanada.watch.alarm_kinds import ALARM_KINDS, alarm_kind

STATE_CHANGES = (
    "compartment_closed compartment_reopened reversal_log_full reversal_log_warning breaker_opened "
    "breaker_closed service_prohibited job_refused job_paused job_failed database_unreachable"
)


@pytest.mark.parametrize("kind", STATE_CHANGES.split())
def test_a_change_of_state_is_never_folded(kind: str) -> None:
    assert ALARM_KINDS[kind].alone is None


@pytest.mark.parametrize("kind", sorted(ALARM_KINDS))
def test_every_kind_speaks_both_languages(kind: str) -> None:
    entry = ALARM_KINDS[kind]
    assert entry.english.isascii()
    assert re.search(r"[\u3040-\u9fff]", entry.japanese)


def test_a_kind_that_nobody_foresaw_is_shown_by_its_name() -> None:
    entry = alarm_kind("disk_on_fire")
    assert (entry.english, entry.severity) == ("disk on fire", "warning")
    assert entry.alone
