"""The script as a Jupyter notebook, a cell a section; its rows beside it."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from engine.atomic import write_json
from engine.export.code import code, why_not
from engine.export.kind import Kind
from engine.export.kinds.script import beside
from engine.rundir import Run
from engine.schema import Progress


def write(run: Run, folder: Path, lang: str) -> Iterator[Progress]:
    """train.ipynb and what it needs."""
    write_json(folder / "train.ipynb", notebook(code(run)))
    yield from beside(run, folder, lang, start="jupyter lab train.ipynb")


def notebook(script: str) -> dict[str, Any]:
    """A notebook (nbformat 4.5) of a script whose cells begin with "# %% heading"; its docstring is the first text.

    Source: https://nbformat.readthedocs.io/en/latest/format_description.html
    """
    before, *sections = re.split(r"^# %% (.+)\n", script, flags=re.MULTILINE)
    title, _, rest = before.strip().strip('"').strip().partition("\n\n")
    cells = [_cell("markdown", f"# {title}\n\n{rest.strip()}", 0)]
    for at, (heading, body) in enumerate(zip(sections[::2], sections[1::2], strict=True), 1):
        cells += [_cell("markdown", f"## {heading}", 2 * at - 1), _cell("code", body.strip(), 2 * at)]
    python = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return {
        "cells": cells,
        "metadata": {"kernelspec": python, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def _cell(kind: str, source: str, number: int) -> dict[str, Any]:
    cell = {"cell_type": kind, "id": f"cell-{number}", "metadata": {}, "source": source.splitlines(keepends=True)}
    return cell | ({"execution_count": None, "outputs": []} if kind == "code" else {})


KIND = Kind("notebook", write, needs="data", refuses=why_not)
