"""`tanada drill`: what a person sees, and what a program reads."""

import json
import re
from pathlib import Path

import pytest

from tanada.app.drills import DRILLS
from tanada.cli import EXIT_ERROR, EXIT_USAGE, main
from tanada.drills import drilling
from tanada.drills.drilling import ABLATION

NAME = "2021-02-28"
SMALL = ("--scale", "0.003")


@pytest.fixture
def morning(tmp_path: Path) -> str:
    """The drill until a quarter of an hour after the job was to start, as a file."""
    text = (DRILLS / f"{NAME}.yaml").read_text(encoding="utf-8")
    short = re.sub(r"ends: \S+", "ends: 2021-02-28T08:40:00+09:00", text)
    path = tmp_path / f"{NAME}.yaml"
    path.write_text(short, encoding="utf-8")
    return str(path)


def test_the_list_names_each_drill_with_its_title(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["drill", "list"]) == 0
    shown = capsys.readouterr().out
    assert re.search(rf"^{NAME} .*overflows", shown, re.MULTILINE)


def test_json_is_the_agreed_form_and_nothing_else(
    morning: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--json", "--without", "preflight, inquiry", "--seed", "3"]
    assert main(["drill", "run", morning, *SMALL, *words]) == 0
    heard = capsys.readouterr()
    form = json.loads(heard.out)
    agreed = {"drill", "policy", "seed", "scale", "wall_seconds", "hash"}
    agreed |= {"measures", "history", "expect", "passed"}
    assert set(form) - {"without", "course"} == agreed
    assert (form["drill"], form["policy"], form["seed"], form["scale"]) == (
        NAME,
        "tanada",
        3,
        0.003,
    )
    assert form["without"] == ["preflight", "inquiry"]
    assert re.fullmatch(r"[0-9a-f]{64}", form["hash"])
    assert form["measures"]["batch_refused_before_start"] is False
    assert form["measures"]["seconds_to_closed_compartment_alarm"] is None
    assert all(set(e) == {"name", "want", "got", "pass"} for e in form["expect"])
    assert form["history"]["atms_stopped_peak"] == 4_318
    assert form["passed"] is True
    assert "tanada without preflight, inquiry" in heard.err


def test_a_person_sees_the_measures_beside_history_and_the_verdict(
    morning: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["drill", "run", morning, *SMALL, "--timeline"]) == 0
    shown = capsys.readouterr().out
    assert re.search(r"^28 08:20:00 +batch +job_refused +refused: the reversal log", shown, re.M)
    assert re.search(r"^atms_stopped_peak +4,318 +0$", shown, re.MULTILINE)
    assert re.search(r"^batch_refused_before_start +- +yes$", shown, re.MULTILINE)
    assert re.search(r"^passed  [0-9a-f]{64}$", shown, re.MULTILINE)


def test_a_comparison_shows_history_both_policies_the_twin_and_the_ablation(
    morning: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(drilling, "ABLATION", ABLATION[:2])
    assert main(["drill", "run", morning, "--scale", "0.001", "--compare"]) == 0
    shown = capsys.readouterr().out
    assert re.search(r"^measure +history +as it was +as it is +no fault$", shown, re.MULTILINE)
    refused = r"^batch_refused_before_start +- +no +yes +no$"
    assert re.search(refused, shown, re.MULTILINE)
    assert "What each layer is worth (scale 0.001, counts as at full scale)" in shown
    assert re.search(r"^as it is, without +time_deposit_failures ", shown, re.MULTILINE)
    assert re.search(r"^preflight .*\n^\.\.\. and reservation ", shown, re.MULTILINE)
    assert re.search(r"^as-was-2021-02-28: [\d.]+ s, [0-9a-f]{64}$", shown, re.MULTILINE)
    assert re.search(r"^tanada: [\d.]+ s, [0-9a-f]{64}$", shown, re.MULTILINE)


def test_a_run_that_is_not_as_expected_is_exit_status_1(
    morning: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = Path(morning)
    text = path.read_text(encoding="utf-8").replace("escapes: 0", "batch_refused_before_start: 0")
    path.write_text(text, encoding="utf-8")
    assert main(["drill", "run", morning, "--scale", "0.001"]) == 1
    assert re.search(r"batch_refused_before_start +0 +yes +FAIL", capsys.readouterr().out)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["2021-02-29"], "did you mean 2021-02-28?"),
        ([NAME, "--without", "preflght"], "no layer 'preflght'; did you mean preflight?"),
        ([NAME, "--scale", "2"], "scale must be 0.001 to 1, not 2.0"),
        ([NAME, "--scale", "0"], "scale must be 0.001 to 1, not 0.0"),
        ([NAME, "--compare", "--scale", "-1"], "scale must be 0.001 to 1, not -1.0"),
        ([NAME, "--policy", "as-it-was"], "no policy file policies/as-it-was.toml"),
    ],
    ids=" ".join,
)
def test_what_cannot_be_run_is_one_line_that_says_what_would_be_right(
    words: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["drill", "run", *words]) == EXIT_ERROR
    heard = capsys.readouterr()
    error = heard.err.splitlines()[-1]
    assert error.startswith("tanada: ")
    assert told in error
    assert "Traceback" not in heard.err


@pytest.mark.parametrize("words", [["run"], ["run", NAME, "--scale", "half"], ["replay", NAME]])
def test_wrong_usage_is_exit_status_2(words: list[str]) -> None:
    assert main(["drill", *words]) == EXIT_USAGE
