"""Why a run ended before its end, in the user's language; other reasons come from backends and stay as they are."""

from council.history import CUT_SHORT
from council.run import ABANDONED, CLOSED, CRASHED, RETRIED, STOPPED
from council.ui.texts import Texts

IN_FRENCH = {
    STOPPED[1]: "Vous avez arrêté la délibération. Reprenez-la : ce qui a été dit est gardé.",
    RETRIED[1]: "La délibération a été arrêtée pour redemander à un siège.",
    ABANDONED[1]: "Plus personne ne suivait la délibération. Reprenez-la : ce qui a été dit est gardé.",
    CLOSED[1]: "Le programme a été fermé pendant la délibération. Reprenez-la : ce qui a été dit est gardé.",
    CRASHED[1]: (
        "Une erreur du programme a interrompu la délibération ; son journal en dit plus. "
        "Reprenez-la : ce qui a été dit est gardé."
    ),
    CUT_SHORT: "Le programme s'est arrêté pendant la délibération. Reprenez-la : ce qui a été dit est gardé.",
}


def ending(reason: str, texts: Texts) -> str:
    """Say why a run ended, or a turn with it."""
    return IN_FRENCH.get(reason, reason) if texts.language == "fr" else reason
