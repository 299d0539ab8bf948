"""Metrics that see all answers of an arm at once: consistency over wordings, and likeness of meaning."""

import json

import pytest

from engine import evaluation, registry
from engine.metrics import _embedding
from engine.remote_run import needs_likelihood
from engine.schema import Example, Message, MetricFailed, Output


def item(completion="It costs 5 euros.", *, group="price", suite="reworded", number=0, **fields):
    prompt = (Message("user", f"Question {number}?"),)
    return Example(
        id=f"{suite}{group}{number}", prompt=prompt, completion=completion, group=group, suite=suite, **fields
    )


def consistency(answers, examples):
    return registry.metrics()["consistency"].scores([Output(answer, tokens=3) for answer in answers], examples)


def test_equal_answers_to_all_wordings_are_consistent_even_when_wrong():
    wordings = [item(number=number) for number in range(3)]
    assert consistency(["It is free."] * 3, wordings) == [1, 1, 1]
    assert consistency(["apples", "pears", "plums"], wordings) == [0, 0, 0]


def test_an_answer_is_compared_with_the_others_of_its_fact_alone():
    examples = [item(number=0), item(number=1), item(number=2), item(group="hours", number=3), item(group="hours")]
    answers = ["It costs five", "it costs five!", "It costs nine", "At nine", "At ten"]
    third = 2 / 3
    assert consistency(answers, examples) == pytest.approx([(1 + third) / 2, (1 + third) / 2, third, 0.5, 0.5])


def test_japanese_answers_are_compared_by_character():
    examples = [item("五百円です。", number=0), item("五百円です。", number=1)]
    assert consistency(["五百円です。", "六百円です。"], examples) == pytest.approx([0.8, 0.8])


def test_a_fact_asked_once_and_other_facts_of_its_topic_have_no_consistency():
    topic = [item("It costs 5 euros."), item("It weighs 3 kilos.", number=1)]
    other_suite = [item(), item(suite="unseen", number=1)]
    choices = [item(choices=("no",)), item(choices=("no",), number=1)]
    alone = [item(group=None), item(group=None, number=1)]
    declined = [item(answerable=False), item(answerable=False, number=1)]
    for examples in (topic, other_suite, choices, alone, declined):
        assert consistency(["same", "same"], examples) == [None, None]


def test_a_whole_arm_is_scored_beside_the_metrics_of_single_answers():
    examples = [item(number=0), item(number=1), item("At nine.", group="hours")]
    outputs = [Output("It costs 5 euros."), Output("It costs 5 euros."), Output("At nine.")]
    rows = evaluation.score(outputs, examples, arm="tuned", metrics=("consistency", "exact_match"))
    assert [row.scores for row in rows] == [
        {"consistency": 1, "exact_match": 1},
        {"consistency": 1, "exact_match": 1},
        {"consistency": None, "exact_match": 1},
    ]


def test_what_looks_at_texts_needs_no_likelihoods():
    assert not needs_likelihood(registry.metrics()["consistency"], [item()])


@pytest.fixture(scope="module")
def embedder(tmp_path_factory):
    """A folder with a random BERT of one layer that knows a few words."""
    import torch
    from transformers import BertConfig, BertModel, BertTokenizer

    folder = tmp_path_factory.mktemp("models") / "embedder"
    folder.mkdir()
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"it costs five nine euros at the shop opens".split()]
    (folder / "words.txt").write_text("\n".join(words))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        sizes = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}
        BertModel(BertConfig(vocab_size=len(words), max_position_embeddings=8, **sizes)).save_pretrained(folder)
    BertTokenizer(str(folder / "words.txt")).save_pretrained(folder)
    return folder


@pytest.fixture
def named(embedder, monkeypatch):
    monkeypatch.setenv("KURABE_EMBEDDER", str(embedder))


def similarity(answers, references):
    examples = [item(reference, number=number) for number, reference in enumerate(references)]
    return registry.metrics()["semantic_similarity"].scores([Output(answer) for answer in answers], examples)


def test_meaning_is_compared_by_the_mean_of_the_models_last_layer(named, embedder):
    import torch
    from transformers import AutoModel, AutoTokenizer

    tokenizer, model = AutoTokenizer.from_pretrained(embedder), AutoModel.from_pretrained(embedder).eval()
    said, wanted = "it costs nine euros", "the shop opens at nine"
    with torch.inference_mode():
        first, second = (
            model(**tokenizer(text, return_tensors="pt")).last_hidden_state[0].mean(0) for text in (said, wanted)
        )
    alone = torch.nn.functional.cosine_similarity(first, second, dim=0).item()
    # Beside texts of other lengths, which must not change it.
    found = similarity([said, wanted, "it", ""], [wanted, wanted, "the shop opens at five", wanted])
    assert found[0] == pytest.approx(alone, abs=1e-5) and alone < 0.999
    assert found[1] == pytest.approx(1) and found[3] == 0
    assert -1 <= found[2] < 0.999


def test_a_text_longer_than_the_model_reads_is_read_to_its_limit(named):
    (found,) = similarity(["it costs five euros at the shop opens nine"], ["it costs five euros at the shop it"])
    assert found == pytest.approx(1)


def test_no_text_to_compare_has_no_similarity_and_loads_no_model(named, monkeypatch):
    monkeypatch.setattr(_embedding, "_load", lambda path: pytest.fail("the model was loaded"))
    examples = [item(answerable=False), item(choices=("no",))]
    assert registry.metrics()["semantic_similarity"].scores([Output("a")] * 2, examples) == [None, None]


def test_without_a_model_nothing_is_measured_and_why_is_said(monkeypatch, tmp_path, embedder):
    absent = registry.metrics()["semantic_similarity"].absent
    monkeypatch.delenv("KURABE_EMBEDDER", raising=False)
    assert absent() == "no_embedder" and similarity(["it"], ["it"]) == [None]
    for name in (str(tmp_path), str(tmp_path / "gone"), "nobody/no-such-model", "../x/y"):
        monkeypatch.setenv("KURABE_EMBEDDER", name)
        assert absent() == "embedder_not_here"
    monkeypatch.setenv("KURABE_EMBEDDER", str(tmp_path))
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "bert", "auto_map": {"AutoModel": "x.Y"}}))
    assert absent() == "embedder_refused"
    (tmp_path / "model.safetensors").write_bytes((embedder / "model.safetensors").read_bytes())
    assert absent() == "embedder_refused"
    (tmp_path / "config.json").write_bytes((embedder / "config.json").read_bytes())
    (tmp_path / "1_Pooling").mkdir()
    (tmp_path / "1_Pooling" / "config.json").write_text('{"pooling_mode_mean_tokens": false}')
    assert absent() == "embedder_pooling" and similarity(["it"], ["it"]) == [None]


def test_a_model_of_the_local_cache_is_found_by_its_id(monkeypatch, tmp_path, embedder):
    from huggingface_hub import constants

    kept = tmp_path / "models--owner--name"
    (kept / "snapshots").mkdir(parents=True)
    (kept / "snapshots" / "abc").symlink_to(embedder, target_is_directory=True)
    (kept / "refs").mkdir()
    (kept / "refs" / "main").write_text("abc")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setenv("KURABE_EMBEDDER", "owner/name")
    found = _embedding.folder()
    assert found is not None and (found / "model.safetensors").is_file()


def test_a_model_that_cannot_be_loaded_is_left_out_and_the_log_says_why(monkeypatch, tmp_path, embedder, capsys):
    for name in ("config.json", "tokenizer.json", "tokenizer_config.json"):
        (tmp_path / name).write_bytes((embedder / name).read_bytes())
    (tmp_path / "model.safetensors").write_bytes(b"not weights")
    monkeypatch.setenv("KURABE_EMBEDDER", str(tmp_path))
    with pytest.raises(MetricFailed, match="KURABE_EMBEDDER cannot be loaded"):
        similarity(["it"], ["it"])
    rows = evaluation.score([Output("it")], [item("it")], arm="base", metrics=("semantic_similarity", "token_f1"))
    assert rows[0].scores == {"token_f1": 1} and "semantic_similarity: the model of" in capsys.readouterr().err
