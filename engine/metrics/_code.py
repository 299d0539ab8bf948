"""Python in an answer: found, read and never run."""

import ast
import re
import textwrap
import warnings
from collections.abc import Iterator

from engine.schema import Example

LONGEST = 50_000  # characters: what is longer is not read

_FENCE = re.compile(r"```[ \t]*([\w+-]*)[^\n]*\n(.*?)(?:```|\Z)", re.DOTALL)
_PYTHON = ("", "python", "python3", "py")
_OPENS = re.compile(r"(?m)^(?:from \w|import \w|def \w|class \w|async def \w|@\w)")
_CODE_ONLY = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Assign, ast.AugAssign, ast.For, ast.While)
_CODE_ONLY += (ast.With, ast.Try, ast.If, ast.Raise, ast.ImportFrom)


def source(text: str, example: Example) -> str | None:
    """The Python source that `text` gives for the item, or None where none parses.

    Tried in this order: its fenced code, else the whole; then as what follows the code that the prompt ends with; then
    as the body of a function. Prose round a fence is left out, prose without one does not parse.

    >>> source("Sure:\\n```python\\nx = 1\\n```\\nThat is it.", Example("x", (), ""))
    'x = 1\\n'
    """
    if len(text) > LONGEST:
        return None
    return next((found for found in _candidates(text, example) if _stands_alone(tree(found))), None)


def tree(text: str) -> ast.Module | None:
    """The syntax tree of the source, or None where it does not parse, whatever the reason."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def is_python(example: Example) -> bool:
    """Whether the reference is Python: it parses and has a statement that prose has not ("Hours: nine" parses, too)."""
    if not example.completion.strip() or example.choices or source(example.completion, example) is None:
        return False
    own = tree(textwrap.dedent(example.completion))
    if _blocks(example.completion) or own is None:  # fenced, or what goes on from the prompt's code
        return True
    return any(isinstance(node, _CODE_ONLY) or _computes(node) for node in ast.walk(own))


def _candidates(text: str, example: Example) -> Iterator[str]:
    own = "\n\n".join(_blocks(text)) or textwrap.dedent(text)
    if not own.strip():
        return
    yield own
    if before := _prompt_code(example.question):
        yield f"{before}\n{text}"
        yield f"{before}\n{textwrap.indent(own, '    ')}"
        if "#" not in before.splitlines()[-1]:  # what follows a comment is one
            yield f"{before}{text}"
    yield f"def _():\n{textwrap.indent(own, '    ')}"


def _blocks(text: str) -> list[str]:
    return [code for language, code in _FENCE.findall(text) if language.casefold() in _PYTHON and code.strip()]


def _prompt_code(question: str) -> str:
    blocks = _blocks(question)
    if blocks:
        return blocks[-1].rstrip()
    opens = _OPENS.search(question)
    return question[opens.start() :].rstrip() if opens else ""


def _computes(node: ast.AST) -> bool:
    return isinstance(node, ast.Return) and not isinstance(node.value, ast.Name | ast.Constant | None)


def _stands_alone(found: ast.Module | None) -> bool:
    """Parsed, not empty, and no `return` outside a function, which parses but never runs."""
    return found is not None and bool(found.body) and not any(isinstance(node, ast.Return) for node in found.body)
