"""A model card for the Hugging Face Hub: README.md with the result, the limits, and what it was trained on.

Source: https://huggingface.co/docs/hub/model-cards and, for `model-index`, huggingface_hub's EvalResult.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from engine import figures, registry, verdict
from engine.atomic import read_json, write_text
from engine.export import facts
from engine.export.kind import Kind
from engine.export.kinds import snippets
from engine.rundir import Run
from engine.schema import Progress
from engine.text import text


def write(run: Run, folder: Path, lang: str) -> Iterator[Progress]:
    """README.md."""
    write_text(folder / "README.md", card(run, lang))
    yield Progress("write", 1, 1)


def card(run: Run, lang: str) -> str:
    """The whole card: metadata, then the verdict, the table, what it was trained on, how it is used, its limits."""
    from huggingface_hub import ModelCard

    spec, found = run.spec(), run.comparison()
    report, training = (read_json(run.file(name), default={}) for name in ("report", "training"))
    base = facts.base(spec)
    way = registry.way(spec)
    parts = [f"# {_words(facts.title(run))}", _sentences(found, lang)]
    values = {"base": base.name, "method": _method(spec, lang), "run": run.id, "seed": spec.seed}
    parts.append(text("export.card.what", lang, **values))
    if base.note:
        parts.append(text(f"export.base.{base.note}", lang, base=base.name))
    parts += [_heading("results", lang), text("export.card.how", lang), table(found, lang), _untested(found, lang)]
    parts += [
        _heading("use", lang),
        f"```python\n{snippets.snippet(run, 'adapter' if _adapter(spec) else 'merged')}\n```",
    ]
    parts += [_heading("data", lang), _data(report, found.get("leakage") or {}, spec, lang)]
    parts += [_heading("training", lang), _training(spec, training, lang)]
    parts += [_heading("limits_title", lang), text("export.card.limits", lang)]
    content = "\n\n".join(part for part in parts if part) + "\n"
    made = ModelCard(f"---\n{metadata(run, way).to_yaml()}\n---\n\n{content}", ignore_metadata_errors=False)
    return str(made)


def metadata(run: Run, way: str) -> Any:
    """The card's metadata, as huggingface_hub checks it: every judged figure of the tuned model in `model-index`."""
    from huggingface_hub import EvalResult, ModelCardData

    spec, found = run.spec(), run.comparison()
    results = [
        EvalResult(
            task_type="text-generation",
            dataset_type="private",
            dataset_name=figures.suite_title(change["suite"], "en"),
            dataset_config=change["suite"],
            dataset_split="test",
            metric_type=change["metric"],
            metric_name=figures.metric_title(change["metric"], "en"),
            metric_value=round(change["after"], 6),
            metric_args={"n": change["n"], "base_model_value": round(change["before"], 6)},
        )
        for change in found["changes"]
        if change["n"] and change["after"] is not None and change["before"] is not None
    ]
    base = facts.base(spec)
    return ModelCardData(
        base_model=base.name if base.note in ("", "embedded") else None,
        library_name="transformers" if way == "full" else "peft",
        license=facts.LICENCES.get(spec.model),
        pipeline_tag="text-generation",
        tags=[tag for tag in (spec.method, "fine-tuned", "kurabe") if tag],
        model_name=facts.title(run),
        eval_results=results or None,
    )


def table(found: Mapping[str, Any], lang: str) -> str:
    """The before/after table in Markdown."""
    columns = verdict.columns(lang)
    signed = [row | {"verdict": f"{row['sign']} {row['verdict']}"} for row in verdict.table(found, lang)]
    rows = [[row[key] for key in columns] for row in signed]
    lines = [list(columns.values()), ["---"] * len(columns), *rows]
    return "\n".join(_line(cells) for cells in lines)


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(_words(cell) for cell in cells) + " |"


def _words(words: str) -> str:
    r"""Words that no Markdown reader takes for anything else.

    >>> print(_words("a|b <i>"))
    a\|b &lt;i>
    """
    return re.sub(r"([\\|`*_\[\]])", r"\\\1", facts.one_line(words, 300)).replace("<", "&lt;")


def _sentences(found: Mapping[str, Any], lang: str) -> str:
    said = [_words(sentence["text"]) for sentence in verdict.sentences(found, lang)]
    return f"**{_words(verdict.headline(found, lang))}**\n\n" + "\n".join(f"- {words}" for words in said)


def _untested(found: Mapping[str, Any], lang: str) -> str:
    return "\n".join(f"- {_words(words)}" for words in verdict.not_measured(found, lang))


def _heading(name: str, lang: str) -> str:
    return f"## {text(f'export.card.{name}', lang)}"


def _method(spec: Any, lang: str) -> str:
    way, title = registry.way(spec), text(f"page.method.{spec.method}.title", lang)
    return title if way == spec.method else f"{title} ({text(f'page.method.{way}.title', lang)})"


def _adapter(spec: Any) -> bool:
    return registry.method_of(spec).adapter


def _data(report: Mapping[str, Any], leakage: Mapping[str, Any], spec: Any, lang: str) -> str:
    """How many rows there were, what became of them, and which files they came from, by hash."""
    said = {name: f"{report.get(name, 0):,}" for name in ("rows", "accepted", "fixed", "dropped")}
    splits = {name: f"{n:,}" for name, n in report.get("splits", {}).items()}
    file, hash = Path(spec.data.train.path).name, spec.data.train.sha256[:16] or "-"
    lines = [text("export.card.rows", lang, **said, file=_words(file), hash=hash)]
    if splits:
        lines.append(text("export.card.splits", lang, **splits))
    if suites := leakage.get("suites"):
        leaked, n = (sum(suite[key] for suite in suites.values()) for key in ("leaked", "n"))
        lines.append(text("export.card.leakage", lang, leaked=leaked, n=n))
    return "\n\n".join(lines)


def _training(spec: Any, training: Mapping[str, Any], lang: str) -> str:
    """Settings, cost and versions as a list."""
    shown = {key: training[key] for key in ("trainable_parameters", "steps", "best_step", "tokens", "dtype", "device")
             if training.get(key) is not None}  # fmt: skip
    lines = [f"- {key}: {value:,}" if isinstance(value, int) else f"- {key}: {value}" for key, value in shown.items()]
    if training.get("train_seconds"):
        lines.append(f"- train_seconds: {training['train_seconds']:.0f}")
    settings = ", ".join(f"`{key}={value}`" for key, value in spec.settings.items())
    return "\n".join(lines) + f"\n\n{text('export.card.settings', lang)} {settings}, `seed={spec.seed}`"


KIND = Kind("card", write, needs="result")
