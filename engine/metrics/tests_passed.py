"""Does the code do what it should? It is run, shut in, and only where a person asked for it: KURABE_RUN_CODE=1."""

import ast
import doctest
import re
from functools import lru_cache

from engine.metrics import _sandbox
from engine.metrics._code import is_python, source, tree
from engine.metrics._words import generated
from engine.schema import Example, Metric, Output

MOST_LINES = 20  # of one assert

_QUOTES = re.compile(r"\"\"\"|'''|```")


def tests_of(example: Example) -> str:
    """The item's tests as source: asserts and doctest examples of the prompt (MBPP, Austin 2021; HumanEval, Chen 2021)
    and those of the reference, which the model does not see. Empty where there is none.

    >>> from engine.schema import Message
    >>> tests_of(Example("x", (Message("user", "Write f.\\nassert f(1) == 2\\nThanks"),), ""))
    'assert f(1) == 2'
    """
    prompt = "\n".join(message.content for message in example.prompt)
    code = source(example.completion, example) or ""
    asserts = [*_asserts(prompt), *(ast.unparse(node) for node in tree(code).body if isinstance(node, ast.Assert))]
    shown = "\n".join(filter(None, (_doctests(prompt), _doctests(code))))
    lines = list(dict.fromkeys(asserts))
    if shown:
        lines += ["import doctest as _d", f"_t = _d.DocTestParser().get_doctest({shown!r}, globals(), 't', None, 0)"]
        lines.append("assert not _d.DocTestRunner(verbose=False).run(_t, out=str).failed")
    return "\n".join(lines)


def score(output: Output, example: Example) -> float | None:
    """1.0 where the answer's code passes all the item's tests (pass@1, greedy), else 0.0.

    None, and nothing is run, without KURABE_RUN_CODE=1, where this machine cannot shut a program in, where there are no
    tests, and where the reference does not pass them here (it may need a library: the sandbox has Python's own alone).
    Tests in the prompt can be learnt by heart: only the reference's own are unseen.
    """
    if not _sandbox.allowed() or not generated(output, example) or not is_python(example):
        return None
    tests = tests_of(example)
    if not tests or not _sandbox.ready() or not _passes(source(example.completion, example) or "", tests):
        return None
    code = source(output.text, example)
    passed = _passes(code, tests) if code else False
    return None if passed is None else float(passed)


@lru_cache(maxsize=4096)
def _passes(code: str, tests: str) -> bool | None:
    return _sandbox.run(code, tests)


def _asserts(text: str) -> list[str]:
    lines, found = text.splitlines(), []
    for at, line in enumerate(lines):
        if not line.lstrip().startswith("assert "):
            continue
        tries = ("\n".join([line.lstrip(), *lines[at + 1 : last]]) for last in range(at + 1, at + 1 + MOST_LINES))
        found += [ast.unparse(parsed) for parsed in map(tree, tries) if parsed][:1]
    return found


def _doctests(text: str) -> str:
    text = _QUOTES.sub("\n", text)  # else the end of a docstring is taken for output
    try:
        examples = doctest.DocTestParser().get_examples(text)
    except ValueError:  # not written as doctest wants it
        return ""
    return "\n".join(_shown(each) for each in examples)


def _shown(example: doctest.Example) -> str:
    first, *rest = example.source.splitlines()
    return "\n".join([f">>> {first}", *(f"... {line}" for line in rest), example.want.rstrip("\n")])


METRIC = Metric(name="tests_passed", title="Tests passed", better="higher", score=score, binary=True)
