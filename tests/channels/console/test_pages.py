"""The page says in words what the picture shows, hides nothing, and trusts no text of others."""

import re

import pytest

from tanada.channels.console.pages import REGIONS, Pages, changed
from tanada.channels.console.words import LANGUAGES, Language
from tanada.controls.switches import Suspended
from tests.channels.console.test_weather import seen
from tests.channels.console.views import compartment, quiet_bank, storm_bank


@pytest.mark.parametrize("language", LANGUAGES)
def test_both_languages_show_every_region(language: Language) -> None:
    for bank in (quiet_bank(), storm_bank()):
        page = Pages().page(seen(bank), language)
        assert f'<html lang="{language}"' in page
        for region in REGIONS:
            assert f'id="{region}"' in page


def test_a_closed_compartment_is_said_in_words_and_in_the_table() -> None:
    regions = Pages().regions(seen(storm_bank()), "en")
    assert "1 of 4 terraces out. The others hold." in regions["banner"]
    assert "time-deposits-0: CLOSED 5 double errors." in regions["hill"]
    row = re.search(r"<tr><th[^>]*>time-deposits-0</th>.*?</tr>", regions["hill"])
    assert row is not None and "CLOSED" in row[0]
    assert "処理区画が閉塞" in Pages().regions(seen(storm_bank()), "ja")["alarms"]


def test_customers_are_not_said_to_be_failed_when_none_is() -> None:
    sight = seen(quiet_bank(), lambda bank: bank.alarm("job_failed", "job-1", "critical"))
    assert "A critical alarm stands." in Pages().regions(sight, "en")["banner"]


def test_a_part_that_does_not_answer_says_so_beside_what_was_known() -> None:
    sight = seen(storm_bank(), lambda bank: bank.silent.update({"hurt", "compartments"}))
    regions = Pages().regions(sight, "en")
    assert "does not answer; last known 12:14:40" in regions["hurt"]
    assert "1,161" in regions["hurt"]
    assert "does not answer; last known 12:14:40" in regions["banner"]


def test_nobody_is_not_said_by_one_who_was_never_told() -> None:
    bank = quiet_bank()
    bank.silent = {"hurt"}
    hurt = Pages().regions(seen(bank), "en")["hurt"]
    assert "not heard of yet" in hurt
    assert "Nobody" not in hurt


def test_texts_of_others_are_shown_and_never_run() -> None:
    bank = quiet_bank()
    evil = "<script>alert(1)</script>"
    bank.compartments[evil] = compartment(evil, open=False, closed_reason=evil)
    bank.switches = [Suspended(evil, evil, evil)]
    bank.alarm(evil, evil, "critical", detail=evil)
    page = Pages().page(seen(bank), "en")
    assert evil not in page
    assert page.count("&lt;script&gt;") >= 6


def test_only_regions_that_changed_are_sent() -> None:
    pages, bank = Pages(), quiet_bank()
    before = pages.regions(seen(bank), "en")
    after = pages.regions(seen(bank, lambda b: b.alarm("job_failed", "job", "critical")), "en")
    assert set(changed(before, after)) == {"banner", "hill", "alarms", "clock"}
    assert changed(before, before) == {}


def test_no_style_or_script_stands_inside_the_page() -> None:
    page = Pages().page(seen(storm_bank()), "en")
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script>", page)
