"""The composition root: settings, the application, the page, the server; nothing else is decided here."""

import errno
import logging
import os
import socket
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress

import uvicorn
from fastapi import FastAPI

from council.api import health
from council.api.limits import BodyLimit, LoginBrake
from council.api.middleware import SecurityHeaders
from council.api.origin import OwnOrigin
from council.api.page_addresses import PageAddresses
from council.api.proxies import TrustedProxies
from council.api.visitors import VisitorCookie
from council.application import Application, open_application
from council.errors import CouncilError
from council.settings import Settings, is_loopback, load_settings

GRADIO_ENVIRONMENT = {
    "GRADIO_ANALYTICS_ENABLED": "False",
    "GRADIO_RUN_HISTORY": "False",
    "GRADIO_SSR_MODE": "False",
    "GRADIO_ANALYTICS_MAX_EVENTS": "100",  # it counts its past events again after each new one
    "HF_HUB_DISABLE_TELEMETRY": "1",
}
HUGGING_FACE = "https://huggingface.co"
SHUTDOWN_SECONDS = 3


Opening = Callable[[Settings], AbstractAsyncContextManager[Application]]


def create_app(settings: Settings, *, opened: Opening = open_application) -> FastAPI:
    """Make the web application; everything it needs is opened and closed with it."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with opened(settings) as application:
            app.state.application = application
            page = mount_page(application)
            app.mount("/", PageAddresses(page))
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
    app.add_middleware(
        OwnOrigin, public_urls=[*settings.public_url, *space], takes_addresses=not is_loopback(settings.host)
    )
    app.add_middleware(TrustedProxies, networks=settings.trusted_proxies)
    app.add_middleware(SecurityHeaders, ancestors=HUGGING_FACE if is_space else "")


def mount_page(application: Application) -> FastAPI:
    """Return a web application that serves the page at "/"; Gradio reads its environment when it is imported."""
    os.environ.update(GRADIO_ENVIRONMENT)
    os.environ.setdefault("GRADIO_TEMP_DIR", str(application.settings.data_dir / "tmp"))
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


def bind(host: str, port: int) -> socket.socket:
    """Take the port before anything is opened; raises CouncilError with the next step where that cannot be."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise CouncilError(
                f"Port {port} is in use, perhaps by a Council that runs already (http://{host}:{port}). "
                f"Stop that program, or take another port: COUNCIL_PORT={port + 1} ./scripts/run.sh"
            ) from error
        raise CouncilError(
            f"The page cannot be served at {host}:{port}: {error.strerror}. Set COUNCIL_HOST and COUNCIL_PORT to an "
            "address of this machine."
        ) from error
    return listener


def main() -> int:
    """Serve the page until Ctrl-C or SIGTERM."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)  # below, it tells every address, with the password in it
    try:
        settings = load_settings()
        listener = bind(settings.host, settings.port)
    except CouncilError as error:
        print(error, file=sys.stderr)
        return 2
    server = uvicorn.Server(
        uvicorn.Config(
            create_app(settings),
            log_level="warning",
            timeout_graceful_shutdown=SHUTDOWN_SECONDS,
            lifespan="on",
            proxy_headers=False,  # only those that the settings name are believed
        )
    )
    name = "localhost" if is_loopback(settings.host) else settings.host
    print(f"Council is at http://{name}:{settings.port} (Ctrl-C ends it)", flush=True)
    with suppress(KeyboardInterrupt):  # uvicorn raises it again after a Ctrl-C that it has dealt with
        server.run(sockets=[listener])
    return 0 if server.started else 1


if __name__ == "__main__":
    sys.exit(main())
