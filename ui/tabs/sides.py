"""A part of Compare: which two sides are asked, under which system prompt, and how they answer."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from engine import rundir, sides
from engine.rundir import Run
from engine.schema import UserError
from engine.sides import Side
from engine.talk import Talk, talk
from engine.text import text
from ui import compare_view as view
from ui import runs
from ui.compare_view import Head
from ui.events import QUICK
from ui.frame import Frame
from ui.html import area

MOST_OTHERS = 40  # other runs to choose from, the newest
LONGEST_ANSWER = 1024


@dataclass(frozen=True)
class Sides:
    row: gr.Row
    left: gr.Dropdown
    right: gr.Dropdown
    decoding: gr.HTML
    options: gr.Accordion
    system: gr.Textbox
    temperature: gr.Slider
    top_p: gr.Slider
    length: gr.Slider
    seed: gr.Number


def build_choice(lang: str) -> tuple[gr.Row, gr.Dropdown, gr.Dropdown]:
    """The two dropdowns."""
    with gr.Row(elem_classes="k-sides", elem_id="k-sides") as row:
        both = [
            gr.Dropdown([], label=text(f"page.compare.{side}", lang), interactive=True, min_width=160,
                        elem_id=f"k-side-{side}")
            for side in ("left", "right")
        ]  # fmt: skip
    for one in both:  # a restarted server does not know the choices that a page was given; the engine checks the value
        one.preprocess = lambda payload: payload
    return row, *both


def build_options(lang: str) -> tuple[Any, ...]:
    """How both answer, in a sentence, and folded what can be set."""
    decoding = area(view.decoding({"temperature": 0}, lang))
    with gr.Accordion(text("page.compare.options", lang), open=False, elem_classes="k-accordion") as options:
        system = gr.Textbox(label=text("page.compare.system", lang), info=text("page.compare.system_help", lang),
                            lines=2, max_lines=8, max_length=sides.MAX_CHARACTERS, elem_id="k-system")  # fmt: skip
        with gr.Row(elem_classes="k-fields"):
            temperature = gr.Slider(0, 2, value=0, step=0.05, **_named("temperature", lang))
            top_p = gr.Slider(0.05, 1, value=1, step=0.05, **_named("top_p", lang))
        with gr.Row(elem_classes="k-fields"):
            length = gr.Slider(8, LONGEST_ANSWER, value=128, step=8, **_named("length", lang))
            seed = gr.Number(0, precision=0, minimum=0, **_named("seed", lang))
    return decoding, options, system, temperature, top_p, length, seed


def _named(name: str, lang: str) -> dict[str, str]:
    return {"label": text(f"page.compare.{name}", lang), "info": text(f"page.compare.{name}_help", lang)}


def inputs(part: Sides) -> list[Any]:
    """What `wanted` takes, in its order."""
    return [part.left, part.right, part.system, part.temperature, part.top_p, part.length, part.seed]


def wanted(left: Any, right: Any, system: Any, temperature: Any, top_p: Any, length: Any, seed: Any) -> Talk:
    """A conversation with the chosen sides that nobody has begun. Raises UserError naming the field that cannot be."""
    draw = {"temperature": temperature, "top_p": top_p, "max_new_tokens": length, "seed": seed}
    return talk(sides=(left or "", right or ""), system=system or "", draw=draw)


def outputs(part: Sides) -> list[Any]:
    return [part.left, part.right, part.system]


def show(run: Run | None, lang: str, *, left: str = "", right: str = "") -> list[Any]:
    """What may stand on each side, and what stands there: base and tuned of the run, or what a link says."""
    if run is None:
        return [gr.update(choices=[], value=None)] * 2 + [""]
    there = choices(run, lang)
    keys = [key for _, key in there]
    first = {"left": f"{run.id}:{sides.BASE}", "right": f"{run.id}:{sides.TUNED}"}
    chosen = [word if word in keys else first[name] for name, word in (("left", left), ("right", right))]
    return [*(gr.update(choices=there, value=key) for key in chosen), runs.spec(run).system]


def choices(run: Run, lang: str) -> list[tuple[str, str]]:
    """(label, key) of every side: the run's own, then the tuned models of other runs, newest first, and the base models
    that this run does not have."""
    found = [*sides.of(run)]
    bases = {sides.weights(found[0])}
    others = (other for other in rundir.all_runs() if other.id != run.id and other.file("training").exists())
    for other, _ in zip(others, range(MOST_OTHERS), strict=False):
        try:
            base, tuned = Side(other, sides.BASE), Side(other, sides.TUNED)
            weights = sides.weights(base)
            found += [tuned] if weights in bases else [tuned, base]
            bases.add(weights)
        except (UserError, ValueError, OSError):  # from a later version, or being deleted
            continue
    labels = [_label(one, run, lang) for one in found]
    often = Counter(labels)
    return [
        (f"{label} · {one.run.id[-6:]}" if often[label] > 1 else label, one.key)
        for label, one in zip(labels, found, strict=True)
    ]


def _label(side: Side, run: Run, lang: str) -> str:
    title = _title(side, lang)
    return title if side.run.id == run.id else f"{title}: {_of_run(side.run, lang)}"


def _title(side: Side, lang: str) -> str:
    if side.arm.startswith(sides.EARLIER):
        return text("page.items.earlier", lang, model=runs.short_model(sides.weights(side).model))
    return text(f"page.arm.{side.arm}", lang)


def _of_run(run: Run, lang: str) -> str:
    return f"{runs.title(run, lang)} · {runs.short_method(runs.spec(run).method, lang)} · {runs.when(run.id)}"


def heads(run: Run, keys: Sequence[str], lang: str) -> list[Head]:
    """What stands above the panes of two sides of the open run, or of others."""
    found = []
    for key in keys:
        side = sides.side(key)
        own = f"page.arm.{side.arm}_help"
        known = side.run.id == run.id and side.arm in (sides.BASE, sides.PROMPTED, sides.TUNED)
        found.append(Head(_title(side, lang), text(own, lang) if known else _of_run(side.run, lang), side.trained))
    return found


def proof_kind(keys: Sequence[str]) -> str:
    """How base is told to be base for these sides: see compare_view.proof."""
    both = [sides.side(key) for key in keys]
    if all(side.trained for side in both):
        return "none"
    return "adapter" if any(sides.weights(side).adapter for side in both) else "full"


def said(lang: str, temperature: Any, top_p: Any, seed: Any) -> str:
    """The sentence on how both answer, for what the sliders say now."""
    return view.decoding({"temperature": temperature or 0, "top_p": top_p, "seed": seed}, lang)


def bind(part: Sides, frame: Frame) -> None:
    drawn = [part.temperature, part.top_p, part.seed]
    gr.on(
        [one.change for one in drawn],
        said,
        [frame.lang, *drawn],
        part.decoding,
        trigger_mode="always_last",
        **QUICK,
    )
