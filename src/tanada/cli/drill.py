"""``tanada drill``: replay an outage, as it was and as it is."""

from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from tanada.cli.screen import Narration, complain, show, show_table

if TYPE_CHECKING:
    from tanada.drills.drilling import Comparison, Library, Order
    from tanada.drills.verdict import Result

GROUP = App(name="drill", help="Replay an outage on a simulated day, with the real bank.")

PolicyName = Annotated[str, Parameter(help="a policy of the project, or the path of a file")]
Scale = Annotated[float, Parameter(help="customers, machines and items alike; 1 is full scale")]
Seed = Annotated[int | None, Parameter(help="another day like this one [the drill's own]")]
Without = Annotated[str, Parameter(help="layers to switch off, with commas between them")]
Compare = Annotated[bool, Parameter(help="history, as it was, as it is, and each layer's worth")]
Json = Annotated[bool, Parameter(help="the result as JSON on standard output")]
Timeline = Annotated[bool, Parameter(help="show what happened, line by line")]


@GROUP.command(name="list")
def list_drills() -> None:
    """List the drills of the library."""
    from tanada.app.drills import drill_names, library  # noqa: PLC0415 -- see cli/README.md

    rows = [(name, library(name).scenario.title) for name in drill_names()]
    show_table([("drill", "title"), *rows])


@GROUP.command
def run(
    drill: str,
    *,
    policy: PolicyName = "tanada",
    scale: Scale = 1.0,
    seed: Seed = None,
    without: Without = "",
    compare: Compare = False,
    json: Json = False,
    timeline: Timeline = False,
) -> int:
    """Run a drill beside its faultless twin. Exit status 1 if it did not go as it must."""
    from tanada.app.drills import library  # noqa: PLC0415 -- see cli/README.md
    from tanada.base.garbage import collect_rarely  # noqa: PLC0415
    from tanada.drills.drilling import Order  # noqa: PLC0415

    collect_rarely()
    layers = tuple(layer.strip() for layer in without.split(",") if layer.strip())
    order = Order(scale=scale, seed=seed, without=layers)
    if compare:
        return _compare(library(drill), order, as_json=json)
    return _run(library(drill), policy, order, as_json=json, with_timeline=timeline)


def _run(
    found: "Library", policy: str, order: "Order", *, as_json: bool, with_timeline: bool
) -> int:
    from tanada.app.drills import policy_named  # noqa: PLC0415
    from tanada.drills import drilling  # noqa: PLC0415

    narration = _Aside() if as_json else Narration()
    result, played = drilling.run(found, policy_named(policy), order, narration)
    narration.end()
    if as_json:
        _show_json(result)
    else:
        if with_timeline:
            rows = [(f"{x.at:%d %H:%M:%S}", x.who, x.kind, x.detail) for x in played]
            show_table([("time", "who", "what", "detail"), *rows])
            show()
        _show_result(result)
    return 0 if result.passed else 1


def _compare(found: "Library", order: "Order", *, as_json: bool) -> int:
    from tanada.drills import drilling  # noqa: PLC0415

    narration = _Aside() if as_json else Narration()
    comparison = drilling.compare(found, order, narration)
    narration.end()
    if as_json:
        _show_json(comparison)
    else:
        _show_comparison(comparison)
    return 0 if comparison.as_is.passed else 1


def _show_result(result: "Result") -> None:
    from tanada.drills.report import expectation_table, result_table  # noqa: PLC0415

    show(_heading(result))
    show_table(result_table(result))
    show()
    show_table(expectation_table(result))
    show(f"{'passed' if result.passed else 'FAILED'}  {result.hash}")


def _show_comparison(comparison: "Comparison") -> None:
    from tanada.drills.report import (  # noqa: PLC0415
        ablation_table,
        comparison_table,
        expectation_table,
    )

    show(_heading(comparison.as_is))
    show_table(comparison_table(comparison))
    show()
    small = comparison.ablation[0]
    show(f"What each layer is worth (scale {small.scale}, counts as at full scale)")
    show_table(ablation_table(comparison.ablation))
    show()
    show_table(expectation_table(comparison.as_is))
    for result in (comparison.as_was, comparison.as_is):
        show(f"{result.policy}: {result.wall_seconds} s, {result.hash}")


def _heading(result: "Result") -> str:
    scaled = "" if result.scale == 1 else f" (scale {result.scale}, counts as at full scale)"
    left_out = f", without {', '.join(result.without)}" if result.without else ""
    return f"{result.drill}: seed {result.seed}{left_out}, {result.wall_seconds} s{scaled}"


def _show_json(value: object) -> None:
    import msgspec  # noqa: PLC0415 -- see cli/README.md

    show(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())


class _Aside(Narration):
    """Tells steps on standard error, so that standard output is the result and nothing else."""

    def say(self, what: str) -> None:
        """A step begins."""
        complain(what)

    def progress(self, done: int, of: int) -> None:
        """Standard error of a program's run is no place for a bar."""
