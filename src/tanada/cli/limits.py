"""``tanada limits``: everything that is bounded, and how full it is."""

from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from tanada.base.settings import read_settings
from tanada.cli.options import DatabaseUrl, DataDir, PolicyFile
from tanada.cli.screen import show_table

if TYPE_CHECKING:
    from tanada.batch.limits import Limit


def register(
    *,
    lang: Annotated[Literal["en", "ja"], Parameter(help="language of the consequences")] = "en",
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    policy: PolicyFile = None,
) -> int:
    """Print the limit register; exit status 1 if anything is at or above its warning level."""
    from tanada.app.preparation import core_url, read_policy  # noqa: PLC0415 -- see cli/README.md
    from tanada.base.database import connect  # noqa: PLC0415
    from tanada.batch.limits import read_limits  # noqa: PLC0415
    from tanada.batch.running import ROLE  # noqa: PLC0415

    given = {"data_dir": data_dir, "database_url": database_url, "policy": policy}
    settings = read_settings(given)
    rule = read_policy(settings.policy)
    with (
        core_url(settings) as url,
        connect(url, application="tanada limits", role=ROLE) as connection,
    ):
        found = read_limits(connection, rule)
    heading = ("limit", "used", "warning", "of", "unit", "state", "owner", "when it is reached")
    show_table([heading, *(_row(each, lang) for each in found)])
    return 1 if any(each.state in {"warning", "full"} for each in found) else 0


def _row(limit: "Limit", lang: str) -> tuple[object, ...]:
    used = "-" if limit.used is None else f"{limit.used:,}"
    consequence = limit.japanese if lang == "ja" else limit.english
    counts = (used, f"{limit.warning:,}", f"{limit.limit:,}", limit.unit)
    return (limit.name, *counts, limit.state, limit.owner, consequence)
