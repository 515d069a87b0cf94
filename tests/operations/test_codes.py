"""One reason, one word: every code says what happened, whose reason it is, and in two languages."""

import pytest

from tanada.operations.codes import MEANINGS, Code


def test_every_code_has_a_meaning() -> None:
    assert set(MEANINGS) == set(Code)


@pytest.mark.parametrize("code", Code)
def test_kind_and_error_class_fit_together(code: Code) -> None:
    meaning = MEANINGS[code]
    fitting = {
        "accepted": {""},
        "declined": {"D"},
        "failed": {"A", "B", "C"},
        "unknown": {"A", "B"},
    }
    assert meaning.error_class in fitting[meaning.kind]


@pytest.mark.parametrize("code", Code)
def test_whatever_is_neither_accepted_nor_declined_is_the_banks_own_fault(code: Code) -> None:
    meaning = MEANINGS[code]
    if meaning.kind in ("failed", "unknown"):
        assert meaning.bank_reason
    if meaning.kind == "accepted":
        assert not meaning.bank_reason


def test_one_code_alone_means_done() -> None:
    assert [code for code in Code if MEANINGS[code].kind == "accepted"] == [Code.OK]


def test_no_two_codes_say_the_same_to_a_bank_clerk() -> None:
    said = [meaning.english for meaning in MEANINGS.values()]
    assert len(set(said)) == len(said)
