"""Continued pretraining: the next token of plain documents, to take in a subject's language."""

from engine.methods import _through
from engine.methods._sft import sft_task
from engine.registry import attach_through
from engine.schema import Method
from engine.training.settings import batch_field


class Settings(_through.Settings):
    batch_size: int = batch_field(2, "Documents per step. Higher: steadier, more memory, fewer steps.")

    @classmethod
    def _rates(cls) -> dict[str, float]:
        return {"lora": 1e-3, "qlora": 1e-3, "adapter": 1e-3, "full": 5e-5}


METHOD = Method(
    name="continued_pretraining",
    title="Continued pretraining",
    summary="Goes on with what made the model: guessing the next word, now in your documents. Takes in their language; "
    "it does not learn to answer questions about them.",
    paper="https://arxiv.org/abs/2004.10964",
    needs=("text",),
    Settings=Settings,
    attach=attach_through,
    task=sft_task,
    through=_through.WAYS,
)
