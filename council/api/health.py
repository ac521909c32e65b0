"""Two addresses for whoever watches the program: is it alive, and can it answer a question?"""

from fastapi import APIRouter, Request, Response

from council.advice import explain_health
from council.application import Application

router = APIRouter()


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    """Say that the program runs; asks no backend."""
    return {"status": "ok"}


@router.get("/readyz")
async def readyz(request: Request, response: Response) -> dict[str, object]:
    """Say whether some backend has a model; 503 while none has.

    What each backend says is told too, unless people have to log in: this address is open to all.
    """
    application: Application = request.app.state.application
    healths = await application.backend.healths()
    is_ready = any(health.ok and health.models for health in healths)
    response.status_code = 200 if is_ready else 503
    status: dict[str, object] = {"status": "ready" if is_ready else "no model"}
    if not application.settings.passwords:
        status["backends"] = [
            {
                "backend": health.backend,
                "ok": health.ok,
                "models": len(health.models),
                "detail": str(explain_health(health)),
            }
            for health in healths
        ]
    return status
