"""Options that several commands share; each is a setting, so the environment can give it too."""

from typing import Annotated, Final

from cyclopts import Parameter

from tanada.base.settings import SETTINGS

_SETTINGS: Final = {setting.name: setting for setting in SETTINGS}


def _option(name: str) -> Parameter:
    setting = _SETTINGS[name]
    shown = f" [{setting.default}]" if setting.default != "" else ""
    # Shown here, because the value None of the parameter only means that nothing was given.
    return Parameter(help=f"{setting.help}{shown} ({setting.variable})", show_default=False)


Customers = Annotated[int | None, _option("customers")]
DatabaseUrl = Annotated[str | None, _option("database_url")]
DataDir = Annotated[str | None, _option("data_dir")]
Host = Annotated[str | None, _option("host")]
AtmPort = Annotated[int | None, _option("atm_port")]
ConsolePort = Annotated[int | None, _option("console_port")]
PolicyFile = Annotated[str | None, _option("policy")]
Reason = Annotated[str, Parameter(help="why; it is recorded with your name")]
