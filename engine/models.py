"""Where a model comes from and how it is loaded: device, dtype, quantisation, adapter. Safetensors only."""

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from engine import chain, embedded, packing, placement, plain_template, registry
from engine.device import best_device, choose_dtype
from engine.schema import Message, Method, RunSpec, UserError
from engine.sources import source

# bitsandbytes gives four functions to torch.compile as it is imported, and peft imports it always. With torch's own
# backend that alone loads a whole compiler: a fifth of what it costs to start a process of ours.
torch.compiler.set_default_backend("eager")


@dataclass
class Loaded:
    """A model ready to answer: `model` may be a PeftModel, `core` is always the transformers model inside it."""

    model: Any
    tokenizer: Any
    device: str
    dtype: torch.dtype
    fingerprint: str
    packed: bool

    @property
    def core(self) -> Any:
        return self.model.get_base_model() if hasattr(self.model, "get_base_model") else self.model

    @contextmanager
    def base(self) -> Iterator[None]:
        """Inside, the adapter is off: the model is base."""
        prompt = getattr(self.core, "learnt_prompt", None)
        with self.model.disable_adapter():
            packing.use_learnt_prompt(self.core, None)
            try:
                yield
            finally:
                packing.use_learnt_prompt(self.core, prompt)

    @property
    def stop_tokens(self) -> list[int]:
        """The tokens that end an answer: the model's own and the tokenizer's end-of-turn."""
        own = self.core.generation_config.eos_token_id
        own = own if isinstance(own, list) else [own]
        return sorted({token for token in [*own, self.tokenizer.eos_token_id] if token is not None})


def load_tokenizer(model: str, *, revision: str | None = None) -> Any:
    """The model's tokenizer, with the plain chat template where it has none. Raises UserError where it cannot be had or
    has no token that ends a text."""
    from transformers import AutoTokenizer

    _make_whole(model)
    tokenizer = _from_pretrained(AutoTokenizer, model, revision=revision)
    if tokenizer.eos_token_id is None:
        raise UserError(f"{model} has no token that ends a text, so its answers could not end. Choose another model.")
    return plain_template.give(tokenizer)


def family(model: str, *, revision: str | None = None) -> str:
    """The family the model is of, as transformers names its architecture ("llama", "qwen2"). Raises UserError where it
    cannot be had."""
    from transformers import AutoConfig

    return _from_pretrained(AutoConfig, model, revision=revision).model_type


def load(
    model: str,
    *,
    revision: str | None = None,
    quantization: str = "",
    adapter: Path | None = None,
    merge: bool = False,
    dtype: torch.dtype | None = None,
) -> Loaded:
    """The model in evaluation mode, on the best device here. `quantization` is "" or "nf4", `dtype` else what is
    fastest here.

    With `adapter` the saved adapter is put on top; `merge` folds it into the weights, so that the tuned model runs
    the very same modules as base does. It is not done where weights are 4-bit or 16-bit: rounding what was learnt to
    so few digits would change the answers.
    """
    from transformers import AutoModelForCausalLM

    _make_whole(model)
    device = best_device()
    dtype = dtype or choose_dtype(device)
    options: dict[str, Any] = {"dtype": dtype, "use_safetensors": True}
    if quantization:
        options["quantization_config"] = _nf4(dtype)
    spread = device == "cuda" and _spread(model, revision, dtype, quantized=bool(quantization))
    if spread:
        options |= {"device_map": "auto", "max_memory": dict(enumerate(placement.free_bytes()))}
    elif quantization:
        options["device_map"] = {"": device}
    loaded = _from_pretrained(AutoModelForCausalLM, model, revision=revision, **options)
    if quantization:
        _keep_trainable(loaded)
    elif not spread:
        loaded = loaded.to(device)
    loaded.eval()
    packed = packing.adopt(loaded, _attentions(device, dtype, spread=spread))
    if adapter is not None:
        loaded = _with_adapter(loaded, adapter, merge=merge and dtype == torch.float32 and not quantization)
    tokenizer = load_tokenizer(model, revision=revision)
    return Loaded(loaded, tokenizer, device, dtype, fingerprint(model, revision, quantization, dtype), packed)


def _spread(model: str, revision: str | None, dtype: torch.dtype, *, quantized: bool) -> bool:
    """Whether the model has to be spread over several GPUs. Raises UserError where it fits on none."""
    from transformers import AutoConfig

    config = _from_pretrained(AutoConfig, model, revision=revision)
    need = placement.weights_bytes(config, dtype=dtype, quantized=quantized)
    return placement.spreads(placement.free_bytes(), home=torch.cuda.current_device(), need=need)


def _attentions(device: str, dtype: torch.dtype, *, spread: bool) -> tuple[str, ...]:
    from transformers.utils import is_flash_attn_2_available

    return placement.attentions(
        device=device,
        sixteen_bit=dtype in (torch.bfloat16, torch.float16),
        flash_attn=is_flash_attn_2_available(),
        spread=spread,
    )


def _make_whole(model: str) -> None:
    """For a run's model (run:ID), its folder of weights with what was learnt folded in, if it is not there yet.

    In fp32, so that nothing learnt is rounded away. What was learnt beside 4-bit weights is folded into the full ones.
    """
    run = chain.parent(model)
    if run is None or run.whole.exists() or not registry.method_of(run.spec()).adapter:
        return
    chain.check(model)
    spec = run.spec()
    whole = load(spec.model, revision=spec.revision, adapter=run.model, merge=True, dtype=torch.float32)
    building = run.whole.with_name(f".{run.whole.name}.{os.getpid()}.tmp")
    shutil.rmtree(building, ignore_errors=True)
    whole.core.save_pretrained(building, safe_serialization=True)
    whole.tokenizer.save_pretrained(building)
    try:
        os.replace(building, run.whole)
    except OSError:  # another process was first
        shutil.rmtree(building, ignore_errors=True)
        if not run.whole.exists():
            raise


def load_to_train(spec: RunSpec, method: Method) -> Loaded:
    """The model of a run, to be trained by `method`.

    Weights that are themselves trained are held in fp32 and computed with in `dtype` (mixed precision, Micikevicius
    2018, https://arxiv.org/abs/1710.03740; training.train.autocast): 16 bits would round most steps to nothing.
    """
    dtype = None if method.adapter else torch.float32
    found = load(spec.model, revision=spec.revision, quantization=method.quantization, dtype=dtype)
    return found if method.adapter else replace(found, dtype=choose_dtype(found.device))


def load_tuned(spec: RunSpec, folder: Path, *, quantization: str, adapter: bool, merge: bool = True) -> Loaded:
    """The tuned model of a run from its model/ folder: base with the adapter on it, or the weights themselves."""
    if adapter:
        merge = merge and registry.method_of(spec).folds
        return load(spec.model, revision=spec.revision, quantization=quantization, adapter=folder, merge=merge)
    return load(str(folder))


def _with_adapter(model: Any, adapter: Path, *, merge: bool) -> Any:
    from peft import PeftModel

    import engine.bottleneck  # noqa: F401 - makes the tuner known to peft, which else could not load what it saved

    with_adapter = PeftModel.from_pretrained(model, str(adapter), is_trainable=False).eval()
    return with_adapter.merge_and_unload().eval() if merge else stand_before(with_adapter)


def stand_before(model: Any) -> Any:
    """The PeftModel itself; a learnt prompt, if it has one, stands before every row from now on."""
    if model.active_peft_config.is_prompt_learning:
        name = model.active_adapter
        packing.use_learnt_prompt(model.get_base_model(), lambda: model.prompt_encoder[name].embedding.weight)
    return model


def _nf4(dtype: torch.dtype) -> Any:
    """NF4 with double quantisation, as in QLoRA (Dettmers 2023), https://arxiv.org/abs/2305.14314."""
    from transformers import BitsAndBytesConfig

    return BitsAndBytesConfig(
        load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True, bnb_4bit_compute_dtype=dtype
    )


def _keep_trainable(model: Any) -> None:
    """Keep bitsandbytes from repacking 4-bit weights on CPUs with AVX-512 bf16 the first time the model answers.

    The repacked weights have no backward: whatever is trained on them afterwards gets wrong gradients in silence.
    It also keeps answers and training on one arithmetic. Source: bitsandbytes 0.50.2, Linear4bit.forward.
    """
    for module in model.modules():
        if hasattr(module, "support_avx512bf16_for_cpu"):
            module.support_avx512bf16_for_cpu = False


def _from_pretrained(kind: Any, model: str, *, revision: str | None, **options: Any) -> Any:
    where = source(model)
    try:
        return kind.from_pretrained(where, revision=revision, trust_remote_code=False, **options)
    except (OSError, ValueError) as error:
        reason = str(error).strip().splitlines()[0][:300] if str(error).strip() else type(error).__name__
        raise UserError(
            f"The model '{model}' cannot be loaded: {reason} Check the name, give a local folder, or use the embedded "
            f"model {embedded.NAME}, which needs no model hub."
        ) from error


def fingerprint(model: str, revision: str | None, quantization: str, dtype: torch.dtype) -> str:
    """A text that changes when the weights do: the key under which base's answers are kept."""
    where = Path(source(model))
    return "|".join([str(where), str(revision), quantization, str(dtype), *weight_files(where)])


def weight_files(folder: Path) -> list[str]:
    """Name, size and time of each file of weights in a folder; none where there is no such folder."""
    files = [(file.name, file.stat()) for file in sorted(folder.glob("*.safetensors"))]
    return [f"{name}:{stat.st_size}:{stat.st_mtime_ns}" for name, stat in files]


def prompt_tokens(tokenizer: Any, prompt: Sequence[Message], system: str = "") -> list[int]:
    """The prompt as the model sees it, up to where its answer begins. Control tokens in the text stay plain text."""
    messages = [{"role": message.role, "content": message.content} for message in prompt]
    if system and (not messages or messages[0]["role"] != "system"):
        messages.insert(0, {"role": "system", "content": system})
    encoded = tokenizer.apply_chat_template(
        messages, add_generation_prompt=True, tokenize=True, return_dict=True, sanitize_control_tokens=True
    )
    return list(encoded["input_ids"])


def answer_tokens(tokenizer: Any, completion: str) -> list[int]:
    """The answer and the end-of-turn token after it: exactly the tokens the loss is taken on."""
    encoded = tokenizer(completion, add_special_tokens=False, split_special_tokens=True)
    return [*encoded["input_ids"], tokenizer.eos_token_id]
