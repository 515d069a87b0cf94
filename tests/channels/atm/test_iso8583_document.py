"""`docs/iso8583.md` says what the code does: its tables, and its worked example byte by byte."""

import re

from tanada.channels.atm import fields as f
from tanada.channels.atm.dialogue import ANSWER_TYPES, Transaction
from tanada.channels.atm.keys import AtmKeys
from tanada.channels.atm.messages import LENGTH_BYTES, MAX_FRAME_BYTES, IsoMessage, decode
from tanada.channels.atm.private_data import TAGS
from tanada.channels.atm.response_codes import REFUSAL_CODES, RESPONSE_CODES, RESPONSE_MEANINGS
from tanada.channels.atm.session import UNREADABLE_MAX
from tanada.channels.atm.transactions import TRANSACTIONS
from tests.tidy_rules import ROOT

TEXT = (ROOT / "docs" / "iso8583.md").read_text(encoding="utf-8")
EXAMPLE_CARD = 9392001123456704
EXAMPLE_KEYS = AtmKeys(bytes(range(32)), bytes(32)).of_terminal(1)


def table(heading: str) -> list[list[str]]:
    """The cells of the first table below a heading, without its first two lines."""
    section = TEXT.split(f"\n## {heading}", 1)[1].split("\n## ", 1)[0]
    rows = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows[2:]]


def frames() -> list[bytes]:
    return [bytes.fromhex(block) for block in re.findall(r"```hex\n(.*?)```", TEXT, re.DOTALL)]


def opened(framed: bytes) -> IsoMessage:
    raw = framed[LENGTH_BYTES:]
    assert int.from_bytes(framed[:LENGTH_BYTES]) == len(raw)
    message = decode(raw)
    assert EXAMPLE_KEYS.mac.verifies(raw, message)
    return message


def test_every_field_is_in_the_table() -> None:
    prefix = {0: "", 2: "LL ", 3: "LLL "}
    wanted = [
        [str(number), field.name, field.content, f"{prefix[field.length_digits]}{field.length}"]
        for number, field in f.FIELDS.items()
    ]
    assert [row[:4] for row in table("Fields")] == wanted
    not_used = {int(row[0]) for row in table("Fields") if row[4] == "accepted and not used"}
    assert not_used == f.NOT_USED


def test_every_message_type_is_in_the_table() -> None:
    assert {row[0]: row[1] for row in table("Message types")} == ANSWER_TYPES


def test_every_transaction_is_in_the_table() -> None:
    rows = {row[0]: row for row in table("Processing codes")}
    assert set(rows) == {transaction.processing_code for transaction in Transaction}
    for transaction, row in TRANSACTIONS.items():
        _, _, transaction_class, needs = rows[transaction.processing_code]
        assert transaction_class == row.transaction_class
        assert ("PIN" in needs) == row.pin_needed
        assert ("amount" in needs) == row.amount_needed
        assert ("account" in needs) != row.card_needed


def test_every_tag_is_in_the_table() -> None:
    assert [row[:2] for row in table("Private data")] == [[f"`{t}`", v] for t, v in TAGS.items()]


def test_every_response_code_is_in_the_table() -> None:
    wanted: dict[str, set[str]] = {code: set() for code in RESPONSE_MEANINGS}
    for word, code in [*RESPONSE_CODES.items(), *REFUSAL_CODES.items()]:
        wanted[code].add(f"`{word.value}`")
    rows = table("Response codes")
    assert {row[0]: set(row[2].split(", ")) for row in rows} == wanted
    assert {row[0]: row[1] for row in rows} == RESPONSE_MEANINGS


def test_limits_are_the_codes() -> None:
    assert f"{MAX_FRAME_BYTES:,} bytes" in TEXT
    assert f"| {UNREADABLE_MAX} of the above" in TEXT


def test_the_worked_example_is_what_a_terminal_sends() -> None:
    message = opened(frames()[0])
    assert message.mti == "0200"
    assert message[f.PAN] == str(EXAMPLE_CARD)
    assert message[f.AMOUNT] == f"{10_000:012d}"
    block = EXAMPLE_KEYS.pin.encipher("1234", EXAMPLE_CARD)
    assert message[f.PIN_BLOCK] == block.hex().upper()
    assert EXAMPLE_KEYS.mac.seal(message) == frames()[0][LENGTH_BYTES:]
    for value in (EXAMPLE_KEYS.pin_key, EXAMPLE_KEYS.mac_key, block):
        assert value.hex().upper() in TEXT


def test_the_worked_answer_is_what_a_terminal_gets() -> None:
    message = opened(frames()[1])
    assert (message.mti, message[f.RESPONSE_CODE], message[f.REASON]) == ("0210", "00", "ok")
    assert message[f.PRIVATE] == "CU02CR"
