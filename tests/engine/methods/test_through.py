"""Methods that are about the data leave it to others which weights are trained, and say which."""

import pytest

from engine import registry
from engine.methods import _through
from engine.schema import DataSpec, RunSpec, Source

THROUGH = sorted(name for name, method in registry.methods().items() if method.through)


def spec(name, **settings):
    return RunSpec(data=DataSpec(train=Source(path="x")), method=name, settings=settings)


@pytest.mark.parametrize("name", THROUGH)
@pytest.mark.parametrize(("gpu", "way", "bits"), [(True, "qlora", "nf4"), (False, "lora", "")])
def test_a_gpu_gets_qlora_and_a_cpu_lora(name, gpu, way, bits, monkeypatch):
    monkeypatch.setattr(_through, "has_gpu", lambda: gpu)
    found = registry.method_of(spec(name))
    assert found.quantization == bits and found.adapter and registry.way(spec(name)) == way
    assert found.Settings().through == way and found.Settings().learning_rate > 0


@pytest.mark.parametrize("name", THROUGH)
def test_each_way_has_a_learning_rate_of_its_own_and_a_given_one_is_kept(name):
    Settings = registry.methods()[name].Settings
    rates = {way: Settings(through=way).learning_rate for way in registry.methods()[name].through}
    assert rates.get("full", 0) < rates["lora"]
    assert Settings(through="lora", learning_rate=1e-5).learning_rate == 1e-5


@pytest.mark.parametrize("name", sorted(set(THROUGH) - {"rlhf"}))
def test_all_weights_may_be_trained_where_the_method_allows_it(name):
    found = registry.method_of(spec(name, through="full"))
    assert not found.adapter and found.quantization == ""
