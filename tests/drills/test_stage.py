"""A bank is loaded once, and every run has a copy of its own that nothing else has touched."""

from tanada.base.database import Connection, connect
from tanada.drills.drilling import Order
from tanada.drills.scaling import plan_of
from tanada.drills.stage import Databases, stage
from tests.drills.half_days import half_day


def _accounts(connection: Connection) -> int:
    row = connection.execute("select count(*) from ledger.account").fetchone()
    assert row is not None
    return int(row[0])


def _databases(connection: Connection) -> set[str]:
    return {name for (name,) in connection.execute("select datname from pg_database")}


def _open(url: str) -> Connection:
    return connect(url, application="test")


def test_each_run_has_a_fresh_copy_that_is_gone_afterwards() -> None:
    order = Order(0.001)
    steps: list[tuple[int, int]] = []
    plan = plan_of(half_day().scenario, order.scale, seed=1)
    with stage(plan, lambda done, of: steps.append((done, of))) as loaded:
        with loaded.databases() as first, _open(first.core) as core:
            before = _accounts(core)
            core.execute("delete from operations.fact")
            core.execute("truncate ledger.entry, ledger.account cascade")
            names = _databases(core)
        with loaded.databases() as second, _open(second.core) as core, _open(second.watch) as watch:
            assert second != first
            assert _accounts(core) == before > plan.customers
            assert watch.execute("select count(*) from watch.attempt").fetchone() == (0,)
            gone = _names(first) - _databases(core)
    assert gone == _names(first) <= names
    assert steps[-1][0] == steps[-1][1]


def _names(databases: Databases) -> set[str]:
    return {url.rpartition("/")[2].partition("?")[0] for url in (databases.core, databases.watch)}


def test_the_keys_of_a_stage_follow_from_the_seed() -> None:
    plans = [plan_of(half_day().scenario, 0.001, seed) for seed in (1, 1, 2)]
    pvks = []
    for plan in plans:
        with stage(plan) as loaded:
            pvks.append(loaded.keys.pvk)
    assert pvks[0] == pvks[1] != pvks[2]
