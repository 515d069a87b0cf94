"""``tanada atm keys``: the two keys that any ISO 8583 client needs."""

from pathlib import Path

import pytest

from tanada.app.places import Places
from tanada.base.randomness import Randomness
from tanada.channels.atm.keys import AtmKeys
from tanada.cli import main


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
