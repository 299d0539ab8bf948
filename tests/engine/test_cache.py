"""What is kept once for all rows is attended to as if each row had it."""

from types import SimpleNamespace

import torch

from engine.cache import Cache, Step, step_attention

LAYER = SimpleNamespace(layer_idx=0)
HEADS, KEY_HEADS, WIDTH, COMMON = 4, 2, 8, 5
LENGTHS = [7, 9, 6]


def filled(common: int) -> Cache:
    """A cache of three prompts, the first `common` places of which are kept once."""
    generator = torch.Generator().manual_seed(0)
    begin = torch.randn(2, 1, KEY_HEADS, COMMON, WIDTH, generator=generator).expand(2, len(LENGTHS), -1, -1, -1)
    own = torch.randn(2, len(LENGTHS), KEY_HEADS, max(LENGTHS) - COMMON, WIDTH, generator=generator)
    cache = Cache(12, common)
    cache.fill(0, *torch.cat([begin, own], dim=3))
    return cache


def steps(cache: Cache) -> list[torch.Tensor]:
    """What two steps attend to."""
    generator, found = torch.Generator().manual_seed(1), []
    for number in range(2):
        query = torch.randn(len(LENGTHS), HEADS, 1, WIDTH, generator=generator)
        key, value = torch.randn(2, len(LENGTHS), KEY_HEADS, 1, WIDTH, generator=generator)
        lengths = torch.tensor(LENGTHS) + number
        step = Step(cache, lengths, int(lengths.max()) + 1)
        found.append(step_attention(LAYER, query, key, value, layout=step, scaling=0.3))
    return found


def test_what_rows_have_in_common_is_seen_as_if_each_had_it():
    assert filled(COMMON).keys[0].shape[2] == 12 - COMMON
    for together, apart in zip(steps(filled(COMMON)), steps(filled(0)), strict=True):
        assert torch.allclose(together, apart, atol=1e-6)


def test_joined_caches_have_the_rows_of_all_whole():
    caches = filled(COMMON), filled(0)
    for cache, rows in zip(caches, ([0, 2], [1]), strict=True):
        cache.select(torch.tensor(rows))
    whole, joined = filled(0), Cache.join(caches)
    assert joined.common == 0
    assert torch.equal(joined.keys[0], whole.keys[0][[0, 2, 1]])
    assert torch.equal(joined.values[0], whole.values[0][[0, 2, 1]])
