"""Brings the catalogues in council/locale up to date with the sentences in the source: new ones come in empty.

Run it as `python -m scripts.translations`, translate what is empty, and let tests/council/test_catalogues.py check it.
"""

import io
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from council.translation import FOLDER

ROOT = Path(__file__).resolve().parents[1]
METHODS = [("**.py", "python"), ("**.html", "jinja2"), ("**.jinja", "jinja2")]
KEYWORDS = {
    "_": None,
    "lazy_ngettext": (1, 2),
    "gettext": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
}


def extract() -> Catalog:
    """Return every sentence that the program may show, untranslated."""
    catalogue = Catalog()
    for folder in ("council", "models"):
        for file, line, message, _, context in extract_from_dir(ROOT / folder, METHODS, keywords=KEYWORDS):
            catalogue.add(message, locations=[(f"{folder}/{file}", line)], context=context)
    return catalogue


def main() -> None:
    """Rewrite every catalogue: what is new comes in empty, what the source has no more goes."""
    for path in sorted(FOLDER.glob("*.po")):
        header = path.read_text(encoding="utf-8").partition("\n\n")[0]  # Babel's own is full of places to fill in
        catalogue = read_po(path.open("rb"), locale=path.stem)
        catalogue.update(extract(), no_fuzzy_matching=True)
        catalogue.obsolete.clear()
        body = io.BytesIO()
        write_po(body, catalogue, width=120, omit_header=True, sort_by_file=True, include_lineno=False)
        path.write_text(f"{header}\n\n{body.getvalue().decode()}", encoding="utf-8")
        empty = sum(not message.string or not all(message.string) for message in catalogue if message.id)
        print(f"{path.name}: {len(catalogue)} sentences, {empty} of them without a translation")


if __name__ == "__main__":
    main()
