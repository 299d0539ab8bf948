"""API keys, tokens and passwords in addresses, by the patterns of detect-secrets (Yelp), which need no network.

Its guesses by entropy and by the word "password" are left out: in prose they find too much that is no secret.
"""

import re
from collections.abc import Iterator
from functools import cache
from importlib import import_module

from engine.data.personal._finder import Finder, Span

PLUGINS = {
    "aws": "AWSKeyDetector",
    "azure_storage_key": "AzureStorageKeyDetector",
    "basic_auth": "BasicAuthDetector",
    "discord": "DiscordBotTokenDetector",
    "github_token": "GitHubTokenDetector",
    "gitlab_token": "GitLabTokenDetector",
    "jwt": "JwtTokenDetector",
    "mailchimp": "MailchimpDetector",
    "npm": "NpmDetector",
    "openai": "OpenAIDetector",
    "pypi_token": "PypiTokenDetector",
    "sendgrid": "SendGridDetector",
    "slack": "SlackDetector",
    "square_oauth": "SquareOAuthDetector",
    "stripe": "StripeDetector",
    "telegram_token": "TelegramBotTokenDetector",
}
# Beside those: keys newer than the library, by their makers' documented beginnings (OpenAI projects, Anthropic, Google,
# Hugging Face, fine-grained GitHub).
NEWER = (r"\bsk-(?:proj|ant|svcacct)-[\w-]{20,}", r"\bAIza[\w-]{35}", r"\bhf_[A-Za-z0-9]{30,}", r"\bgithub_pat_\w{50,}")
LIKELY = re.compile(r"[\w+/=.:@-]{16}", re.ASCII)


@cache
def patterns() -> tuple[re.Pattern[str], ...]:
    """The patterns of all PLUGINS and NEWER."""
    found = []
    for module, name in PLUGINS.items():
        found += getattr(import_module(f"detect_secrets.plugins.{module}"), name)().denylist
    return (*found, *map(re.compile, NEWER))


def spans(text: str) -> Iterator[Span]:
    if LIKELY.search(text):
        yield from sorted(match.span() for pattern in patterns() for match in pattern.finditer(text))


FINDER = Finder("secret", "high", spans)
