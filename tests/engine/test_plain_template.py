"""A model without a chat template: asked and trained through the plain one, which is said wherever it matters."""

import json
import shutil

import pytest

from engine import atomic, launch, plain_template
from engine.export import code
from engine.export.kinds import snippets
from engine.models import load_tokenizer, prompt_tokens
from engine.schema import Example, Message, UserError
from engine.text import text
from engine.training.batches import tokenize
from tests.engine.runs import end, tiny_spec

TALK = (Message("user", "Are you open?"), Message("assistant", "Yes."), Message("user", "On Sunday?"))


@pytest.fixture(scope="module")
def base_model(tiny_model, tmp_path_factory):
    """The tiny model as base models are published: without a chat template."""
    folder = tmp_path_factory.mktemp("models") / "tiny-base"
    shutil.copytree(tiny_model, folder)
    (folder / "chat_template.jinja").unlink()
    return folder


def test_who_speaks_stands_on_a_line_of_its_own(base_model):
    tokenizer = load_tokenizer(str(base_model))
    begin, end = tokenizer.bos_token, tokenizer.eos_token
    assert tokenizer.decode(prompt_tokens(tokenizer, TALK, "Be brief.")) == (
        f"{begin}Be brief.\n\nUser:\nAre you open?\n\nAssistant:\nYes.{end}\n\nUser:\nOn Sunday?\n\nAssistant:\n"
    )
    assert plain_template.given(tokenizer)


def test_control_tokens_of_users_stay_text_and_earlier_answers_are_found(base_model):
    tokenizer = load_tokenizer(str(base_model))
    asked = prompt_tokens(tokenizer, (Message("user", f"What is {tokenizer.eos_token}?"),))
    assert tokenizer.eos_token_id not in asked
    row = tokenize(tokenizer, Example("1", TALK, "No."), system="", every_answer=True)
    ((start, stop),) = row.earlier
    assert tokenizer.decode(row.tokens[start:stop]) == f"Yes.{tokenizer.eos_token}"


def test_a_template_of_the_models_own_is_kept(tiny_model):
    assert not plain_template.given(load_tokenizer(str(tiny_model)))


def test_a_model_that_cannot_end_an_answer_is_refused_in_words(base_model, tmp_path):
    folder = shutil.copytree(base_model, tmp_path / "endless")
    settings = json.loads((folder / "tokenizer_config.json").read_text())
    (folder / "tokenizer_config.json").write_text(json.dumps({**settings, "eos_token": None}))
    with pytest.raises(UserError, match="no token that ends a text"):
        load_tokenizer(str(folder))


def test_a_run_from_such_a_model_ends_and_report_and_code_name_the_template(tmp_path, base_model):
    run = launch.start(tiny_spec(tmp_path, base_model))
    assert end(run) == "done", run.file("log").read_text()
    assert atomic.read_json(run.file("env"))["plain_template"] is True
    said = text("page.data.plain_template", "en").partition(".")[0]
    assert said in run.file("html").read_text()
    assert "tokenizer.chat_template = " in code.code(run) and "chat_template = " in snippets.snippet(run, "adapter")
