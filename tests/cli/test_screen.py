"""What a person sees: columns line up, also under Japanese text, and a pipe gets no bar."""

import pytest

from tanada.cli.screen import Narration, show_table


def test_columns_line_up(capsys: pytest.CaptureFixture[str]) -> None:
    show_table([("name", "n"), ("棚田", 1), ("rice", 22)])
    assert capsys.readouterr().out == "name  n\n棚田  1\nrice  22\n"


def test_a_pipe_gets_lines_and_no_bar(capsys: pytest.CaptureFixture[str]) -> None:
    narration = Narration()
    narration.say("loading")
    narration.progress(1, 2)
    narration.end()
    assert capsys.readouterr().out == "  loading\n"
