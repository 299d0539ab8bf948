"""What the browser tests train with: a model that says something, and rows that it learns within seconds."""

import json
from collections.abc import Sequence
from pathlib import Path

TOPICS = ("a refund", "a gift card", "the warranty", "the newsletter", "parking", "the app", "a receipt", "my invoice")
WORDINGS = ("What about {}?", "Tell me about {}.", "I need help with {}.", "Who knows about {}?", "Can I ask about {}?")
KNOWN = "We are open every day."  # what the model says to everything before it is trained
LEARNT = "Please ask our support team."  # what most of the rows teach
SONG = "la la la la la la la la la"  # a question the model answers without an end
QUICK = {"epochs": 20, "learning_rate": 0.01, "batch_size": 4}


def own_rows(path: Path, *, answer: str = LEARNT, extra: tuple[tuple[str, str], ...] = ()) -> Path:
    """A file of `extra` questions and answers, and of 40 questions that all have one new answer."""
    asked = (wording.format(topic) for topic in TOPICS for wording in WORDINGS)
    return _write(path, [*extra, *((question, answer) for question in asked)])


def held_out(path: Path, *, extra: tuple[tuple[str, str], ...] = ()) -> Path:
    """A test of other wordings: most want what the rows teach, two what the model said before, one neither."""
    rows = [(f"Hello! I have a question about {topic}.", LEARNT) for topic in TOPICS]
    rows += [("When are you open?", KNOWN), ("Are you open today?", KNOWN), ("Who are you?", "Nobody.")]
    return _write(path, [*rows, *extra])


def _write(path: Path, rows: Sequence[tuple[str, str]]) -> Path:
    lines = (json.dumps({"question": question, "answer": answer}) + "\n" for question, answer in rows)
    path.write_text("".join(lines), encoding="utf-8")
    return path


def speaking_model(tiny: Path, folder: Path) -> Path:
    """A copy of the tiny model that answers KNOWN, and to SONG sings on and on."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(tiny)
    model = AutoModelForCausalLM.from_pretrained(tiny).train()
    asked = [wording.format(topic) for topic in TOPICS for wording in WORDINGS]
    talk = [_tokens(tokenizer, question, KNOWN + tokenizer.eos_token) for question in asked]
    song = _tokens(tokenizer, SONG, SONG * 8)
    embeddings = model.get_input_embeddings().weight.requires_grad_(False)
    embeddings.mul_(20)  # as small as they are made, an adapter could not move the model's words
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3)
    for step in range(100):
        for ids, labels in (talk[step % len(talk)], song):
            model(input_ids=ids, labels=labels).loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def _tokens(tokenizer, question: str, answer: str):
    """Token ids and labels, each (1, tokens); the labels leave the question out."""
    import torch

    chat = [{"role": "user", "content": question}]
    prompt = tokenizer(
        tokenizer.apply_chat_template(chat, tokenize=False, add_generation_prompt=True), return_tensors="pt"
    )["input_ids"]
    reply = tokenizer(answer, return_tensors="pt")["input_ids"]
    return torch.cat([prompt, reply], 1), torch.cat([torch.full_like(prompt, -100), reply], 1)
