"""Names: every one has a reading, and a draw always means the same name."""

import re

from hypothesis import given
from hypothesis import strategies as st

from tanada.customers.names import DRAW_BITS, FAMILY_NAMES, GIVEN_NAMES, name_of

KATAKANA = re.compile("[ァ-ヺー]+")


def test_every_name_has_a_reading_in_katakana_and_stands_once() -> None:
    for names in (FAMILY_NAMES, GIVEN_NAMES):
        assert all(name.kanji and KATAKANA.fullmatch(name.kana) for name in names)
        assert len(set(names)) == len(names) > 90


@given(st.integers(0, (1 << DRAW_BITS) - 1))
def test_a_draw_means_one_family_name_and_one_given_name(draw: int) -> None:
    name = name_of(draw)
    assert name == name_of(draw)
    assert len(name.kanji.split(" ")) == len(name.kana.split(" ")) == 2


def test_the_lowest_draw_is_the_commonest_family_name() -> None:
    assert name_of(0).kana == "サトウ タロウ"
