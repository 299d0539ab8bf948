"""The use cases as families: which rows a card, an address and a page's language mean."""

import pytest

from ui import usecases
from ui.usecases import families, meant, member, presets


def test_families_come_in_the_order_of_the_page_and_hold_every_use_case():
    known = [name for name in usecases.ORDER if name in families()]
    assert list(families())[: len(known)] == known and list(families())[0] == "company_faq"
    assert list(presets()) == [preset.name for family in families().values() for preset in family.values()]
    assert all(preset.language == lang for family in families().values() for lang, preset in family.items())


@pytest.mark.parametrize(
    ("address", "lang", "name"),
    [
        ("", "en", "company_faq"),
        ("", "ja", "company_faq_ja"),
        ("company_faq", "ja", "company_faq"),
        ("company_faq_ja", "en", "company_faq_ja"),
        ("raw_documents_ja", "ja", "raw_documents"),
        ("own", "ja", "own"),
        ("../x", "en", "company_faq"),
        ("run:20260101-000000-abcdef", "en", "company_faq"),
    ],
)
def test_address_means_the_rows_it_names_or_their_other_language_or_the_first(monkeypatch, address, lang, name):
    every = {family: dict(found) for family, found in families().items()}
    every["raw_documents"] = {"en": presets()["raw_documents"]}
    monkeypatch.setattr(usecases, "families", lambda: every)
    monkeypatch.setattr(usecases, "presets", lambda: {p.name: p for found in every.values() for p in found.values()})
    assert meant(address, lang) == name


def test_family_gives_the_rows_it_has_where_it_lacks_a_language():
    english = {"en": presets()["company_faq"]}
    assert member(english, "ja").name == member(english, "en").name == "company_faq"
    assert member(families()["company_faq"], "ja").name == "company_faq_ja"


def test_rows_are_counted_in_the_files_themselves():
    assert usecases.rows(presets()["company_faq"])[0] == 280
    assert all(train > 0 and test > 0 for train, test in map(usecases.rows, presets().values()))
