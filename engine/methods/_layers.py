"""What the layers of a model are called: the same part has other names in other families of models."""

from typing import Any

from engine.schema import UserError

ATTENTION_OUTPUT = ("o_proj", "out_proj", "attn.c_proj", "attention.dense", "self_attn.dense", "self_attention.dense")
ATTENTION = ("q_proj", "k_proj", "v_proj", "qkv_proj", "c_attn", "query_key_value", *ATTENTION_OUTPUT)
KEYS_AND_VALUES = ("k_proj", "v_proj")
FEED_FORWARD_OUTPUT = ("down_proj", "mlp.c_proj", "fc2", "dense_4h_to_h")
FEED_FORWARD = ("gate_proj", "up_proj", "gate_up_proj", "c_fc", "fc1", "dense_h_to_4h", *FEED_FORWARD_OUTPUT)


def present(model: Any, names: tuple[str, ...], *, part: str) -> list[str]:
    """Those of `names` that end the name of a module of the model. `part` says in words what is looked for.

    Raises UserError where there is none: the method cannot be used on this model.
    """
    modules = [f".{name}" for name, _ in model.named_modules()]
    found = [name for name in names if any(module.endswith(f".{name}") for module in modules)]
    if not found:
        kind = getattr(getattr(model, "config", None), "model_type", type(model).__name__)
        raise UserError(
            f"The {part} of this model ({kind}) was not found: no layer is called {', '.join(names)}. "
            "Choose LoRA on all linear layers, or another model."
        )
    return found
