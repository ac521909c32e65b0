"""What the council and its history say, in French; `translation.py` tells how the two columns are written."""

from council.downloads import CRASHED as DOWNLOAD_CRASHED
from council.method.turns import LEFT_OUT
from council.runs.history import CUT_SHORT
from council.runs.run import ABANDONED, CLOSED, CRASHED, RETRIED, STOPPED
from council.seats import GET_A_MODEL

RUNS = {
    STOPPED[1]: "Vous avez arrêté la délibération. Reprenez-la : ce qui a été dit est gardé.",
    RETRIED[1]: "La délibération a été arrêtée pour redemander à un siège.",
    ABANDONED[1]: "Plus personne ne suivait la délibération. Reprenez-la : ce qui a été dit est gardé.",
    CLOSED[1]: "Le programme a été fermé pendant la délibération. Reprenez-la : ce qui a été dit est gardé.",
    CRASHED[1]: (
        "Une erreur du programme a interrompu la délibération ; son journal en dit plus. "
        "Reprenez-la : ce qui a été dit est gardé."
    ),
    str(DOWNLOAD_CRASHED): (
        "Une erreur du programme a interrompu le téléchargement ; son journal en dit plus. Ce qui est arrivé est gardé."
    ),
    CUT_SHORT: "Le programme s'est arrêté pendant la délibération. Reprenez-la : ce qui a été dit est gardé.",
    str(LEFT_OUT): "Laissé de côté, parce que la conclusion a été demandée tout de suite.",
    "No seat has answered.": "Aucun siège n'a répondu.",
    "{name} wrote without an end.": "{name} a écrit sans fin.",
    "{name} ended without an answer.": "{name} s'est arrêté sans réponse.",
    "The prompt takes {number} tokens and {name} can read {number2} beside its answer. Shorten the question, raise "
    "COUNCIL_MAX_CONTEXT, or choose a model with a longer context.": (
        "L'invite compte {number} jetons et {name} peut en lire {number2} en plus de sa réponse. Raccourcissez la "
        "question, augmentez COUNCIL_MAX_CONTEXT, ou choisissez un modèle au contexte plus long."
    ),
    "earlier conversation": "la conversation qui précède",
    "The run {name} is complete. Ask its question anew to have it run again.": (
        "La délibération {name} est complète. Reposez sa question pour en mener une autre."
    ),
    "The seat {name} has no failed answer in the run {name2}.": (
        "Aucune réponse du siège {name} n'a échoué dans la délibération {name2}."
    ),
    "These failed: {text}.": "Ont échoué : {text}.",
    "None failed.": "Aucun siège n'a échoué.",
    "The run {name} is under way in another process.": "Un autre programme Council mène la délibération {name}.",
    "Stop it there before it is deleted.": "Arrêtez-la là-bas avant de la supprimer.",
    "Follow it there, or stop it there.": "Suivez-la ou arrêtez-la là-bas.",
    "The run {name} has no final answer to follow up. Resume it, or ask its question anew in another mode.": (
        "La délibération {name} n'a pas de réponse finale à suivre. Reprenez-la, ou reposez sa question avec une autre "
        "profondeur."
    ),
}
QUESTIONS = {
    "The question is not readable text. Save it as UTF-8, or type it.": (
        "La question n'est pas un texte lisible. Enregistrez-la en UTF-8, ou tapez-la."
    ),
    "The question is empty. Write one: python -m council ask {name}": (
        "La question est vide. Écrivez-en une : `python -m council ask {name}`"
    ),
    "The question has {number} characters; {number2} at most fit. Shorten it.": (
        "La question compte {number} caractères ; la limite est {number2}. Raccourcissez-la."
    ),
}
SEATS = {
    str(GET_A_MODEL): (
        "Prenez-en un avec `ollama pull llama3.2:3b`, ou nommez un fichier GGUF ou son dossier dans COUNCIL_WEIGHTS."
    ),
    "The council has no seats. Name a model for each, for example {name}.": (
        "Le conseil n'a pas de sièges. Nommez un modèle pour chacun, par exemple {name}."
    ),
    "The council has {number} seats at most, not {number2}. Take some away.": (
        "Le conseil a au plus {number} sièges, et non {number2}. Retirez-en."
    ),
    "Seat {number} names no model. Choose one, and a persona if you like, such as {name}.": (
        "Le siège {number} ne nomme pas de modèle. Choisissez-en un, avec un rôle si vous voulez, comme {name}."
    ),
    "Seat {number} is too long: {number2} characters for a model, {number3} for a persona at most.": (
        "Le siège {number} est trop long : {number2} caractères au plus pour un modèle, {number3} pour un rôle."
    ),
    "Seat {number} ({name}) names no persona after {name2}. Known: {text}.": (
        "Le siège {number} ({name}) ne nomme pas de rôle après {name2}. Connus : {text}."
    ),
    "Seat {number} has an unknown persona {name}. Did you mean {name2}?": (
        "Le siège {number} a un rôle inconnu, {name}. Vouliez-vous dire {name2} ?"
    ),
    "Seat {number} has an unknown persona {name}. Known: {text}; or write a sentence.": (
        "Le siège {number} a un rôle inconnu, {name}. Connus : {text} ; ou écrivez une phrase."
    ),
    "No installed model can answer a question.": "Aucun modèle installé ne peut répondre à une question.",
    "There is no seat to take the chair.": "Il n'y a aucun siège pour présider.",
    "The model {name} of {name2} is not installed.": "Le modèle {name} de {name2} n'est pas installé.",
    "Choose {text}, or get it with {command}.": "Choisissez {text}, ou prenez-le avec {command}.",
    " or {name}": " ou {name}",
}
BALLOTS = {
    "The text is empty.": "Le texte est vide.",
    "There is thinking, but no ballot after it.": "Il y a une réflexion, mais aucun vote après elle.",
    "There is no order in the text; it must name each of {text} once, best first.": (
        "Il n'y a pas de classement dans le texte ; il doit nommer {text}, chacune une fois, la meilleure d'abord."
    ),
    "The JSON is broken or cut off; write it once more, whole and shorter.": (
        "Le JSON est abîmé ou tronqué ; il est à récrire, entier et plus court."
    ),
    "The last line must begin with the marker, and only the order may follow it.": (
        "La dernière ligne doit commencer par le repère, et seul le classement peut le suivre."
    ),
    "No order follows the marker; name each of {text} once, best first.": (
        "Aucun classement ne suit le repère ; il doit nommer {text}, chacune une fois, la meilleure d'abord."
    ),
    "The line {name} must name one answer by its letter alone; ties are not allowed.": (
        "La ligne {name} doit nommer une réponse par sa seule lettre ; les ex æquo ne sont pas admis."
    ),
    "The places must be numbered 1 to {number}, each once; {name} is not in turn.": (
        "Les places doivent être numérotées de 1 à {number}, chacune une fois ; {name} n'est pas à son rang."
    ),
    "{name} holds a tie; every answer needs a place of its own.": (
        "{name} contient un ex æquo ; il faut à chaque réponse sa propre place."
    ),
    "{name} must be text like {name2}; ties and nested lists are not allowed.": (
        "{name} doit être un texte comme {name2} ; ni ex æquo ni listes imbriquées ne sont admis."
    ),
    "{name} is not the letter of an answer; the letters are {text}.": (
        "{name} n'est pas la lettre d'une réponse ; les lettres sont {text}."
    ),
    "The order names {name}, but the answers are {text}.": "Le classement nomme {name}, or les réponses sont {text}.",
    "The order names {text} more than once; name each of {text2} once.": (
        "Le classement nomme {text} plus d'une fois ; il doit nommer {text2}, chacune une fois."
    ),
    "The order leaves out {text}; name each of {text2} once.": (
        "Le classement oublie {text} ; il doit nommer {text2}, chacune une fois."
    ),
}
HISTORY = {
    "The folder {name} cannot be made: {text}. Set COUNCIL_DATA_DIR to another one.": (
        "Le dossier {name} ne peut être créé : {text}. Nommez-en un autre dans COUNCIL_DATA_DIR."
    ),
    "There is a run {name} already. Start the new one under another name.": (
        "Il y a déjà une délibération {name}. Commencez la nouvelle sous un autre nom."
    ),
    "The beginning of the run {name} cannot be read. Update the program, or delete it.": (
        "Le début de la délibération {name} est illisible. Mettez le programme à jour, ou supprimez-la."
    ),
    "The events of the run {name} do not fit together. Ask the question anew.": (
        "Les événements de la délibération {name} ne s'accordent pas. Reposez la question."
    ),
    "{name} is not the name of a run. {command} lists them.": (
        "{name} n'est pas le nom d'une délibération. {command} les énumère."
    ),
    "There is no run {name}. {command} lists those there are.": (
        "Il n'y a pas de délibération {name}. {command} énumère celles qui existent."
    ),
    "The history was written by a newer version of the program. Update it, or set COUNCIL_DATA_DIR to another "
    "folder.": (
        "L'historique a été écrit par une version plus récente du programme. Mettez celui-ci à jour, ou nommez un "
        "autre dossier dans COUNCIL_DATA_DIR."
    ),
    "The history {name} cannot be used: ": "L'historique {name} est inutilisable : ",
    "Check that its folder can be written and has room, or set COUNCIL_DATA_DIR to another one.": (
        "Vérifiez que l'on peut écrire dans son dossier et qu'il y reste de la place, ou nommez-en un autre dans "
        "COUNCIL_DATA_DIR."
    ),
    "Another program holds it: close that one, or wait, and try again.": (
        "Un autre programme l'occupe : fermez-le, ou attendez, puis réessayez."
    ),
    "The disk is full: make room and resume the run; what was stored before is kept.": (
        "Le disque est plein : faites de la place et reprenez la délibération ; ce qui était enregistré est gardé."
    ),
    "It is damaged, or not a history: move it away, and a new one is begun.": (
        "Il est abîmé, ou n'est pas un historique : déplacez-le, et un nouveau sera commencé."
    ),
    "Give yourself the right to write it and its folder, or set COUNCIL_DATA_DIR to another folder.": (
        "Donnez-vous le droit d'écrire dans ce fichier et dans son dossier, ou nommez un autre dossier dans "
        "COUNCIL_DATA_DIR."
    ),
    "The disk refuses: check that it has room and is healthy, then try again.": (
        "Le disque refuse : vérifiez qu'il a de la place et qu'il est en bon état, puis réessayez."
    ),
    "Restart the program; if that does not help, move the file away.": (
        "Relancez le programme ; si cela ne suffit pas, déplacez le fichier."
    ),
}
