"""The bans behind `tests/test_tidy.py`: what must not be written, where, and what to write instead.

Rules look at the syntax tree, not at the text, so that a comment may name what the code may not do.
"""

import ast
import re
import tokenize
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "tanada"


@dataclass(frozen=True)
class Source:
    """One Python file; `place` is its path below `src/tanada`, such as `base/clock.py`."""

    place: str
    text: str
    tree: ast.Module
    origins: dict[str, str]
    """Local name to dotted origin, from the file's imports."""

    @classmethod
    def parse(cls, place: str, text: str) -> "Source":
        tree = ast.parse(text)
        return cls(place, text, tree, _import_origins(tree))

    def lies_in(self, *places: str) -> bool:
        """Whether the file is one of `places`; a place that ends in `/` stands for a folder."""
        return any(
            self.place == p or (p.endswith("/") and self.place.startswith(p)) for p in places
        )

    def dotted(self, node: ast.expr) -> str:
        """The full dotted name that an expression refers to, or "" if it is not a plain name."""
        if isinstance(node, ast.Name):
            return self.origins.get(node.id, node.id)
        if isinstance(node, ast.Attribute) and (stem := self.dotted(node.value)):
            return f"{stem}.{node.attr}"
        return ""


@dataclass(frozen=True)
class Ban:
    """`find` yields the line numbers at which a file breaks the ban."""

    name: str
    instead: str
    find: Callable[[Source], Iterator[int]]
    allowed: tuple[str, ...] = ()
    only: tuple[str, ...] = ("",)

    def breaches(self, source: Source) -> list[str]:
        if source.lies_in(*self.allowed) or not source.place.startswith(self.only):
            return []
        lines = sorted(set(self.find(source)))
        return [f"src/tanada/{source.place}:{n}: {self.name}; {self.instead}" for n in lines]


def sources() -> list[Source]:
    """Every Python file below `src/tanada`."""
    return [
        Source.parse(path.relative_to(PACKAGE).as_posix(), path.read_text(encoding="utf-8"))
        for path in sorted(PACKAGE.rglob("*.py"))
    ]


def _import_origins(tree: ast.Module) -> dict[str, str]:
    origins: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                name = alias.asname or alias.name.partition(".")[0]
                origins[name] = alias.name if alias.asname else name
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                origins[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return origins


def _names(*dotted: str) -> Callable[[Source], Iterator[int]]:
    """Any use of one of these dotted names, called or handed on."""

    def find(source: Source) -> Iterator[int]:
        for node in ast.walk(source.tree):
            if not isinstance(node, ast.Name | ast.Attribute):
                continue
            if isinstance(node.ctx, ast.Load) and source.dotted(node) in dotted:
                yield node.lineno

    return find


def _methods(*names: str) -> Callable[[Source], Iterator[int]]:
    """A call of a method with one of these names, whatever it is called on."""

    def find(source: Source) -> Iterator[int]:
        for node in _calls(source):
            if isinstance(node.func, ast.Attribute) and node.func.attr in names:
                yield node.lineno

    return find


def _modules(*names: str) -> Callable[[Source], Iterator[int]]:
    """An import of one of these modules, except for the type checker's eyes only."""

    def find(source: Source) -> Iterator[int]:
        for node in _executed(source.tree):
            if isinstance(node, ast.Import):
                imported = {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                imported = {(node.module or "").partition(".")[0]}
            else:
                continue
            if imported & set(names):
                yield node.lineno

    return find


def _random_imports(source: Source) -> Iterator[int]:
    """Any import of random, except for the type of the streams that are handed around."""
    typed = (
        node.lineno
        for node in source.tree.body
        if isinstance(node, ast.ImportFrom) and [alias.name for alias in node.names] == ["Random"]
    )
    yield from set(_modules("random")(source)) - set(typed)


def _calls_of(*dotted: str) -> Callable[[Source], Iterator[int]]:
    """A call of one of these dotted names; to name it as a type is no breach."""

    def find(source: Source) -> Iterator[int]:
        return (node.lineno for node in _calls(source) if source.dotted(node.func) in dotted)

    return find


def _any_of(*finders: Callable[[Source], Iterator[int]]) -> Callable[[Source], Iterator[int]]:
    def find(source: Source) -> Iterator[int]:
        for finder in finders:
            yield from finder(source)

    return find


def _executed(tree: ast.AST) -> Iterator[ast.AST]:
    """All nodes except those under `if TYPE_CHECKING:`."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            continue
        yield node
        yield from _executed(node)


def _calls(source: Source) -> Iterator[ast.Call]:
    return (node for node in ast.walk(source.tree) if isinstance(node, ast.Call))


def _floats(source: Source) -> Iterator[int]:
    for node in ast.walk(source.tree):
        constant = isinstance(node, ast.Constant) and isinstance(node.value, float)
        name = isinstance(node, ast.Name) and node.id == "float"
        if constant or name:
            yield node.lineno  # type: ignore[attr-defined]  # both kinds of node have a line


def _true_divisions(source: Source) -> Iterator[int]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div):
            yield node.lineno


def _glued_sql(source: Source) -> Iterator[int]:
    """Text put together inside the call that sends it to the database."""
    for node in _calls(source):
        sends = isinstance(node.func, ast.Attribute) and node.func.attr in SENDERS
        if sends and node.args and _is_glued(node.args[0]):
            yield node.lineno


def _is_glued(node: ast.expr) -> bool:
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Attribute) and node.func.attr in {"format", "join"}
    return isinstance(node, ast.JoinedStr | ast.BinOp)


def _inline_sql(source: Source) -> Iterator[int]:
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
            continue
        if SQL_STATEMENT.match(node.value):
            yield node.lineno


def _bare_excepts(source: Source) -> Iterator[int]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ExceptHandler) and node.type is None:
            yield node.lineno


def _wide_excepts(source: Source) -> Iterator[int]:
    """`except Exception` whose line does not end in a comment of at least three words."""
    lines = source.text.splitlines()
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.ExceptHandler) or node.type is None:
            continue
        caught = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
        wide = {source.dotted(c) for c in caught} & {"Exception", "BaseException"}
        if wide and not WHY.search(lines[node.lineno - 1]):
            yield node.lineno


def _loose_dicts(source: Source) -> Iterator[int]:
    """A public function that takes or gives `dict[str, Any]`."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name[0] != "_":
            given = [a.annotation for a in [*node.args.args, *node.args.kwonlyargs]]
            for annotation in [*given, node.returns]:
                if annotation is not None and LOOSE_DICT.search(ast.unparse(annotation)):
                    yield node.lineno


def _leftovers(source: Source) -> Iterator[int]:
    for token in tokenize.generate_tokens(StringIO(source.text).readline):
        if token.type == tokenize.COMMENT and LEFTOVER.search(token.string):
            yield token.start[0]


SENDERS = {"copy", "execute", "executemany"}
SQL_STATEMENT = re.compile(
    r"\s*(select\s.+\sfrom\s|insert\s+into\s|update\s+\S+\s+set\s|delete\s+from\s|"
    r"with\s+\w+\s+as\s*\(|copy\s+\S+.*\s(from|to)\s+std|"
    r"(create|alter|drop)\s+(table|index|view|function)\s)",
    re.IGNORECASE | re.DOTALL,
)
WHY = re.compile(r"#\s*(?!type:|noqa)\w+\W+\w+\W+\w+")
LOOSE_DICT = re.compile(r"(dict|Dict|Mapping)\[str, (typing\.)?Any\]")
LEFTOVER = re.compile(r"\b(FIX" + r"ME|TO" + r"DO|XX" + r"X|HA" + r"CK)\b")

BASE = ("base/",)
MONEY = ("base/money", "ledger/", "products/")

BANS = [
    Ban(
        "the machine's date",
        "take a Clock (base/clock.py) and ask it",
        _names(
            "datetime.datetime.now",
            "datetime.datetime.today",
            "datetime.datetime.utcnow",
            "datetime.date.today",
        ),
        BASE,
    ),
    Ban(
        "the machine's time",
        "take a Clock (base/clock.py); to wait, use asyncio.sleep, which a drill can speed up",
        _names(
            *(f"time.{n}" for n in ("time", "time_ns", "monotonic", "monotonic_ns", "sleep")),
            *(f"time.{n}" for n in ("perf_counter", "perf_counter_ns", "localtime", "gmtime")),
        ),
        BASE,
    ),
    Ban(
        "randomness without a seed",
        "take a stream of Randomness (base/randomness.py)",
        _any_of(_random_imports, _modules("secrets"), _calls_of("random.Random", "os.urandom")),
        BASE,
    ),
    Ban(
        "a random id",
        "use operation_id(key) or IdSource (base/ids.py)",
        _names("uuid.uuid1", "uuid.uuid4", "uuid.uuid6", "uuid.uuid7"),
        BASE,
    ),
    Ban(
        "a file opened by hand",
        "take a Volume (base/volumes.py), or let base read the setting",
        _any_of(
            _names("open", "io.open", "os.open", "os.fdopen", "shutil.copy", "shutil.move"),
            _methods("read_text", "write_text", "read_bytes", "write_bytes"),
        ),
        BASE,
    ),
    Ban(
        "a socket opened by hand",
        "take a Network (base/network.py)",
        _any_of(
            _names(
                "asyncio.open_connection",
                "asyncio.open_unix_connection",
                "asyncio.start_server",
                "asyncio.start_unix_server",
            ),
            _methods("create_connection", "create_server", "create_unix_server"),
            _modules("socket", "socketserver"),
        ),
        BASE,
    ),
    Ban(
        "the environment",
        "settings are read once, in app.py, and passed down",
        _names("os.environ", "os.environb", "os.getenv"),
        ("app.py", "cli.py", *BASE),
    ),
    Ban(
        "a float near money",
        "use integers of the minor unit, of 0.001 %, or of milliseconds",
        _floats,
        only=MONEY,
    ),
    Ban(
        "true division near money",
        "use // or divmod and say which way it rounds",
        _true_divisions,
        only=MONEY,
    ),
    Ban(
        "print",
        "return a value and let cli.py show it, or log it",
        _names("print"),
        ("cli.py",),
    ),
    Ban(
        "commit or rollback by hand",
        "the door owns the transaction: take the connection and return a value",
        _methods("commit", "rollback"),
        ("operations/", "ledger/", "batch/", *BASE),
    ),
    Ban(
        "SQL put together from pieces",
        "name the statement in queries.sql and pass parameters; psycopg.sql for identifiers",
        _glued_sql,
    ),
    Ban(
        "SQL inside Python",
        "give the statement a name in the package's queries.sql",
        _inline_sql,
        BASE,
    ),
    Ban("except without a type", "name the errors that you expect", _bare_excepts),
    Ban(
        "except Exception without its reason",
        "only a process border may; end the line with a comment that says why",
        _wide_excepts,
    ),
    Ban(
        "dict[str, Any] in a public signature",
        "use a frozen dataclass or a msgspec.Struct",
        _loose_dicts,
    ),
    Ban("a note to oneself", "do it now, or open an issue", _leftovers),
]
