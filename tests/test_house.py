"""The rules of the house (docs/architecture.md): who may import whom, and what may stand in no file."""

import ast
import re
import subprocess
import sys
import warnings
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from engine import registry

ROOT = Path(__file__).resolve().parent.parent
HEAVY = {"torch", "transformers", "trl", "peft", "accelerate", "bitsandbytes", "datasets", "evaluate", "safetensors"}
# A module may import engine modules of its own row or a lower one.
ROWS = (
    ("schema", "text", "registry"),
    ("atomic", "rundir"),
    ("data", "formats", "metrics", "models", "embedded", "packing", "stats"),
    ("training", "decoding"),
    ("methods", "evaluation", "compare"),
    ("worker",),
)
LIGHT = (
    "schema",
    "text",
    "sentences",
    "registry",
    "atomic",
    "rundir",
    "specs",
    "uploads",
    "launch",
    "chat",
    "compare",
    "items",
    "guards",
    "slices",
    "style",
    "verdict",
    "figures",
    "numbers",
    "markup",
    "charts",
    "diff",
    "examples",
    "stats",
    "auroc",
    "about",
    "history",
    "showcase",
    "storage",
    "trash",
    "cli_history",
    "kept",
    "results",
    "larger",
    "embedded",
    "cli",
    "cli_beside",
    "cli_report",
    "pictures",
    "listing",
    "terminal",
    "evaluate_name",
    "evaluate_metric",
    "remote",
    "remote_call",
    "remote_run",
    "votes",
    "vote_result",
    "blind",
    "sides",
    "talk",
    "pairs",
    "journal",
    "questions",
    "answers_csv",
    "harness",
    "harness_scores",
    "harness_tasks",
    "harness_table",
    "cli_export",
    "export",
    "export.code",
    "export.facts",
    "export.kind",
    "export.make",
    "export.process",
    "export.rows",
    "export.words",
)
LIGHT_PACKAGES = (
    *("engine.data", "engine.formats", "engine.metrics", "engine.methods", "engine.llm_judge", "engine.report"),
    "engine.export.kinds",
    "ui",
)
TEXT_SUFFIXES = {".py", ".md", ".yaml", ".yml", ".toml", ".txt", ".css", ".js", ".jsonl", ".csv", ".json", ".html", ""}
SKIPPED = {".git", "__pycache__", ".cache", ".pytest_cache", ".ruff_cache", ".hypothesis", "runs"}


def files() -> Iterator[Path]:
    """Every file of the project that is read as text."""
    folders = [ROOT]
    while folders:
        for path in sorted(folders.pop().iterdir()):
            if path.name in SKIPPED or path.name.startswith(".venv") or path.is_symlink():
                continue
            if path.is_dir():
                folders.append(path)
            elif path.suffix in TEXT_SUFFIXES and path != Path(__file__).resolve():
                yield path


@cache
def sources(*tops: str) -> list[Path]:
    return [path for path in files() if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in tops]


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def imported(nodes: Iterator[ast.AST]) -> set[str]:
    """The dotted names the import statements among `nodes` may load: `from a import b` gives both a and a.b."""
    names: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports name the whole path"
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def at_import(node: ast.AST) -> Iterator[ast.AST]:
    """What runs when the module is imported: everything but the bodies of functions and `if TYPE_CHECKING`."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(child, ast.If) and ast.unparse(child.test).endswith("TYPE_CHECKING"):
            continue
        yield child
        yield from at_import(child)


@cache
def loaded_at_import(path: Path) -> set[str]:
    return imported(at_import(tree(path)))


@cache
def ever_loaded(path: Path) -> set[str]:
    return imported(ast.walk(tree(path)))


def chain_to_heavy(module: str) -> list[str]:
    """The way by which importing `module` comes to a heavy library: [] where it does not."""
    ours = {module_name(path): path for path in sources("engine", "ui", "app.py")}
    ways, seen = [[module]], {module}
    while ways:
        way = ways.pop()
        if way[-1].split(".")[0] in HEAVY:
            return way
        if way[-1] not in ours:
            continue
        parents = {".".join(way[-1].split(".")[:depth]) for depth in range(1, way[-1].count(".") + 1)}
        for name in sorted((loaded_at_import(ours[way[-1]]) | parents) - seen):
            seen.add(name)
            ways.append([*way, name])
    return []


def row_of(module: str) -> int | None:
    room = module.split(".")[1] if module.startswith("engine.") else ""
    return next((number for number, rooms in enumerate(ROWS) if room in rooms), None)


def light_modules() -> list[str]:
    names = [module_name(path) for path in sources("engine", "ui", "app.py")]
    rooms = {f"engine.{name}" for name in LIGHT} | {"engine.__main__", "app"}
    return [name for name in names if name in rooms or name.startswith(LIGHT_PACKAGES)]


def test_the_rules_see_what_they_forbid(tmp_path):
    path = tmp_path / "room.py"
    path.write_text(
        "import a\nfrom b import c\nif True:\n    import d\nclass E:\n    import e\n"
        "def f():\n    import g\nif TYPE_CHECKING:\n    import h\n"
    )
    assert loaded_at_import(path) == {"a", "b", "b.c", "d", "e"}
    assert ever_loaded(path) == {"a", "b", "b.c", "d", "e", "g", "h"}
    assert chain_to_heavy("engine.models")[-1] in HEAVY
    assert row_of("engine.data.read") == row_of("engine.models") < row_of("engine.methods.lora")


@pytest.mark.parametrize("module", light_modules())
def test_importing_it_loads_no_heavy_library(module):
    assert chain_to_heavy(module) == []


def test_listing_every_member_loads_no_heavy_library():
    """The same rule, by experiment: what the page and the command line import when they start."""
    names = [name for name in light_modules() if name.startswith("engine.") and name != "engine.__main__"]
    code = f"import sys, {', '.join(names)}\nfrom engine import registry\n"
    code += "registry.methods(), registry.metrics(), registry.formats()\n"
    code += f"print(sorted(set(sys.modules) & {HEAVY!r}))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr


@pytest.mark.parametrize("path", sources("ui", "app.py"), ids=module_name)
def test_the_page_never_loads_a_heavy_library_not_even_in_a_function(path):
    assert {name.split(".")[0] for name in ever_loaded(path)} & HEAVY == set()


@pytest.mark.parametrize("path", sources("engine"), ids=module_name)
def test_engine_knows_neither_the_page_nor_the_presets(path):
    assert {name.split(".")[0] for name in ever_loaded(path)} & {"ui", "app", "gradio", "presets", "tests"} == set()


@pytest.mark.parametrize("path", sources("engine"), ids=module_name)
def test_a_room_uses_only_rooms_below_it(path):
    own = row_of(module_name(path))
    too_high = {name for name in ever_loaded(path) if own is not None and (row_of(name) or 0) > own}
    assert too_high == set()


@pytest.mark.parametrize("path", sources("engine", "ui", "app.py", "benchmarks"), ids=module_name)
def test_no_code_from_outside_is_run(path):
    """Models and data are never code: no remote code, no pickle, no torch.load."""
    assert {name.split(".")[0] for name in ever_loaded(path)} & {
        "pickle",
        "dill",
        "joblib",
        "shelve",
        "marshal",
    } == set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.keyword) and node.arg == "trust_remote_code":
            assert ast.unparse(node.value) == "False", f"line {node.value.lineno}"
        if isinstance(node, ast.Attribute):
            assert ast.unparse(node) not in ("torch.load", "torch.save"), f"line {node.lineno}"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in ("eval", "exec"), f"line {node.lineno}"


@pytest.mark.parametrize(
    "forbidden",
    [
        r"\b(TODO|FIXME|XXX|HACK)\b",
        r"(?<![\w./:-])/(work|tmp|root|home/\w+)(/|\b)",
        r"pythonhosted|\bpypi\.(org|python)|download\.pytorch|index-url",
    ],
    ids=["unfinished work", "a machine's paths", "a registry's host"],
)
def test_no_file_speaks_of(forbidden):
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:120]}"
        for path in files()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if re.search(forbidden, line)
    ]
    assert found == []


def test_every_member_of_a_registry_is_in_the_readme():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    members = [*registry.methods(), *registry.metrics(), *registry.formats()]
    members += [path.parent.name for path in ROOT.glob("presets/*/preset.yaml")]
    assert [name for name in members if f"`{name}`" not in readme] == []


def test_requirements_are_pinned():
    for name in ("requirements.txt", "requirements-test.txt"):
        lines = [line.split("#")[0].strip() for line in (ROOT / name).read_text().splitlines()]
        assert [line for line in lines if line and not re.fullmatch(r"[\w.-]+==[\w.]+", line)] == []


def test_files_are_small():
    """A warning, not a failure: a file that grows past 300 lines wants to be two."""
    for path in sources("engine", "ui", "app.py", "benchmarks"):
        lines = len(path.read_text(encoding="utf-8").splitlines())
        if lines > 300:
            warnings.warn(f"{path.relative_to(ROOT)} has {lines} lines", stacklevel=1)
