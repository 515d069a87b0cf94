"""A drill file is read whole or refused with the line and what would be right."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import msgspec
import pytest

from tanada.app.drills import policy_named
from tanada.base.clock import JST
from tanada.drills import scenario as drill_files
from tanada.drills.scenario import DrillFileError, at_clock, parse_scenario
from tests.tidy_rules import ROOT

TEXT = (ROOT / "drills" / "2021-02-28.yaml").read_text(encoding="utf-8")
FILE = "drills/x.yaml"
BEGINS = datetime(2021, 2, 28, 8, tzinfo=JST)


def _line_of(text: str, part: str) -> int:
    return next(n for n, line in enumerate(text.splitlines(), 1) if part in line)


def _refusal(text: str) -> str:
    with pytest.raises(DrillFileError) as caught:
        parse_scenario(text, FILE)
    return str(caught.value)


@pytest.mark.parametrize("path", sorted(ROOT.glob("drills/*.yaml")), ids=lambda path: path.stem)
def test_every_drill_of_the_library_can_be_read(path: Path) -> None:
    assert parse_scenario(path.read_text(encoding="utf-8"), path.name).title


def test_the_figures_of_the_report_are_in_the_file() -> None:
    scenario = parse_scenario(TEXT, FILE)
    contracts = scenario.world.time_deposits
    assert contracts.maturing + contracts.switching == 700_000
    assert scenario.load.batch is not None
    assert scenario.load.batch.starts_at == "08:24"
    assert scenario.history["atms_stopped_at_10_15"] == 430
    assert scenario.history["atms_stopped_peak"] == 4_318


def test_clock_times_and_zones_are_read_as_they_are_written() -> None:
    scenario = parse_scenario(TEXT, FILE)
    assert scenario.world.begins == BEGINS
    assert scenario.world.begins.utcoffset() == BEGINS.utcoffset()
    assert "12:45" in [person.at for person in scenario.people]


@pytest.mark.parametrize(
    ("known", "unknown"),
    [
        ("customers: 400000", "custmers: 400000"),
        ("title: The", "titel: The"),
        ("visits-per-hour", "visits_per_hour"),
        ("steady-state-hypothesis", "steady-state-hypotesis"),
    ],
)
def test_an_unknown_key_is_named_with_its_line_and_the_nearest_known_key(
    known: str, unknown: str
) -> None:
    text = TEXT.replace(known, unknown, 1)
    key, nearest = unknown.partition(":")[0], known.partition(":")[0]
    assert _refusal(text) == (
        f"{FILE}:{_line_of(text, unknown)}: unknown key {key!r}; did you mean {nearest!r}?"
    )


def test_an_unknown_key_inside_a_list_has_its_own_line() -> None:
    text = TEXT.replace("role: operations, action: suspend", "rôle: operations, action: suspend")
    assert f"{FILE}:{_line_of(text, 'rôle')}: unknown key 'rôle'" in _refusal(text)


def test_all_unknown_keys_are_named_at_once() -> None:
    text = TEXT.replace("atms: 5395", "amts: 5395").replace("evenness:", "eveness:")
    assert len(_refusal(text).splitlines()) == 2


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ("customers: 400000", "customers: many"),
        ("seed: 20210228", "seed: 1.5"),
        ("business-date: 2021-02-28", "business-date: 28.2.2021"),
        ("begins: 2021-02-28T08:00:00+09:00", "begins: in the morning"),
        ("alarm-within-seconds: 10", "alarm-within-seconds: soon"),
    ],
)
def test_a_value_of_the_wrong_type_is_refused_with_its_line(good: str, bad: str) -> None:
    assert good in TEXT
    text = TEXT.replace(good, bad)
    assert _refusal(text).startswith(f"{FILE}:{_line_of(text, bad)}: ")


@pytest.mark.parametrize(
    ("good", "bad", "why"),
    [
        ("action: suspend,", "action: suspended,", "Invalid enum value 'suspended'"),
        ("on-refusal: accept-proposal", "on-refusal: hope", "Invalid enum value 'hope'"),
        ("kind: month-end-renewals", "kind: month-end", "Invalid enum value 'month-end'"),
        ("  atms: 5395", "  atms: 0", "Expected `int` >= 1"),
        ("business-date: 2021-02-28", "business-date: 2021-02-30", "Invalid RFC3339"),
        ("resource: reversal_log.time_deposits", "resource: memory", "Invalid enum value"),
        ("08:00:00+09:00", "08:00:00", "with a timezone"),
        ("blast-radius: {products: [time_deposits]}", "blast-radius: {products: [x]}", "enum"),
        ("ends: 2021-03-01", "ends: 2021-02-27", "world.ends must be after world.begins"),
        ('starts-at: "08:24"', 'starts-at: "8.24"', "no clock time: '8.24'"),
        ('at: "12:45"', 'at: "25:00"', "no clock time: '25:00'"),
        ('at: "D+1 00:00"', 'at: "D+x 00:00"', "no clock time: 'D+x 00:00'"),
    ],
)
def test_what_makes_no_sense_is_refused(good: str, bad: str, why: str) -> None:
    assert good in TEXT
    text = TEXT.replace(good, bad, 1)
    message = _refusal(text)
    # In a list whose items are wrong the line is that of the list: msgspec does not say which.
    assert message.startswith(f"{FILE}:")
    assert int(message.split(":")[1]) in range(2, _line_of(text, bad) + 1)
    assert why in message


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ('at: "12:45"', 'at: "25:00"'),
        ('submitted-at: "08:20"', 'submitted-at: "8.20"'),
        ("ends: 2021-03-01", "ends: 2021-02-27"),
    ],
)
def test_a_moment_that_cannot_be_is_refused_with_its_very_line(good: str, bad: str) -> None:
    text = TEXT.replace(good, bad, 1)
    assert _refusal(text).startswith(f"{FILE}:{_line_of(text, bad)}: ")


@pytest.mark.parametrize(
    ("text", "line"),
    [("", 1), ("- a list\n", 1), ("title: x\ntitle: y\n", 2), ("title: [\n\nworld: {", 3)],
    ids=["empty", "a list", "the same key twice", "broken"],
)
def test_what_is_no_map_of_keys_is_refused_with_its_line(text: str, line: int) -> None:
    assert _refusal(text).startswith(f"{FILE}:{line}: ")


def test_what_is_missing_is_named() -> None:
    assert "missing required field `world`" in _refusal("title: x\ndescription: y\n")


@pytest.mark.parametrize(
    ("text", "day", "hour", "minute"),
    [("12:45", 28, 12, 45), ("D+1 07:00", 1, 7, 0), ("D+0 23:59", 28, 23, 59)],
)
def test_a_clock_time_is_of_the_first_day_or_of_a_later_one(
    text: str, day: int, hour: int, minute: int
) -> None:
    moment = at_clock(BEGINS, text)
    assert (moment.day, moment.hour, moment.minute) == (day, hour, minute)
    assert moment.tzinfo == JST


def _keys() -> Iterator[str]:
    """Every key that any part of a drill file may have, as it is written there."""
    for part in vars(drill_files).values():
        if isinstance(part, type) and issubclass(part, msgspec.Struct):
            yield from part.__struct_encode_fields__


def test_every_key_of_a_drill_file_is_explained_in_the_document() -> None:
    page = (ROOT / "docs" / "drills.md").read_text(encoding="utf-8")
    silent = sorted(k for k in set(_keys()) if f"`{k}`" not in page and f".{k}`" not in page)
    assert not silent, f"docs/drills.md does not explain: {silent}"


def _fitted() -> Iterator[tuple[str, str]]:
    """What was fitted, and the value that the files say."""
    scenario, as_was = parse_scenario(TEXT, FILE), policy_named("as-was-2021-02-28")
    online, steps = scenario.load.online, scenario.people
    yield "load.online.visits-per-hour", f"{online.visits_per_hour:g}"
    yield "load.online.evenness", f"{online.evenness:g}"
    yield "load.online.time-deposit-share", f"{online.time_deposit_share:g}"
    yield "relax-prohibition", next(s.at for s in steps if s.action == "relax-prohibition")
    told = next(s for s in steps if s.action == "announce")
    yield "announce", f"{told.stay_away:.0%} from {told.at}".replace("%", " %")
    first, *later = (s for s in steps if s.action == "dispatch")
    rates = [f"{s.machines_per_hour:g} from {s.at}" for s in later]
    yield "dispatch", f"{first.machines_per_hour:g} an hour from {first.at}, {', '.join(rates)}"
    yield "compartments.slots", str(as_was.compartments[0].slots)
    yield "prohibition.double_errors", str(as_was.prohibition.double_errors)
    yield "closing.double_errors", str(as_was.closing.double_errors)
    yield "batch.items_per_second", f"{as_was.batch.items_per_second:g}"


def test_the_document_says_what_was_fitted_as_the_files_do() -> None:
    page = (ROOT / "docs" / "drills.md").read_text(encoding="utf-8")
    rows = [f"| `{parameter}` | {value} |" for parameter, value in _fitted()]
    assert [row for row in rows if row not in page] == []
