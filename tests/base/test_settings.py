"""Settings: given beats environment beats default, and a wrong one is named."""

from pathlib import Path

import pytest

from tanada.base.errors import SettingsError
from tanada.base.settings import SETTINGS, Settings, read_settings


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for setting in SETTINGS:
        monkeypatch.delenv(setting.variable, raising=False)


def test_given_beats_environment_beats_default(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read_settings({}) == Settings()
    monkeypatch.setenv("TANADA_ATM_PORT", "7001")
    assert read_settings({"atm_port": None}).atm_port == 7001
    assert read_settings({"atm_port": 7002}).atm_port == 7002


def test_every_setting_is_explained_once() -> None:
    assert sorted(setting.name for setting in SETTINGS) == sorted(Settings.__struct_fields__)
    assert all(setting.help for setting in SETTINGS)


def test_every_setting_is_in_the_document() -> None:
    text = Path(__file__).parents[2].joinpath("docs", "running.md").read_text(encoding="utf-8")
    for setting in SETTINGS:
        default = f"`{setting.default}`" if setting.default != "" else ""
        row = f"| `--{setting.name.replace('_', '-')}` | `{setting.variable}` | {default}".rstrip()
        assert row in text, f"docs/running.md has no row: {row}"


@pytest.mark.parametrize(
    ("name", "value", "word"),
    [
        ("customers", 0, "customers"),
        ("customers", "many", "customers"),
        ("atm_port", 70_000, "atm_port"),
        ("data_dir", "", "data_dir"),
        ("database_url", "mysql://host/bank", "postgresql://login"),
        ("database_url", "host=localhost dbname=bank", "postgresql://login"),
        ("database_url", "postgresql://host:5432", "/database"),
        ("database_url", "postgresql://[host/bank", "database_url"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(name: str, value: int | str, word: str) -> None:
    with pytest.raises(SettingsError, match=word):
        read_settings({name: value})


def test_a_url_that_cannot_be_used_is_not_repeated_with_its_password() -> None:
    with pytest.raises(SettingsError) as refused:
        read_settings({"database_url": "mysql://u:secret@host/db"})
    assert "secret" not in str(refused.value)


def test_a_password_does_not_show() -> None:
    settings = read_settings({"database_url": "postgresql://u:secret@host/db"})
    assert "secret" not in repr(settings)
