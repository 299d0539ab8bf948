"""Rows of tokens laid out so that nothing is computed twice: no padding, and common beginnings only once.

All rows of a batch share the system prompt, and the choices of a question share the question. A causal model gives
the same hidden state for the same beginning, so the batch is a tree of tokens: one position per distinct beginning.
The linear layers, where the time goes, see those positions alone; attention gathers each row from the tree.
Exact up to rounding; `adopt` checks a model against its plain forward before it is trusted.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from os.path import commonprefix

import torch
from torch.nn.functional import scaled_dot_product_attention
from transformers import AttentionInterface

from engine import placement
from engine.cache import Cache, Step, step_attention

ATTENTION = placement.PACKED
UNKNOWN = ("softcap", "s_aux")  # attention variants this file does not compute
LEAST_COMMON = 64  # tokens: what fewer cost in each row's attention is less than what it takes to part them


@dataclass
class Packed:
    """A batch as a tree. T positions in the tree, B rows, L the longest row.

    tokens, depth: (T,) the token and its place in its row. rows: (B, L) the position of each row's tokens, 0 beyond
    its end. owner: (T,) for each position one flat index into (B, L) that holds it. lengths: (B,). The first `common`
    positions are what all rows begin with, where that is LEAST_COMMON tokens or more; 0 else.
    """

    tokens: torch.Tensor
    depth: torch.Tensor
    rows: torch.Tensor
    owner: torch.Tensor
    lengths: torch.Tensor
    common: int = 0
    keep: Cache | None = None

    @property
    def row_tokens(self) -> int:
        """How many tokens the rows hold; `tokens` holds fewer where rows begin alike."""
        return int(self.lengths.sum())


def pack(rows: Sequence[Sequence[int]], *, share: bool = True, device: torch.device | str = "cpu") -> Packed:
    """The rows as a tree of tokens. With `share` off no two rows have a position in common.

    >>> packed = pack([[1, 2, 3], [1, 2, 4, 5]])
    >>> packed.tokens.tolist(), packed.rows.tolist()
    ([1, 2, 3, 4, 5], [[0, 1, 2, 0], [0, 1, 3, 4]])
    """
    longest = max(len(row) for row in rows)
    place: dict[tuple[int, int], int] = {}
    tokens, depth, owner, index = [], [], [], []
    for number, row in enumerate(rows):
        parent, path = -1 if share else -1 - number, []
        for at, token in enumerate(row):
            key = (parent, token)
            if key not in place:
                place[key] = len(tokens)
                tokens.append(token)
                depth.append(at)
                owner.append(number * longest + at)
            parent = place[key]
            path.append(parent)
        index.append(path + [0] * (longest - len(row)))
    as_tensor = lambda values: torch.tensor(values, device=device)  # noqa: E731
    lengths = as_tensor([len(row) for row in rows])
    common = beginning(rows) if share else 0
    return Packed(as_tensor(tokens), as_tensor(depth), as_tensor(index), as_tensor(owner), lengths, common)


def beginning(rows: Sequence[Sequence[int]]) -> int:
    """How many tokens all rows begin with, each having at least one of its own after them; 0 if too few to be worth it.

    >>> beginning([[7] * 80 + [1], [7] * 80 + [2, 3]]), beginning([[7, 1], [7, 2, 3]])
    (80, 0)
    """
    common = min(len(commonprefix(rows)), min(map(len, rows)) - 1)
    return common if len(rows) > 1 and common >= LEAST_COMMON else 0


def packed_attention(module, query, key, value, attention_mask, *, scaling, layout=None, dropout=0.0, **kwargs):
    """Attention over a Packed or a Step, for transformers' AttentionInterface. query: (1, H, T, D) or (B, H, 1, D)."""
    if layout is None or kwargs.get("sliding_window") or any(kwargs.get(name) is not None for name in UNKNOWN):
        raise ValueError("This model's attention cannot be packed.")
    if isinstance(layout, Step):
        return step_attention(module, query, key, value, layout=layout, scaling=scaling), None
    batch, longest = layout.rows.shape
    common, own = layout.common, longest - layout.common

    def rows_of(states: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:  # (1, H, T, D), (B, L) -> (B, H, L, D)
        heads, width = states.shape[1], states.shape[3]
        by_position = states[0].transpose(0, 1).reshape(-1, heads * width)
        return by_position.index_select(0, rows.reshape(-1)).view(*rows.shape, heads, width).transpose(1, 2)

    begin = [states[:, :, :common] for states in (query, key, value)]
    query = rows_of(query, layout.rows[:, common:])
    key, value = rows_of(key, layout.rows), rows_of(value, layout.rows)
    if layout.keep is not None:
        layout.keep.fill(module.layer_idx, key, value)
    # Rows end in padding and attention is causal, so no real token ever sees the padding: no mask is needed for that.
    as_ours = {"scale": scaling, "enable_gqa": True}
    if not common:
        out = scaled_dot_product_attention(query, key, value, is_causal=True, **as_ours)
        return _positions(out, layout.owner), None
    # What all rows begin with attends to itself, once; the own tokens of a row to all that is before them.
    before = torch.ones(own, longest, dtype=torch.bool, device=query.device).tril(common)
    out = scaled_dot_product_attention(query, key, value, attn_mask=before, **as_ours)
    row, at = layout.owner[common:] // longest, layout.owner[common:] % longest
    begin = scaled_dot_product_attention(*begin, is_causal=True, **as_ours).transpose(1, 2)
    return torch.cat([begin, _positions(out, row * own + at - common)], dim=1), None


def _positions(rows: torch.Tensor, owner: torch.Tensor) -> torch.Tensor:
    """What rows (B, H, L, D) hold for each position that owner (T,) finds in (B, L): (1, T, H, D)."""
    batch, heads, length, width = rows.shape
    flat = rows.transpose(1, 2).reshape(batch * length, heads * width)
    return flat.index_select(0, owner).view(1, len(owner), heads, width)


AttentionInterface.register(ATTENTION, packed_attention)


def hidden_states(model: torch.nn.Module, packed: Packed, *, noise: float = 0.0) -> torch.Tensor:
    """The last hidden state of every position, (T, hidden), with gradients where the model has them on.

    A model that has not taken to packed attention computes the padded rows instead: the same result, more work.
    `noise` is NEFTune's alpha: uniform noise of size alpha / sqrt(tokens of the row x width) on the embeddings
    (Jain et al. 2023, https://arxiv.org/abs/2310.05914).
    """
    backbone = model.get_decoder()
    packs = model.config._attn_implementation == ATTENTION
    lay_out = (lambda values: values[None]) if packs else (lambda values: values[packed.rows])
    given = inputs(model, packed.tokens)
    if noise:
        states = embed(model, packed.tokens)
        lengths = packed.lengths[packed.owner // packed.rows.shape[1]]
        size = noise / (lengths * states.shape[1]).sqrt()
        given = {"inputs_embeds": states + torch.empty_like(states).uniform_(-1, 1) * size[:, None].to(states.dtype)}
    given = {name: lay_out(values) for name, values in given.items()}
    if packs:
        return backbone(**given, position_ids=packed.depth[None], use_cache=False, layout=packed).last_hidden_state[0]
    real = torch.arange(packed.rows.shape[1], device=packed.rows.device) < packed.lengths[:, None]
    states = backbone(**given, attention_mask=real, use_cache=False).last_hidden_state.to(packed.rows.device)
    return states.flatten(0, 1).index_select(0, packed.owner)


def learnt_prompt(model: torch.nn.Module) -> list[int]:
    """The tokens of the prompt that prompt tuning has learnt, to stand before every row; none where there is none.

    They are numbered from the end of the vocabulary on, and `embed` knows them. `use_learnt_prompt` sets them.
    """
    prompt = getattr(model, "learnt_prompt", None)
    if prompt is None:
        return []
    first = model.get_input_embeddings().num_embeddings
    return list(range(first, first + len(prompt())))


def use_learnt_prompt(model: torch.nn.Module, prompt: Callable[[], torch.Tensor] | None) -> None:
    """From now on `prompt()`, embeddings (n, hidden), stands before every row; None: nothing does."""
    model.learnt_prompt = prompt


def inputs(model: torch.nn.Module, tokens: torch.Tensor) -> dict[str, torch.Tensor]:
    """What the model is given for tokens of any shape: themselves, or embeddings where a prompt was learnt."""
    return {"inputs_embeds": embed(model, tokens)} if learnt_prompt(model) else {"input_ids": tokens}


def embed(model: torch.nn.Module, tokens: torch.Tensor) -> torch.Tensor:
    """The embeddings of tokens of any shape, those of the learnt prompt among them."""
    table = model.get_input_embeddings()
    prompt = getattr(model, "learnt_prompt", None)
    if prompt is None:
        return table(tokens)
    states = table(tokens.clamp(max=table.num_embeddings - 1))
    learnt = prompt().to(states.dtype)[(tokens - table.num_embeddings).clamp(min=0)]
    return torch.where((tokens >= table.num_embeddings)[..., None], learnt, states)


def step_states(model: torch.nn.Module, tokens: torch.Tensor, step: Step) -> torch.Tensor:
    """The hidden state of one new token per row: tokens (B,) at places step.lengths. Returns (B, hidden)."""
    backbone = model.get_decoder()
    states = backbone(
        input_ids=tokens[:, None], position_ids=step.lengths[:, None], use_cache=False, layout=step
    ).last_hidden_state
    return states[:, 0]


def logits_of(model: torch.nn.Module, states: torch.Tensor) -> torch.Tensor:
    """The logits of hidden states, (..., vocabulary), on the states' device, wherever the output layer is."""
    return model.get_output_embeddings()(states).to(states.device)


def tolerance(dtype: torch.dtype) -> float:
    """How far logits may lie apart, as a share of the largest one, and count as the same: rounding alone moves them.

    A GPU chooses its kernels by the shape of a batch, and 16-bit sums round after each: 0.06 in bf16, 0.008 in fp16.
    """
    return max(1e-3, 8 * torch.finfo(dtype).eps)


def adopt(model: torch.nn.Module, attentions: Sequence[str] = (ATTENTION,)) -> bool:
    """Switch a transformers model to the first attention that gives the same logits as its own. Returns whether that is
    the packed one; where none is, the model keeps its own.

    Decided by trying, not by a list of models: two rows with a common beginning, both ways. Raises ValueError for a
    model whose logits are not its output layer on its last hidden state: its loss would be computed wrongly.
    """
    rows = [[5, 6, 7, 8, 9], [5, 6, 7, 11, 12, 13, 14]]
    device = next(model.parameters()).device
    packed = pack(rows, device=device)
    own = model.config._attn_implementation
    with torch.no_grad():
        expected = [model(input_ids=torch.tensor([row], device=device)).logits[0].float() for row in rows]
        allowed = tolerance(model.dtype) * max(logits.abs().max().item() for logits in expected)
        if _difference(model, packed, expected) > allowed:
            raise ValueError("the model changes its logits after the output layer, which is not supported")
        for name in attentions:
            try:
                model.set_attn_implementation(name)
                if _difference(model, packed, expected) <= allowed:
                    return name == ATTENTION
            except (ValueError, TypeError, RuntimeError, KeyError, ImportError):
                continue
    model.set_attn_implementation(own)
    return False


def _difference(model: torch.nn.Module, packed: Packed, expected: list[torch.Tensor]) -> float:
    """The largest distance between the logits of the packed rows and the expected logits of each row."""
    logits = logits_of(model, hidden_states(model, packed)).float()
    rows = [packed.rows[number, : len(wanted)] for number, wanted in enumerate(expected)]
    pairs = zip(rows, expected, strict=True)
    return max((logits[row] - wanted.to(logits.device)).abs().max().item() for row, wanted in pairs)
