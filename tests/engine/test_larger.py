"""Which larger models a machine is said to have the memory for: reckoned from a formula, so the formula is tested."""

import subprocess

import pytest

from engine import larger
from engine.larger import MODELS, MOST, SHARE, Machine, fitting, needed_gb, this_machine

MACHINES = (Machine(8), Machine(25), Machine(500), Machine(32, 16), Machine(64, 24), Machine(256, 80))


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("machine", MACHINES)
def test_every_model_named_fits_and_is_for_that_language(machine, language):
    found = fitting(language, machine)
    room = SHARE * (machine.gpu_gb or machine.ram_gb)
    assert 0 < len(found) <= MOST
    assert all(fit.gb <= room and language in fit.model.languages for fit in found)
    assert [fit.model.billions for fit in found] == sorted(fit.model.billions for fit in found)


def test_lora_is_named_where_it_fits_and_qlora_where_only_that_does():
    ways = {fit.model.id: fit.method for fit in fitting("en", Machine(32, 16))}
    assert ways["Qwen/Qwen3-4B-Instruct-2507"] == "lora" and ways["Qwen/Qwen2.5-7B-Instruct"] == "qlora"
    assert {fit.model.id: fit.method for fit in fitting("en", Machine(256, 80))}["Qwen/Qwen2.5-7B-Instruct"] == "lora"


def test_without_a_gpu_only_lora_and_only_models_that_end_within_hours_are_named():
    found = fitting("en", Machine(500))
    assert {fit.method for fit in found} == {"lora"} and max(fit.model.billions for fit in found) <= 2
    assert all(fit.times == fit.model.billions / 0.135 for fit in found)


def test_a_machine_without_room_gets_no_model():
    assert fitting("en", Machine(2)) == () and fitting("ja", Machine(64, 2)) == ()


def test_more_memory_never_takes_the_largest_model_away():
    for language in ("en", "ja"):
        largest = [fitting(language, Machine(64, gpu))[-1].model.billions for gpu in (8, 16, 24, 48, 80, 140)]
        assert largest == sorted(largest)


def test_the_embedded_model_needs_about_what_was_measured():
    assert needed_gb(larger.EMBEDDED_BILLIONS, bytes_per_weight=larger.CPU_BYTES) == pytest.approx(2.3, abs=0.5)


def test_every_model_is_named_once_with_its_licence():
    assert len({model.id for model in MODELS}) == len(MODELS)
    assert all(model.id.count("/") == 1 and model.licence and model.billions > 0.135 for model in MODELS)


@pytest.fixture
def smi(monkeypatch):
    """smi(words) makes nvidia-smi say that; smi(None) takes it away."""

    def say(words: str | Exception | None) -> None:
        def run(*args, **options):
            if isinstance(words, Exception):
                raise words
            return subprocess.CompletedProcess(args, 0, stdout=words)

        monkeypatch.setattr(larger.shutil, "which", lambda name: None if words is None else "/usr/bin/nvidia-smi")
        monkeypatch.setattr(larger.subprocess, "run", run)
        this_machine.cache_clear()

    yield say
    this_machine.cache_clear()


@pytest.mark.parametrize(
    ("words", "gpu"),
    [
        (None, None),
        ("24576\n", 25.8),
        ("16384\n81920\n", 85.9),
        ("No devices were found\n", None),
        ("", None),
        (subprocess.CalledProcessError(9, "nvidia-smi"), None),
        (subprocess.TimeoutExpired("nvidia-smi", 10), None),
    ],
)
def test_the_machine_has_the_memory_of_its_largest_gpu(smi, words, gpu):
    smi(words)
    found = this_machine()
    assert found.ram_gb > 0.5 and found.gpu_gb == (None if gpu is None else pytest.approx(gpu, abs=0.1))
