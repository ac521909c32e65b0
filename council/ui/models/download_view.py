"""What the page shows of downloads: which models one click fetches, how far it is, and how it ended."""

from collections.abc import Sequence, Set
from html import escape

from council.downloads import Download, Downloads
from council.ui.html_parts import button, chip, duration, folded, sentence, size
from council.ui.words.texts import Texts
from council.ui.words.translation import translated
from models.catalogue import CatalogueEntry, fitting_entries, suggested_entries


def render_offer(downloads: Downloads, memory_bytes: int | None, here: Set[str], texts: Texts) -> str:
    """Offer what fits into so much memory and is not among the models `here`: a few, the others folded away."""
    fitting = [entry for entry in fitting_entries(memory_bytes) if here.isdisjoint((entry.name, *entry.ollama_names))]
    suggested = [entry for entry in suggested_entries(memory_bytes) if entry in fitting]
    others = [entry for entry in fitting if entry not in suggested]
    if not fitting:
        free = size(memory_bytes or 0, texts)
        return f'<p class="note">{escape(texts.download_none_fits.format(free=free))}</p>'
    return (
        f'<p class="note">{escape(texts.download_why.format(host=downloads.host))}</p>'
        + _entries(suggested, downloads, texts)
        + (folded("more-downloads", texts.download_more, _entries(others, downloads, texts)) if others else "")
    )


def _entries(entries: Sequence[CatalogueEntry], downloads: Downloads, texts: Texts) -> str:
    return f'<ul class="downloads">{"".join(_entry(entry, downloads, texts) for entry in entries)}</ul>'


def _entry(entry: CatalogueEntry, downloads: Downloads, texts: Texts) -> str:
    needs = {"size": size(entry.size_bytes, texts), "memory": size(entry.memory_bytes, texts)}
    facts = (texts.download_facts.format(**needs), texts.download_licence.format(licence=entry.licence))
    part = downloads.part_bytes(entry)
    here = f" {chip(texts.download_here.format(size=size(part, texts)), 'info')}" if part else ""
    return (
        f'<li><div title="{escape(entry.repository)}"><b>{escape(entry.title)}</b>{here}'
        + "".join(f'<span class="facts">{escape(fact)}</span>' for fact in facts)
        + f"</div>{_begin(entry, downloads, texts)}</li>"
    )


def _begin(entry: CatalogueEntry, downloads: Downloads, texts: Texts) -> str:
    """The button that fetches a file, or the rest of one, which can be deleted, too; it says where it comes from."""
    has_part = downloads.part_bytes(entry) > 0
    label = (texts.download_resume if has_part else texts.download_from).format(host=downloads.host)
    discard = button(texts.download_discard, "discard", entry.name, about=entry.title) if has_part else ""
    return button(label, "download", entry.name, kind="primary", about=entry.title) + discard


def render_progress(download: Download, host: str, texts: Texts) -> str:
    """Say how a download stands: a bar with bytes, speed and time left, or how it ended and what to do."""
    model = download.entry.title
    match download.status:
        case "running":
            heading = escape(texts.downloading.format(model=model, host=host))
            return f"<h3>{heading}</h3>{_bar(download)}{_figures(download, host, texts)}"
        case "stopped":
            arrived = size(download.completed_bytes, texts)
            told = escape(texts.download_stopped.format(model=model, size=arrived))
            return f'<p class="ended" role="status">{told}</p>'
        case "failed":
            told = escape(texts.download_failed.format(model=model))
            reason = sentence(translated(download.reason, texts))
            return f'<p class="ended failure" role="alert">{chip("!", "bad")} <b>{told}</b> {reason}</p>'
        case "done":
            told = escape(texts.download_done.format(model=model))
            return f'<p class="ended" role="status">{chip("✓", "good")} <b>{told}</b></p>'


def _percent(download: Download) -> int:
    return int(100 * download.completed_bytes / download.total_bytes) if download.total_bytes else 0


def _bar(download: Download) -> str:
    percent, name = _percent(download), escape(download.entry.title)
    return (
        f'<div class="meter" role="progressbar" aria-label="{name}" aria-valuemin="0" aria-valuemax="100"'
        f' aria-valuenow="{percent}"><i style="width: {percent}%"></i></div>'
    )


def _figures(download: Download, host: str, texts: Texts) -> str:
    if not download.total_bytes:
        return f'<p class="figures">{escape(texts.download_asking.format(host=host))}</p>'
    completed, total = size(download.completed_bytes, texts), size(download.total_bytes, texts)
    told = [texts.download_progress.format(completed=completed, total=total, percent=_percent(download))]
    if download.seconds_left is not None:
        told.append(texts.download_speed.format(speed=size(download.bytes_per_second, texts)))
        told.append(texts.download_left.format(time=duration(download.seconds_left, texts)))
    return f'<p class="figures">{escape(" · ".join(told))}</p>'


def render_choices(downloads: Downloads, offer: str, texts: Texts) -> str:
    """Draw what can be pressed: the offer, or what goes with a download; it changes only when that begins or ends."""
    download = downloads.current
    if download is None:
        return f"<h3>{escape(texts.download_title)}</h3>{offer}" if offer else ""
    if download.is_running:
        lives = f'<span class="note">{escape(texts.download_lives)}</span>'
        return f'<div class="actions">{button(texts.download_cancel, "cancel")}{lives}</div>'
    is_done = download.status == "done"
    begin = "" if is_done else _begin(download.entry, downloads, texts)
    why = f'<p class="note">{escape(texts.download_done_next)}</p>' if is_done and offer else ""
    return f'{why}<div class="actions">{begin}{button(texts.download_close, "close")}</div>' + (
        folded("another-download", texts.download_another, offer) if offer else ""
    )
