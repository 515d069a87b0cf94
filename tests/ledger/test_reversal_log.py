"""The reversal log's rows: leased before they are needed, given back when they were not."""

from datetime import timedelta

from tanada.base.database import connect
from tanada.ledger.reversal_log import read_meters
from tanada.products.deposits.commands import DepositCash
from tests.bank import BUSINESS_DATE, NOW, Teller, executor, policy, residents, run

LEASE = policy().reversal_log.lease


def _taken(url: str) -> int:
    with connect(url, application="test") as connection:
        return {m.product: m.taken for m in read_meters(connection, BUSINESS_DATE)}["deposits"]


def _deposit(teller: Teller, amount: int = 1_000) -> DepositCash:
    made: DepositCash = teller.make(DepositCash, residents()[0].account, amount=amount, terminal=1)
    return made


def test_a_holder_that_stops_gives_back_what_it_did_not_use(bank_url: str) -> None:
    opened, teller = executor(bank_url), Teller()
    before = _taken(bank_url)
    run(opened, _deposit(teller))
    assert _taken(bank_url) == before + LEASE
    opened.close()
    assert _taken(bank_url) == before + 1


def test_a_successor_gives_back_what_a_killed_holder_did_not_use(bank_url: str) -> None:
    killed, teller = executor(bank_url), Teller()
    before = _taken(bank_url)
    run(killed, _deposit(teller), _deposit(teller), _deposit(teller, amount=-1))
    successor = executor(bank_url)
    assert _taken(bank_url) == before + 2
    successor.execute([_deposit(teller)], NOW + timedelta(minutes=1), 60.0)
    successor.close()
    assert _taken(bank_url) == before + 3
    killed.close()


def test_a_declined_command_uses_no_row(bank_url: str) -> None:
    opened, teller = executor(bank_url), Teller()
    before = _taken(bank_url)
    run(opened, _deposit(teller, amount=2_000_001))
    opened.close()
    assert _taken(bank_url) == before
