"""All packages that keep books have their checks gathered (what each finds: ledger/test_books)."""

from importlib import resources

from tanada.checks import ALL_CHECKS
from tanada.schemas import CORE_PACKAGES


def test_every_package_with_checks_is_asked() -> None:
    written = sum(
        resources.files(package).joinpath("checks.sql").read_text("utf-8").count(" --\n")
        for package in CORE_PACKAGES
        if resources.files(package).joinpath("checks.sql").is_file()
    )
    assert len(ALL_CHECKS) == written > 10


def test_no_two_checks_have_one_name() -> None:
    names = [check.name for check in ALL_CHECKS]
    assert len(set(names)) == len(names)
