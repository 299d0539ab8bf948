"""What may stand on a side of a comparison, which weights it needs, and what it is asked. No torch.

A side is an arm of a finished run: base, base with instructions and examples, tuned, or an earlier model of its chain.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from engine import arms, chain, registry, rundir
from engine.rundir import Run
from engine.schema import Example, Message, UserError

BASE, PROMPTED, TUNED, EARLIER = "base", "prompted", "tuned", "earlier-"
MAX_CHARACTERS = 8000  # of one turn, and of the system prompt
MAX_TURNS = 40


@dataclass(frozen=True, slots=True)
class Side:
    """One arm of one run: base, prompted, tuned, or earlier-0, earlier-1, ... (the chain's first model first)."""

    run: Run
    arm: str

    @property
    def key(self) -> str:
        """The word a page, a link and a kept pair know it by."""
        return f"{self.run.id}:{self.arm}"

    @property
    def trained(self) -> bool:
        """Whether it is what the run trained."""
        return self.arm == TUNED


@dataclass(frozen=True, slots=True)
class Weights:
    """What has to be loaded for a side: a model, and the adapter on it, if any."""

    model: str
    revision: str | None
    quantization: str
    adapter: Path | None = None


def side(key: str) -> Side:
    """The side of that key. Raises UserError where there is none: no such run, not trained yet, no such arm."""
    run_id, _, arm = str(key).partition(":")
    run = rundir.open_run(run_id)
    if not run.file("training").exists():
        raise UserError(f"Run {run.id} has no trained model yet. Wait until its training is done, or choose another.")
    found = Side(run, arm)
    if found not in of(run):
        raise UserError(f"Run {run.id} has no side '{arm[:40]}'. It has: {', '.join(one.arm for one in of(run))}.")
    return found


def of(run: Run) -> list[Side]:
    """The sides of a trained run: base, prompted where its rows are questions with answers, earlier models, tuned."""
    earlier = [f"{EARLIER}{at}" for at in range(len(chain.earlier(run.spec())))]
    prompted = [PROMPTED] if run.file("prompted").exists() else []
    return [Side(run, arm) for arm in (BASE, *prompted, *earlier, TUNED)]


def weights(side: Side) -> Weights:
    """What is to be loaded for it: the very files its run was measured with."""
    spec = side.run.spec()
    method = registry.method_of(spec)
    if side.arm == TUNED and not method.adapter:
        return Weights(str(side.run.model), None, "")
    if side.arm.startswith(EARLIER):
        return Weights(*chain.earlier(spec)[int(side.arm.removeprefix(EARLIER))], method.quantization)
    adapter = side.run.model if side.arm == TUNED else None
    return Weights(spec.model, spec.revision, method.quantization, adapter)


def prompts(side: Side, conversations: Sequence[Sequence[Message]], *, system: str) -> list[tuple[Message, ...]]:
    """What this side is given for each conversation, which ends with the user's turn: the same for all sides, but that
    prompted base has the run's instructions and examples in front, by the rule of the run's own test."""
    if side.arm == PROMPTED:
        items = [Example(id="", prompt=tuple(turns), completion="") for turns in conversations]
        spec = side.run.spec().model_copy(update={"system": system})
        return [item.prompt for item in arms.prompted(items, side.run.examples("train"), spec=spec)]
    opening = (Message("system", system),) if system else ()
    return [(*opening, *turns) for turns in conversations]


def plain(question: str) -> str:
    """The question without white space around it, and without what no text may hold: half a character."""
    return question.encode("utf-8", "replace").decode("utf-8").strip()


def conversation(earlier: Sequence[tuple[str, str]], question: str) -> tuple[Message, ...]:
    """The turns of a conversation that asks `question` after `earlier` questions with this side's own answers.

    Raises UserError for an empty or over-long turn, or too many of them.
    """
    question = plain(question)
    if not question:
        raise UserError("The question is empty. Type one, or choose an example.")
    if len(earlier) >= MAX_TURNS:
        raise UserError(f"This conversation has {len(earlier)} turns, the most there can be. Begin a new one.")
    for words in (question, *(asked for asked, _ in earlier)):
        if len(words) > MAX_CHARACTERS:
            raise UserError(
                f"The question has {len(words):,} characters; at most {MAX_CHARACTERS:,} are taken. Shorten it."
            )
    turns = [message for asked, said in earlier for message in (Message("user", asked), Message("assistant", said))]
    return (*turns, Message("user", question))
