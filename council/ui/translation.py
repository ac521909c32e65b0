"""What the program itself says of a run or a backend, in the user's language.

Other modules write English, for terminal, log and history. Known sentences are put into French here, wherever they
stand in a message; what is not known, such as what a server said, stays as it is.
"""

import re

from council.downloads import CRASHED as DOWNLOAD_CRASHED
from council.history import CUT_SHORT
from council.run import ABANDONED, CLOSED, CRASHED, RETRIED, STOPPED
from council.turns import LEFT_OUT
from council.ui.texts import Texts
from models.llama_cpp.weights import HOW_TO_GET_WEIGHTS

WHOLE = {
    STOPPED[1]: "Vous avez arrêté la délibération. Reprenez-la : ce qui a été dit est gardé.",
    RETRIED[1]: "La délibération a été arrêtée pour redemander à un siège.",
    ABANDONED[1]: "Plus personne ne suivait la délibération. Reprenez-la : ce qui a été dit est gardé.",
    CLOSED[1]: "Le programme a été fermé pendant la délibération. Reprenez-la : ce qui a été dit est gardé.",
    CRASHED[1]: (
        "Une erreur du programme a interrompu la délibération ; son journal en dit plus. "
        "Reprenez-la : ce qui a été dit est gardé."
    ),
    DOWNLOAD_CRASHED: (
        "Une erreur du programme a interrompu le téléchargement ; son journal en dit plus. Ce qui est arrivé est gardé."
    ),
    CUT_SHORT: "Le programme s'est arrêté pendant la délibération. Reprenez-la : ce qui a été dit est gardé.",
    LEFT_OUT: "Laissé de côté, parce que la conclusion a été demandée tout de suite.",
    HOW_TO_GET_WEIGHTS: (
        "Nommez un fichier GGUF ou un dossier dans COUNCIL_WEIGHTS, ou prenez un modèle avec `ollama pull llama3.2:3b` "
        "ou `python -m council download`."
    ),
}
DOWNLOADS = (
    (
        r"is switched off \(HF_HUB_OFFLINE is set\), so nothing was downloaded\. "
        r"Unset it, or put ('[^']+') into ('[^']+') yourself\.",
        r"est coupé (HF_HUB_OFFLINE est défini), rien n'a donc été téléchargé. "
        r"Supprimez cette variable, ou mettez vous-même \1 dans \2.",
    ),
    (
        r"What arrived is kept: ask again to go on, or put ('[^']+') into ('[^']+')\.",
        "Ce qui est arrivé est gardé : "
        r"reprenez le téléchargement, ou mettez \1 dans \2.",
    ),
    (r"is being downloaded already\. Wait for it to end\.", "se télécharge déjà. Attendez la fin."),
    (
        r"('[^']+') needs ([\d.]+) (G|M)B more in ('[^']+'), and ([\d.]+) (G|M)B are free there\. Free some space, "
        r"choose a smaller model, or set COUNCIL_DATA_DIR to a larger disk\.",
        r"\1 demande encore \2 \3o dans \4, où \5 \6o sont libres. Libérez de la place, choisissez un modèle plus "
        r"petit, ou nommez un disque plus grand dans COUNCIL_DATA_DIR.",
    ),
    (r"Nothing more can be written to ('[^']+'): ", r"Plus rien ne peut être écrit dans \1 : "),
    (r"the disk is full\.", "le disque est plein."),
    (
        r"Make room there, or set COUNCIL_DATA_DIR to a folder that can be written\.",
        "Faites-y de la place, ou nommez dans COUNCIL_DATA_DIR un dossier où l'on peut écrire.",
    ),
    (
        r"The hub does not say how long ('[^']+') is\. Try again later\.",
        r"Le hub ne dit pas la longueur de \1. Réessayez plus tard.",
    ),
    (
        r"has had too many requests from here\. Try again in a few minutes\.",
        "a reçu trop de demandes d'ici. Réessayez dans quelques minutes.",
    ),
    (r"has a fault \((HTTP \d+)\)\. Try again later\.", r"a une panne (\1). Réessayez plus tard."),
    (
        r"The hub does not hand out ('[^']+') of ('[^']+') \((HTTP \d+)\)\. Choose another model\.",
        r"Le hub ne donne pas \1 de \2 (\3). Choisissez un autre modèle.",
    ),
    (r"was damaged on the way\. Download it again\.", "a été abîmé en chemin. Téléchargez-le de nouveau."),
    (r"The hub sent no model:", "Le hub n'a pas envoyé de modèle :"),
    (r"The Hugging Face hub", "Le hub de Hugging Face"),
)
PHRASES = (
    (r"No seat has answered\.", "Aucun siège n'a répondu."),
    (r"('[^']+') cannot be run\.", r"\1 ne peut pas tourner."),
    (r" at ('https?://[^']*') (?=does not answer|broke off|went silent|has no model)", r" à \1 "),
    (r" does not answer\.", " ne répond pas."),
    (r" went away\.", " a disparu."),
    (r" broke off in the middle of an answer\.", " a disparu au milieu d'une réponse."),
    (r" broke off the connection\.", " a coupé la connexion."),
    (r" broke off its answer with ('[^']+')\.", r" a interrompu sa réponse avec \1."),
    (r" went silent\.", " ne dit plus rien."),
    (r"Start it with (`[^`]+`)", r"Lancez-le avec \1"),
    (r"Ask again\.", "Redemandez."),
    (r"Get one with (`[^`]+`)", r"Prenez-en un avec \1"),
    (r" has no model yet\.", " n'a encore aucun modèle."),
    (r"No usable GGUF weights on this disk\.", "Pas de poids GGUF utilisables sur ce disque."),
    (r"No weights for ('[^']+') on this disk \(here: ([^)]*)\)\.", r"Pas de poids pour \1 sur ce disque (ici : \2)."),
    (r"Run (`ollama pull [^`]+`), or give the path of its GGUF file in", r"Lancez \1, ou donnez son fichier GGUF dans"),
    (r"Run (`ollama pull [^`]+`), or (`[^`]+`)", r"Lancez \1, ou \2"),
    (r"^[Ll]oading ('[^']+')", r"chargement de \1"),
    (r"^Unloading ('[^']+') to make room for ('[^']+')\.", r"\1 fait place à \2."),
    (r"^waiting for ('[^']+'): (\d+) before it in line", r"attente de \1 : \2 avant lui dans la file"),
    (
        r"waits until another model has finished: they do not fit into memory together",
        "attend la fin d'un autre modèle : la mémoire ne suffit pas aux deux",
    ),
    (r"('[^']+') on (\w+) begins the answer anew\.", r"\1 recommence la réponse sur \2."),
)


def translated(message: str, texts: Texts) -> str:
    """Put what is known of a message into French, where that is the page's language."""
    if texts.language != "fr":
        return message
    for english, french in WHOLE.items():
        message = message.replace(english, french)
    for pattern, replacement in (*DOWNLOADS, *PHRASES):
        message = re.sub(pattern, replacement, message)
    return message
