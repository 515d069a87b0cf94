"""An attempt is stored whole, and holds nothing that must never be stored."""

from tanada.base.database import connect
from tanada.watch.attempts import Attempt

RENAMED = {"account": "account_id"}


def test_the_table_has_a_column_for_every_field(watch_url: str) -> None:
    with connect(watch_url, application="test") as connection:
        description = connection.execute("select * from watch.attempt").description
    assert description is not None
    columns = [column.name for column in description]
    wanted = [RENAMED.get(field, field) for field in Attempt.__struct_fields__]
    assert columns[: len(wanted)] == wanted


def test_no_field_holds_card_data() -> None:
    fields = set(Attempt.__struct_fields__)
    assert not fields & {"card", "pan", "pin", "pin_block", "track2", "name"}
