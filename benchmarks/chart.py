"""The picture of a run: one bar a measure, as a share of its target, drawn as SVG by hand.

All bars end at or beyond one line when all targets are met, whatever their units.
"""

from collections.abc import Sequence
from html import escape
from typing import Final

from benchmarks.figures import Machine, Ratio

WIDTH: Final = 880
LEFT: Final = 330
LINE: Final = 650
"""Where the targets lie, all of them."""
TOP: Final = 64
ROW: Final = 46
BAR: Final = 20
MOST: Final = 1.3
"""A bar that goes beyond this multiple of its target is cut, and says so by its figure."""

_STYLE: Final = (
    "text{font:14px system-ui,sans-serif;fill:#1f2a37}"
    ".small{font-size:12px;fill:#5b6775}"
    ".figure{font-weight:600}"
    ".met{fill:#2f7d5b}.missed{fill:#c2702a}.room{fill:#eef1f4}"
    "@media (prefers-color-scheme:dark){text{fill:#e6eaef}.small{fill:#9aa6b2}"
    ".room{fill:#2a323c}}"
)


def draw(ratios: Sequence[Ratio], machine: Machine) -> str:
    """The whole picture."""
    height = TOP + ROW * len(ratios) + 36
    rows = "".join(_row(place, ratio) for place, ratio in enumerate(ratios))
    bottom = TOP + ROW * len(ratios)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        f'width="{WIDTH}" height="{height}" role="img" '
        f'aria-label="{escape(_spoken(ratios))}">\n'
        f"<style>{_STYLE}</style>\n"
        f'<text x="16" y="26" class="figure">Measured against PostgreSQL alone, '
        f"same machine, same run</text>\n"
        f'<text x="{LINE}" y="{TOP - 10}" class="small" text-anchor="middle">target</text>\n'
        f"{rows}"
        f'<line x1="{LINE}" x2="{LINE}" y1="{TOP - 4}" y2="{bottom - 8}" '
        f'stroke="#7b8794" stroke-dasharray="4 3"/>\n'
        f'<text x="16" y="{height - 12}" class="small">{escape(_machine_line(machine))}</text>\n'
        "</svg>\n"
    )


def _row(place: int, ratio: Ratio) -> str:
    top = TOP + ROW * place
    share = min(share_of_target(ratio), MOST)
    length = round((LINE - LEFT) * share)
    room = round((LINE - LEFT) * MOST)
    sign = "at most " if ratio.at_most else ""
    return (
        f'<text x="16" y="{top + 13}">{escape(ratio.name)}</text>\n'
        f'<text x="16" y="{top + 29}" class="small">against {escape(ratio.against)}</text>\n'
        f'<rect x="{LEFT}" y="{top + 2}" width="{room}" height="{BAR}" rx="3" class="room"/>\n'
        f'<rect x="{LEFT}" y="{top + 2}" width="{length}" height="{BAR}" rx="3" '
        f'class="{"met" if ratio.reached else "missed"}"/>\n'
        f'<text x="{LEFT + room + 12}" y="{top + 17}">'
        f'<tspan class="figure">{ratio.value:.3g} ×</tspan>'
        f'<tspan class="small"> ({sign}{ratio.target:g})</tspan></text>\n'
    )


def share_of_target(ratio: Ratio) -> float:
    """1 where the target is just met, more where it is passed."""
    return ratio.target / ratio.value if ratio.at_most else ratio.value / ratio.target


def _machine_line(machine: Machine) -> str:
    return (
        f"{machine.cores} cores, {machine.memory_mib // 1024} GiB, {machine.system}, "
        f"PostgreSQL {machine.postgresql} (fsync {machine.fsync}, synchronous_commit "
        f"{machine.synchronous_commit}), Python {machine.python}"
    )


def _spoken(ratios: Sequence[Ratio]) -> str:
    parts = (
        f"{ratio.name}: {ratio.value:.3g} times {ratio.against}, target {ratio.target:g}"
        for ratio in ratios
    )
    return "; ".join(parts)
