"""Drills, policies and custody rules are found by name or by path; a miss says what there is."""

from pathlib import Path

import pytest

from tanada.app.drills import DRILLS, DrillNotFound, drill_names, library, policy_named
from tanada.base.errors import PolicyError
from tanada.drills.scenario import DrillFileError

NAME = "2021-02-28"


def test_the_library_is_listed_in_order() -> None:
    assert NAME in drill_names()
    assert drill_names() == sorted(drill_names())


@pytest.mark.parametrize("name", drill_names())
def test_every_drill_of_the_library_has_its_policies_and_custody_rules(name: str) -> None:
    found = library(name)
    assert (found.name, found.as_is.name) == (name, "tanada")
    assert found.as_was.name == f"as-was-{name}"
    assert {found.as_is.custody, found.as_was.custody} <= set(found.custody)


def test_a_drill_may_be_a_file_of_ones_own(tmp_path: Path) -> None:
    copy = tmp_path / f"{NAME}.yaml"
    copy.write_bytes((DRILLS / copy.name).read_bytes().replace(b"seed: 20210228", b"seed: 7"))
    assert library(str(copy)).scenario.world.seed == 7
    copy.write_text("titel: x\n", encoding="utf-8")
    with pytest.raises(DrillFileError, match=f"{copy}:1: unknown key 'titel'"):
        library(str(copy))


def test_a_misspelt_drill_is_refused_with_the_nearest() -> None:
    with pytest.raises(DrillNotFound, match=f"no drill '2021-02-27'; did you mean {NAME}"):
        library("2021-02-27")


def test_a_drill_that_resembles_none_is_refused_with_all_there_are() -> None:
    with pytest.raises(DrillNotFound, match=f"there are: .*{NAME}"):
        library("fire")


def test_a_policy_is_found_by_name_or_by_path(tmp_path: Path) -> None:
    copy = tmp_path / "mine.toml"
    shipped = DRILLS.parent / "policies" / "tanada.toml"
    copy.write_bytes(shipped.read_bytes().replace(b'name = "tanada"', b'name = "mine"'))
    assert policy_named("tanada").name == "tanada"
    assert policy_named(str(copy)).name == "mine"
    with pytest.raises(PolicyError, match=r"no policy file policies/tanda\.toml"):
        policy_named("tanda")
