"""Result: did it help?"""

from dataclasses import dataclass
from typing import Any

import gradio as gr

from engine.rundir import Run
from ui import runs
from ui.frame import Frame
from ui.html import area


@dataclass(frozen=True)
class Tab:
    verdict: gr.HTML


def build(lang: str) -> Tab:
    return Tab(area())


def outputs(tab: Tab) -> list[Any]:
    return [tab.verdict]


def show(run: Run | None, lang: str) -> list[Any]:
    return [""]


def bind(tab: Tab, frame: Frame) -> None:
    pass
