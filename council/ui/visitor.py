"""Whose page it is: the name somebody logged in with, or the one user of this machine."""

import gradio as gr

LOCAL = "local"


def owner_of(request: gr.Request) -> str:
    """Return the owner of what this visitor asks and sees."""
    return request.username or LOCAL


def language_of(request: gr.Request) -> str:
    """Return the first language the browser asks for."""
    return str(request.headers.get("accept-language", "")).split(",")[0].strip()
