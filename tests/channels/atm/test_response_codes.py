"""Every reason has a response code, and every response code says what it means."""

from tanada.channels.atm.response_codes import (
    REFUSAL_CODES,
    RESPONSE_CODES,
    RESPONSE_MEANINGS,
    Refusal,
)
from tanada.operations.codes import MEANINGS, Code

CARD_KEPT = {"38", "43"}
OUTCOME_UNKNOWN = {"68", "82"}


def test_every_outcome_code_and_every_refusal_has_a_response_code() -> None:
    assert set(RESPONSE_CODES) == set(Code)
    assert set(REFUSAL_CODES) == set(Refusal)


def test_every_response_code_in_use_is_explained_and_no_other() -> None:
    in_use = set(RESPONSE_CODES.values()) | set(REFUSAL_CODES.values())
    assert set(RESPONSE_MEANINGS) == in_use


def test_a_response_code_never_mixes_kinds_of_outcome() -> None:
    kinds: dict[str, set[str]] = {}
    for code, response_code in RESPONSE_CODES.items():
        kinds.setdefault(response_code, set()).add(MEANINGS[code].kind)
    assert all(len(each) == 1 for each in kinds.values())
    assert {rc for rc, each in kinds.items() if each == {"unknown"}} == OUTCOME_UNKNOWN


def test_words_fit_field_44_and_refusals_are_no_outcome_codes() -> None:
    words = [code.value for code in Code] + [refusal.value for refusal in Refusal]
    assert max(map(len, words)) <= 25
    assert len(set(words)) == len(words)
