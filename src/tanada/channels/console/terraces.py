"""The bank as a hill of terraces: paths of the picture, computed from one sight.

Each row of the hill is a band between two contour lines; bunds divide it into fields. The front
wall of a field belongs to that field alone: where a compartment is closed its wall has a breach and
its bed lies dry, and its neighbours keep their water.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import log10, pi, sin
from typing import Final

from tanada.channels.console.weather import Field, Terrace

WIDTH: Final = 1200
SKY: Final = 215
"""Height of the sky above the first terrace, in units of the picture."""
FIELDS_IN_A_ROW: Final = 8
_FULL_HILL: Final = 400
_ROW_MAX: Final = 96
_ROW_MIN: Final = 58
_WALL_SHARE: Final = 0.26
_STEP: Final = 75
_RIPPLES_MAX: Final = 5
_MARGIN: Final = 40
_BUND: Final = 5
"""Half the width of the dam between two fields."""
_LEAN: Final = 12
_BREACH: Final = (
    (-44, 0.0),
    (-30, 0.3),
    (-33, 0.45),
    (-17, 0.75),
    (-20, 1.0),
    (14, 1.0),
    (19, 0.7),
    (31, 0.5),
    (28, 0.25),
    (43, 0.0),
)
"""Outline of a breach: units beside its middle, share of the way from the rim to the foot."""

Line = Callable[[float], float]


@dataclass(frozen=True)
class DrawnField:
    """Paths of one field, and where its words stand."""

    field: Field
    bed: str
    water: str
    shore: str
    wall: str
    breach: str
    cracks: str
    plants: tuple[str, ...]
    ripples: tuple[str, ...]
    x: float
    y: float
    width: float


@dataclass(frozen=True)
class DrawnRow:
    """One row of fields; ``ground`` is the earth beneath it, ``name`` that of its group."""

    name: str
    ground: str
    fields: tuple[DrawnField, ...]


@dataclass(frozen=True)
class Hill:
    """The whole picture."""

    rows: tuple[DrawnRow, ...]
    height: float
    foreground: str


def draw(terraces: Sequence[Terrace]) -> Hill:
    """Lay out the rows from the top to the bottom of the hill."""
    rows = [
        (terrace.name, terrace.fields[start : start + FIELDS_IN_A_ROW])
        for terrace in terraces
        for start in range(0, len(terrace.fields), FIELDS_IN_A_ROW)
    ]
    height = max(_ROW_MIN, min(_ROW_MAX, _FULL_HILL / max(1, len(rows))))
    top = _contour(SKY, 0)
    drawn = []
    for number, (name, fields) in enumerate(rows):
        # What is nearer is larger.
        row = _Row(top, height * (0.86 + 0.1 * number), number)
        drawn.append(row.draw(name, fields))
        top = row.foot
    bottom = top(WIDTH / 2) + 46
    return Hill(tuple(drawn), bottom, _band(top, lambda _: bottom, 0, WIDTH))


def _contour(y: float, number: int) -> Line:
    phase = 0.9 + 1.7 * number
    return lambda x: y + 11 * sin(2 * pi * x / WIDTH + phase) + 4 * sin(5 * pi * x / WIDTH + phase)


class _Row:
    """The lines of one row: ``top`` of the beds, ``rim`` in front of them, ``foot`` of the wall."""

    def __init__(self, top: Line, height: float, number: int) -> None:
        self.top = top
        self._height = height
        self._number = number

    def rim(self, x: float) -> float:
        """The front edge of the beds; a row is not of one width everywhere."""
        swing = 0.07 * sin(2 * pi * x / WIDTH * 1.3 + 2.1 * self._number)
        return self.top(x) + self._height * (1 + swing)

    def foot(self, x: float) -> float:
        """The foot of the wall."""
        swing = 0.2 * sin(3 * pi * x / WIDTH + self._number)
        return self.rim(x) + self._height * _WALL_SHARE * (1 + swing)

    def draw(self, name: str, fields: Sequence[Field]) -> DrawnRow:
        """All fields of the row, equally wide, the outer ones running out of the picture."""
        ground = _band(self.top, self.foot, -_MARGIN, WIDTH + _MARGIN)
        count = max(1, len(fields))
        # Bunds of neighbouring rows must not meet, or the hill would look like a table.
        shift = 14 * sin(2.4 * self._number) if count > 1 else 0
        borders = [WIDTH * place / count + shift for place in range(count + 1)]
        borders[0], borders[-1] = -_MARGIN, WIDTH + _MARGIN
        drawn = tuple(
            self._draw_field(field, borders[place], borders[place + 1])
            for place, field in enumerate(fields)
        )
        return DrawnRow(name, ground, drawn)

    def _draw_field(self, field: Field, left: float, right: float) -> DrawnField:
        left, right = left + _BUND, right - _BUND
        seen_left, seen_right = max(0, left), min(WIDTH, right)
        middle = (seen_left + seen_right) / 2
        level = self._level(field.water)
        is_dry = field.state == "closed"
        return DrawnField(
            field=field,
            bed=_band(self.top, self.rim, left, right, lean=_LEAN),
            water=_band(level, self.rim, left, right, lean=_LEAN) if field.water else "",
            shore=_stroke(level, left, right) if field.water else "",
            wall=_band(self.rim, self.foot, left - _BUND, right + _BUND),
            breach=self._breach(middle + 0.42 * (seen_right - middle)) if is_dry else "",
            cracks=self._cracks(seen_left, seen_right) if is_dry else "",
            plants=self._plants(left, right),
            ripples=self._ripples(field, seen_left, seen_right),
            x=round(middle, 1),
            y=round((self.top(middle) + self.rim(middle)) / 2 - 4, 1),
            width=round(seen_right - seen_left, 1),
        )

    def _level(self, water: float) -> Line:
        return lambda x: self.rim(x) - water * (self.rim(x) - self.top(x) - 3)

    def _plants(self, left: float, right: float) -> tuple[str, ...]:
        """Rows of seedlings, the nearest in front."""
        return tuple(
            _stroke(self._at(share), left + indent, right - indent)
            for share, indent in ((0.66, 30), (0.8, 21), (0.95, 14))
        )

    def _at(self, share: float) -> Line:
        """The line at a share of the way from the top of the beds to their rim."""
        return _between(self.top, self.rim, share)

    def _breach(self, x: float) -> str:
        """A gap through the wall, narrowing to its foot, where the mud of the bed shows."""
        rim, foot = self.rim(x) - 4, self.foot(x) + 1
        deep = foot - rim
        return "M" + "L".join(f"{x + dx:.1f} {rim + share * deep:.1f}" for dx, share in _BREACH)

    def _cracks(self, left: float, right: float) -> str:
        """The mesh of dried mud: uneven lines along the bed, joined crosswise."""
        columns = max(6, int((right - left) / 30))
        step = (right - left) / columns
        pieces = []
        for place, share in enumerate((0.22, 0.5, 0.77)):
            line = self._at(share)
            points = [self._mud(line, left + step * column, place) for column in range(columns + 1)]
            pieces.append("M" + "L".join(f"{x:.0f} {y:.0f}" for x, y in points))
            below = self._at((0.5, 0.77, 1.0)[place])
            for column in range(place % 2, columns + 1, 2):
                x, y = self._mud(below, left + step * column, place + 1)
                pieces.append(f"M{points[column][0]:.0f} {points[column][1]:.0f}L{x:.0f} {y:.0f}")
        return "".join(pieces)

    def _mud(self, line: Line, x: float, place: int) -> tuple[float, float]:
        return x + 6 * sin(1.9 * x + place), line(x) + 4.5 * sin(0.7 * x + 2 * place)

    def _ripples(self, field: Field, left: float, right: float) -> tuple[str, ...]:
        """The more flows through a field, the more ripples it has."""
        if not field.water:
            return ()
        count = min(_RIPPLES_MAX, 1 + int(1.5 * log10(1 + field.per_minute)))
        level = self._level(field.water)
        paths = []
        for place in range(count):
            share = (place + 1) / (count + 1)
            length = (right - left) * (0.16 + 0.1 * sin(2 * place + self._number) ** 2)
            start = left + (right - left - length) * (0.5 + 0.46 * sin(2.6 * place + 1))
            paths.append(
                _stroke(
                    _between(level, self.rim, share),
                    start,
                    start + length,
                )
            )
        return tuple(paths)


def _band(upper: Line, lower: Line, left: float, right: float, lean: float = 0) -> str:
    """The area between two lines; ``lean`` shifts the foot of its sides to the right."""
    foot_left, foot_right = left + lean, right + lean
    return (
        f"M{left:.1f} {upper(left):.1f}{_curve(upper, left, right)}"
        f"L{foot_right:.1f} {lower(foot_right):.1f}{_curve(lower, foot_right, foot_left)}Z"
    )


def _stroke(line: Line, left: float, right: float) -> str:
    return f"M{left:.1f} {line(left):.1f}{_curve(line, left, right)}"


def _curve(line: Line, start: float, end: float) -> str:
    """Cubic pieces that follow ``line``, each with its slope at both ends."""
    pieces = max(1, round(abs(end - start) / _STEP))
    dx = (end - start) / pieces
    parts = []
    for piece in range(pieces):
        x0, x1 = start + piece * dx, start + (piece + 1) * dx
        y0, y1 = line(x0), line(x1)
        parts.append(
            f"C{x0 + dx / 3:.1f} {y0 + _slope(line, x0) * dx / 3:.1f} "
            f"{x1 - dx / 3:.1f} {y1 - _slope(line, x1) * dx / 3:.1f} {x1:.1f} {y1:.1f}"
        )
    return "".join(parts)


def _slope(line: Line, x: float) -> float:
    return (line(x + 1) - line(x - 1)) / 2


def _between(upper: Line, lower: Line, share: float) -> Line:
    return lambda x: upper(x) + share * (lower(x) - upper(x))
