"""Switches by hand: set, replaced, taken back, and every change in the audit."""

from datetime import datetime

from tanada.base.clock import JST
from tanada.base.database import Connection
from tanada.controls.switching import Order, Service, restore, suspend

SERVICE = Service("time_deposits", "atm")


def _order(reason: str) -> Order:
    return Order("sato", reason, datetime(2021, 2, 28, 12, 45, tzinfo=JST))


def _suspended(connection: Connection) -> list[tuple[object, ...]]:
    return connection.execute(
        "select product, channel, reason, set_by from controls.switch"
    ).fetchall()


def test_a_suspended_service_is_suspended_until_it_is_restored(connection: Connection) -> None:
    suspend(connection, SERVICE, _order("errors"))
    assert _suspended(connection) == [("time_deposits", "atm", "errors", "sato")]
    assert restore(connection, SERVICE, _order("over"))
    assert _suspended(connection) == []


def test_a_second_suspension_replaces_the_reason(connection: Connection) -> None:
    suspend(connection, SERVICE, _order("errors"))
    suspend(connection, SERVICE, _order("the log is full"))
    assert [row[2] for row in _suspended(connection)] == ["the log is full"]


def test_every_change_is_in_the_audit_and_nothing_else(connection: Connection) -> None:
    suspend(connection, SERVICE, _order("errors"))
    restore(connection, SERVICE, _order("over"))
    assert not restore(connection, SERVICE, _order("again"))
    audit = connection.execute(
        "select actor, action, detail from controls.audit order by audit_id"
    ).fetchall()
    assert audit == [
        ("sato", "suspend", "time_deposits on atm: errors"),
        ("sato", "restore", "time_deposits on atm: over"),
    ]


def test_the_consoles_role_may_set_switches(connection: Connection) -> None:
    connection.execute("set role tanada_console")
    suspend(connection, SERVICE, _order("errors"))
    assert restore(connection, SERVICE, _order("over"))
