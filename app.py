"""The composition root: settings, the application, the page, the server; nothing else is decided here."""

import logging
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Annotated, Any

from council.terminal.process import begin_process

if __name__ == "__main__":
    begin_process()

import typer
import uvicorn
from fastapi import FastAPI
from starlette.routing import Mount

from council.advice import explain
from council.api import health
from council.api.connections import ACCEPTED_AT_ONCE, BoundedConnection
from council.api.handles import ScarceHandles
from council.api.limits import BodyLimit, LoginBrake
from council.api.log_in_sessions import LogInSessions
from council.api.middleware import SecurityHeaders
from council.api.origin import OwnOrigin
from council.api.pace import EventPace
from council.api.page_addresses import PageAddresses
from council.api.page_sessions import PageSessions
from council.api.proxies import TrustedProxies
from council.api.public_address import PublicAddress
from council.api.visitors import VisitorCookie
from council.application import Application, Opening, open_application
from council.configuration import load_settings
from council.listening import listen
from council.settings import Settings, is_loopback
from council.terminal.command_line import run
from council.terminal.console import Console, open_console
from models.text import lazy_gettext as _

GRADIO_ENVIRONMENT = {
    "GRADIO_ANALYTICS_ENABLED": "False",
    "GRADIO_RUN_HISTORY": "False",
    "GRADIO_SSR_MODE": "False",
    "GRADIO_ANALYTICS_MAX_EVENTS": "100",  # it counts its past events again after each new one
    "HF_HUB_DISABLE_TELEMETRY": "1",
}
HUGGING_FACE = "https://huggingface.co"
SHUTDOWN_SECONDS = 3

logger = logging.getLogger(__name__)

program = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


def create_app(settings: Settings, *, opened: Opening = open_application) -> FastAPI:
    """Make the web application; everything it needs is opened and closed with it."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with opened(settings) as application:
            app.state.application = application
            if fault := application.history.fault:
                logger.warning("runs are not kept: %s", explain(fault))
            page = mount_page(application)
            gradio = next(route.app for route in page.routes if isinstance(route, Mount))
            gradio.tokens = LogInSessions()
            app.mount("/", PageAddresses(PageSessions(page, gradio)))
            async with page.router.lifespan_context(page):
                yield

    app = FastAPI(title="Council", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    app.include_router(health.router)
    _surround(app, settings)
    return app


def _surround(app: FastAPI, settings: Settings) -> None:
    """Put the layers around the application that a request passes; the last one that is added comes first."""
    is_space = "SPACE_ID" in os.environ
    space = [f"https://{os.environ['SPACE_HOST']}"] if "SPACE_HOST" in os.environ else []
    if not settings.is_private and not settings.passwords:
        app.add_middleware(VisitorCookie, is_framed=is_space)
    if settings.passwords:
        app.add_middleware(LoginBrake)
    app.add_middleware(BodyLimit)
    app.add_middleware(EventPace)
    public_urls = [*settings.public_url, *space]
    app.add_middleware(OwnOrigin, public_urls=public_urls, takes_addresses=not is_loopback(settings.host))
    app.add_middleware(PublicAddress, public_urls=public_urls)
    app.add_middleware(TrustedProxies, networks=settings.trusted_proxies)
    app.add_middleware(SecurityHeaders, ancestors=HUGGING_FACE if is_space else "")


def mount_page(application: Application) -> FastAPI:
    """Return a web application that serves the page at "/"; Gradio reads its environment when it is imported."""
    os.environ.update(GRADIO_ENVIRONMENT)
    os.environ.setdefault("GRADIO_TEMP_DIR", _temporary_folder(application.settings.data_dir))
    import gradio

    from council.ui.assets.browser_code import FOLDER, read_script, read_style
    from council.ui.assets.theme import build_theme
    from council.ui.wiring import build_page

    page: FastAPI = gradio.mount_gradio_app(
        FastAPI(docs_url=None, redoc_url=None, openapi_url=None),
        build_page(application),
        path="/",
        auth=list(application.settings.passwords.items()) or None,
        theme=build_theme(),
        css=read_style(),
        js=read_script(),
        favicon_path=str(FOLDER / "favicon.png"),
        footer_links=[],
        run_history=False,
        ssr_mode=False,
        show_error=False,
        pwa=False,
        enable_monitoring=False,
        max_file_size="1mb",
    )
    return page


def _temporary_folder(data_dir: Path) -> str:
    """Where Gradio may make files: in the data folder, or elsewhere where that cannot be written."""
    folder = data_dir / "tmp"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return str(folder)
    except OSError:
        return tempfile.mkdtemp(prefix="council-")


@program.command()
def serve(
    context: typer.Context,
    host: Annotated[str | None, typer.Option(help="Address it is served at (default: COUNCIL_HOST).")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65_535, help="Its port (default: COUNCIL_PORT).")] = None,
) -> int:
    """Serve the page until Ctrl-C or SIGTERM."""
    given: dict[str, Any] = {name: value for name, value in {"host": host, "port": port}.items() if value is not None}
    settings = load_settings(**given)
    listener = listen(settings.host, settings.port)
    server = uvicorn.Server(
        uvicorn.Config(
            create_app(settings),
            log_level="warning",
            timeout_graceful_shutdown=SHUTDOWN_SECONDS,
            lifespan="on",
            http=BoundedConnection,
            backlog=ACCEPTED_AT_ONCE,
            ws="none",
            proxy_headers=False,  # only those that the settings name are believed
        )
    )
    name = "localhost" if is_loopback(settings.host) else settings.host
    console: Console = context.obj
    with suppress(OSError):  # there may be nobody to read it
        console.say(_("Council is at {address} (Ctrl-C ends it)", address=f"http://{name}:{settings.port}"))
    with suppress(KeyboardInterrupt):  # uvicorn raises it again after a Ctrl-C that it has dealt with
        server.run(sockets=[listener])
    return 0 if server.started else 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Start the program and return its exit code."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("asyncio").addFilter(ScarceHandles())
    logging.getLogger("httpx").setLevel(logging.WARNING)  # below, it tells every address, with the password in it
    console = open_console()
    return run(program, arguments, console, name="app.py", context=console)


if __name__ == "__main__":
    sys.exit(main())
