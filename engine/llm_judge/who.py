"""Who judges: a model on a server or one on this machine, of another family than the model that is judged. No torch."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from engine import chain
from engine.llm_judge.prompt import TEMPLATE
from engine.remote_call import Server
from engine.rundir import Run
from engine.schema import UserError

MOST_REPLY_TOKENS = 8192


@dataclass(frozen=True)
class Judge:
    """A judge to be asked. `server` is None for a model on this machine; `family` is the model type transformers knows
    it by, None where that cannot be known; `weights` changes when a local model's weights do."""

    model: str
    server: Server | None
    family: str | None
    base_family: str | None
    same_family_allowed: bool
    reply_tokens: int
    weights: str = ""

    @property
    def key(self) -> str:
        """The name under which what it says is kept: another one for another judge or wording."""
        who = [self.server.url if self.server else "", self.model, self.weights, self.reply_tokens, TEMPLATE]
        return hashlib.sha256(json.dumps(who).encode()).hexdigest()[:16]

    def to_dict(self) -> dict[str, Any]:
        return {
            "kind": "server" if self.server else "local",
            "model": self.model,
            "url": self.server.url if self.server else None,
            "host": self.server.host if self.server else None,
            "family": self.family,
            "base_family": self.base_family,
            "same_family_allowed": self.same_family_allowed,
            "reply_tokens": self.reply_tokens,
        }


def on_server(run: Run, server: Server, *, same_family: bool = False, reply_tokens: int = 32) -> Judge:
    """The judge that the server holds. What family it is of cannot be known from here.

    Raises UserError where it goes by the name of the model the run began with, unless `same_family`.
    """
    _check_tokens(reply_tokens)
    base = _root(run.spec().model)
    if not same_family and _plain_name(server.model) == _plain_name(base):
        raise UserError(_refusal(f"'{server.model}' is the model this run began with"))
    return Judge(server.model, server, None, None, same_family, reply_tokens)


def on_this_machine(run: Run, model: str, *, same_family: bool = False, reply_tokens: int = 32) -> Judge:
    """The judge of that name, folder or Hub id on this machine.

    Raises UserError where it is of the family of the model the run began with, unless `same_family`, and as
    `models.load` where it cannot be had.
    """
    from engine import models
    from engine.device import best_device, choose_dtype

    _check_tokens(reply_tokens)
    spec = run.spec()
    family = models.family(_root(model))
    try:
        base_family = models.family(_root(spec.model), revision=None if chain.parent(spec.model) else spec.revision)
    except UserError:
        if not same_family:
            raise
        base_family = None
    if family == base_family and not same_family:
        raise UserError(_refusal(f"'{model[:200]}' is of the same family ({family}) as the model this run began with"))
    weights = models.fingerprint(model, None, "", choose_dtype(best_device()))
    return Judge(model, None, family, base_family, same_family, reply_tokens, weights)


def _refusal(what: str) -> str:
    return (
        f"{what}: models favour answers of their own kind, so the judge has to be of another family. Name another "
        "model, or give --same-family, which is then said beside the result."
    )


def _check_tokens(reply_tokens: int) -> None:
    if not 1 <= reply_tokens <= MOST_REPLY_TOKENS:
        raise UserError(f"--reply-tokens is {reply_tokens}; give 1 to {MOST_REPLY_TOKENS:,}.")


def _root(model: str) -> str:
    """The model that the first run of a chain began with; the model itself where it is of no run."""
    run = chain.parent(model)
    return _root(run.spec().model) if run else model


def _plain_name(model: str) -> str:
    """A model's name without owner, folders, case and signs: servers write SmolLM2-135M as smollm2:135m."""
    return "".join(char for char in model.rstrip("/").rsplit("/", 1)[-1].casefold() if char.isalnum())
