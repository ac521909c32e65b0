"""Whose page it is: the name somebody logged in with, or the one user of this machine."""

import gradio as gr

from council.runs.owners import LOCAL, VISITOR
from council.settings import Settings

FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip")
"""What a proxy says of those whom it lets through."""


def owner_of(request: gr.Request) -> str:
    """Return the owner of what this visitor asks and sees.

    On a page that everybody may use, that is the browser; one that keeps no cookies owns what it asks until it leaves.
    """
    scope = request.request.scope if request.request else {}
    visitor = scope.get(VISITOR)
    if request.username or visitor is None:
        return request.username or LOCAL
    return visitor or f"session-{request.session_hash}"


def may_download(request: gr.Request, settings: Settings) -> bool:
    """Whether this visitor may have models fetched: the person at this machine, and nobody else."""
    return settings.is_private and not any(header in request.headers for header in FORWARDED)
