"""What the wiring hands in is what the lookout asks for."""

from dataclasses import fields

from tanada.channels.console.lookout import PARTS
from tanada.channels.console.view import ConsoleView


def test_every_question_is_asked() -> None:
    assert tuple(question.name for question in fields(ConsoleView)) == PARTS
