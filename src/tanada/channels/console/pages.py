"""Turns one sight into HTML: the whole page at first, and then the regions that changed."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import jinja2

from tanada.channels.console import charts, terraces, weather
from tanada.channels.console.lookout import Part, Sight
from tanada.channels.console.words import LANGUAGES, Language, name_in, speaker
from tanada.watch.alarm_kinds import alarm_kind

REGIONS: Final = (
    "banner",
    "hill",
    "alarms",
    "minutes",
    "hurt",
    "limits",
    "switches",
    "machines",
    "clock",
)
ALARMS_SHOWN: Final = 9


class Pages:
    """Templates of both languages, and the last rendering of each for whoever follows."""

    def __init__(self) -> None:
        environment = jinja2.Environment(
            loader=jinja2.PackageLoader("tanada.channels.console"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._page = environment.get_template("page.html")
        regions = environment.get_template("regions.html")
        self._modules = {
            language: regions.make_module(_vocabulary(language)) for language in LANGUAGES
        }
        self._rendered: dict[Language, tuple[Sight, Mapping[str, str]]] = {}

    def page(self, sight: Sight, language: Language) -> str:
        """The whole page."""
        return self._page.render(
            **_vocabulary(language),
            regions=self.regions(sight, language),
            weather=weather.weather_of(sight),
        )

    def regions(self, sight: Sight, language: Language) -> Mapping[str, str]:
        """Each region's HTML by name; computed once for all who look at the same sight."""
        held = self._rendered.get(language)
        if held is None or held[0] is not sight:
            held = (sight, self._render(sight, language))
            self._rendered[language] = held
        return held[1]

    def _render(self, sight: Sight, language: Language) -> Mapping[str, str]:
        module = self._modules[language]
        shown = _shown(sight)
        return {name: str(getattr(module, name)(shown)).strip() for name in REGIONS}


def changed(before: Mapping[str, str], now: Mapping[str, str]) -> dict[str, str]:
    """The regions that are not what they were."""
    return {name: html for name, html in now.items() if before.get(name) != html}


def _shown(sight: Sight) -> dict[str, object]:
    """What the templates read."""
    hill = weather.terraces_of(sight)
    services = sight.services.value
    return {
        "sight": sight,
        "weather": weather.weather_of(sight),
        "terraces": hill,
        "hill": terraces.draw(hill),
        "damage": weather.damage(hill),
        "since": weather.services_from(sight.at),
        "attempts": sum(count.attempts for count in services),
        "failures": sum(c.attempts for c in services if c.kind in ("failed", "unknown")),
        "alarms": sight.alarms.value[:ALARMS_SHOWN],
        "chart": charts.chart(sight.minutes.value, sight.at),
    }


def _vocabulary(language: Language) -> dict[str, object]:
    translate = speaker(language)

    def as_of(part: Part[object]) -> str:
        moment = "" if part.as_of is None else f"{part.as_of:%H:%M:%S}"
        if part.fresh:
            return translate("as_of", moment)
        return translate("stale", moment) if moment else translate("never")

    def alarm_text(kind: str) -> str:
        entry = alarm_kind(kind)
        return entry.japanese if language == "ja" else entry.english

    return {
        "t": translate,
        "name": lambda text: name_in(language, text),
        "as_of": as_of,
        "alarm_text": alarm_text,
        "number": lambda value: f"{value:,}",
        "time": _time,
        "language": language,
        "other": "en" if language == "ja" else "ja",
        "sky": terraces.SKY,
        "width": terraces.WIDTH,
        "chart_width": charts.WIDTH,
        "chart_height": charts.HEIGHT,
        "permille": lambda used, limit: min(1000, used * 1000 // limit) if limit else 0,
    }


def _time(moment: datetime) -> str:
    return f"{moment:%H:%M:%S}"
