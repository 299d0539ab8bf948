"""A conversation with two sides: what both were asked, how, and what each said. No torch.

The page holds one and sends it back, so every field is checked as if it came from a stranger.
"""

from pydantic import Field, ValidationError

from engine import chat, sides
from engine.chat import MAX_NEW_TOKENS, MAX_SEED, Asked
from engine.schema import Frozen, UserError
from engine.sides import MAX_CHARACTERS, MAX_TURNS

MAX_ANSWER = 100_000  # characters; 2,048 tokens are fewer


class Said(Frozen):
    """One side's answer. `seconds` are those on the clock until it ended, both sides at work."""

    text: str = Field(max_length=MAX_ANSWER)
    tokens: int = Field(0, ge=0)
    seconds: float = Field(0.0, ge=0)
    done: bool = True
    truncated: bool = False


class Turn(Frozen):
    question: str = Field(min_length=1, max_length=MAX_CHARACTERS)
    answers: tuple[Said, Said]


class Draw(Frozen):
    """How both sides answer: greedy at temperature 0, else drawn with the same random numbers on both."""

    max_new_tokens: int = Field(128, ge=1, le=MAX_NEW_TOKENS)
    temperature: float = Field(0.0, ge=0, le=2)
    top_p: float = Field(1.0, ge=0.01, le=1)
    seed: int = Field(0, ge=0, le=MAX_SEED)


class Talk(Frozen):
    sides: tuple[str, str]
    system: str = Field("", max_length=MAX_CHARACTERS)
    draw: Draw = Draw()
    turns: tuple[Turn, ...] = Field((), max_length=MAX_TURNS)

    def follows(self, earlier: "Talk") -> bool:
        """Whether it goes on where `earlier` stopped: the same sides under the same system prompt."""
        return (self.sides, self.system) == (earlier.sides, earlier.system)


def talk(**values: object) -> Talk:
    """The conversation with these values. Raises UserError naming the field that cannot be."""
    try:
        return Talk.model_validate(values)
    except ValidationError as problem:
        raise _said(problem) from None


def read(text: str) -> Talk | None:
    """The conversation that a page sent back; None where it has none. Raises UserError for one that cannot be."""
    try:
        return Talk.model_validate_json(text) if text else None
    except ValidationError as problem:
        raise _said(problem) from None


def _said(problem: ValidationError) -> UserError:
    error = problem.errors()[0]
    field = ".".join(str(part) for part in error["loc"]) or "conversation"
    return UserError(f"{field}: {error['msg']}.")


def asked(talk: Talk, questions: list[str], *, owner: str = "") -> Asked:
    """The questions to both sides, each after the turns there were. Raises UserError as `sides.side` and
    `sides.conversation`."""
    both = tuple(sides.side(key) for key in talk.sides)
    columns = []
    for at, side in enumerate(both):
        earlier = [(turn.question, turn.answers[at].text) for turn in talk.turns]
        conversations = [sides.conversation(earlier, question) for question in questions]
        columns.append(sides.prompts(side, conversations, system=talk.system))
    return chat.Asked(both, list(zip(*columns, strict=True)), **talk.draw.model_dump(), owner=owner)
