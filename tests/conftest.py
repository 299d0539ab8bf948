"""What every test shares: a KURABE_HOME of its own, a tiny model made on the spot, the embedded model where slow."""

import itertools
import os
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"  # before any library reads it: no test may lean on a hub
os.environ.setdefault("OMP_NUM_THREADS", "1")  # tiny models gain nothing from two, and lose much on a busy machine
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import hypothesis  # noqa: E402
import pytest  # noqa: E402

hypothesis.settings.register_profile("any machine", hypothesis.settings(), deadline=None)  # however busy it is
hypothesis.settings.load_profile("any machine")

TOGETHER = ("tests/ui/", "tests/engine/test_chat.py")  # a page or a run serves all tests of a place
REAL_HOME = os.environ.get("KURABE_HOME")  # where `make test` has put the embedded model
CHATML = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
SPECIAL_TOKENS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
LINES = (
    "system\nYou answer customers' questions.\nuser\nWhen is the shop open?\nassistant\nFrom 9:00 to 17:30 every day.",
    "How much does express shipping cost? It costs $12.50 and takes 2 days within the city.",
    "I'm sorry, I don't have that information. Please ask our support team at help@example.com.",
    "The capital of France is Paris. Water boils at 100 degrees. There are 12 months in a year.",
    "営業時間は午前9時から午後6時までです。送料は500円です。",
)


@pytest.hookimpl(optionalhook=True)  # a hook of pytest-xdist, whose own groups (xdist_group) pytest 9.2 passes over
def pytest_xdist_make_scheduler(config, log):
    """Where workers share the tests, one of them has all of a place named in TOGETHER or of a file of browser tests;
    others go to whoever is free, in the order they were collected."""
    from xdist.scheduler import LoadScopeScheduling

    class ByPlace(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            own = nodeid.partition("::")[0] if nodeid.startswith("tests/browser/") else nodeid
            return next((place for place in TOGETHER if nodeid.startswith(place)), own)

    config.option.loadscopereorder = False
    return ByPlace(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    """What takes long comes first, so that workers end together: a browser's paths, slow tests, the others."""

    def rank(item) -> int:
        return 0 if item.get_closest_marker("browser") else 1 if item.get_closest_marker("slow") else 2

    items.sort(key=rank)


@pytest.fixture(scope="session")
def homes(tmp_path_factory):
    """A folder for one home a test: beside them, each new one would take looking through all those there are."""
    folder = tmp_path_factory.mktemp("homes")
    return (folder / str(number) for number in itertools.count())


@pytest.fixture(autouse=True)
def kurabe_home(homes, monkeypatch) -> Path:
    """An empty KURABE_HOME: no test sees the user's runs, or another test's."""
    home = next(homes)
    home.mkdir(mode=0o700)
    monkeypatch.setenv("KURABE_HOME", str(home))
    return home


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory) -> Path:
    """A folder with a random Llama of 2 layers (about 100,000 parameters, always the same) and a ChatML tokenizer."""
    import torch
    from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM

    folder = tmp_path_factory.mktemp("models") / "tiny"
    tokenizer = _tiny_tokenizer()
    ids = {f"{name}_token_id": getattr(tokenizer, f"{name}_token_id") for name in ("bos", "eos", "pad")}
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=512,
        tie_word_embeddings=True,
        **ids,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = LlamaForCausalLM(config)
    model.generation_config = GenerationConfig(**ids)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def _tiny_tokenizer():
    """A byte-level BPE of at most 512 tokens, so that any text can be written with it."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    backend = Tokenizer(models.BPE())
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=512, special_tokens=SPECIAL_TOKENS, initial_alphabet=alphabet, show_progress=False
    )
    backend.train_from_iterator(LINES, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=backend,
        bos_token="<|im_start|>",
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        chat_template=CHATML,
        model_max_length=512,
    )


@pytest.fixture(scope="session")
def embedded_folder() -> Path:
    """The real embedded model, fetched and converted where this machine has not got it yet."""
    from engine import embedded

    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("KURABE_HOME", raising=False)
        if REAL_HOME:
            patch.setenv("KURABE_HOME", REAL_HOME)
        return embedded.ensure()


@pytest.fixture
def embedded_model(kurabe_home, embedded_folder) -> Path:
    """The embedded model, linked into the test's own KURABE_HOME. For tests marked slow."""
    from engine import embedded

    link = embedded.model_folder()
    link.symlink_to(embedded_folder, target_is_directory=True)
    return link
