"""The page: the frame, the steps as tabs, and what makes an address, a reload and a restarted server show the same."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import gradio as gr

from engine import chain, launch, rundir, showcase, uploads
from engine.rundir import Run
from engine.schema import DataSpec, RunSpec, Source, UserError
from engine.sentences import told
from engine.text import LANGUAGES, text
from ui import frame, guide, history, method_view, runs, server, side_by_side_view, theme, usecases
from ui.events import PICK, QUICK, slow
from ui.frame import ADDRESS, STEPS, Frame
from ui.html import notice, waiting
from ui.method_choice import recommended
from ui.tabs import compare, method, result, take_home, train, use_case, vote

TICK_SECONDS = 2


@dataclass(frozen=True)
class Page:
    frame: Frame
    tabs: gr.Tabs
    steps: dict[str, gr.Tab]
    use_case: use_case.Tab
    method: method.Tab
    train: train.Tab
    result: result.Tab
    compare: compare.Tab
    take_home: take_home.Tab


def build_app() -> gr.Blocks:
    """The page in every language: English at /, Japanese at /ja."""
    with gr.Blocks(title=text("page.browser_title", "en"), analytics_enabled=False, delete_cache=(3600, 3600)) as app:
        bind(build("en"), app)
    for lang in LANGUAGES[1:]:
        with app.route(text("page.browser_title", lang), f"/{lang}", show_in_navbar=False):
            bind(build(lang), app)
    return app.queue(default_concurrency_limit=8, max_size=100, api_open=False)


def serve(place: server.Place) -> None:
    """Serve the page until Ctrl-C."""
    looks = {"theme": theme.theme(), "css": theme.css(), "head": theme.head()}
    app = build_app()
    app.launch(**server.launch_options(place), **looks, prevent_thread_lock=True)
    print(f"Kurabe is at http://{place.host}:{place.port}", flush=True)
    app.block_thread()


def build(lang: str) -> Page:
    """Lay the page out in one language."""
    parts: list[Any] = []
    steps: dict[str, gr.Tab] = {}
    held = frame.build(lang)
    with gr.Tabs(selected="use_case", elem_id="k-steps") as tabs:
        for step, room in zip(STEPS, (use_case, method, train, result, compare, take_home), strict=True):
            with gr.Tab(text(f"page.step.{step}", lang), id=step, elem_id=f"k-step-{step}") as steps[step]:
                parts.append(room.build(lang))
    return Page(held, tabs, steps, *parts)


def fast_outputs(page: Page) -> list[Any]:
    """What follows a run while it goes on: the list of runs, the title line, the training step."""
    return [page.frame.side, page.frame.head, *train.outputs(page.train)]


def fast(run: Run | None, run_id: str, lang: str) -> list[Any]:
    return [runs.sidebar(run_id, lang), runs.header(run, lang), *train.show(run, lang)]


def full_outputs(page: Page) -> list[Any]:
    """What changes when another run is opened or a run's state changes."""
    return [
        page.frame.seen,
        *train.button_outputs(page.train),
        *result.outputs(page.result),
        *compare.outputs(page.compare),
        *take_home.outputs(page.take_home),
    ]


def full(run: Run | None, lang: str, link: Mapping[str, str] | None = None) -> list[Any]:
    seen = signature(run)  # first: what changes while the screens are drawn is then seen at the next look
    shown = [*train.show_buttons(run), *result.show(run, lang), *compare.show(run, lang, link)]
    return [seen, *shown, *take_home.show(run, lang)]


def signature(run: Run | None) -> str:
    """Run and state in a word: the page is sent whole when it changes, and not otherwise."""
    return f"{run.id}:{rundir.state(run)}:{runs.comparison(run) is not None}" if run else "none"


def open_outputs(page: Page) -> list[Any]:
    held = [page.frame.run, page.frame.step, page.tabs]
    draft = [*use_case.chosen_outputs(page.use_case), *method.chosen_outputs(page.method)]
    return [*held, *fast_outputs(page), *full_outputs(page), *draft, *method.fill_outputs(page.method)]


def opened(
    run_id: str, step: str, lang: str, case: str = "", like: str = "", link: Mapping[str, str] | None = None
) -> list[Any]:
    """Everything for an address: the run's screens, and in the form for a next run its settings, those of the run
    `like`, or the use case that is named. `link` is what the address says to ask side by side."""
    run = runs.find(run_id)
    shown = run.id if run else ""
    step = frame.wanted_step(step, run)
    held = [shown, step, gr.update(selected=step)]
    return [*held, *fast(run, shown, lang), *full(run, lang, link), *draft_of(run or runs.find(like), lang, case)]


def draft_of(run: Run | None, lang: str, case: str = "") -> list[Any]:
    """The choices and fields of the use case named, else as the run had them, else of the first use case."""
    if run and not case:
        return data_chosen(usecases.of_run(run.id), runs.spec(run), lang)
    name = usecases.meant(case, lang)
    return data_chosen(name, blank(name), lang)


def blank(name: str) -> RunSpec:
    """What the form begins with for a use case; nothing is filled in for a file of one's own."""
    known = usecases.presets().get(name)
    return known.run if known else RunSpec(data=DataSpec(train=Source(path="")), method=recommended(()))


def data_chosen(name: str, spec: RunSpec, lang: str) -> list[Any]:
    """Everything that follows from a choice of data: its card, the methods that fit it, and the fields as in `spec`."""
    kinds = usecases.kinds(spec.data.train)
    return [*use_case.chosen(name, lang), *method.chosen(spec.method, kinds, lang), *method.fill(spec)]


def pick_data(lang: str, model: str, event: gr.EventData) -> list[Any]:
    """A use case's card, or the other language of its rows, was clicked: its own method and settings come with it. A
    file of one's own begins blank.

    A run's model to be trained further stays chosen.
    """
    pick = str(event._data["pick"])
    name = pick if pick in usecases.presets() else usecases.OWN
    spec = blank(name)
    if model.startswith(chain.PREFIX):
        spec = spec.model_copy(update={"model": model})
    return data_chosen(name, spec, lang)


def go_on(run_id: str) -> list[Any]:
    """Choose what to train the open run's model on next: the first step, and its model in the form."""
    run = runs.find(run_id)
    return [*go("use_case"), chain.name(run) if run else gr.skip()]


def learn_votes(lang: str, run_id: str, suite: str) -> list[Any]:
    """What the votes on the open run prefer, as the data of a next run in the form: DPO that starts from its model."""
    run = runs.find(run_id)
    file = vote.pairs_file(run, suite or "") if run else None
    token = uploads.keep([file]) if file else ""
    train_on = Source(path=str(uploads.find(token)) if token else "", format="preference")
    spec = blank(usecases.OWN).model_copy(update={"data": DataSpec(train=train_on), "method": "dpo"})
    drawn = data_chosen(usecases.OWN, spec.model_copy(update={"model": chain.name(run)}) if run else spec, lang)
    if not token:
        return skips([*go("use_case"), *drawn, token, *use_case.no_file(lang)])
    return [*go("use_case"), *drawn, token, *use_case.of_file(token, lang)]


def learn_outputs(page: Page) -> list[Any]:
    draft = [*use_case.chosen_outputs(page.use_case), *method.chosen_outputs(page.method)]
    draft += [*method.fill_outputs(page.method), *use_case.file_outputs(page.use_case)]
    return [page.tabs, page.frame.step, *draft]


def load(lang: str, request: gr.Request) -> list[Any]:
    """A page was opened: its address says which run and which step."""
    query = request.query_params
    run, step, case, like = (str(query.get(name) or "") for name in ("run", "step", "case", "like"))
    if showcase.on() and not (run or step or case or like) and (newest := runs.newest_finished()):
        run = newest.id
    link = {name: str(query.get(name) or "") for name in ("q", "left", "right", "part")}
    return opened(run, step, lang, case, like, link)


def pick_run(lang: str, event: gr.EventData) -> list[Any]:
    """A run of a list, or a new one. Clicks that ask for something else are answered elsewhere."""
    pick = str(event._data["pick"])
    run = runs.find(pick.removeprefix("open="))
    if run is None and pick != "new":
        return skips(opened("", "", lang))
    step = "train" if run and rundir.state(run) != "done" else ""
    return opened(run.id if run else "", step, lang)


def duplicate(lang: str, event: gr.EventData) -> list[Any]:
    """A new run is to begin with the data and settings of another: a word on that, and the form filled."""
    verb, _, run_id = str(event._data["pick"]).partition("=")
    run = runs.find(run_id)
    if verb != "like" or run is None:
        return [gr.skip(), *skips(opened("", "", lang))]
    said = notice(text("history.like_help", lang, title=runs.title(run, lang)))
    return [said, *opened("", "method", lang, like=run.id)]


@cache
def sizes(lang: str) -> tuple[int, int]:
    """How many values `fast` and `full` give: told once, since every look of every page needs it."""
    return len(fast(None, "", lang)), len(full(None, lang))


def tick(lang: str, run_id: str, step: str, seen: str) -> list[Any]:
    """What changed since the last look; the whole of a run's screens only when its state changed.

    Nothing while `seen` is empty: the page is still being filled, and it is not known yet which run is open.
    """
    few, many = sizes(lang)
    if not seen:
        return [gr.skip()] * (2 + few + many)
    run = runs.find(run_id)
    now = signature(run)
    rest = [gr.skip()] * many if now == seen else [now, *full(run, lang)[1:]]  # what came since: the next look
    finished = run is not None and step == "train" and now != seen and now.endswith(":done:True")
    ahead = go("result") if finished and seen.startswith(run.id) else (gr.skip(), gr.skip())
    return [*ahead, *fast(run, run_id, lang), *rest]


def skips(values: Sequence[Any]) -> list[Any]:
    """As many "leave it as it is" as there are values."""
    return [gr.skip() for _ in values]


def start(lang: str, *values: Any) -> Iterator[list[Any]]:
    """Start the draft as a run and show it training; a draft that cannot be is explained beside the button."""
    unchanged = skips(opened("", "", lang))
    yield [waiting(text("page.method.starting", lang)), *unchanged]
    try:
        run = launch.start(method.spec_of(lang, values))
    except UserError as problem:
        yield [method_view.problem(told(problem, lang), lang), *unchanged]
        return
    yield ["", *opened(run.id, "train", lang)]


def go(step: str) -> tuple[Any, str]:
    """Show a step."""
    return gr.update(selected=step), step


def bind(page: Page, app: gr.Blocks) -> None:
    """Wire the steps to each other."""
    held = page.frame
    everything, data = open_outputs(page), use_case.draft_inputs(page.use_case)
    look = use_case.preview_event(page.use_case, held)
    app.load(load, held.lang, everything, **QUICK).then(**look)
    for listed in (held.side, held.history.table, held.history.about):
        listed.click(pick_run, held.lang, everything, **PICK).then(**look)
    for offered in (held.head, held.history.about):
        offered.click(duplicate, held.lang, [page.method.message, *everything], **QUICK).then(**look)
    app.load(history.load, held.lang, history.opened(held.history), **QUICK)
    app.load(guide.load, held.lang, held.guide, **QUICK).then(None, js="() => kurabeGuide()")
    history.bind(held.history, held)
    side_by_side_view.bind(held, app)
    here = gr.State("use_case")
    page.steps["use_case"].select(**use_case.preview_event(page.use_case, held, step=here))
    page.method.start.click(
        start, [held.lang, *data, *method.draft_inputs(page.method)], [page.method.message, *everything], **slow(8)
    )
    timer = gr.Timer(TICK_SECONDS)
    timer.tick(
        tick,
        [held.lang, held.run, held.step, held.seen],
        [page.tabs, held.step, *fast_outputs(page), *full_outputs(page)],
        **QUICK,
    )
    for tab in page.steps.values():
        tab.select(None, None, held.step, js=frame.SHOWN_STEP, **QUICK)
    address = [held.run, held.step, held.seen, page.use_case.name]
    for changed in address:
        changed.change(None, address, None, js=ADDRESS, **QUICK)
    for button, step in (
        (page.use_case.next, "method"),
        (page.train.result, "result"),
        (page.result.ask, "compare"),
    ):
        button.click(go, gr.State(step), [page.tabs, held.step], **QUICK)
    page.result.go_on.click(go_on, held.run, [page.tabs, held.step, page.method.model], **QUICK)
    learnt = page.compare.vote.train.click(
        learn_votes, [held.lang, held.run, page.compare.vote.suite], learn_outputs(page), **QUICK
    )
    learnt.then(**look)
    use_case.bind(page.use_case, held, method.suited_event(page.method, held, data))
    draft = [*use_case.chosen_outputs(page.use_case), *method.chosen_outputs(page.method)]
    draft += method.fill_outputs(page.method)
    for picked in (page.use_case.cards, page.use_case.about):
        shown = picked.click(pick_data, [held.lang, page.method.model], draft, **PICK)
        shown.then(None, js=use_case.TO_CASE).then(**look)
    method.bind(page.method, held, data)
    train.bind(page.train, held)
    result.bind(page.result, held)
    compare.bind(page.compare, held)
    take_home.bind(page.take_home, held)
