"""Every text stands in both languages, with the same placeholders, and every member of a registry has its title."""

import string

import pytest
import yaml

from engine import registry
from engine.items import FIRST_SUITES, NOT_JUDGED
from engine.text import FILE, LANGUAGES, entries, has, text

KEYS = sorted(entries())


def placeholders(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}


@pytest.mark.parametrize("key", KEYS)
def test_text_stands_in_every_language_with_the_same_placeholders(key):
    found = entries()[key]
    assert set(found) == set(LANGUAGES)
    assert all(isinstance(template, str) for template in found.values())
    assert len({frozenset(placeholders(template)) for template in found.values()}) == 1
    assert all(name.isidentifier() for name in placeholders(found["en"]))


def test_no_key_stands_twice_in_the_file():
    class Strict(yaml.SafeLoader):
        pass

    def mapping(loader, node):
        names = [key.value for key, _ in node.value]
        assert len(names) == len(set(names)), f"twice near line {node.start_mark.line + 1}: {sorted(names)}"
        return yaml.SafeLoader.construct_mapping(loader, node, deep=True)

    Strict.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, mapping)
    yaml.load(FILE.read_text(encoding="utf-8"), Loader=Strict)


@pytest.mark.parametrize(
    "key",
    [
        *(f"metric.{name}.{part}" for name in registry.metrics() for part in ("title", "summary")),
        *(f"suite.{name}.{part}" for name in (*FIRST_SUITES, *NOT_JUDGED) for part in ("title", "opening", "summary")),
        *(f"format.{name}.title" for name in registry.formats()),
        *(f"page.method.{name}.{part}" for name in registry.methods() for part in ("title", "summary")),
    ],
)
def test_member_of_a_registry_has_its_texts(key):
    assert has(key), f"engine/text.yaml lacks {key}"
    assert all(text(key, lang).strip() for lang in LANGUAGES)


def test_a_text_that_is_not_there_or_lacks_a_value_is_an_error():
    with pytest.raises(KeyError):
        text("no.such.key")
    with pytest.raises(KeyError):
        text("verdict.better.word", "fr")
    with pytest.raises(KeyError, match="wins"):
        text("sentence.better", opening="On x", n=3, losses=1)


def test_values_are_never_read_as_templates():
    assert text("suite.own.opening", suite="{0.__class__} {x}") == "On the suite {0.__class__} {x}"
