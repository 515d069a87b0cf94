"""Every package that has migrations belongs to one database, and the lower floors come first."""

from pathlib import Path

from tanada.schemas import CORE_PACKAGES, WATCH_PACKAGES

SOURCE = Path(__file__).parents[1] / "src"


def test_no_package_with_migrations_is_forgotten() -> None:
    with_migrations = {
        ".".join(folder.parent.relative_to(SOURCE).parts)
        for folder in SOURCE.rglob("migrations")
        if folder.is_dir() and any(folder.glob("*.sql"))
    }
    assert with_migrations == {*CORE_PACKAGES, *WATCH_PACKAGES}


def test_money_and_what_watches_it_share_no_table() -> None:
    assert not set(CORE_PACKAGES) & set(WATCH_PACKAGES)


def test_a_package_comes_after_those_that_it_stands_upon() -> None:
    floors = ["controls", "ledger", "operations", "customers", "products", "batch"]
    places = [floors.index(package.split(".")[1]) for package in CORE_PACKAGES]
    assert places == sorted(places)
