"""The page's style sheet and script, and the small pieces of script that components carry."""

from pathlib import Path

FOLDER = Path(__file__).parent

TELL_CLICKS = """
element.addEventListener('click', (event) => {
  const pressed = event.target.closest('[data-action]');
  if (pressed && element.contains(pressed)) {
    trigger('click', {action: pressed.dataset.action, argument: pressed.dataset.argument});
  }
});
"""
"""Tells the server which of the buttons drawn inside an HTML part was pressed."""

ANNOUNCE = "element.setAttribute('role', 'status');"
"""Makes an HTML part a region that screen readers follow politely."""

SAVE_FILE = "(file) => { window.council.saveFile(file); }"
REMEMBER_LANGUAGE = "(language) => { window.council.rememberLanguage(language); }"
WRITE_QUESTION = "() => { window.council.writeQuestion(); }"
# Values come in the order in which the components were made: the language before what stands below it.
LANGUAGE_WISHED = "(language, ...others) => [window.council.wishedLanguage(), ...others]"


def read_style() -> str:
    """Return the style sheet."""
    return (FOLDER / "style.css").read_text(encoding="utf-8")


def read_script() -> str:
    """Return the script that runs when the page has loaded."""
    return (FOLDER / "page.js").read_text(encoding="utf-8")
