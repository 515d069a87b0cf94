"""Where a live bank keeps its things: one directory, and sockets with short names."""

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from tanada.base.errors import BankError, SettingsError
from tanada.base.server_account import Account, own_directory, place_for_data, short_hash
from tanada.base.settings import Settings
from tanada.base.volumes import DirectoryVolume

SOCKET_PATH_BYTES_MAX: Final = 100
"""The system allows 107 (macOS 103) bytes in the address of a Unix socket."""
_LONGEST_SOCKET_NAME: Final = 40
_OWNER_ONLY: Final = 0o700
_FILE: Final = "bank.json"


class BankNotFound(BankError):
    """There is no bank in the directory."""

    code = "bank_not_found"


class LiveBank(msgspec.Struct, frozen=True, kw_only=True):
    """What every process of a live bank must know. It holds a password: mode 700 around it."""

    settings: Settings
    core_url: str
    watch_url: str
    embedded: bool
    """Whether the PostgreSQL server is one that we started and will stop."""
    customers: int = 0
    """Customers that were loaded, whatever the settings say now."""

    @property
    def atm_address(self) -> str:
        """Where machines connect."""
        return f"tcp://{self.settings.host}:{self.settings.atm_port}"

    @property
    def console_address(self) -> str:
        """Where the console listens."""
        return f"tcp://{self.settings.host}:{self.settings.console_port}"

    @property
    def console_url(self) -> str:
        """What to open in a browser."""
        return f"http://{self.settings.host}:{self.settings.console_port}/"


@dataclass(frozen=True)
class Places:
    """The files of the bank in the directory ``root``."""

    root: Path

    @classmethod
    def of(cls, settings: Settings) -> "Places":
        """The places below the data directory, which need not exist yet."""
        return cls(Path(settings.data_dir).absolute())

    @property
    def postgres(self) -> Path:
        """Data of the embedded server; elsewhere if its account could not come in here."""
        return place_for_data(self.root / "postgres")

    @property
    def keys(self) -> Path:
        """The ATM channel's keys."""
        return self.root / "keys" / "atm.keys"

    @property
    def logs(self) -> Path:
        """One log a process."""
        return self.root / "log"

    @property
    def run(self) -> Path:
        """What holds only while the bank runs; open to its owner alone."""
        return self.root / "run"

    @property
    def spool(self) -> Path:
        """What gateways keep while the watch database is away."""
        return self.root / "spool"

    @property
    def lock(self) -> Path:
        """Held by the one supervisor of this bank."""
        return self.run / "supervisor.lock"

    def make(self) -> None:
        """Create the directories that hold secrets, closed to others. Raises ``SettingsError``."""
        try:
            for folder in (self.run, self.keys.parent, self.logs, self.spool):
                folder.mkdir(parents=True, exist_ok=True)
                folder.chmod(_OWNER_ONLY)
        except OSError as error:
            message = f"data_dir {self.root} cannot be used: {error.strerror}; choose another"
            raise SettingsError(message) from error
        if self._sockets() != self.run:
            own_directory(self._sockets(), Account("ourselves", os.geteuid(), os.getegid()))

    def address(self, process: str) -> str:
        """The Unix socket on which a process of the bank takes requests."""
        return f"unix://{self._sockets() / process}.sock"

    def save(self, bank: LiveBank) -> None:
        """Write down what the processes must know."""
        DirectoryVolume(self.run).write(_FILE, msgspec.json.encode(bank))

    def load(self) -> LiveBank:
        """What the processes must know; raises ``BankNotFound``."""
        if not (self.run / _FILE).is_file():
            raise BankNotFound(f"there is no bank in {self.root}: start one with tanada up")
        return msgspec.json.decode(DirectoryVolume(self.run).read(_FILE), type=LiveBank)

    def _sockets(self) -> Path:
        if len(os.fsencode(self.run)) + _LONGEST_SOCKET_NAME <= SOCKET_PATH_BYTES_MAX:
            return self.run
        place = f"tanada-{os.geteuid()}-{short_hash(str(self.root))}"
        return Path(tempfile.gettempdir()) / place
