"""Samples as lm-evaluation-harness logs them, for the tests that do without it."""


def sample(number, filter_name="none", group=None, text="", **scores):
    """One logged sample, as lm-eval 0.4.13 gives it for a task with choices."""
    doc = {"question": f"Question {number}?{text}", "answer": "A", "choices": ["B"]} | (
        {"group": group} if group else {}
    )
    return {
        "doc_id": number,
        "doc": doc,
        "target": 0,
        "arguments": [(f"Question: {number}?\nAnswer:", " A"), (f"Question: {number}?\nAnswer:", " B")],
        "resps": [[(-1.5, False)], [(-2.5, False)]],
        "filtered_resps": [(-1.5, False), (-2.5, False)],
        "filter": filter_name,
        "metrics": list(scores),
        "doc_hash": f"doc {number}{text}",
        "prompt_hash": f"prompt {number}{text}",
        "target_hash": "target",
    } | scores
