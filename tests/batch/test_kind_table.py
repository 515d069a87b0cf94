"""The table of kinds: every one has a name in two languages, and a slip of the pen is helped."""

import pytest

from tanada.batch.kind_table import KINDS, UnknownJobKind, kind_named


def test_every_kind_says_what_it_is_in_both_languages() -> None:
    assert all(kind.english and kind.japanese for kind in KINDS.values())
    assert all(kind_named(name).name == name for name in KINDS)


def test_only_what_falls_due_by_itself_cannot_wait() -> None:
    assert [name for name, kind in KINDS.items() if kind.due] == ["month-end-renewals"]


def test_an_unknown_kind_is_answered_with_the_nearest() -> None:
    with pytest.raises(UnknownJobKind, match="did you mean month-end-renewals"):
        kind_named("monthend-renewal")
