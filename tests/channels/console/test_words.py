"""The console speaks both languages, the one that is asked for first."""

import re
from string import Formatter

import pytest

from tanada.channels.console.words import WORDS, language_of, name_in, speaker

SAME_IN_BOTH = {"atm"}


def _places(text: str) -> int:
    return sum(field is not None for _, field, _, _ in Formatter().parse(text))


@pytest.mark.parametrize("word", sorted(WORDS))
def test_every_word_is_said_in_both_languages(word: str) -> None:
    english, japanese = WORDS[word]
    assert _places(english) == _places(japanese)
    if word not in SAME_IN_BOTH and word != "language":
        assert english.isascii()
        assert re.search(r"[\u3040-\u9fff]", japanese) or word == "machines"


@pytest.mark.parametrize(
    ("asked", "accepted", "language"),
    [
        ("ja", "en", "ja"),
        ("en", "ja,en;q=0.5", "en"),
        (None, "ja-JP,ja;q=0.9,en;q=0.8", "ja"),
        (None, "fr-FR, fr;q=0.9", "en"),
        ("xx", "", "en"),
        (None, "", "en"),
    ],
)
def test_the_language_asked_for_wins(asked: str | None, accepted: str, language: str) -> None:
    assert language_of(asked, accepted) == language


def test_numbers_stand_where_the_language_wants_them() -> None:
    assert speaker("en")("out", 1, 9) == "1 of 9 terraces out."
    assert speaker("ja")("out", 1, 9) == "9枚の棚田のうち1枚が停止しています。"


def test_a_name_is_worded_as_far_as_it_is_known() -> None:
    assert name_in("ja", "reversal log of time_deposits") == "取消情報 · 定期預金"
    assert name_in("en", "reversal log of gold") == "reversal log · gold"
    assert name_in("ja", "rows of a business date") == "行(本日)"
