"""The papers beside a model: the card, the code to ask it, the notebook, the folder for Ollama."""

import json
import re

import pytest
import yaml

from engine.export import make
from engine.export.kinds import card, notebook, ollama, snippets
from engine.export.merge import rendered
from engine.models import load_tokenizer


def test_a_card_holds_the_table_the_data_and_metadata_that_the_hub_reads(finish):
    from huggingface_hub import ModelCard

    run = finish()
    made = ModelCard(card.card(run, "en"))
    results = made.data.eval_results
    changes = {(c["metric"], c["suite"]): c for c in run.comparison()["changes"] if c["n"] and c["after"] is not None}
    assert {(result.metric_type, result.dataset_config) for result in results} == set(changes)
    for result in results:
        assert result.metric_value == pytest.approx(
            changes[result.metric_type, result.dataset_config]["after"], abs=1e-6
        )
    assert made.data.base_model is None  # a folder of this machine is nobody else's model
    assert "New wordings" in made.text and "24 rows, of which 24 were accepted" in made.text
    assert "## Limits" in made.text and "seed=0" in made.text
    assert "学習データ" in card.card(run, "ja") and "限界" in card.card(run, "ja")


def test_a_hostile_title_stays_words_in_the_card_and_in_the_script(finish):
    run = finish("lora", title='x"""\nimport os; os.abort()\n<script>| [a](b) `c`')
    written = card.card(run, "en")
    heading = next(line for line in written.splitlines() if line.startswith("# "))
    assert "<script" not in heading and r"\[a\]" in heading
    assert yaml.safe_load(written.split("---")[1])["model-index"][0]["name"].startswith("x")
    from engine.export.code import code

    script = code(run)
    compile(script, "train.py", "exec")
    assert "os.abort" in script.splitlines()[0] and script.count("os.abort") == 1


def test_a_notebook_is_valid_and_runs_the_script_s_code_in_its_order(finish):
    from engine.export.code import code

    script = code(finish())
    made = notebook.notebook(script)
    assert (made["nbformat"], made["nbformat_minor"]) == (4, 5)
    assert len({cell["id"] for cell in made["cells"]}) == len(made["cells"])
    for cell in made["cells"]:
        keys = {"cell_type", "id", "metadata", "source"}
        assert set(cell) == keys | ({"execution_count", "outputs"} if cell["cell_type"] == "code" else set())
    lines = [line for cell in made["cells"] if cell["cell_type"] == "code" for line in cell["source"]]
    kept = lambda text: [line for line in text.splitlines() if line.strip() and not line.startswith("# %%")]  # noqa: E731
    assert kept("".join(f"{line}\n" for line in lines)) == kept(script.split('"""\n', 1)[1])


def test_the_code_to_ask_it_is_run_as_it_stands(finish, tiny_model, monkeypatch, tmp_path, capsys):
    run = finish("lora", {"learning_rate": 2e-2, "epochs": 3})
    list(make.kind_named("adapter").write(run, _folder(tmp_path / "adapter"), "en"))
    from engine.export import merge

    merge.write(lambda *done: None, run_id=run.id, folder=str(_folder(tmp_path / "merged")))
    (tmp_path / "tiny").symlink_to(tiny_model)
    monkeypatch.chdir(tmp_path)
    first = next(example for example in run.examples("test") if example.suite == "reworded")
    expected = next(row.output.text for row in run.answers("tuned") if row.item == (first.suite, first.id))
    assert first.question in snippets.snippet(run, "merged")
    for name in ("merged", "adapter"):
        found = re.search(rf"## {'peft' if name == 'adapter' else 'transformers'}.*?```python\n(.*?)```",
                          snippets.document(run, "en"), re.DOTALL)  # fmt: skip
        exec(compile(found[1], name, "exec"), {})
        assert capsys.readouterr().out.strip() == expected, name
    assert snippets.document(run, "en").count("Not verified") == 2  # vLLM, Ollama


def _folder(path):
    path.mkdir()
    return path


def test_the_modelfile_renders_conversations_as_the_chat_template_does(tiny_model):
    chat = rendered(load_tokenizer(str(tiny_model)))
    assert chat["whole"] == ollama.CHATML
    made = ollama.modelfile({"chat": chat, "stop": ["<|im_end|>"]}, system='Be "kind". """', limit=48)
    assert made.startswith("FROM ./model\nTEMPLATE ") and 'PARAMETER stop "<|im_end|>"' in made
    assert "PARAMETER temperature 0" in made and "PARAMETER num_predict 48" in made
    assert made.count('"""') == 4  # two texts, neither of which closes its own quotes
    # Go's template, filled by hand, is the chat template's own rendering.
    loop, after = re.fullmatch(r"\{\{- range .Messages \}\}(.*)\{\{ end \}\}(.*)", ollama.GO_CHATML, re.DOTALL).groups()
    said = [
        ("system", "SYSTEMWORDS"),
        ("user", "FIRSTQUESTION"),
        ("assistant", "FIRSTANSWER"),
        ("user", "NEXTQUESTION"),
    ]
    turns = [loop.replace("{{ .Role }}", role).replace("{{ .Content }}", words) for role, words in said]
    assert "".join(turns) + after == ollama.CHATML


def test_a_prompt_format_that_is_not_chatml_is_left_to_ollama():
    made = ollama.modelfile({"chat": {"whole": "[INST]...", "bare": ""}, "stop": ["</s>"]}, system="", limit=8)
    assert "TEMPLATE" not in made and "SYSTEM" not in made


def test_a_system_prompt_that_the_template_brings_itself_is_named():
    bare = "<|im_start|>system\nYou are SmolLM.<|im_end|>\n<|im_start|>user\nFIRSTQUESTION<|im_end|>\n"
    made = ollama.modelfile({"chat": {"whole": ollama.CHATML, "bare": bare}, "stop": []}, system="", limit=8)
    assert 'SYSTEM """You are SmolLM."""' in made


def test_the_ollama_folder_is_whole(finish, tmp_path):
    [*_, last] = make.export(finish(), "ollama", tmp_path / "ollama")
    assert {"Modelfile", "README.md", "model/model.safetensors", "model/tokenizer.json"} <= set(last.details["files"])
    assert last.details["passed"] is None
    assert "Not verified" in (tmp_path / "ollama" / "README.md").read_text()
    assert json.loads((tmp_path / "ollama" / "model" / "config.json").read_text())["architectures"] == [
        "LlamaForCausalLM"
    ]
