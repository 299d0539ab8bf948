"""Hours, and what they cost at a price that the reader names: none is assumed."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.numbers import big, duration, figure, size
from engine.report.blocks import Block, facts, lines, table
from engine.schema import UserError
from engine.text import text

MOST_CURRENCY = 12  # characters
KEPT = 0.9  # base's stage took less than this share of the seconds its answers took: an earlier run had asked it


@dataclass(frozen=True)
class Price:
    """What an hour of the machine costs."""

    per_hour: float
    currency: str

    def of(self, seconds: float) -> str:
        """What so many seconds cost, with the currency."""
        return f"{figure(self.per_hour * seconds / 3600)} {self.currency}"


def price(per_hour: float | None, currency: str) -> Price | None:
    """The price, None where none is given. Raises UserError where one of the two is missing or cannot be."""
    currency = currency.strip()
    if per_hour is None:
        if currency:
            raise UserError("A currency without a price: give the price of an hour too (--price 1.20).")
        return None
    if not math.isfinite(per_hour) or per_hour < 0:
        raise UserError(f"The price of an hour is {per_hour}: give a number of at least 0, such as 1.20.")
    if not currency or len(currency) > MOST_CURRENCY or not currency.isprintable():
        raise UserError(f"Name the currency of the price, such as USD or JPY, in at most {MOST_CURRENCY} characters.")
    return Price(per_hour, currency)


def blocks(
    found: Mapping[str, Any], seconds: Mapping[str, float], lang: str, *, rate: Price | None, asked_seconds: float
) -> list[Block | None]:
    """What the run took and what its answers take. `seconds` are those of each stage, `asked_seconds` how long the
    untrained model's answers took when they were given."""
    spent, total = found["efficiency"], sum(seconds.values())
    said = [text("report.cost.priced", lang, price=f"{figure(rate.per_hour)} {rate.currency}")] if rate else []
    said += [] if rate else [text("report.cost.no_price", lang)]
    if seconds.get("base", 0) < KEPT * asked_seconds:
        said.append(text("report.cost.base_kept", lang, time=duration(asked_seconds, lang)))
    return [
        facts(_training(spent, total, lang, rate)),
        _stages(seconds, total, lang, rate),
        _answers(spent, lang, rate),
        lines([*said, text("report.cost.measured", lang)]),
    ]


def _training(spent: Mapping[str, Any], total: float, lang: str, rate: Price | None) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    if total:
        shown["total"] = (duration(total, lang), text("report.cost.hours", lang, n=figure(total / 3600)))
        if rate:
            shown["price"] = (rate.of(total), "")
    if spent.get("trainable_percent") is not None:
        share = figure(spent["trainable_percent"])
        of = text("page.forecast.of_total", lang, percent=share, total=big(spent["total_parameters"]))
        shown["parameters"] = (big(spent["trainable_parameters"]), of)
    drawn = {
        "train_seconds": duration(spent.get("train_seconds"), lang),
        "tokens_per_second": figure(spent.get("tokens_per_second")),
        "peak_bytes": size(spent.get("peak_bytes")),
        "base_bytes": size(spent.get("base_bytes")),
        "adapter_bytes": size(spent.get("adapter_bytes")),
    }
    shown |= {name: (value, "") for name, value in drawn.items() if spent.get(name) is not None}
    named = {"price": text("report.cost.price", lang)}
    return {named.get(name) or text(f"page.result.cost.{name}", lang): value for name, value in shown.items()}


def _stages(seconds: Mapping[str, float], total: float, lang: str, rate: Price | None) -> Block | None:
    if not total:
        return None
    header = [text("report.cost.stage", lang), text("report.cost.time", lang), text("report.cost.share", lang)]
    rows = [
        [text(f"page.stage.{name}.title", lang), duration(taken, lang), f"{figure(100 * taken / total, 2)} %"]
        + ([rate.of(taken)] if rate else [])
        for name, taken in seconds.items()
    ]
    header += [text("report.cost.price", lang)] if rate else []
    return table(header, rows, caption=text("report.cost.stages", lang), numeric=range(1, len(header)))


def _answers(spent: Mapping[str, Any], lang: str, rate: Price | None) -> Block | None:
    """Speed and length of the answers, before and after, and what a thousand like them cost."""
    rows = []
    for arm in ("base", "tuned"):
        told = spent.get(arm)
        if not told or not told["items"]:
            continue
        each = told["seconds"] / told["items"]
        row = [text(f"page.arm.{arm}", lang), figure(told["items"]), figure(told["tokens"] / told["items"])]
        row += [figure(told["truncated"]), text("report.cost.seconds", lang, n=figure(each))]
        row += [text("report.cost.hours", lang, n=figure(1000 * each / 3600))]
        rows.append(row + ([rate.of(1000 * each)] if rate else []))
    keys = ("arm", "answers", "tokens", "cut", "each", "thousand", *(["thousand_price"] if rate else []))
    header = [text(f"report.cost.{key}", lang) for key in keys]
    return table(header, rows, caption=text("report.cost.answering", lang), numeric=range(1, len(header)))
