"""What a linter does not know about this house: bans, lengths, and that everything has its place.

Lengths are ratchets: they keep functions that are small from growing, one line at a time.
"""

import ast
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from statistics import median, quantiles

import pytest

from tests.tidy_rules import BANS, PACKAGE, ROOT, Ban, Source, sources

FUNCTION_LINES_MAX = 70
FUNCTION_LINES_MEDIAN_MAX = 10
FUNCTION_LINES_P90_MAX = 35
FILE_LINES_MAX = 600
CLASS_METHODS_MAX = 15
LINE_CHARACTERS_MAX = 100

# Modules that no test file of their own would serve, each with the reason.
TESTED_ELSEWHERE: dict[str, str] = {
    "app/gateway.py": "tests/test_live_bank.py talks to it as machines do",
    "app/roles.py": "tests/test_live_bank.py runs each role in its process",
    "app/wiring.py": "tests/test_live_bank.py: without it no process reaches another",
    "operations/known.py": "two types; test_deciding.py and test_storing.py show what they keep",
    "operations/loading.py": "all of tests/operations loads; test_two_executors.py in earnest",
    "products/deposits/commands.py": "types only; sent by test_cash.py and its neighbours",
    "products/time_deposits/commands.py": "types only; sent by test_opening.py and test_keeping.py",
    "base/errors.py": "only declares the tree; tests/test_docs.py checks codes and meanings",
}

# A word that hides what a file is for.
EMPTY_WORDS = re.compile(r"(^|_)(utils?|manager|helpers?|services?|impl|misc|common)(_|\.|$)")

# Nothing here may depend on the place where it was written or on the registry it came through.
# The patterns are split so that this file does not find itself.
FOREIGN_TEXT = re.compile(
    r"(?<![\w.])/wo" + r"rk(?:/|\b)|\.\./sha" + r"red|(?<![\w.])/ro" + r"ot/|"
    r"pypi\.o" + r"rg|pythonh" + r"osted|npm" + r"js|(?:extra-)?index-u" + r"rl\s*="
)
LEFTOVER_TEXT = re.compile(r"\b(FIX" + r"ME|TO" + r"DO)\b")

SOURCES = sources()


@pytest.mark.parametrize("ban", BANS, ids=lambda ban: ban.name)
def test_source_is_free_of(ban: Ban) -> None:
    breaches = [breach for source in SOURCES for breach in ban.breaches(source)]
    assert not breaches, "\n" + "\n".join(breaches)


# Each line breaks the ban of the same position; a ban that catches nothing would pass for ever.
BREAKS = {
    "the machine's date": "from datetime import datetime as d\nd.now()",
    "the machine's time": "from time import monotonic\nmonotonic()",
    "randomness without a seed": "from random import Random\nRandom(3)",
    "a random id": "import uuid\nkey = uuid.uuid4",
    "a file opened by hand": "from pathlib import Path\nPath('x').read_text()",
    "a socket opened by hand": "import asyncio\nasyncio.open_connection('h', 1)",
    "the environment": "import os\nos.environ['X']",
    "a float near money": "x = float('1')",
    "true division near money": "x = 3 / 2",
    "print": "print('x')",
    "commit or rollback by hand": "connection.commit()",
    "SQL put together from pieces": "c.execute(f'lock {table}')",
    "SQL inside Python": "Q = 'SELECT a FROM b'",
    "except without a type": "try:\n    f()\nexcept:\n    g()",
    "except Exception without its reason": "try:\n    f()\nexcept Exception:\n    g()",
    "dict[str, Any] in a public signature": "def f(x: dict[str, Any]) -> None: ...",
    "a note to oneself": "x = 1  # FIX" + "ME later",
}

KEEPS = [
    ("base/sample.py", "import random\nrandom.Random(3)\n"),
    ("products/sample.py", "from random import Random\ndef draw(stream: Random) -> int: ...\n"),
    ("products/sample.py", "# datetime.now() is banned, and may be written about\n"),
    ("operations/sample.py", "cursor.execute(queries.lock_accounts, (ids,))\n"),
    (
        "channels/sample.py",
        "try:\n    f()\nexcept Exception:  # one bad frame must not stop the rest\n    g()\n",
    ),
]


@pytest.mark.parametrize(("place", "text"), KEEPS)
def test_bans_let_honest_code_pass(place: str, text: str) -> None:
    assert not [b for ban in BANS for b in ban.breaches(Source.parse(place, text))]


def _functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def _length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def test_functions_stay_short() -> None:
    long = [
        f"src/tanada/{source.place}:{node.lineno}: {node.name} has {_length(node)} lines"
        for source in SOURCES
        for node in _functions(source.tree)
        if _length(node) > FUNCTION_LINES_MAX
    ]
    assert not long, f"the limit is {FUNCTION_LINES_MAX}:\n" + "\n".join(long)


def test_functions_as_a_whole_stay_short() -> None:
    lengths = [_length(node) for source in SOURCES for node in _functions(source.tree)]
    if len(lengths) < 2:
        pytest.skip("no functions to measure yet")
    assert median(lengths) <= FUNCTION_LINES_MEDIAN_MAX
    assert quantiles(lengths, n=10)[-1] <= FUNCTION_LINES_P90_MAX


def test_classes_stay_small() -> None:
    large = [
        f"src/tanada/{source.place}:{node.lineno}: class {node.name} has {count} methods"
        for source in SOURCES
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ClassDef)
        and (count := len([n for n in node.body if n in set(_functions(node))])) > CLASS_METHODS_MAX
    ]
    assert not large, f"the limit is {CLASS_METHODS_MAX}:\n" + "\n".join(large)


def _tracked(*suffixes: str) -> list[Path]:
    """Files under version control; outside a clone, or without git, all of the tree's own."""
    paths = [ROOT / name for name in (_names_from_git() or _names_from_disk())]
    return [p for p in paths if p.is_file() and (not suffixes or p.suffix in suffixes)]


def _names_from_git() -> list[str]:
    if shutil.which("git") is None:
        return []
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=False,
        text=True,
    )
    return [name for name in listed.stdout.split("\0") if name]


def _names_from_disk() -> list[str]:
    hidden_or_made = re.compile(r"(^|/)(\.(?!ci)|__pycache__|var/)")
    names = [path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*")]
    return [name for name in names if not hidden_or_made.search(name)]


def _text_lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError:
        return []  # a picture


def test_files_and_lines_stay_short() -> None:
    over = []
    for path in _tracked(".py", ".sql"):
        lines = _text_lines(path)
        if len(lines) > FILE_LINES_MAX:
            over.append(f"{path.relative_to(ROOT)}: {len(lines)} lines")
        wide = [n for n, line in enumerate(lines, 1) if len(line) > LINE_CHARACTERS_MAX]
        over += [f"{path.relative_to(ROOT)}:{n}: too wide" for n in wide]
    assert not over, "\n" + "\n".join(over)


def test_no_file_depends_on_where_it_was_written() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:80]}"
        for path in _tracked()
        for number, line in enumerate(_text_lines(path), 1)
        if FOREIGN_TEXT.search(line)
    ]
    assert not found, "\n" + "\n".join(found)


def test_no_document_or_script_carries_a_note_to_oneself() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in _tracked(".md", ".sql", ".toml", ".yaml", ".html", ".js", ".css", "")
        for number, line in enumerate(_text_lines(path), 1)
        if path.name != "LICENSE" and LEFTOVER_TEXT.search(line)
    ]
    assert not found, "\n" + "\n".join(found)


def test_file_names_say_what_is_inside() -> None:
    vague = [
        path.relative_to(ROOT).as_posix()
        for path in _tracked(".py", ".sql")
        if EMPTY_WORDS.search(path.name)
    ]
    assert not vague, f"name the thing, not its role: {vague}"


def _modules() -> list[str]:
    return [s.place for s in SOURCES if not s.place.rpartition("/")[2].startswith("__")]


def _test_of(place: str) -> Path:
    folder, _, name = place.rpartition("/")
    return ROOT / "tests" / folder / f"test_{name}"


def test_every_module_has_its_test_file() -> None:
    missing = [
        f"src/tanada/{place} -> {_test_of(place).relative_to(ROOT)}"
        for place in _modules()
        if place not in TESTED_ELSEWHERE and not _test_of(place).exists()
    ]
    assert not missing, "write the test, or give a reason in TESTED_ELSEWHERE:\n" + "\n".join(
        missing
    )


def test_exceptions_from_the_rule_above_are_still_needed() -> None:
    idle = [p for p in TESTED_ELSEWHERE if p not in _modules() or _test_of(p).exists()]
    assert not idle, f"remove from TESTED_ELSEWHERE: {idle}"


def test_every_folder_says_what_belongs_in_it() -> None:
    packages = {path.parent for path in PACKAGE.rglob("__init__.py")} - {PACKAGE}
    others = {ROOT / name for name in ("benchmarks", "docs", "drills", "policies", "tests")}
    silent = [
        folder.relative_to(ROOT).as_posix()
        for folder in sorted(packages | others)
        if not (folder / "README.md").exists()
    ]
    assert not silent, f"add a README.md of 5 to 12 lines to: {silent}"
