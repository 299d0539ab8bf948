"""The judge's two replies to each question: from a server, or from a model on this machine. No torch at import."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from engine import remote, remote_call
from engine.llm_judge.prompt import Question
from engine.llm_judge.who import Judge
from engine.schema import Output, UserError

GIVE_UP = 6  # requests in a row without an answer: the server, not a question, is the trouble
BATCH = 8  # questions asked of a local model at once, in both orders


@dataclass(frozen=True, slots=True)
class Replies:
    """What the judge said to one question in both orders; None for a reply that did not come, and `error` says why."""

    question: Question
    texts: tuple[str | None, str | None]
    error: str = ""


def ask(judge: Judge, questions: Sequence[Question]) -> Iterator[Replies | None]:
    """The replies as they come, and None now and then between them.

    Raises UserError where the model cannot be had, or where the server answers nothing at all.
    """
    return (_from_server if judge.server else _from_model)(judge, questions)


def _from_server(judge: Judge, questions: Sequence[Question]) -> Iterator[Replies | None]:
    server = judge.server
    bodies = {
        2 * at + order: remote.body(server, messages, judge.reply_tokens)
        for at, question in enumerate(questions)
        for order, messages in enumerate(question.orders)
    }
    got: dict[int, dict[int, Output | Exception]] = {}
    failed, answered = 0, False
    with remote_call.client(server) as client:
        for number, output in remote.answers(client, server, bodies):
            if output is None:
                yield None
                continue
            if isinstance(output, Exception) and not isinstance(output, UserError):
                raise output
            failed = failed + 1 if isinstance(output, UserError) else 0
            answered = answered or not failed
            at, order = divmod(number, 2)
            got.setdefault(at, {})[order] = output
            if failed >= GIVE_UP or (not answered and failed == len(bodies)):
                raise output
            if len(got[at]) == 2:
                yield _replies(questions[at], got.pop(at))


def _replies(question: Question, got: dict[int, Output | Exception]) -> Replies:
    texts = tuple(None if isinstance(got[order], Exception) else got[order].text for order in (0, 1))
    error = next((str(got[order]) for order in (0, 1) if isinstance(got[order], Exception)), "")
    return Replies(question, texts, error)


def _from_model(judge: Judge, questions: Sequence[Question]) -> Iterator[Replies | None]:
    from engine import models
    from engine.decoding import generate

    if not questions:
        return
    loaded = models.load(judge.model)
    longest = getattr(loaded.core.config, "max_position_embeddings", None)
    for first in range(0, len(questions), BATCH):
        part = questions[first : first + BATCH]
        prompts = [models.prompt_tokens(loaded.tokenizer, order) for question in part for order in question.orders]
        fits = [longest is None or len(prompt) + judge.reply_tokens <= longest for prompt in prompts]
        answers = generate(
            loaded,
            [prompt for prompt, good in zip(prompts, fits, strict=True) if good],
            max_new_tokens=judge.reply_tokens,
            batch_size=2 * BATCH,
        )
        said = iter(answers)
        texts = [next(said).text(loaded.tokenizer) if good else None for good in fits]
        for at, question in enumerate(part):
            whole = all(fits[2 * at : 2 * at + 2])
            error = "" if whole else f"too long for {judge.model[:200]}, which reads {longest:,} tokens"
            yield Replies(question, (texts[2 * at], texts[2 * at + 1]), error)
