"""A section of Take home: the report as one file, in a language, a format and at a price of one's choice."""

from dataclasses import dataclass
from typing import Any

import gradio as gr

from engine import report as reports
from engine.schema import UserError
from engine.sentences import told
from engine.text import LANGUAGES, text
from ui import downloads, runs
from ui.events import slow
from ui.frame import LANGUAGE_NAMES, Frame
from ui.html import area, heading, notice

FETCH = "(file) => { if (file) kurabeFetch('k-report-file'); }"


@dataclass(frozen=True)
class Report:
    body: gr.Column
    language: gr.Radio
    format: gr.Radio
    price: gr.Textbox
    currency: gr.Textbox
    make: gr.Button
    message: gr.HTML
    file: gr.DownloadButton


def build(lang: str) -> Report:
    with gr.Column(visible=False) as body:
        area(heading(text("export.report.title", lang), text("export.report.help", lang)))
        with gr.Row(elem_classes="k-report-fields"):
            languages = [(LANGUAGE_NAMES[code], code) for code in LANGUAGES]
            language = gr.Radio(languages, value=lang, label=text("export.report.language", lang))
            formats = [(text(f"export.report.{name}", lang), name) for name in reports.FORMATS]
            format = gr.Radio(formats, value=reports.FORMATS[0], label=text("export.report.format", lang))
            price = gr.Textbox(
                label=text("export.report.price", lang),
                info=text("export.report.price_help", lang),
                placeholder=text("export.report.price_like", lang),
                max_length=20,
                elem_id="k-report-price",
            )
            currency = gr.Textbox(
                text("export.report.usual", lang), max_length=8, label=text("export.report.currency", lang)
            )
        with gr.Row(elem_classes="k-actions"):
            make = gr.Button(
                text("export.report.make", lang), variant="primary", scale=0, min_width=180, elem_id="k-report"
            )
        message = area()
        file = gr.DownloadButton("", visible="hidden", elem_id="k-report-file")
    return Report(body, language, format, price, currency, make, message, file)


def outputs(part: Report) -> list[Any]:
    return [part.body, part.message]


def show(finished: bool) -> list[Any]:
    """Only a finished run has a report."""
    return [gr.update(visible=finished), ""]


def write(lang: str, run_id: str, language: str, format: str, price: str, currency: str) -> list[Any]:
    """The report in a file that the browser then fetches; what is wrong in words."""
    run = runs.find(run_id)
    if run is None:
        return ["", None]
    try:
        path = downloads.place(f"kurabe-{run.id}-report-{language}.{format}")
        made = reports.write(run, path, lang=language, format=format, **costs(price, currency, lang))
    except UserError as problem:
        return [notice(told(problem, lang), tone="bad"), None]
    return [notice(text("export.report.made", lang, name=made.name), tone="good"), str(made)]


def costs(price: str, currency: str, lang: str) -> dict[str, Any]:
    """What an hour costs, nothing where the field is empty. Raises UserError for what is no number."""
    if not price.strip():
        return {}
    try:
        return {"price": float(price.strip().replace(",", ".")), "currency": currency}
    except ValueError:
        raise UserError(text("export.report.price_wrong", lang)) from None


def bind(part: Report, frame: Frame) -> None:
    asked = [frame.lang, frame.run, part.language, part.format, part.price, part.currency]
    part.make.click(write, asked, [part.message, part.file], **slow(4)).then(None, part.file, None, js=FETCH)
