"""Each row shape: what a row becomes, and what is said of a row that cannot be used."""

import ast
import importlib
import json

import pytest

from engine.data.convert import converted
from engine.formats._shared import RowError
from engine.registry import formats
from engine.schema import Message, identified


def convert(format: str, row: dict):
    return mended(format, row)[0]


def mended(format: str, row: dict):
    return converted(formats()[format], row)


@pytest.mark.parametrize("name", list(formats()))
def test_the_docstring_opens_with_a_row_that_converts(name):
    first = importlib.import_module(f"engine.formats.{name}").__doc__.splitlines()[0]
    example = convert(name, json.loads(first))
    assert (example.question or example.kind == "text") and (example.completion or example.kind == "prompts")
    assert example == identified(example), "a row's id is made where the row is: convert() takes it as it is"


@pytest.mark.parametrize("name", list(formats()))
def test_every_shape_knows_its_fields_in_japanese_and_the_optional_columns(name):
    shape = formats()[name]
    assert {"group", "answerable", "choices"} < set(shape.fields) and set(shape.required) < set(shape.fields)
    for field in shape.required:
        assert shape.fields[field][0] == field
        assert any(ord(char) > 0x3000 for alias in shape.fields[field] for char in alias)


@pytest.mark.parametrize("name", list(formats()))
@pytest.mark.parametrize("value", [None, "", " \n\t", [], {}])
def test_a_required_field_without_content_is_named(name, value):
    good = json.loads(importlib.import_module(f"engine.formats.{name}").__doc__.splitlines()[0])
    for field in formats()[name].required:
        if (name, field, value) == ("passage", "answer", []):  # says that the passage does not tell
            continue
        if name == "fim" and field != "middle":  # a hole at the start or at the end
            continue
        with pytest.raises(ValueError, match=f"'{field}'"):
            convert(name, {**good, field: value})
    with pytest.raises(ValueError, match="is empty"):
        convert(name, {})


def test_a_list_where_a_text_is_needed_is_said():
    with pytest.raises(ValueError, match="'question' holds a list where a text is needed"):
        convert("question_answer", {"question": ["a"], "answer": "b"})


def test_question_and_answer_are_stripped_and_windows_line_breaks_are_one():
    example = convert("question_answer", {"question": " Who? ", "answer": "Me.\r\nAnd you.\r\n"})
    assert example.prompt == (Message("user", "Who?"),) and example.completion == "Me.\nAnd you."


def test_alpaca_puts_the_input_below_the_instruction():
    row = {"instruction": "Translate.", "input": "Good morning", "output": "Bonjour"}
    assert convert("alpaca", row).question == "Translate.\n\nGood morning"
    assert convert("alpaca", {**row, "input": " "}).question == "Translate."


def test_a_completion_keeps_its_indentation_but_not_one_space():
    row = {"prompt": "def f():\n", "completion": "\n    return 1\n"}
    assert convert("prompt_completion", row).completion == "    return 1"
    assert convert("prompt_completion", row).question == "def f():"
    assert convert("prompt_completion", {"prompt": "Say", "completion": " yes\n"}).completion == "yes"


def turns(*roles: str) -> list[dict]:
    return [{"role": role, "content": f"{number} {role}"} for number, role in enumerate(roles, start=1)]


def test_the_last_assistant_turn_is_the_completion_and_the_system_message_is_kept():
    example = convert("messages", {"messages": turns("system", "user", "assistant", "user", "assistant")})
    assert [m.role for m in example.prompt] == ["system", "user", "assistant", "user"]
    assert example.completion == "5 assistant" and example.question == "4 user"


def test_messages_may_be_the_json_text_of_a_list_and_in_parts():
    written = json.dumps([{"role": "User", "content": [{"type": "text", "text": "Hi"}]}, *turns("assistant")])
    assert convert("messages", {"messages": written}).question == "Hi"


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (turns("user"), "does not end with an assistant's turn"),
        (turns("system"), "does not end with an assistant's turn"),
        (turns("assistant"), "turn 1 is by the assistant where the user should speak"),
        (turns("system", "assistant"), "turn 2 is by the assistant where the user should speak"),
        (turns("user", "assistant", "system", "user"), "turn 3 is by the system"),
        (turns("user", "narrator"), "turn 2 has the role 'narrator'"),
        ([{"role": "user", "content": " "}, *turns("assistant")], "turn 1 has no text"),
        ([{"role": "user"}, *turns("assistant")], "turn 1 has no text"),
        ([{"role": None, "content": "a"}], "turn 1 has the role 'None'"),
        (["hello"], "turn 1 is no object"),
        ("hello", "not the JSON of a list"),
        ("[" * 100_000, "not the JSON of a list"),
        ('{"role": "user"}', "must be a list of turns"),
    ],
)
def test_what_is_wrong_with_a_conversation_is_said(value, says):
    with pytest.raises(ValueError) as raised:
        convert("messages", {"messages": value})
    assert says in str(raised.value)


def test_what_the_user_says_after_the_last_answer_is_left_out_and_told():
    example, told = mended("messages", {"messages": turns("user", "assistant", "user", "user")})
    assert (example.question, example.completion) == ("1 user", "2 assistant")
    assert told == ("odd_turns",)


def test_turns_of_one_speaker_in_a_row_are_joined_and_told():
    example, told = mended("messages", {"messages": turns("user", "user", "assistant", "assistant")})
    assert example.question == "1 user\n\n2 user" and example.completion == "3 assistant\n\n4 assistant"
    assert told == ("turns_joined",)


@pytest.mark.parametrize(
    ("roles", "code"),
    [
        (["assistant"], "roles_order"),
        (["user", "assistant", "system", "user"], "roles_order"),
        (["user"], "odd_turns"),
        (["system"], "wrong_end"),
    ],
)
def test_a_conversation_out_of_order_has_a_code_of_its_own(roles, code):
    with pytest.raises(RowError) as raised:
        convert("messages", {"messages": turns(*roles)})
    assert raised.value.code == code


def test_pairs_and_prompts_that_end_with_the_wrong_speaker_have_codes_too():
    answered, cut = turns("user", "assistant"), turns("user", "assistant", "user")
    for name, row, code in (
        ("preference", {"chosen": cut, "rejected": cut[:2] + turns("user")}, "odd_turns"),
        ("preference", {"prompt": "Who?", "chosen": "Me.", "rejected": "Me."}, "same_answers"),
        ("prompts", {"prompt": answered}, "wrong_end"),
        ("prompts", {"prompt": [{"role": "narrator", "content": "It rained."}]}, "unknown_role"),
        ("question_answer", {"question": "Who?", "answer": " "}, "empty"),
    ):
        with pytest.raises(RowError) as raised:
            convert(name, row)
        assert raised.value.code == code, name


@pytest.mark.parametrize(("user", "assistant"), [("human", "gpt"), ("Customer", "Agent"), ("お客様", "担当者")])
def test_speakers_are_known_by_the_names_that_logs_give_them(user, assistant):
    talk = [{"from": user, "value": "Hi"}, {"from": assistant, "value": "Hello."}]
    row = {"conversations": [{"from": "system", "value": "Be brief."}, *talk]}
    for name, field in (("sharegpt", "conversations"), ("messages", "messages")):
        example, told = mended(name, {field: row["conversations"]})
        assert [m.role for m in example.prompt] == ["system", "user"] and example.completion == "Hello." and not told
    alone = convert("sharegpt", {"conversations": talk, "system": "Be kind."})
    assert alone.prompt[0] == Message("system", "Be kind.")


@pytest.mark.parametrize("field", ["chosen", "rejected"])
def test_pairs_may_be_written_as_sharegpt_writes_turns(field):
    row = {"prompt": "Who?", "chosen": "Me.", "rejected": "You.", field: [{"from": "gpt", "value": "She."}]}
    found = convert("preference", row)
    assert "She." in (found.completion, found.rejected) and found.question == "Who?"


def test_the_hole_in_code_stands_between_what_is_before_and_after_it():
    row = {"prefix": "def f(n):\n", "middle": "\n    return n\n", "suffix": "\n\nprint(f(1))"}
    found = convert("fim", row)
    assert found.question.endswith("def f(n):\n<<HERE>>\n\nprint(f(1))") and found.completion == "    return n"
    with pytest.raises(ValueError, match="'suffix' is empty"):
        convert("fim", {"prefix": " ", "middle": "x", "suffix": ""})
    with pytest.raises(ValueError, match="the mark of the place to fill"):
        convert("fim", {**row, "prefix": "<<HERE>>"})


def test_alpacas_history_comes_before_the_instruction_and_its_system_first():
    row = {"instruction": "And now?", "output": "Yes.", "history": [["Open?", "No."]], "system": "Be brief."}
    assert [m.role for m in convert("alpaca", row).prompt] == ["system", "user", "assistant", "user"]
    with pytest.raises(ValueError, match="'history' must be a list of pairs"):
        convert("alpaca", {**row, "history": [["a"]]})


def test_of_several_answers_the_first_is_learnt():
    assert convert("question_answer", {"question": "Who?", "answer": ["", "Me.", "Myself."]}).completion == "Me."


def pair(**values) -> dict:
    return {"question": "Who?", "answer": "Me", **values}


@pytest.mark.parametrize("word", [None, "", "true", "TRUE", "1", "yes", "はい", True])
def test_a_row_is_answerable_unless_it_says_no(word):
    assert convert("question_answer", pair(answerable=word)).answerable


@pytest.mark.parametrize("word", ["false", "False ", "0", "no", "いいえ", "×", False])
def test_a_row_that_says_no_is_unanswerable(word):
    assert not convert("question_answer", pair(answerable=word)).answerable


def test_an_answerable_column_with_another_word_is_refused():
    with pytest.raises(ValueError, match="'answerable' is 'perhaps'; write true or false"):
        convert("question_answer", pair(answerable="perhaps"))


@pytest.mark.parametrize("value", [["You", "Me", "Her", " "], '["You", "Her"]', "You\nHer\n"])
def test_choices_are_the_wrong_answers_however_they_are_written(value):
    assert convert("question_answer", pair(choices=value)).choices == ("You", "Her")


@pytest.mark.parametrize("value", [{"text": ["a"]}, [1, 2], "[1", True])
def test_choices_that_are_no_texts_are_refused(value):
    with pytest.raises(ValueError, match="'choices'"):
        convert("question_answer", pair(choices=value))


def test_the_group_is_one_line_and_empty_is_none():
    assert convert("question_answer", pair(group=" a\n b ")).group == "a b"
    assert convert("question_answer", pair(group=" ")).group is None


def test_shapes_are_small_files_without_a_model_library():
    for name in formats():
        source = open(importlib.import_module(f"engine.formats.{name}").__file__, encoding="utf-8").read()
        names = {
            alias.name for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Import) for alias in node.names
        }
        assert not names & {"torch", "transformers"} and len(source.splitlines()) < 100


# ---- answers to prefer, to rate, and rows of one part


def talk(question: str, answer: str) -> list[dict]:
    return [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]


def test_a_pair_of_plain_texts_has_the_chosen_answer_as_completion():
    example = convert("preference", {"prompt": "Who? ", "chosen": "Me.\n", "rejected": "You."})
    assert (example.question, example.completion, example.rejected) == ("Who?", "Me.", "You.")
    assert example.kind == "pairs" and example.alternatives == ("You.",) and example.choices == ()


@pytest.mark.parametrize("written", [lambda turns: turns, json.dumps])
def test_a_pair_of_conversations_has_their_common_beginning_as_prompt(written):
    system = [{"role": "system", "content": "Be kind."}]
    chosen, rejected = (written(system + talk("Who?", answer)) for answer in ("Me.", "You."))
    for row in ({}, {"prompt": "Who?"}):
        example = convert("preference", {**row, "chosen": chosen, "rejected": rejected})
        assert example.prompt == (Message("system", "Be kind."), Message("user", "Who?"))
        assert (example.completion, example.rejected) == ("Me.", "You.")


def test_a_system_column_opens_the_prompt_of_a_pair_but_once():
    row = {"system": "Be kind.", "prompt": "Who?", "chosen": "Me.", "rejected": "You."}
    asked = (Message("system", "Be kind."), Message("user", "Who?"))
    assert convert("preference", row).prompt == asked
    system = [{"role": "system", "content": "Be kind."}]
    conversations = {"chosen": system + talk("Who?", "Me."), "rejected": system + talk("Who?", "You.")}
    assert convert("preference", {"system": "Be brief.", **conversations}).prompt == asked


@pytest.mark.parametrize("prompt", ["Who?", talk("Who?", "")[:1]])
def test_a_pair_of_single_turns_takes_its_prompt_from_its_column(prompt):
    chosen, rejected = (talk("", answer)[1:] for answer in ("Me.", "You."))
    example = convert("preference", {"prompt": prompt, "chosen": chosen, "rejected": rejected})
    assert (example.question, example.completion, example.rejected) == ("Who?", "Me.", "You.")


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({"chosen": "a", "rejected": "b"}, "'prompt' is empty"),
        ({"prompt": "q", "chosen": "a", "rejected": "a"}, "the same answer"),
        ({"chosen": talk("q", "a"), "rejected": talk("other", "b")}, "answer different prompts"),
        ({"chosen": talk("q", "a"), "rejected": talk("q", "b") + talk("c", "d")}, "answer different prompts"),
        ({"chosen": talk("q", "a")[:1], "rejected": talk("q", "b")[:1]}, "does not end with an assistant's turn"),
        ({"prompt": talk("q", "a"), "chosen": "b", "rejected": "c"}, "does not end with a user's turn"),
        ({"prompt": "q", "chosen": talk("q", "a"), "rejected": "b"}, "one turn of the assistant"),
    ],
)
def test_what_is_wrong_with_a_pair_is_said(row, says):
    with pytest.raises(ValueError) as raised:
        convert("preference", row)
    assert says in str(raised.value)


ASKED = "\n\nHuman: What is a good name for a cat?\n\nAssistant: Is it shy?\n\nHuman: Yes, very.\n\nAssistant:"
CAT = ("What is a good name for a cat?", "Is it shy?", "Yes, very.")


@pytest.mark.parametrize("asked", [ASKED, ASKED.lstrip(), ASKED.replace("\n", "\r\n")])
def test_transcripts_of_hh_rlhf_have_their_common_turns_as_prompt(asked):
    row = {"chosen": f"{asked} Whisper.\n\nOr: Mouse.", "rejected": f"{asked} I don't know."}
    example = convert("preference", row)
    assert [turn.role for turn in example.prompt] == ["user", "assistant", "user"]
    assert tuple(turn.content for turn in example.prompt) == CAT
    assert example.rejected == "I don't know." and example.completion.split() == ["Whisper.", "Or:", "Mouse."]


def test_a_transcript_may_stand_in_a_column_of_its_own_beside_plain_answers():
    example = convert("preference", {"prompt": ASKED, "chosen": " Whisper.", "rejected": " I don't know."})
    assert tuple(turn.content for turn in example.prompt) == CAT
    assert (example.completion.strip(), example.rejected.strip()) == ("Whisper.", "I don't know.")


@pytest.mark.parametrize(
    ("chosen", "rejected", "says"),
    [
        (ASKED + " Whisper.", ASKED.replace("shy", "loud") + " No.", "answer different prompts"),
        (ASKED + " Whisper.", "\n\nHuman: What is a good name for a cat?\n\nAssistant: Tom.", "different prompts"),
        (ASKED + " Whisper.", ASKED, "answer different prompts"),
        (ASKED, ASKED, "does not end with an assistant's turn"),
        (ASKED + " Tom.\n\nAssistant: Tim.", ASKED + " Tom.\n\nAssistant: Jim.", "turn 5 is by the assistant"),
        (ASKED.replace("Is it shy?", "") + " Tom.", ASKED + " No.", "'chosen' turn 2 has no text"),
        (ASKED + " Whisper.", "Human beings name cats.", "'prompt' is empty"),
    ],
)
def test_what_is_wrong_with_a_pair_of_transcripts_is_said(chosen, rejected, says):
    with pytest.raises(ValueError) as raised:
        convert("preference", {"chosen": chosen, "rejected": rejected})
    assert says in str(raised.value)


@pytest.mark.parametrize("word", [True, "True", "1", "👍", "👍🏽", "good", "Yes", "はい"])
def test_a_label_says_that_an_answer_is_good(word):
    example = convert("labels", {"prompt": "q", "completion": "a", "label": word})
    assert example.label is True and example.kind == "labels"


@pytest.mark.parametrize("word", [False, "false", "0", "👎", "bad", "No", "いいえ"])
def test_a_label_says_that_an_answer_is_bad(word):
    assert convert("labels", {"prompt": "q", "completion": talk("", "a")[1:], "label": word}).label is False


def test_a_label_that_says_neither_is_refused():
    with pytest.raises(ValueError, match="'label' is 'perhaps'; write true or false"):
        convert("labels", {"prompt": "q", "completion": "a", "label": "perhaps"})


def test_a_prompt_alone_has_no_answer_and_a_text_no_question():
    prompt, text = convert("prompts", {"prompt": talk("q", "")[:1]}), convert("text", {"text": "One.\n\nTwo."})
    assert (prompt.kind, prompt.question, prompt.completion) == ("prompts", "q", "")
    assert (text.kind, text.prompt, text.completion) == ("text", (), "One.\n\nTwo.")
