"""What the page shows of downloads: which models one click fetches, how far it is, and how it ended."""

from collections.abc import Set
from functools import partial

from markupsafe import Markup

from council.downloads import Download, Downloads
from council.translation import Translator
from council.ui.drawing import draw
from council.ui.html_parts import button, chip, duration, folded, note, sentence
from models.catalogue import CatalogueEntry, fitting_entries, suggested_entries
from models.text import Bytes


def render_offer(downloads: Downloads, memory_bytes: int | None, here: Set[str], words: Translator) -> Markup:
    """Offer what fits into so much memory and is not among the models `here`: a few, the others folded away."""
    fitting = [entry for entry in fitting_entries(memory_bytes) if here.isdisjoint((entry.name, *entry.ollama_names))]
    suggested = [entry for entry in suggested_entries(memory_bytes) if entry in fitting]
    return draw(
        "downloads",
        words,
        downloads=downloads,
        suggested=suggested,
        others=[entry for entry in fitting if entry not in suggested],
        memory=memory_bytes or 0,
        begin=partial(_begin, downloads=downloads, words=words),
        bytes=Bytes,
    )


def _begin(entry: CatalogueEntry, downloads: Downloads, words: Translator) -> Markup:
    """The button that fetches a file, or the rest of one, which can be deleted, too; it says where it comes from."""
    host, title = downloads.host, entry.title
    if not downloads.part_bytes(entry):
        label = words.gettext("Download from {host}", host=host)
        return button(label, "download", entry.name, kind="primary", about=title)
    label = words.gettext("Resume from {host}", host=host)
    resume = button(label, "download", entry.name, kind="primary", about=title)
    return resume + button(words.gettext("Delete what arrived"), "discard", entry.name, about=title)


def render_progress(download: Download, host: str, words: Translator) -> Markup:
    """Say how a download stands: a bar with bytes, speed and time left, or how it ended and what to do."""
    model = download.entry.title
    match download.status:
        case "running":
            heading = words.gettext("Downloading {model} from {host}", model=model, host=host)
            figures = Markup('<p class="figures">{}</p>').format(_figures(download, host, words))
            return Markup("<h3>{}</h3>{}{}").format(heading, _bar(download), figures)
        case "stopped":
            stopped = words.gettext(
                "The download of {model} was cancelled. What arrived is kept ({size}); you can go on with it.",
                model=model,
                size=Bytes(download.completed_bytes),
            )
            return Markup('<p class="ended" role="status">{}</p>').format(stopped)
        case "failed":
            failed = words.gettext("{model} was not downloaded.", model=model)
            reason = sentence(words.text(download.reason))
            ended = Markup('<p class="ended failure" role="alert">{} <b>{}</b> {}</p>')
            return ended.format(chip("!", "bad"), failed, reason)
        case "done":
            done = words.gettext("{model} is here and can take a seat.", model=model)
            return Markup('<p class="ended" role="status">{} <b>{}</b></p>').format(chip("✓", "good"), done)


def _share(download: Download) -> float:
    return download.completed_bytes / download.total_bytes if download.total_bytes else 0.0


def _bar(download: Download) -> Markup:
    bar = Markup(
        '<div class="meter" role="progressbar" aria-label="{}" aria-valuemin="0" aria-valuemax="100"'
        ' aria-valuenow="{percent}"><i style="width: {percent}%"></i></div>'
    )
    return bar.format(download.entry.title, percent=int(100 * _share(download)))


def _figures(download: Download, host: str, words: Translator) -> str:
    if not download.total_bytes:
        return words.gettext("Asking {host}…", host=host)
    completed, total = Bytes(download.completed_bytes), Bytes(download.total_bytes)
    share = int(100 * _share(download)) / 100  # the whole is only told when it is here
    figures = [words.gettext("{completed} of {total}, {share:.0%}", completed=completed, total=total, share=share)]
    if download.seconds_left is not None:
        figures.append(words.gettext("{speed}/s", speed=Bytes(int(download.bytes_per_second))))
        figures.append(words.gettext("about {time} left", time=duration(download.seconds_left, words)))
    return " · ".join(figures)


def render_choices(downloads: Downloads, offer: Markup, words: Translator) -> Markup:
    """Draw what can be pressed: the offer, or what goes with a download; it changes only when that begins or ends."""
    download = downloads.current
    if download is None:
        title = words.gettext("Get a real model with one click")
        return Markup("<h3>{}</h3>{}").format(title, offer) if offer else Markup()
    actions = Markup('<div class="actions">{}{}</div>')
    if download.is_running:
        lives = Markup('<span class="note">{}</span>').format(words.gettext("It goes on when this page is closed."))
        return actions.format(button(words.gettext("Cancel"), "cancel"), lives)
    is_done = download.status == "done"
    begin = Markup() if is_done else _begin(download.entry, downloads, words)
    ended = actions.format(begin, button(words.gettext("Close"), "close"))
    if not offer:
        return ended
    why = note(words.gettext("A council is better with models of different families: get another one."))
    another = folded("another-download", words.gettext("Choose another model"), offer)
    return (why if is_done else Markup()) + ended + another
