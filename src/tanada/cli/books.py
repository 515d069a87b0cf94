"""``tanada books``: proof that the books are right."""

from cyclopts import App

from tanada.base.settings import read_settings
from tanada.cli.options import DatabaseUrl, DataDir
from tanada.cli.screen import show

GROUP = App(name="books", help="Prove that the books are right.")


@GROUP.command
def check(*, data_dir: DataDir = None, database_url: DatabaseUrl = None) -> int:
    """Check every operation, balance and product against each other, while the bank works.

    Exit status 1 if anything is wrong; each finding is one line.
    """
    from tanada.app.books import check_all_books  # noqa: PLC0415 -- see cli/README.md
    from tanada.app.preparation import core_url  # noqa: PLC0415
    from tanada.checks import ALL_CHECKS  # noqa: PLC0415

    settings = read_settings({"data_dir": data_dir, "database_url": database_url})
    with core_url(settings) as url:
        findings = check_all_books(url)
    for finding in findings:
        show(f"{finding.check}: {finding.subject}: {finding.detail}")
    if findings:
        return 1
    show(f"The books are right ({len(ALL_CHECKS)} checks).")
    return 0
