"""Which of the addresses that Gradio serves are open: those that the page itself asks for, and no others.

Uploads would fill the disk, deep links hand one user's text to another, the token's address would give a script the
cookie that it cannot read, and so on; nothing here needs them.
"""

import re

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

PAGE = re.compile(
    r"/(config|login|logout|theme\.css|favicon\.ico|manifest\.json|robots\.txt)?/?"
    r"|/(assets|static|svelte)/.+"
    r"|/gradio_api/(app_id|queue/join|queue/data|cancel)/?"
    r"|/gradio_api/heartbeat/.+"
)
LOG_OUT = "/logout"


class PageAddresses:
    """Answers 404 to what the page never asks for. Logging out takes a POST: what a GET does, a picture can do."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            path = scope["path"]
            if not PAGE.fullmatch(path):
                return await PlainTextResponse("Nothing is here.", status_code=404)(scope, receive, send)
            if path.rstrip("/") == LOG_OUT:
                if scope["method"] != "POST":
                    refusal = PlainTextResponse("Log out by POST.", status_code=405, headers={"allow": "POST"})
                    return await refusal(scope, receive, send)
                scope = {**scope, "method": "GET"}  # Gradio knows it under this method only
        await self._app(scope, receive, send)
