"""A judge's result in sentences, for page and terminal alike: what it says, how steady it is, whether it may count."""

from collections.abc import Mapping
from typing import Any

from engine import figures
from engine.text import text
from engine.verdict import Sentence

STEADY = 0.5  # the share of comparisons in which both orders must agree for the judge not to be called unsteady


def who(found: Mapping[str, Any], lang: str = "en") -> str:
    """The judge's name and where it runs."""
    judge = found["judge"]
    return text(f"judge.who.{judge['kind']}", lang, **{name: judge[name] for name in ("model", "host", "family")})


def trust(found: Mapping[str, Any], lang: str = "en") -> Sentence:
    """Whether its numbers may count: its agreement with the user's own votes, or why there is none yet."""
    known = found["agreement"]
    numbers = {name: _tau(known[name]) for name in ("tau", "low", "high")}
    key = "trusted" if known["trusted"] else f"not_trusted.{known['why']}"
    said = text(f"judge.{key}", lang, n=known["n"], least=known["least"], p=_p(known["p"]), **numbers)
    return {"text": said, "tone": "good" if known["trusted"] else "bad"}


def sentences(found: Mapping[str, Any], lang: str = "en") -> list[Sentence]:
    """All there is to say: whether it may count first, then each suite, then what to know of the judge."""
    said = [trust(found, lang)]
    for suite in found["suites"]:
        said += suite_sentences(suite, lang)
    return said + about(found, lang)


def suite_sentences(found: Mapping[str, Any], lang: str = "en") -> list[Sentence]:
    """What it says of one suite: who wins how often, at equal length too, how steady it is, what failed."""
    counts = {name: found[name] for name in ("base", "tie", "tuned", "failed", "n", "asked", "agreed", "identical")}
    opening = figures.suite_opening(found["suite"], lang)
    said: list[Sentence] = [_line(f"word.{found['word']}", "neutral", lang, opening=opening, **counts)]
    if found["rate"] is not None:
        said.append(_line("rate", "neutral", lang, rate=_percent(found["rate"]), interval=_interval(found, lang)))
        length = found["length"]
        key = f"length.{length['why']}" if "why" in length else "length.rate"
        said.append(_line(key, "neutral", lang, rate=_percent(length.get("rate"))))
    if found["illustrative"]:
        said.append({"text": text("sentence.illustrative", lang, n=found["n"]), "tone": "neutral"})
    if found["asked"]:
        steady = found["agreed"] >= STEADY * found["asked"]
        said.append(_line("steady" if steady else "unsteady", "neutral" if steady else "bad", lang, **counts))
    said += [_line("identical", "neutral", lang, **counts)] if found["identical"] else []
    said += [_line("failed", "bad", lang, all=found["n"] + found["failed"], **counts)] if found["failed"] else []
    return said


def about(found: Mapping[str, Any], lang: str = "en") -> list[Sentence]:
    """What to know of the judge: whether it is of another family, and that it decides nothing."""
    judge = found["judge"]
    said = []
    if judge["kind"] == "server":
        said.append(_line("family_unknown", "neutral", lang))
    elif judge["family"] == judge["base_family"] or judge["base_family"] is None:
        said.append(_line("same_family", "bad", lang, family=judge["family"]))
    return [*said, _line("decides_nothing", "neutral", lang)]


def _line(key: str, tone: str, lang: str, **values: Any) -> Sentence:
    return {"text": text(f"judge.{key}", lang, **values), "tone": tone}


def _percent(share: float | None) -> str:
    return "–" if share is None else figures.plain(100 * share)


def _interval(found: Mapping[str, Any], lang: str) -> str:
    if found["low"] is None:
        return "–"
    return text("unit.interval", lang, low=_percent(found["low"]), high=_percent(found["high"]))


def _tau(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}".replace("-", figures.MINUS)


def _p(value: float | None) -> str:
    return "–" if value is None else "< 0.001" if value < 0.001 else f"= {value:.3f}"
