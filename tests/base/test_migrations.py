"""Migrations run once, in order, and are sealed."""

import os
import re
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tanada.base.database import AccessRefused, Connection, connect
from tanada.base.migrations import (
    FILE_NAME,
    MigrationFailed,
    MigrationMisnamed,
    MigrationTampered,
    migrate,
    migrations_of,
    pending,
)

LOWER = "CREATE TABLE field (id int PRIMARY KEY);"
GROUPS = [
    f"tanada_{group}" for group in ("batch", "compartment", "console", "gateway", "owner", "watch")
]
UPPER = "CREATE TABLE terrace (field int REFERENCES field);"


@pytest.fixture
def empty(empty_database_url: str) -> Iterator[Connection]:
    with connect(empty_database_url, application="test") as opened:
        yield opened


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Two packages, the second of which refers to a table of the first."""
    write(tmp_path, "lower_floor", "0001_pre_field", LOWER)
    write(tmp_path, "upper_floor", "0001_pre_terrace", UPPER)
    monkeypatch.syspath_prepend(str(tmp_path))
    names = ["lower_floor", "upper_floor"]
    yield names
    for name in names:
        sys.modules.pop(name, None)


def write(root: Path, package: str, version: str, sql: str) -> None:
    folder = root / package / "migrations"
    folder.mkdir(parents=True, exist_ok=True)
    (root / package / "__init__.py").touch()
    (folder / f"{version}.sql").write_text(sql)


def test_every_migration_of_tanada_follows_the_naming_pattern() -> None:
    root = Path(__file__).parents[2] / "src" / "tanada"
    files = [path for path in root.rglob("migrations/*") if path.suffix == ".sql"]
    assert [path for path in files if FILE_NAME.fullmatch(path.name) is None] == []


def test_packages_are_applied_in_the_given_order_and_only_once(
    empty: Connection, packages: list[str]
) -> None:
    assert [one.package for one in pending(empty, packages)] == packages
    assert [one.package for one in migrate(empty, packages)] == packages
    assert migrate(empty, packages) == []
    assert pending(empty, packages) == []


def test_inside_a_package_files_run_by_number_and_pre_before_post(
    packages: list[str], tmp_path: Path
) -> None:
    for version in ["0002_post_b", "0001_post_a", "0002_pre_c"]:
        write(tmp_path, "lower_floor", version, "SELECT 1;")
    found = [one.version for one in migrations_of("lower_floor")]
    assert found == ["0001_pre_field", "0001_post_a", "0002_pre_c", "0002_post_b"]


def test_a_release_can_apply_its_pre_steps_alone(
    empty: Connection, packages: list[str], tmp_path: Path
) -> None:
    write(tmp_path, "lower_floor", "0001_post_drop", "SELECT 1;")
    migrate(empty, packages, phases=["pre"])
    assert [one.version for one in pending(empty, packages)] == ["0001_post_drop"]


def test_tables_belong_to_the_owner_role_and_not_to_the_runner(
    empty: Connection, packages: list[str]
) -> None:
    migrate(empty, packages)
    owner = empty.execute("SELECT tableowner FROM pg_tables WHERE tablename = 'terrace'").fetchone()
    assert owner == ("tanada_owner",)
    assert empty.execute("SELECT current_user").fetchone() == ("postgres",)


def test_the_group_roles_exist_and_nobody_can_log_in_as_one(empty: Connection) -> None:
    migrate(empty, [])
    migrate(empty, [])
    rows = empty.execute(
        "SELECT rolname FROM pg_roles WHERE rolname LIKE 'tanada%' "
        "AND NOT (rolcanlogin OR rolsuper OR rolcreaterole OR rolcreatedb) ORDER BY 1"
    ).fetchall()
    assert rows == [(group,) for group in GROUPS]


@pytest.fixture
def plain_login(empty: Connection, empty_database_url: str) -> Iterator[str]:
    """URL of a login that owns the database and created the groups, and has no other power.

    From version 16 on PostgreSQL makes the creator of a role its administrator, not a member.
    """
    migrate(empty, [])
    login = f"plain_{os.getpid()}"
    empty.execute(f"CREATE ROLE {login} LOGIN CREATEROLE PASSWORD 'rice'")
    empty.execute(f"ALTER DATABASE {empty.info.dbname} OWNER TO {login}")
    empty.execute(f"ALTER TABLE schema_migration OWNER TO {login}")
    for group in GROUPS:
        empty.execute(f"GRANT {group} TO {login} WITH ADMIN TRUE, SET FALSE, INHERIT FALSE")
    yield re.sub("//.*@", f"//{login}:rice@", empty_database_url)
    empty.execute(f"REASSIGN OWNED BY {login} TO postgres")
    empty.execute(f"DROP OWNED BY {login} CASCADE")
    empty.execute(f"DROP ROLE {login}")


def test_a_login_that_is_no_superuser_can_set_up_a_bank_and_act_as_each_group(
    plain_login: str, packages: list[str]
) -> None:
    migrate(plain_login, packages)
    for group in GROUPS:
        with connect(plain_login, application="test", role=group) as acting:
            assert acting.execute("SELECT current_user").fetchone() == (group,)


def test_a_login_without_the_right_hears_what_it_lacks(empty: Connection, plain_login: str) -> None:
    login = urlsplit(plain_login).username
    empty.execute(f"REVOKE tanada_owner FROM {login}")
    with pytest.raises(AccessRefused, match=r"may not set up the roles of the bank.*CREATEROLE"):
        migrate(plain_login, [])


def test_a_changed_file_is_refused_before_anything_else_is_applied(
    empty: Connection, packages: list[str], tmp_path: Path
) -> None:
    migrate(empty, packages[:1])
    write(tmp_path, "lower_floor", "0001_pre_field", LOWER + " -- harmless")
    with pytest.raises(MigrationTampered, match="lower_floor/migrations/0001_pre_field"):
        migrate(empty, packages)
    assert empty.execute("SELECT to_regclass('terrace')").fetchone() == (None,)


def test_a_misnamed_file_is_refused(packages: list[str], tmp_path: Path) -> None:
    write(tmp_path, "lower_floor", "2_add_column", "SELECT 1;")
    with pytest.raises(MigrationMisnamed, match="2_add_column"):
        migrations_of("lower_floor")


def test_a_failing_file_is_undone_whole_and_those_before_it_stay(
    empty: Connection, packages: list[str], tmp_path: Path
) -> None:
    write(tmp_path, "upper_floor", "0002_pre_broken", "CREATE TABLE half (id int); SELECT 1/0;")
    with pytest.raises(MigrationFailed, match=r"0002_pre_broken.*division by zero"):
        migrate(empty, packages)
    assert empty.execute("SELECT to_regclass('half')").fetchone() == (None,)
    assert [one.version for one in pending(empty, packages)] == ["0002_pre_broken"]


def test_two_runners_at_once_apply_each_file_once(
    empty_database_url: str, packages: list[str]
) -> None:
    with ThreadPoolExecutor(2) as pool:
        runs = [pool.submit(migrate, empty_database_url, packages) for _ in range(2)]
        applied = [one.version for run in runs for one in run.result()]
    assert sorted(applied) == ["0001_pre_field", "0001_pre_terrace"]
