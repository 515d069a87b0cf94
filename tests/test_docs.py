"""What the documents promise exists, and what the code offers is in the documents."""

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests import error_table

ROOT = Path(__file__).resolve().parent.parent
COMMAND_SECONDS_MAX = 60

DOCUMENTS = sorted(
    {
        path
        for pattern in ("*.md", "*/README.md", "docs/**/*.md", "src/**/*.md")
        for path in ROOT.glob(pattern)
    }
)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)")
CODE_SPAN = re.compile(r"`([^`\n]+)`")
CODE_BLOCK = re.compile(r"^```(?:sh|bash|console|shell|text)?\n(.*?)^```", re.DOTALL | re.MULTILINE)


def _named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "name", ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"]
)
def test_the_front_documents_exist(name: str) -> None:
    assert (ROOT / name).exists(), f"{name} is missing"


@pytest.mark.parametrize("document", DOCUMENTS, ids=_named)
def test_links_lead_to_files(document: Path) -> None:
    prose = re.sub(r"^```.*?^```", "", _text(document), flags=re.DOTALL | re.MULTILINE)
    targets = [link.partition("#")[0] for link in LINK.findall(prose)]
    inside = [t for t in targets if t and not t.startswith(("http://", "https://", "mailto:"))]
    broken = [t for t in inside if not (document.parent / t).exists()]
    assert not broken, f"{_named(document)} links to what is not there: {broken}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=_named)
def test_headings_that_are_linked_to_exist(document: Path) -> None:
    missing = []
    for link in LINK.findall(_text(document)):
        target, _, anchor = link.partition("#")
        page = document.parent / target if target else document
        if anchor and not link.startswith("http") and page.suffix == ".md" and page.exists():
            missing += [link] if anchor not in _anchors(page) else []
    assert not missing, f"{_named(document)}: no such heading: {missing}"


def _anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", _text(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", h.lower()).strip().replace(" ", "-") for h in headings}


def _shown_commands(document: Path) -> Iterator[str]:
    """Each line of the shell blocks and each code span of a document."""
    for block in CODE_BLOCK.findall(_text(document)):
        for line in block.splitlines():
            yield line.strip().removeprefix("$ ")
    yield from CODE_SPAN.findall(_text(document))


def _make_targets() -> set[str]:
    return set(re.findall(r"^([a-z][a-z-]*):", _text(ROOT / "Makefile"), re.MULTILINE))


@pytest.mark.parametrize("document", DOCUMENTS, ids=_named)
def test_make_targets_that_are_named_exist(document: Path) -> None:
    named = {
        match[1]
        for line in _shown_commands(document)
        if (match := re.match(r"(?:sudo )?make ([a-z][a-z-]*)", line))
    }
    assert named <= _make_targets(), f"no such target: {sorted(named - _make_targets())}"


def test_the_readme_shows_the_two_commands_first() -> None:
    shown = [line for line in _shown_commands(ROOT / "README.md") if line.startswith("make ")]
    assert [line.split()[1] for line in shown[:2]] == ["run", "test"]


@cache
def _help(*command: str) -> str:
    """What `tanada <command> --help` prints; "" where there is no such command."""
    tanada = Path(sys.executable).parent / "tanada"
    shown = subprocess.run(
        [tanada, *command, "--help"],
        capture_output=True,
        check=False,
        text=True,
        timeout=COMMAND_SECONDS_MAX,
        env={"COLUMNS": "200", "NO_COLOR": "1", "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
    )
    return shown.stdout if shown.returncode == 0 else ""


def _tanada_commands() -> set[tuple[str, ...]]:
    """The words after `tanada` in the documents, up to the first that is not a command's name."""
    found = set()
    for document in DOCUMENTS:
        for line in _shown_commands(document):
            match = re.match(r"(?:\.venv/bin/)?tanada((?: [a-z][a-z-]+(?![\w./:]))+)", line)
            if match:
                found.add(tuple(match[1].split()))
    return found


def test_tanada_commands_that_are_named_exist() -> None:
    named = _tanada_commands()
    if named:
        assert _help(), "`tanada --help` does not work"
    unknown = [" ".join(words) for words in sorted(named) if not _is_command(words)]
    assert not unknown, f"documents name commands that `tanada --help` does not: {unknown}"


def _is_command(words: tuple[str, ...]) -> bool:
    """Whether the first word is a command, and the second one too where the first is a group."""
    if not _lists(_help(), words[0]):
        return False
    group = _help(words[0])
    return len(words) == 1 or "COMMAND" not in group or _lists(group, words[1])


def _lists(shown: str, word: str) -> bool:
    return re.search(rf"^\W*{re.escape(word)}\b", shown, re.MULTILINE) is not None


def test_options_that_are_shown_exist() -> None:
    unknown = []
    for document in DOCUMENTS:
        for line in _shown_commands(document):
            match = re.match(r"(?:\.venv/bin/)?tanada ([a-z-]+)(?: ([a-z-]+)(?![\w./:]))?", line)
            if match and (options := re.findall(r"(?<= )--[a-z-]+", line)):
                shown = _help(match[1]) + (_help(match[1], match[2]) if match[2] else "")
                unknown += [
                    f"{_named(document)}: {o} in `{line}`" for o in options if o not in shown
                ]
    assert not unknown, "\n" + "\n".join(unknown)


def test_every_error_code_is_in_the_table_of_codes() -> None:
    wanted = error_table.render()
    written = _text(error_table.TABLE) if error_table.TABLE.exists() else ""
    missing = sorted(set(wanted.splitlines()) - set(written.splitlines()))
    stale = sorted(set(written.splitlines()) - set(wanted.splitlines()))
    assert written == wanted, f"run `make docs`; lines missing: {missing}; lines stale: {stale}"


def test_every_error_has_a_code_and_a_meaning_of_its_own() -> None:
    errors = error_table.errors()
    silent = [error.__qualname__ for error in errors if not error_table.meaning(error)]
    assert not silent, f"a docstring of the class is its meaning in the table of codes: {silent}"
    codes: dict[str, str] = {}
    shared = [
        f"{error.__qualname__} and {codes[error.code]}: {error.code}"
        for error in errors
        if codes.setdefault(error.code, error.__qualname__) != error.__qualname__
    ]
    assert not shared, f"two errors with one code: {shared}"


def _policy_keys(table: dict[str, Any]) -> Iterator[str]:
    """Names of all settings of a policy, without the tables that hold them."""
    for key, value in table.items():
        rows = [value] if isinstance(value, dict) else value if isinstance(value, list) else []
        tables = [row for row in rows if isinstance(row, dict)]
        for row in tables:
            yield from _policy_keys(row)
        if not tables:
            yield key


@pytest.mark.parametrize("policy", sorted(ROOT.glob("policies/*.toml")), ids=_named)
def test_every_policy_key_is_explained(policy: Path) -> None:
    explained = {
        part
        for document in ROOT.glob("docs/**/*.md")
        for span in CODE_SPAN.findall(_text(document))
        for part in re.split(r"[.\s=]+", span)
    }
    keys = set(_policy_keys(tomllib.loads(_text(policy))))
    assert keys <= explained, f"docs/ does not explain: {sorted(keys - explained)}"


def _as_written(value: Any) -> str:
    """A setting as the table of policies writes it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"`{value}`" if isinstance(value, str) else f"{value:g}"


def test_the_table_of_policies_says_what_the_policies_say() -> None:
    names = ("tanada", "as-was-2021-02-28")
    policies = [tomllib.loads(_text(ROOT / f"policies/{name}.toml")) for name in names]
    stale = []
    for line in _text(ROOT / "docs/policies.md").splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        match = re.fullmatch(r"`(\w+)\.(\w+)`", cells[1]) if len(cells) > 1 else None
        if match and match[1] not in ("compartments", "reversal_log"):
            said = [_as_written(policy[match[1]][match[2]]) for policy in policies]
            stale += [] if cells[3:5] == said else [f"{match[0]}: {said}"]
    assert not stale, f"docs/policies.md says otherwise: {stale}"
