"""The custody rules are the report's table, cell by cell, and no cell is missing."""

import re
from typing import Final, get_args

import pytest

from tanada.base.errors import PolicyError
from tanada.controls.custody import (
    CELLS,
    MEDIA,
    CustodyMatrix,
    ErrorClass,
    custody_version,
    parse_custody,
)
from tanada.controls.policies import TransactionClass
from tanada.operations.codes import Code
from tests.tidy_rules import ROOT

TEXT = (ROOT / "policies" / "custody.toml").read_text(encoding="utf-8")
VERSIONS = parse_custody(TEXT, "custody.toml")

# ③ATM仕様 of the report, page by page as it is printed: rows by transaction, columns A B C D.
# 取込(*): "already changed to return" (返却に仕様変更済み).
PRINTED: Final = {
    "照会系取引": ("返却", "返却", "返却", "返却"),
    "勘定取引・記帳": ("取込", "取込", "取込(*)", "返却"),
}
AS_IT_WAS: Final = {"返却": "return", "取込": "retain", "取込(*)": "retain"}
AS_OF_APRIL: Final = {"返却": "return", "取込": "retain", "取込(*)": "return"}
ROWS: Final[dict[str, TransactionClass]] = {"照会系取引": "inquiry", "勘定取引・記帳": "monetary"}
COLUMNS: Final[tuple[ErrorClass, ...]] = ("A", "B", "C", "D")


@pytest.mark.parametrize("medium", ["card", "passbook"])
@pytest.mark.parametrize("column", range(4), ids=COLUMNS)
@pytest.mark.parametrize("row", PRINTED)
@pytest.mark.parametrize(("version", "reading"), [("2021-02", AS_IT_WAS), ("2021-04", AS_OF_APRIL)])
def test_the_printed_table_cell_by_cell(
    version: str, reading: dict[str, str], row: str, column: int, medium: str
) -> None:
    # The report's errors of class A and B were such that nobody knew what had happened.
    decide = VERSIONS[version].decide
    ruling = decide(ROWS[row], COLUMNS[column], "unknown", medium)  # type: ignore[arg-type]
    assert ruling.custody == reading[PRINTED[row][column]]


@pytest.mark.parametrize("version", VERSIONS)
def test_every_cell_is_present(version: str) -> None:
    matrix = VERSIONS[version]
    assert len(CELLS) == 48
    for transaction, error_class, knowledge, medium in CELLS:
        ruling = matrix.decide(transaction, error_class, knowledge, medium)
        assert ruling.custody in ("return", "retain")
        assert bool(ruling.reason) == (ruling.custody == "retain")


def kept(version: str) -> set[tuple[str, str, str, str]]:
    matrix = VERSIONS[version]
    return {cell for cell in CELLS if matrix.decide(*cell).custody == "retain"}


def test_a_medium_that_was_returned_is_never_kept_in_a_later_version() -> None:
    assert kept("2021-05") < kept("2021-04") < kept("2021-02")


def test_from_may_the_line_keeps_no_card_and_what_is_certain_keeps_nothing() -> None:
    assert kept("2021-05") == {
        ("monetary", "A", "unknown", "cash"),
        ("monetary", "B", "unknown", "card"),
        ("monetary", "B", "unknown", "passbook"),
        ("monetary", "B", "unknown", "cash"),
        ("monetary", "C", "unknown", "cash"),
    }


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("transaction", get_args(TransactionClass))
def test_a_card_in_the_wrong_hands_is_kept_and_nothing_else(
    version: str, transaction: TransactionClass
) -> None:
    matrix = VERSIONS[version]
    assert matrix.fraud_codes == {Code.CARD_STOLEN, Code.PIN_TRIES_EXCEEDED}
    for code in matrix.fraud_codes:
        rulings = {m: matrix.decide(transaction, "D", "known", m, code).custody for m in MEDIA}
        assert rulings == {"card": "retain", "passbook": "return", "cash": "return"}


@pytest.mark.parametrize("version", VERSIONS)
def test_what_was_accepted_is_returned(version: str) -> None:
    for medium in MEDIA:
        assert VERSIONS[version].decide("monetary", "", "known", medium).custody == "return"


def test_a_version_that_does_not_exist_names_the_nearest() -> None:
    assert custody_version(VERSIONS, "2021-02").version == "2021-02"
    with pytest.raises(PolicyError, match="did you mean '2021-05'"):
        custody_version(VERSIONS, "2021-5")


def line_of(fragment: str) -> int:
    return TEXT[: TEXT.index(fragment)].count("\n") + 1


ROW = '["monetary",  "A", "known",   "retain", "retain", "retain", "the line failed (取込 3/3)"],'


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ('["monetary", "A", "known", "keep", "retain", "retain", "why"],', "Invalid enum value"),
        ('["monetary", "A", "known", "retain"],', "length 7"),
        ('["monetary", "A", "known", "retain", "retain", "retain", ""],', "does not say why"),
        ('["inquiry", "A", "known", "return", "return", "return", ""],', "comes twice"),
    ],
)
def test_a_wrong_row_is_named_by_its_line(wrong: str, said: str) -> None:
    with pytest.raises(PolicyError, match=re.escape(said)) as caught:
        parse_custody(TEXT.replace(ROW, wrong, 1), "custody.toml")
    assert f"custody.toml:{line_of(ROW)}: " in str(caught.value)


def test_a_missing_row_is_named_with_its_version() -> None:
    with pytest.raises(PolicyError, match="2021-02 has no row monetary A known") as caught:
        parse_custody(TEXT.replace(ROW, "", 1), "custody.toml")
    assert f"custody.toml:{line_of('[[version]]')}: " in str(caught.value)


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(PolicyError) as caught:
        parse_custody(TEXT.replace(ROW, "", 2), "custody.toml")
    assert len(str(caught.value).splitlines()) == 2


def test_text_that_is_no_toml_is_named_by_its_line() -> None:
    with pytest.raises(PolicyError, match=r"custody\.toml: .*line 2"):
        parse_custody("fraud_codes = []\n=", "custody.toml")


def test_the_matrix_is_not_built_without_every_cell() -> None:
    ruling = VERSIONS["2021-02"].decide("inquiry", "A", "known", "card")
    with pytest.raises(AssertionError):
        CustodyMatrix("x", {CELLS[0]: ruling}, frozenset(), ruling)
