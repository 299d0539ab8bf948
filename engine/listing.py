"""What there is, as plain data: runs, methods, use cases, metrics, formats. The command line prints it."""

from typing import Any

from engine import atomic, history, registry, specs
from engine.history import Entry
from engine.rundir import Run


def summary(found: Entry) -> dict[str, Any]:
    """A run in one line; `title` is the name it was given, else its spec's; `seconds` what its stages took so far;
    `verdict` is None until the run is done, then better, better_but, worse, cannot_tell, ...
    """
    names = ("state", "use_case", "method", "model", "verdict", "seconds", "note", "archived")
    called = {"title": found.renamed or found.title, "date": found.date, "tags": list(found.tags)}
    return {"run": found.run, **{name: getattr(found, name) for name in names}, **called}


def details(run: Run) -> dict[str, Any]:
    """All there is to say about a run, ready for JSON."""
    from engine.llm_judge import result as judged  # it brings scipy, which a list of runs does without

    return summary(history.entry(run)) | {
        "path": str(run.path),
        "spec": run.spec().model_dump(mode="json"),
        "status": run.status(),
        "comparison": run.comparison(),
        "judge": judged.read(run),
        "benchmarks": atomic.read_json(run.file("harness")),
    }


def methods() -> list[dict[str, Any]]:
    """Every method with its settings: their bounds, defaults and descriptions."""
    return [
        {"name": method.name, "title": method.title, "summary": method.summary, "paper": method.paper}
        | {"needs": method.needs, "settings": method.Settings.model_json_schema()["properties"]}
        for method in registry.methods().values()
    ]


def presets() -> list[dict[str, Any]]:
    """Every use case that ships with the project."""
    return [
        {"name": preset.name, "title": preset.title["en"], "summary": preset.summary["en"], "minutes": preset.minutes}
        for preset in specs.all_presets().values()
    ]


def metrics() -> list[dict[str, Any]]:
    """Every metric, which direction is good, and the smallest difference worth a verdict."""
    return [
        {"name": metric.name, "title": metric.title, "better": metric.better, "minimum": metric.minimum}
        | {"unit": metric.unit}
        for metric in registry.metrics().values()
    ]


def formats() -> list[dict[str, Any]]:
    """Every row shape, the fields it needs, and the column names each field is known by."""
    return [
        {"name": shape.name, "title": shape.title, "required": list(shape.required)}
        | {"fields": {field: list(names) for field, names in shape.fields.items()}}
        for shape in registry.formats().values()
    ]
