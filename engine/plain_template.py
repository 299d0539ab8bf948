"""The chat template for models that come without one, such as base models: who speaks stands on a line of its own.

    Answer briefly.

    User:
    Are you open?

    Assistant:
    Yes.<|endoftext|>

The text begins with the model's own beginning token where it has one, and each answer ends with its end-of-text token.
"""

from typing import Any

TEMPLATE = """{{ bos_token or '' }}{% for message in messages %}\
{% if message['role'] == 'system' %}{{ message['content'] }}

{% elif message['role'] == 'user' %}User:
{{ message['content'] }}

{% else %}Assistant:
{{ message['content'] }}{{ eos_token }}

{% endif %}{% endfor %}{% if add_generation_prompt %}Assistant:
{% endif %}"""


def give(tokenizer: Any) -> Any:
    """The tokenizer, with this template where it has none."""
    if tokenizer.chat_template is None:
        tokenizer.chat_template = TEMPLATE
    return tokenizer


def given(tokenizer: Any) -> bool:
    """Whether a tokenizer has this template: one that was saved with it, too."""
    return tokenizer.chat_template == TEMPLATE
