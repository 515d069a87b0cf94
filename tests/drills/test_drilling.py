"""A drill is the same in every process, differs by its seed, and holds whatever the seed."""

import os
import subprocess
import sys
from itertools import pairwise

import pytest

from tanada.base.errors import PolicyError, SettingsError
from tanada.controls.policies import WITHOUT
from tanada.drills.drilling import ABLATION, Order, run
from tanada.drills.verdict import judge
from tests.drills import half_days, hash_of_a_morning
from tests.drills.half_days import half_day, runs_of
from tests.tidy_rules import ROOT


class Silence:
    """Hears what is being done, and keeps it."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, what: str) -> None:
        self.said.append(what)

    def progress(self, done: int, of: int) -> None:
        assert done <= of


def _hash_in_another_process(seed: int, hash_seed: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", hash_of_a_morning.__name__, str(seed)],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )


def test_a_seed_has_one_hash_in_this_and_in_every_process_and_no_other_seed_has_it() -> None:
    twice = hash_of_a_morning.mornings(7, times=2)
    processes = [_hash_in_another_process(7, "1"), _hash_in_another_process(8, "4711")]
    same_seed, other_seed = (process.communicate()[0] for process in processes)
    assert [process.returncode for process in processes] == [0, 0]
    assert twice == [same_seed, same_seed]
    assert len(other_seed) == len(same_seed) == 64
    assert other_seed != same_seed


@pytest.mark.parametrize("seed", [1, 2])
def test_whatever_the_day_without_preflight_no_other_customer_is_hurt(seed: int) -> None:
    library = half_day(ends="09:10")
    with runs_of(library, seed) as runs:
        twin = runs.play(library.as_is, (), faulty=False)
        result = judge(
            "drill", ("preflight",), runs.play(library.as_is, ("preflight",), faulty=True), twin
        )
    assert result.passed, result.expect
    assert result.course["overflow_at"] is not None
    assert result.measures["time_deposit_failures"] != 0
    for name in ("escapes", "media_retained", "other_product_failures", "in_doubt_left"):
        assert result.measures[name] == 0
    delay = result.course["seconds_to_full_log_alarm"]
    assert isinstance(delay, float)
    assert delay <= 10


def test_a_run_tells_what_it_is_doing_and_gives_its_timeline() -> None:
    library, narrator = half_day(ends="08:30"), Silence()
    result, timeline = run(library, library.as_is, Order(0.005, without=("inquiry",)), narrator)
    assert narrator.said == [
        "the bank of the drill",
        "the faultless twin",
        "tanada without inquiry",
    ]
    assert (result.drill, result.policy, result.without) == (
        half_days.NAME,
        "tanada",
        ("inquiry",),
    )
    assert [line.at for line in timeline] == sorted(line.at for line in timeline)


def test_the_ablation_takes_one_layer_after_another_until_none_is_left() -> None:
    assert all(set(a) < set(b) for a, b in pairwise(ABLATION))
    assert set(ABLATION[-1]) == set(WITHOUT)


@pytest.mark.parametrize(
    ("layer", "nearest"), [("preflght", "preflight"), ("custody", "custody-return")]
)
def test_a_misspelt_layer_is_refused_with_the_nearest_before_anything_is_loaded(
    layer: str, nearest: str
) -> None:
    library, narrator = half_day(), Silence()
    with pytest.raises(PolicyError, match=f"no layer '{layer}'; did you mean {nearest}?"):
        run(library, library.as_is, Order(0.01, without=(layer,)), narrator)
    assert narrator.said == []


@pytest.mark.parametrize("scale", [0.0, -1.0, 0.0009, 1.01, float("nan")])
def test_a_scale_out_of_range_is_refused(scale: float) -> None:
    library = half_day()
    with pytest.raises(SettingsError, match=r"scale must be 0\.001 to 1"):
        run(library, library.as_is, Order(scale), Silence())
