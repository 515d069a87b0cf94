"""Settings: one frozen object, read once where the program starts, and passed down.

Each has a name, a default and a word of explanation, and can be given on the command line or as an
environment variable; the command line wins.
"""

import os
from collections.abc import Mapping
from typing import Final, NamedTuple
from urllib.parse import urlsplit

import msgspec

from tanada.base.errors import SettingsError

PREFIX: Final = "TANADA_"
MAX_CUSTOMERS: Final = 2_000_000
"""Of a demonstration bank; more would only cost patience."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """The values; see ``SETTINGS`` for what they mean."""

    customers: int = 10_000
    database_url: str = ""
    data_dir: str = "var"
    host: str = "127.0.0.1"
    atm_port: int = 8583
    console_port: int = 8600
    policy: str = "policies/tanada.toml"

    def __repr__(self) -> str:
        """Without the database's URL, which may carry a password."""
        return f"<Settings of {self.data_dir}>"


class Setting(NamedTuple):
    """One setting, as the help text and the documents tell it."""

    name: str
    help: str

    @property
    def variable(self) -> str:
        """Its environment variable."""
        return PREFIX + self.name.upper()

    @property
    def default(self) -> int | str:
        """What holds when nobody says otherwise."""
        value: int | str = getattr(Settings(), self.name)
        return value


SETTINGS: Final = (
    Setting("customers", "customers of the demonstration bank, when it is first loaded"),
    Setting("database_url", "PostgreSQL to use; empty starts one of our own in the data directory"),
    Setting("data_dir", "where the bank keeps its database, keys, logs and sockets"),
    Setting("host", "address that the ATM gateway and the console listen on"),
    Setting("atm_port", "TCP port of the ATM gateway (ISO 8583); 0 takes a free one"),
    Setting("console_port", "TCP port of the operators' console (HTTP); 0 takes a free one"),
    Setting("policy", "policy file: how the bank is protected"),
)


def read_settings(given: Mapping[str, int | str | None]) -> Settings:
    """The settings: what was ``given`` and is not None, else the environment, else the default.

    Raises ``SettingsError`` naming the setting that cannot be used.
    """
    values: dict[str, int | str] = {}
    for setting in SETTINGS:
        value = given.get(setting.name)
        if value is None:
            value = os.environ.get(setting.variable)
        if value is not None:
            values[setting.name] = value
    return _checked(values)


def _checked(values: Mapping[str, int | str]) -> Settings:
    try:
        settings = msgspec.convert(values, Settings, strict=False)
    except msgspec.ValidationError as error:
        raise SettingsError(f"a setting cannot be used: {error}") from error
    _within("customers", settings.customers, 1, MAX_CUSTOMERS)
    _within("atm_port", settings.atm_port, 0, 65_535)
    _within("console_port", settings.console_port, 0, 65_535)
    if not settings.data_dir:
        raise SettingsError("data_dir is empty: name a directory")
    if settings.database_url and not _names_a_database(settings.database_url):
        # The value is not repeated: it may carry a password.
        form = "postgresql://login:password@host:port/database"
        raise SettingsError(f"database_url cannot be used: give it as {form}")
    return settings


def _names_a_database(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in {"postgresql", "postgres"} and parts.path.strip("/") != ""


def _within(name: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        raise SettingsError(f"{name} is {value}; it must be {least} to {most}")
