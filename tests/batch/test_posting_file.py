"""Posting files: everything wrong is said at once, with its line, and nothing is posted."""

import pytest

from tanada.batch import posting_file
from tanada.batch.posting_file import Fault, PostingFileRefused, PostingLine, parse

GOOD = "account,amount,text\n00110000001000,250000,給与 2月分\n12310000002000,1,\ntotal,2,250001\n"


def _faults(text: str) -> list[int]:
    return [fault.line for fault in parse(text.encode()).faults]


def test_a_good_file_is_read() -> None:
    file = parse(GOOD.encode())
    assert file.lines == (
        PostingLine(2, 110000001000, 250_000, "給与 2月分"),
        PostingLine(3, 12310000002000, 1, ""),
    )
    assert file.digest != parse(GOOD.encode() + b"\n\n"[:0]).digest[::-1]


def test_all_bad_lines_are_reported_at_once_with_their_numbers() -> None:
    text = (
        "account,amount,text\n"
        "12310000001000,250000,good\n"
        "1231000000100,1,account too short\n"
        "12310000001000,-5,negative\n"
        "12310000001000,1.5,half a yen\n"
        "12310000001000,0,nothing\n"
        "00000000003000,x,two faults: the bank's own account and no amount\n"
        "12310000001000,1\n"
        '12310000001000,1,"not closed\n'
        f"12310000001000,1,{'x' * 49}\n"
        "12310000001000,1,a\x07bell\n"
        "total,10,1\n"
    )
    assert _faults(text) == [3, 4, 5, 6, 7, 7, 8, 9, 10, 11]


def test_files_from_other_systems_may_end_their_lines_with_two_characters() -> None:
    assert parse(GOOD.replace("\n", "\r\n").encode()).lines == parse(GOOD.encode()).lines


@pytest.mark.parametrize("total", ["total,2,250002", "total,1,250001", "total,2", "sum,2,250001"])
def test_a_wrong_control_total_refuses_the_file(total: str) -> None:
    text = GOOD.replace("total,2,250001", total)
    assert _faults(text) == [4]


def test_a_file_without_lines_or_heading_is_refused() -> None:
    assert _faults("") == [1, 1]
    assert _faults("account,amount,text\ntotal,0,0\n") == [0]
    assert 1 in _faults(GOOD.replace("account,", "konto,"))


def test_bytes_that_are_no_text_are_named_by_their_line() -> None:
    with pytest.raises(PostingFileRefused) as refused:
        parse(b"account,amount,text\n12310000001000,1,\xff\n")
    assert refused.value.faults == (Fault(2, "this is not UTF-8"),)


def test_limits_refuse_the_file_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(posting_file, "MAX_LINES", 1)
    assert _faults(GOOD) == [0]
    monkeypatch.setattr(posting_file, "MAX_FILE_BYTES", 10)
    with pytest.raises(PostingFileRefused, match="the limit is 10; divide it"):
        parse(GOOD.encode())


def test_the_list_of_faults_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(posting_file, "MAX_FAULTS", 5)
    bad = "account,amount,text\n" + "x,y,z\n" * 100 + "total,100,100\n"
    assert len(_faults(bad)) == 7
