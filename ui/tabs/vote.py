"""A part of Compare: the blind vote on a run's two answers, what it adds up to, the votes as pairs to learn from."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr

from engine import atomic, blind, rundir
from engine.blind import WORDS
from engine.rundir import Run
from engine.schema import UserError
from engine.sentences import told
from engine.text import text
from ui import runs
from ui import vote_view as view
from ui.events import QUICK
from ui.frame import Frame
from ui.html import area, esc, heading, notice, tag

TO_BALLOT = "() => kurabeShow('k-ballot')"


@dataclass(frozen=True)
class Vote:
    name: gr.Textbox
    suite: gr.Dropdown
    begin: gr.Button
    message: gr.HTML
    ballot: gr.HTML
    voter: gr.Textbox  # whose ballot is shown
    at: gr.Textbox  # which paper of it
    reveal: gr.Button
    result: gr.HTML
    pairs: gr.Row
    download: gr.DownloadButton
    train: gr.Button


def build(lang: str) -> Vote:
    area(heading(text("page.vote.title", lang), text("page.vote.help", lang)))
    with gr.Row(elem_classes="k-fields k-vote-begin"):
        name = gr.Textbox(label=text("page.vote.name", lang), info=text("page.vote.name_help", lang), max_length=80,
                          elem_id="k-voter")  # fmt: skip
        suite = gr.Dropdown([], label=text("page.vote.suite", lang), info=text("page.vote.suite_help", lang),
                            interactive=True, elem_id="k-vote-suite")  # fmt: skip
        begin = gr.Button(text("page.vote.begin", lang), variant="primary", scale=0, min_width=120, elem_id="k-begin")
    message, ballot = area(), area(elem_id="k-ballot")
    held = gr.Textbox(visible="hidden"), gr.Textbox(visible="hidden")
    with gr.Row(elem_classes="k-actions"):
        reveal = gr.Button(text("page.vote.reveal", lang), visible=False, scale=0, min_width=120, elem_id="k-reveal")
    result = area(elem_id="k-vote-result")
    with gr.Row(elem_classes="k-actions", visible=False) as pairs:
        small = {"scale": 0, "min_width": 120}
        download = gr.DownloadButton(text("page.vote.download", lang), elem_id="k-vote-pairs", **small)
        train = gr.Button(text("page.vote.train", lang), variant="primary", elem_id="k-vote-train", **small)
        area(tag("p", esc(text("page.vote.train_help", lang)), cls="k-muted"))
    return Vote(name, suite, begin, message, ballot, *held, reveal, result, pairs, download, train)


def outputs(part: Vote) -> list[Any]:
    return [part.suite, *shown_outputs(part)]


def shown_outputs(part: Vote) -> list[Any]:
    """What a vote changes."""
    return [part.message, part.ballot, part.voter, part.at, part.reveal, part.result, part.pairs, part.download]


def show(run: Run | None, lang: str) -> list[Any]:
    """Before anybody votes: which tests there are."""
    names = blind.suites(run) if run else []
    suite = gr.update(choices=view.suite_choices(names, lang), value=names[0] if names else None)
    return [suite, *_nothing()]


def _nothing(message: str = "") -> list[Any]:
    return [message, "", "", "", gr.update(visible=False), "", gr.update(visible=False), None]


def begin(lang: str, run_id: str, name: str, suite: str) -> list[Any]:
    """The voter's ballot where it was left; the result where all is voted."""
    run = runs.find(run_id)
    try:
        if run is None or not (name or "").strip():
            raise UserError(text("page.vote.no_name", lang))
        found = blind.ballot(run, name, suite or "")
    except UserError as problem:
        return _nothing(notice(told(problem, lang), tone="bad"))
    if found.papers and found.next is None:
        return _revealed(run, name, suite, lang)
    return _paper(found, name.strip(), found.next or 0, lang)


def _paper(found: blind.Ballot, voter: str, at: int, lang: str) -> list[Any]:
    shown = gr.update(visible=bool(found.voted))
    return ["", view.paper(found, at, lang), voter, str(at), shown, "", gr.update(visible=False), None]


def pick(lang: str, run_id: str, suite: str, voter: str, at: str, event: gr.EventData) -> list[Any]:
    """A vote, or the way to the paper before or after."""
    run, word = runs.find(run_id), str(event._data["pick"])
    try:
        if run is None or not at.isdecimal():
            raise UserError(text("page.vote.no_name", lang))
        place = int(at)
        if word in WORDS:
            blind.cast(run, voter, suite, place, word)
        found = blind.ballot(run, voter, suite)
    except UserError as problem:
        return _nothing(notice(told(problem, lang), tone="bad"))
    if word in WORDS and found.next is None:
        return _revealed(run, voter, suite, lang)
    if word in WORDS:
        later = (at for at in range(place + 1, len(found.papers)) if found.papers[at].voted is None)
        place = next(later, found.next)
    else:
        place += {"back": -1, "skip": 1}.get(word, 0)
    return _paper(found, voter, min(max(place, 0), len(found.papers) - 1), lang)


def reveal(lang: str, run_id: str, suite: str, voter: str) -> list[Any]:
    """The names, though not all is voted; Begin goes on where the voter was."""
    run = runs.find(run_id)
    try:
        return _nothing() if run is None else _revealed(run, voter, suite, lang)
    except UserError as problem:
        return _nothing(notice(told(problem, lang), tone="bad"))


def _revealed(run: Run, voter: str, suite: str, lang: str) -> list[Any]:
    from engine import vote_result  # it brings scipy, which the page starts without

    found = blind.ballot(run, voter, suite)
    own = vote_result.result(run, suite=suite, voter=voter.strip())
    drawn = view.result(own, vote_result.result(run, suite=suite), found, lang)
    file = pairs_file(run, suite)
    pairs = gr.update(visible=file is not None)
    return ["", "", voter, "", gr.update(visible=False), drawn, pairs, None if file is None else str(file)]


def pairs_file(run: Run, suite: str) -> Path | None:
    """The votes on a suite as preference pairs, where the page may be given them from; None where nobody preferred
    anything."""
    from engine import vote_result

    content = vote_result.preferences_jsonl(run, suite=suite)
    if not content:
        return None
    folder = Path(os.environ.get("GRADIO_TEMP_DIR") or rundir.home() / "cache" / "gradio") / run.id
    path = folder / f"kurabe-{run.id}-votes.jsonl"
    atomic.write_text(path, content)
    return path


def bind(part: Vote, frame: Frame) -> None:
    shown, where = shown_outputs(part), [frame.lang, frame.run, part.suite]
    start = [frame.lang, frame.run, part.name, part.suite]
    gr.on([part.begin.click, part.name.submit], begin, start, shown, **QUICK).then(None, js=TO_BALLOT)
    part.suite.input(lambda: _nothing(), None, shown, **QUICK)
    part.ballot.click(pick, [*where, part.voter, part.at], shown, **QUICK)
    part.reveal.click(reveal, [*where, part.voter], shown, **QUICK)
