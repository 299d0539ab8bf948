"""Conventions of Python code, a plain rule each, read from the syntax tree: PEP 8, PEP 257, PEP 484.

The rules are those most organisations share; write your own file beside it for yours.
"""

import ast
import re
from collections.abc import Callable, Iterator

from engine.metrics._code import is_python, source, tree
from engine.metrics._words import generated
from engine.schema import Example, Metric, Output

Rule = Callable[[ast.Module], bool | None]
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_CAPITALS = re.compile(r"_*[A-Z][A-Z0-9_]*")
_CAP_WORDS = re.compile(r"_*[^\W\d_a-z][^\W_]*")


def naming(module: ast.Module) -> bool | None:
    """Functions, parameters and variables in snake_case (constants in capitals), classes in CapWords."""
    kept = [_CAP_WORDS.fullmatch(node.name) is not None for node in ast.walk(module) if isinstance(node, ast.ClassDef)]
    top = {id(name) for line in module.body for name in ast.walk(line) if not isinstance(line, _FUNCTIONS)}
    for node in ast.walk(module):
        if isinstance(node, _FUNCTIONS):
            kept.append(node.name == node.name.lower())
        elif isinstance(node, ast.arg):
            kept.append(node.arg == node.arg.lower())
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            alias = id(node) in top and _CAP_WORDS.fullmatch(node.id)  # Vector = list[float]
            kept.append(bool(node.id == node.id.lower() or _CAPITALS.fullmatch(node.id) or alias))
    return all(kept) if kept else None


def docstrings(module: ast.Module) -> bool | None:
    """Every public function, method and class says what it is."""
    public = list(_public(module))
    return all(ast.get_docstring(node) for node in public) if public else None


def type_hints(module: ast.Module) -> bool | None:
    """Every parameter and every result of a public function has its type."""
    functions = [node for node in _public(module) if isinstance(node, _FUNCTIONS)]
    return all(map(_typed, functions)) if functions else None


def no_bare_except(module: ast.Module) -> bool | None:
    """Says which errors it catches."""
    handlers = [node for node in ast.walk(module) if isinstance(node, ast.ExceptHandler)]
    return all(handler.type for handler in handlers) if handlers else None


def no_mutable_defaults(module: ast.Module) -> bool | None:
    """No list, dict or set as a default value: all calls would share it."""
    functions = [node.args for node in ast.walk(module) if isinstance(node, (*_FUNCTIONS, ast.Lambda))]
    defaults = [value for args in functions for value in (*args.defaults, *args.kw_defaults) if value]
    return not any(map(_mutable, defaults)) if functions else None


def no_print(module: ast.Module) -> bool | None:
    """Prints nothing: functions give results back."""
    calls = (node.func for node in ast.walk(module) if isinstance(node, ast.Call))
    return not any(isinstance(call, ast.Name) and call.id == "print" for call in calls)


RULES: tuple[tuple[str, Rule], ...] = (
    ("naming", naming),
    ("docstrings", docstrings),
    ("type_hints", type_hints),
    ("no_bare_except", no_bare_except),
    ("no_mutable_defaults", no_mutable_defaults),
    ("no_print", no_print),
)


def kept(code: str) -> dict[str, bool]:
    """Which rules the code keeps; a rule that it gives no occasion for is left out. {} where it does not parse.

    >>> kept("def Add(a, b=[]):\\n    return a + b")["no_mutable_defaults"]
    False
    """
    module = tree(code)
    found = {name: rule(module) for name, rule in RULES} if module else {}
    return {name: result for name, result in found.items() if result is not None}


def score(output: Output, example: Example) -> float | None:
    """The share (0..1) of the rules that the answer's code keeps, of those that it gives occasion for.

    0 where the answer does not parse: left out, it would have the arms compared on different items. None where the
    reference is no Python or nothing was generated. Code that continues the prompt's is judged together with it.
    """
    if not generated(output, example) or not is_python(example):
        return None
    code = source(output.text, example)
    rules = kept(code) if code else {}
    return sum(rules.values()) / len(rules) if rules else 0.0


def _public(module: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]:
    """Public functions and classes, with the public methods and __init__ of these; none inside a function."""
    waiting = list(module.body)
    for node in waiting:
        if isinstance(node, (*_FUNCTIONS, ast.ClassDef)) and not node.name.startswith("_"):
            yield node
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            waiting.extend(node.body)


def _typed(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    args = function.args
    named = [*args.posonlyargs, *args.args, *args.kwonlyargs, *filter(None, (args.vararg, args.kwarg))]
    return all(arg.annotation or arg.arg in ("self", "cls") for arg in named) and function.returns is not None


def _mutable(value: ast.expr) -> bool:
    called = isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id
    literals = (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp)
    return isinstance(value, literals) or called in ("list", "dict", "set", "bytearray")


METRIC = Metric(name="code_conventions", title="Code conventions kept", better="higher", score=score)
