"""``tanada atm``: the keys and the card that any ISO 8583 client needs."""

from pathlib import Path

import pytest

from tanada.app.places import LiveBank, Places
from tanada.base.randomness import Randomness
from tanada.base.settings import Settings
from tanada.channels.atm.keys import AtmKeys
from tanada.cli import EXIT_ERROR, main
from tanada.customers.demonstration import pin_of


def test_a_machines_keys_are_those_that_the_gateway_derives(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keys = AtmKeys.generate(Randomness(1))
    keys.save(Places(tmp_path).keys)
    assert main(["atm", "keys", "7", "--data-dir", str(tmp_path)]) == 0
    shown = capsys.readouterr().out
    assert keys.of_terminal(7).pin_key.hex() in shown
    assert keys.of_terminal(7).mac_key.hex() in shown
    assert keys.pvk.hex() not in shown


def test_a_card_is_shown_of_customers_that_there_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    places = Places(tmp_path)
    places.make()
    bank = LiveBank(settings=Settings(), core_url="", watch_url="", embedded=True, customers=80)
    places.save(bank)
    assert main(["atm", "card", "3", "--data-dir", str(tmp_path)]) == 0
    account, card, pin = (line.split()[1] for line in capsys.readouterr().out.splitlines())
    assert card[4:14] == account[:3] + account[4:11]
    assert pin == pin_of(3)
    assert main(["atm", "card", "81", "--data-dir", str(tmp_path)]) == EXIT_ERROR
    assert "customers are 1 to 80" in capsys.readouterr().err
