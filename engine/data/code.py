"""A folder of Python code to rows: each function gives one completion, read with `ast` and never run.

By a hash of its name a documented function is asked for in one of two ways, half of them each:
- body: its signature and docstring are the prompt, its body the completion;
- opening: its signature up to the name, `def name(`, is the prompt, and the rest of the function the completion, so
  that parameters, type hints and docstring are the model's to write.
One without a docstring, or too long for these, is asked for in a third way:
- next lines: the function up to a statement in its middle is the prompt, what follows the completion.
A method's prompt begins with its class line and what the class says it is. The group is the module: splits and
statistics keep files whole.
"""

import ast
import hashlib
import re
import warnings
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath
from typing import Any

from engine.data.packed import Tree
from engine.schema import Issue, UserError

COLUMNS = ("prompt", "completion", "group", "name")
LINES = (2, 40)  # of a completion: shorter teaches no habit, longer fits no row
TEST_FOLDERS = {"test", "tests", "testing"}
OTHERS_FOLDERS = {"vendor", "_vendor", "vendored", "_vendored", "third_party", "extern", "external", "site-packages"}
BUILT = {"build", "dist"}  # at the top, these hold copies of the code
_TEST = re.compile(r"(?:test_.*|.*_tests?|conftest)\.py")
_GENERATED_NAME = re.compile(r".*_pb2(?:_grpc)?\.py|_version\.py|.*\.gen\.py")
_GENERATED = re.compile(r"(?i)@generated\b|\b(?:auto-?|automatically )?generated (?:by|from|file|code)|do not edit")
_WHY = {
    "test_file": "is a test",
    "vendored": "is somebody else's code, kept beside it",
    "generated": "was generated",
    "unreadable": "cannot be read as Python",
    "no_docstring": "has no docstring and too little to divide",
    "stub": "has no body of its own",
    "too_long_function": f"has more than {LINES[1]} lines to write",
    "too_short_function": f"has fewer than {LINES[0]} lines to write",
}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def read_functions(tree: Tree, names: Iterable[str]) -> tuple[list[tuple[int, dict[str, Any]]], list[Issue]]:
    """(numbered rows, issues) of these Python files, in their order. A row has COLUMNS.

    Files of tests, of others and generated ones are left out, as are functions that teach nothing; each is an Issue. A
    function's number is its place among those looked at. Raises UserError where no function can be used.
    """
    rows: list[tuple[int, dict[str, Any]]] = []
    issues: list[Issue] = []
    number = 0
    for inside in names:
        raw = tree.read(inside)
        why = left_out(inside, raw)
        module = None if why else _tree(raw)
        if module is None:
            issues.append(_issue(None, why or "unreadable", inside))
            continue
        lines = re.split("\r\n|\r|\n", raw.decode("utf-8-sig"))  # as `ast` counts them
        for function, owner in functions(module):
            number += 1
            name = ".".join(filter(None, (module_name(inside), owner and owner.name, function.name)))
            found = completion(function, owner, lines, name=name)
            if isinstance(found, str):
                issues.append(_issue(number, found, name))
            else:
                rows.append((number, {**found, "group": module_name(inside), "name": name}))
    if not rows:
        raise UserError(
            f"{tree.name} has no Python function with a body of {LINES[0]} to {LINES[1]} lines. "
            "Give a folder of Python code, or one file of rows."
        )
    return rows, issues


def left_out(inside: str, raw: bytes) -> str:
    """Why a file, by its path in the folder and its bytes, is no code of the folder's own; "" where it is.

    >>> left_out("pkg/_vendor/six.py", b""), left_out("tests/test_a.py", b""), left_out("pkg/a.py", b"x = 1")
    ('vendored', 'test_file', '')
    """
    path = PurePosixPath(inside)
    if OTHERS_FOLDERS & set(path.parts[:-1]):
        return "vendored"
    if path.parts[0] in BUILT and len(path.parts) > 1:
        return "generated"
    if TEST_FOLDERS & set(path.parts[:-1]) or _TEST.fullmatch(path.name):
        return "test_file"
    comments = [line for line in raw[:3000].decode("utf-8", "replace").splitlines()[:20] if line.startswith(("#", '"'))]
    return "generated" if _GENERATED_NAME.fullmatch(path.name) or _GENERATED.search("\n".join(comments)) else ""


def functions(module: ast.Module) -> Iterator[tuple[Function, ast.ClassDef | None]]:
    """The functions at the top of a module and the methods of its classes, with the class."""
    for node in module.body:
        if isinstance(node, Function):
            yield node, None
        elif isinstance(node, ast.ClassDef):
            yield from ((inner, node) for inner in node.body if isinstance(inner, Function))


def completion(function: Function, owner: ast.ClassDef | None, lines: list[str], *, name: str) -> dict[str, str] | str:
    """{"prompt", "completion"} of one function, or the code of the reason why it gives none."""
    documented = bool(ast.get_docstring(function))
    rest = [node for node in function.body[documented:] if not _says_nothing(node)]
    if not rest:
        return "stub" if documented else "no_docstring"
    first = _begins(function)
    whole = lines[first - 1 : function.end_lineno]
    found = _asked(function, whole, first, name=name) if documented else None
    if found == "unreadable":
        return found
    why = _unfit(found[1]) if found else "no_docstring"
    if why in ("no_docstring", "too_long_function"):
        found = next_lines(function, whole, first, rest) or found
        why = _unfit(found[1]) if found else why
    if why:
        return why if documented or why == "too_long_function" else "no_docstring"
    head = _class_head(owner) if owner else []
    return {"prompt": "\n".join([*head, *found[0]]), "completion": "\n".join(found[1]).rstrip()}


def _asked(function: Function, whole: list[str], first: int, *, name: str) -> tuple[list[str], list[str]] | str:
    """(lines of the prompt, lines to write) of a documented function, by its docstring or by its opening."""
    if hashlib.sha256(name.encode()).digest()[0] % 2:
        cut = function.body[0].end_lineno - first + 1
        return whole[:cut], whole[cut:]
    cut = function.lineno - first
    opening = re.match(r"\s*(?:async\s+)?def\s+\w+\s*\(", whole[cut])
    if not opening:
        return "unreadable"
    return [*whole[:cut], opening[0]], [whole[cut][opening.end() :], *whole[cut + 1 :]]


def next_lines(
    function: Function, whole: list[str], first: int, statements: list[ast.stmt]
) -> tuple[list[str], list[str]] | None:
    """(lines of the prompt, lines to write): cut before the statement nearest to the middle of the function, or to its
    20th line where it is long. What is written are whole statements, as many as LINES allow. None where there is but
    one statement."""
    borders = [_begins(statement) - first for statement in statements[1:]]
    if not borders:
        return None
    middle = min(len(whole) // 2, 20)
    at = min(range(len(borders)), key=lambda place: abs(borders[place] - middle))
    cut = borders[at]
    ends = [statement.end_lineno - first + 1 for statement in statements[at + 1 :]]
    fitting = [end for end in ends if not _unfit(whole[cut:end])]
    return whole[:cut], whole[cut : fitting[-1] if fitting else ends[-1]]


def _unfit(written: list[str]) -> str:
    """The code of the reason why these lines are no completion; "" where they are one."""
    size = sum(bool(line.strip()) for line in written)
    return "too_long_function" if size > LINES[1] else "too_short_function" if size < LINES[0] else ""


def _begins(node: ast.stmt) -> int:
    """The line of a statement's first decorator, else its own."""
    return min((one.lineno for one in getattr(node, "decorator_list", [])), default=node.lineno)


def module_name(inside: str) -> str:
    """The dotted name of a file in the folder; that of the folder's own __init__.py is "__init__".

    >>> module_name("pkg/sub/__init__.py"), module_name("pkg/a.py")
    ('pkg.sub', 'pkg.a')
    """
    parts = PurePosixPath(inside).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)


def _class_head(owner: ast.ClassDef) -> list[str]:
    """The class line, on one line, and the first line of the class's docstring, if any."""
    inside = ", ".join(ast.unparse(part) for part in (*owner.bases, *owner.keywords))
    line = f"class {owner.name}({inside}):" if inside else f"class {owner.name}:"
    said = (ast.get_docstring(owner) or "").partition("\n")[0]
    return [line, f'    """{said}"""', ""] if said and not set(said) & set('\\"') else [line]


def _says_nothing(node: ast.stmt) -> bool:
    """`pass`, `...` and `raise NotImplementedError`."""
    if isinstance(node, ast.Pass) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
        return True
    return isinstance(node, ast.Raise) and node.exc is not None and "NotImplemented" in ast.unparse(node.exc)


def _tree(raw: bytes) -> ast.Module | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(raw.decode("utf-8-sig"))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _issue(number: int | None, code: str, what: str) -> Issue:
    row = f"Row {number}: " if number else ""
    shown = "".join(char if char.isprintable() else "?" for char in what)[-120:]
    return Issue(number, code, f"{row}{shown} {_WHY[code]}.", True)
