"""Whose page it is: the name somebody logged in with, or the one user of this machine."""

import gradio as gr

from council.settings import Settings

LOCAL = "local"
FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip")
"""What a proxy says of those whom it lets through."""


def owner_of(request: gr.Request) -> str:
    """Return the owner of what this visitor asks and sees."""
    return request.username or LOCAL


def language_of(request: gr.Request) -> str:
    """Return the first language the browser asks for."""
    return str(request.headers.get("accept-language", "")).split(",")[0].strip()


def may_download(request: gr.Request, settings: Settings) -> bool:
    """Whether this visitor may have models fetched: the person at this machine, and nobody else."""
    return settings.is_private and not any(header in request.headers for header in FORWARDED)
