"""Every sentence of the source stands in every catalogue, whole; and no catalogue holds one that the source lost."""

import string

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from council.translation import FOLDER, languages
from scripts.translations import extract

OTHERS = [language for language in languages() if language != "en"]


@pytest.fixture(scope="module")
def source() -> Catalog:
    return extract()


@pytest.mark.parametrize("language", OTHERS)
def test_nothing_is_untranslated_doubtful_or_left_over(language: str, source: Catalog) -> None:
    with (FOLDER / f"{language}.po").open("rb") as file:
        catalogue = read_po(file, locale=language)
    translated = {key(message): message for message in catalogue if message.id}
    assert {key(message) for message in source if message.id} == set(translated)
    assert not catalogue.obsolete
    for message in translated.values():
        assert not message.fuzzy, message.id
        forms = strings(message)
        assert len(forms) == (catalogue.num_plurals if message.pluralizable else 1), message.id
        for form in forms:
            assert form and fields(form) == fields(strings(message, "id")[-1]), message.id


def test_a_german_and_a_french_catalogue_are_among_them() -> None:
    assert {"de", "fr"} <= set(OTHERS)


def key(message: Message) -> tuple[object, str | None]:
    return message.id, message.context


def strings(message: Message, of: str = "string") -> list[str]:
    value = getattr(message, of)
    return [value] if isinstance(value, str) else list(value)


def fields(template: str) -> set[tuple[str, str, str | None]]:
    """What a template has filled in, and how it is written."""
    return {(name, spec or "", kind) for _, name, spec, kind in string.Formatter().parse(template) if name is not None}
