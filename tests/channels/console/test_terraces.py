"""The picture holds every field, whole and inside its frame, for banks of any size."""

import re

import pytest

from tanada.channels.console.terraces import FIELDS_IN_A_ROW, WIDTH, draw
from tanada.channels.console.weather import Field, State, Terrace


def _terrace(name: str, count: int, state: State = "open", water: float = 1.0) -> Terrace:
    fields = tuple(Field(f"{name}-{n}", state, water, 10 * n, 0, "") for n in range(count))
    return Terrace(name, fields)


@pytest.mark.parametrize("counts", [[1], [1, 2, 1], [2, 5, 2], [64], [3] * 12])
def test_every_field_is_drawn_inside_the_frame(counts: list[int]) -> None:
    hill = draw([_terrace(f"row{n}", count) for n, count in enumerate(counts)])
    fields = [field for row in hill.rows for field in row.fields]
    assert len(fields) == sum(counts)
    assert all(len(row.fields) <= FIELDS_IN_A_ROW for row in hill.rows)
    assert all(0 < field.x < WIDTH and 0 < field.y < hill.height for field in fields)
    assert all(field.width > 100 for field in fields)


def test_a_breach_is_in_the_wall_of_the_closed_field_alone() -> None:
    closed = Field("a-1", "closed", 0.0, 0, 0, "5 double errors")
    neighbours = _terrace("a", 3).fields
    hill = draw([Terrace("a", (neighbours[0], closed, neighbours[2]))])
    left, middle, right = hill.rows[0].fields
    assert middle.breach and middle.cracks and not middle.water and not middle.ripples
    for whole in (left, right):
        assert whole.water and not whole.breach and not whole.cracks
    assert abs(_first_x(middle.breach) - middle.x) < middle.width / 2


def test_a_field_that_does_not_answer_is_not_shown_as_broken() -> None:
    drawn = draw([_terrace("a", 1, "silent", 0.0)]).rows[0].fields[0]
    assert not drawn.water and not drawn.breach


def test_the_water_stands_lower_where_more_fails() -> None:
    full, low = (
        draw([_terrace("a", 1, "strained", water)]).rows[0].fields[0].shore for water in (1.0, 0.3)
    )
    assert _first_y(low) > _first_y(full) + 20


def test_a_bank_without_compartments_is_a_bare_hill() -> None:
    assert draw([]).rows == ()


def _numbers(path: str) -> list[float]:
    return [float(number) for number in re.findall(r"-?\d+(?:\.\d+)?", path)]


def _first_x(path: str) -> float:
    return _numbers(path)[0]


def _first_y(path: str) -> float:
    return _numbers(path)[1]
