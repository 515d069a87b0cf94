"""Posting files: credits to ordinary deposits, a line each, checked whole before any is posted.

UTF-8 text of comma-separated lines; the last one is the control total::

    account,amount,text
    00110000001000,250000,給与 2月分
    00110000002000,180000,給与 2月分
    total,2,430000

All that is wrong is found at once, with line numbers; a file with one bad line posts nothing.
"""

import csv
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from tanada.base.database import Connection, copy_rows, int_array, translate_errors
from tanada.base.errors import BankError
from tanada.base.money import MAX_AMOUNT
from tanada.batch.jobs import QUERIES, Job
from tanada.batch.kinds import Item, JobKind, Origin
from tanada.ledger.accounts import is_customer
from tanada.ledger.book import QUERIES as LEDGER
from tanada.products.deposits.cash import PRODUCT
from tanada.products.deposits.commands import CreditByFile

MAX_FILE_BYTES: Final = 64 * 1024 * 1024
MAX_LINES: Final = 1_000_000
"""Lines of one file that post something."""
MAX_TEXT_CHARACTERS: Final = 48
MAX_FAULTS: Final = 10_000
"""Faults that are listed of one file; a file with more is not read to its end."""

HEADING: Final = ("account", "amount", "text")
TOTAL: Final = "total"
_ACCOUNTS_A_QUERY: Final = 10_000


class Fault(NamedTuple):
    """What is wrong in a line; lines count from 1, and 0 stands for the file as a whole."""

    line: int
    what: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.what}" if self.line else self.what


class PostingFileRefused(BankError):
    """A posting file has faults, and nothing of it was posted; each is named with its line."""

    code = "posting_file_refused"

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        listed = "\n".join(f"  {fault}" for fault in faults)
        counted = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
        super().__init__(f"{counted}, nothing was posted; correct the file:\n{listed}")


class PostingLine(NamedTuple):
    """One credit of ``amount`` yen."""

    line: int
    account: int
    amount: int
    text: str


class PostingFile(NamedTuple):
    """A file that was read: the lines in good form, and what is wrong with the others.

    Whether its accounts exist is another question, which ``check`` asks.
    """

    digest: bytes
    lines: tuple[PostingLine, ...]
    faults: tuple[Fault, ...] = ()


def parse(content: bytes) -> PostingFile:
    """Read a whole file. Raises ``PostingFileRefused`` if it is too large or no text."""
    if len(content) > MAX_FILE_BYTES:
        what = f"the file has {len(content):,} bytes, the limit is {MAX_FILE_BYTES:,}; divide it"
        raise PostingFileRefused([Fault(0, what)])
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise PostingFileRefused([Fault(line, "this is not UTF-8")]) from error
    # Not splitlines(): a form feed or a Unicode separator inside a text begins no new line.
    lines, faults = _read(text.replace("\r\n", "\n").removesuffix("\n").split("\n"))
    return PostingFile(hashlib.sha256(content).digest(), tuple(lines), tuple(faults))


def _read(text: Sequence[str]) -> tuple[list[PostingLine], list[Fault]]:
    lines: list[PostingLine] = []
    faults: list[Fault] = []
    if text[0] != ",".join(HEADING):
        faults.append(Fault(1, f"the heading must be {','.join(HEADING)}"))
    if not text[-1].startswith(f"{TOTAL},"):
        faults.append(Fault(len(text), f"the last line must be {TOTAL},<lines>,<sum>"))
    if len(text) - 2 > MAX_LINES:
        what = f"{len(text) - 2:,} lines are above the limit of {MAX_LINES:,}; divide the file"
        return lines, [*faults, Fault(0, what)]
    for number, line in enumerate(text[1:-1], start=2):
        found = _line(number, line)
        faults += found if isinstance(found, list) else []
        lines += [found] if isinstance(found, PostingLine) else []
        if len(faults) >= MAX_FAULTS:
            return lines, [*faults, Fault(number, "too many faults; the rest was not read")]
    if not faults:
        faults += _wrong_total(text[-1], len(text), lines)
    return lines, faults


def _line(number: int, line: str) -> PostingLine | list[Fault]:
    """The line, or all that is wrong in it."""
    try:
        fields = next(csv.reader([line], strict=True), [])
    except csv.Error as error:
        return [Fault(number, str(error))]
    if len(fields) != len(HEADING):
        return [Fault(number, f"{len(fields)} fields, not {len(HEADING)}")]
    account, amount, text = fields
    faults = [Fault(number, what) for what in _wrong_fields(account, amount, text)]
    return faults or PostingLine(number, int(account), int(amount), text)


def _wrong_fields(account: str, amount: str, text: str) -> Iterator[str]:
    if not (_is_digits(account) and len(account) == 14 and is_customer(int(account))):
        yield "the account must be the 14 digits of a customer's account"
    if not (_is_digits(amount) and len(amount) <= 12 and 0 < int(amount) <= MAX_AMOUNT):
        yield f"the amount must be whole yen from 1 to {MAX_AMOUNT:,}"
    if len(text) > MAX_TEXT_CHARACTERS:
        yield f"the text has {len(text)} characters, the limit is {MAX_TEXT_CHARACTERS}"
    if any(ord(character) < 32 for character in text):
        yield "the text holds a control character"


def _is_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _wrong_total(line: str, number: int, lines: Sequence[PostingLine]) -> Iterator[Fault]:
    total = sum(each.amount for each in lines)
    if not lines:
        yield Fault(0, "the file posts nothing")
    if line.split(",") != [TOTAL, str(len(lines)), str(total)]:
        right = f"{TOTAL},{len(lines)},{total}"
        yield Fault(number, f"the control total is {line!r}, the lines give {right!r}")


def check(connection: Connection, file: PostingFile) -> None:
    """Raise ``PostingFileRefused`` with all that is wrong: form, accounts and control total."""
    faults = sorted([*file.faults, *_wrong_accounts(connection, file.lines)])
    if faults:
        raise PostingFileRefused(faults[:MAX_FAULTS])


def _wrong_accounts(connection: Connection, lines: Sequence[PostingLine]) -> Iterator[Fault]:
    able: set[int] = set()
    accounts = sorted({line.account for line in lines})
    for start in range(0, len(accounts), _ACCOUNTS_A_QUERY):
        some = accounts[start : start + _ACCOUNTS_A_QUERY]
        with translate_errors():
            rows = connection.execute(LEDGER.account_balances, (int_array(some),)).fetchall()
        able.update(row[0] for row in rows if row[1] == PRODUCT and row[3])
    for line in lines:
        if line.account not in able:
            yield Fault(line.line, f"account {line.account:014d} is no open ordinary deposit")


def keep_lines(connection: Connection, job_id: int, lines: Iterable[PostingLine]) -> None:
    """Keep the lines with their job, so that it can go on without the file."""
    copy_rows(connection, QUERIES.copy_posting_lines, ((job_id, *line) for line in lines))


def _lines_after(connection: Connection, job: Job, after: int, count: int) -> list[Item]:
    parameters = {"job_id": job.job_id, "after": after, "count": count}
    with translate_errors():
        rows = connection.execute(QUERIES.posting_lines, parameters).fetchall()
    return [Item(*row) for row in rows]


def _credit(origin: Origin, item: Item) -> CreditByFile:
    return origin.command(CreditByFile, item, amount=item.amount)


POSTING_FILE: Final = JobKind(
    name="posting-file",
    product=PRODUCT,
    english="credits by file",
    japanese="集中記帳ファイル(入金)",
    read=_lines_after,
    command=_credit,
)
