"""What backends and downloads say, in French; `translation.py` tells how the two columns are written."""

from council.advice import HOW_TO_GET_WEIGHTS

SERVERS = {
    "The server at {name}": "Le serveur à {name}",
    " at {name}": " à {name}",
    "{name} at The server at {name2}": "{name} sur le serveur à {name2}",
    "{name} at Ollama at {name2}": "{name} sur Ollama à {name2}",
    " does not answer.": " ne répond pas.",
    " has no connection left.": " n'a plus de connexion libre.",
    " cannot be reached through the proxy.": " ne peut être joint à travers le proxy.",
    " cannot be reached.": " ne peut être joint.",
    " went silent.": " ne dit plus rien.",
    " takes no data.": " ne prend plus de données.",
    " broke off the connection.": " a coupé la connexion.",
    " broke off in the middle of an answer.": " a disparu au milieu d'une réponse.",
    " cannot be asked: its address or key holds a wrong character.": (
        " ne peut être interrogé : son adresse ou sa clé contient un mauvais caractère."
    ),
    " does not speak HTTP as expected.": " ne parle pas HTTP comme prévu.",
    " has an address that begins neither http:// nor https://.": (
        " a une adresse qui ne commence ni par http:// ni par https://."
    ),
    " has an address that cannot be read.": " a une adresse illisible.",
    " sent data that cannot be decompressed.": " a envoyé des données qui ne se décompressent pas.",
    " sends every request elsewhere.": " renvoie chaque demande ailleurs.",
    " sent an answer without an end.": " a envoyé une réponse sans fin.",
    " sent a line without an end.": " a envoyé une ligne sans fin.",
    " sent something that is not its usual JSON: {name}.": " a envoyé autre chose que son JSON habituel : {name}.",
    " sent something that is no event stream: {name}": " a envoyé autre chose qu'un flux d'événements : {name}",
    " sent {number} vectors for {number2} texts.": " a envoyé {number} vecteurs pour {number2} textes.",
    " was silent for {number} s while loading {name}.": " n'a rien dit pendant {number} s en chargeant {name}.",
    " was silent for {number} s while reading the prompt for {name}.": (
        " n'a rien dit pendant {number} s en lisant l'invite pour {name}."
    ),
    " was silent for {number} s while writing with {name}.": (
        " n'a rien dit pendant {number} s en écrivant avec {name}."
    ),
    " was silent for {number} s while downloading {name}.": " n'a rien dit pendant {number} s en téléchargeant {name}.",
    " was silent for {number} s while embedding.": " n'a rien dit pendant {number} s en calculant des vecteurs.",
    " was silent for {number} s while asked for a few facts.": (
        " n'a rien dit pendant {number} s quand quelques renseignements lui étaient demandés."
    ),
    " was silent for {number} s while asked for its models.": (
        " n'a rien dit pendant {number} s quand ses modèles lui étaient demandés."
    ),
    " ended the answer of {name} in the middle.": " a coupé la réponse de {name} en plein milieu.",
    " ended the answer of {name} before it began.": " a coupé la réponse de {name} avant son début.",
    " ended the download of {name} before it was complete.": " a coupé le téléchargement de {name} avant sa fin.",
    " is too busy{said}.": " est surchargé{said}.",
    " refuses us (HTTP {number}).": " nous refuse l'accès (HTTP {number}).",
    " gave up waiting (HTTP {number}).": " a renoncé à attendre (HTTP {number}).",
    " does not know this request (HTTP {number}).": " ne connaît pas cette demande (HTTP {number}).",
    " rejects the request for {name}{said}.": " rejette la demande pour {name}{said}.",
    " has not enough memory for {name}{said}.": " n'a pas assez de mémoire pour {name}{said}.",
    " does not have {name}.": " n'a pas {name}.",
    " does not serve {name}{said}.": " ne propose pas {name}{said}.",
    "It serves nothing: choose one of these.": "Il ne propose aucun modèle.",
    "It serves {text}: choose one of these.": "Il propose {text} : choisissez parmi ceux-là.",
    " has no model yet.": " n'a encore aucun modèle.",
    " failed while running {name}{said}.": " a échoué en exécutant {name}{said}.",
    " failed with {name}{said}.": " a échoué avec {name}{said}.",
    " cannot reach its library to get {name}.": " ne peut joindre sa bibliothèque pour obtenir {name}.",
    " could not get {name}{said}.": " n'a pas pu obtenir {name}{said}.",
    "Ollama's library has no {name}{said}.": "La bibliothèque d'Ollama n'a pas {name}{said}.",
    " cut the prompt for {name}: it has more than {number} tokens.": (
        " a tronqué l'invite pour {name} : elle dépasse {number} jetons."
    ),
    " only thought and gave no answer within {number} tokens.": (
        " n'a fait que réfléchir et n'a pas répondu en {number} jetons."
    ),
    " gave an empty answer.": " a donné une réponse vide.",
    "waiting for {name}: {number} before it in line": "attente de {name} : {number} avant lui dans la file",
    "loading {name}": "chargement de {name}",
}
ADVICE = {
    "Start it with {command}.": "Lancez-le avec {command}.",
    "Start that server, or correct its address in the settings.": (
        "Lancez ce serveur, ou corrigez son adresse dans les réglages."
    ),
    "Restart it.": "Relancez-le.",
    "Check what answers at this address.": "Vérifiez ce qui répond à cette adresse.",
    "Check its address and its key.": "Vérifiez son adresse et sa clé.",
    "Check the key in the settings.": "Vérifiez la clé dans les réglages.",
    "Check that its address ends in /v1.": "Vérifiez que son adresse se termine par /v1.",
    "Check that Ollama itself, and a recent one, answers there: {command}.": (
        "Vérifiez que c'est bien Ollama qui répond là, dans une version récente : {command}."
    ),
    "Check the spelling; {command} shows what is installed.": (
        "Vérifiez l'orthographe ; {command} montre ce qui est installé."
    ),
    "Look at {command}.": "Voyez {command}.",
    "Raise this time limit, choose a smaller model, or restart the server.": (
        "Allongez ce délai, choisissez un modèle plus petit, ou relancez le serveur."
    ),
    "Wait a moment, or run fewer requests in parallel.": "Attendez un moment, ou envoyez moins de demandes à la fois.",
    "Wait a moment and ask again.": "Attendez un moment, puis redemandez.",
    "Shorten it or change the settings.": "Raccourcissez-la ou changez les réglages.",
    "Shorten the question or allow a longer context.": "Raccourcissez la question ou permettez un contexte plus long.",
    "Free some with {command} ({command2} lists them) or choose a smaller model.": (
        "Libérez-en avec {command} ({command2} dit lesquels y sont) ou choisissez un modèle plus petit."
    ),
    "Allow more tokens, or switch its thinking off.": "Accordez plus de jetons, ou désactivez sa réflexion.",
    "Allow more tokens, or turn thinking off.": "Accordez plus de jetons, ou désactivez la réflexion.",
    "Allow more tokens or a larger context.": "Accordez plus de jetons ou un contexte plus grand.",
    "Choose a smaller model.": "Choisissez un modèle plus petit.",
    "Choose another model.": "Choisissez un autre modèle.",
    "Choose another model or server.": "Choisissez un autre modèle ou un autre serveur.",
    "Choose another one.": "Choisissez-en un autre.",
    "Choose a model that it lists, or check its address.": (
        "Choisissez un modèle de sa liste, ou vérifiez son adresse."
    ),
    "Connect this machine, then run {command}.": "Connectez cette machine, puis lancez {command}.",
    "Go on with {command}.": "Continuez avec {command}.",
    "Get one with {command}.": "Prenez-en un avec {command}.",
    "Get it with {command}.": "Prenez-le avec {command}.",
    "Run {command}.": "Lancez {command}.",
    "Ask again.": "Redemandez.",
    "Ask again later.": "Redemandez plus tard.",
    "Ask again with another seed.": "Redemandez avec une autre graine.",
    "Ask again, or choose another model.": "Redemandez, ou choisissez un autre modèle.",
    "Ask again, or try it with {command}.": "Redemandez, ou essayez-le avec {command}.",
    "Ask again, or look at its log.": "Redemandez, ou voyez son journal.",
    "Ask it again, or choose another model.": "Redemandez-lui, ou choisissez un autre modèle.",
    "Try again.": "Réessayez.",
    "Try again later.": "Réessayez plus tard.",
    "Try again in a few minutes.": "Réessayez dans quelques minutes.",
    "Try again with {command}.": "Réessayez avec {command}.",
    "Try again; if it stays, stop the server and start it with {command}.": (
        "Réessayez ; si cela persiste, arrêtez le serveur et relancez-le avec {command}."
    ),
}
SELECTOR = {
    "{name} cannot be run.": "{name} ne peut pas tourner.",
    "No backend is set. Set COUNCIL_BACKENDS=ollama,llama_cpp.": (
        "Aucun moteur n'est choisi. Réglez COUNCIL_BACKENDS=ollama,llama_cpp."
    ),
    "It is not ready.": "Il n'est pas prêt.",
    " broke off its answer with {name}.": " a interrompu sa réponse avec {name}.",
    "{name} on {word} answers.": "{name} répond sur {word}.",
    "{name} on {word} stands in for {name2} and answers.": "{name}, sur {word}, remplace {name2} et répond.",
    "{name} on {word} begins the answer anew.": "{name} recommence la réponse sur {word}.",
    "{name} on {word} begins the answer anew, without thinking.": (
        "{name} recommence la réponse sur {word}, sans réfléchir."
    ),
    "{name} on {word} stands in for {name2} and begins the answer anew.": (
        "{name}, sur {word}, remplace {name2} et recommence la réponse."
    ),
    "{name} on {word} stands in for {name2} and begins the answer anew, without thinking.": (
        "{name}, sur {word}, remplace {name2} et recommence la réponse, sans réfléchir."
    ),
}
DOWNLOADS = {
    "The Hugging Face hub": "Le hub de Hugging Face",
    " is switched off (HF_HUB_OFFLINE is set), so nothing was downloaded. Unset it, or put {name} into {name2} "
    "yourself.": (
        " est coupé (HF_HUB_OFFLINE est défini), rien n'a donc été téléchargé. Supprimez cette variable, ou mettez "
        "vous-même {name} dans {name2}."
    ),
    "What arrived is kept: ask again to go on, or put {name} into {name2}.": (
        "Ce qui est arrivé est gardé : reprenez le téléchargement, ou mettez {name} dans {name2}."
    ),
    " is being downloaded already. Wait for it to end.": " se télécharge déjà. Attendez la fin.",
    "{name} needs {size} more in {name2}, and {size2} are free there. Free some space, choose a smaller model, or set "
    "COUNCIL_DATA_DIR to a larger disk.": (
        "{name} demande encore {size} dans {name2}, où {size2} sont libres. Libérez de la place, choisissez un modèle "
        "plus petit, ou nommez un disque plus grand dans COUNCIL_DATA_DIR."
    ),
    "Nothing more can be written to {name}: ": "Plus rien ne peut être écrit dans {name} : ",
    "the disk is full.": "le disque est plein.",
    "Make room there, or set COUNCIL_DATA_DIR to a folder that can be written.": (
        "Faites-y de la place, ou nommez dans COUNCIL_DATA_DIR un dossier où l'on peut écrire."
    ),
    "The hub does not say how long {name} is.": "Le hub ne dit pas la longueur de {name}.",
    " has had too many requests from here.": " a reçu trop de demandes d'ici.",
    " has a fault (HTTP {number}).": " a une panne (HTTP {number}).",
    "The hub does not hand out {name} of {name2} (HTTP {number}).": (
        "Le hub ne donne pas {name} de {name2} (HTTP {number})."
    ),
    " was damaged on the way. Download it again.": " a été abîmé en chemin. Téléchargez-le de nouveau.",
    "The hub sent no model:": "Le hub n'a pas envoyé de modèle :",
}
WEIGHTS = {
    str(HOW_TO_GET_WEIGHTS): (
        "Nommez un fichier GGUF ou un dossier dans COUNCIL_WEIGHTS, ou prenez un modèle avec `ollama pull llama3.2:3b` "
        "ou `python -m council download`."
    ),
    "No usable GGUF weights on this disk.": "Pas de poids GGUF utilisables sur ce disque.",
    "No weights for {name} on this disk (here: none).": "Pas de poids pour {name} sur ce disque (ici : aucun).",
    "No weights for {name} on this disk (here: {text}).": "Pas de poids pour {name} sur ce disque (ici : {text}).",
    "Run {command}, or give the path of its GGUF file in COUNCIL_WEIGHTS.": (
        "Lancez {command}, ou donnez le chemin de son fichier GGUF dans COUNCIL_WEIGHTS."
    ),
    "Run {command}, or {command2}.": "Lancez {command}, ou {command2}.",
    "The weights folder {name} holds no .gguf file that can be read.": (
        "Le dossier de poids {name} ne contient aucun fichier .gguf lisible."
    ),
    "The weights path {name} does not exist or may not be read.": (
        "Le chemin de poids {name} n'existe pas ou ne peut être lu."
    ),
    "Set COUNCIL_WEIGHTS to a GGUF file or to a folder with GGUF files.": (
        "Nommez dans COUNCIL_WEIGHTS un fichier GGUF ou un dossier qui en contient."
    ),
    "Ollama's models in {name} cannot be read ({text}). Let this user read them, for example with {command} and a new "
    "login.": (
        "Les modèles d'Ollama dans {name} sont illisibles ({text}). Donnez à cet utilisateur le droit de les lire, par "
        "exemple avec {command}, puis en ouvrant une nouvelle session."
    ),
    "Ollama's manifest {name} cannot be read ({text}).": "Le manifeste d'Ollama {name} est illisible ({text}).",
    "(it is too long)": "(il est trop long)",
    "Ollama's manifest {name} names no valid digest ({text}).": (
        "Le manifeste d'Ollama {name} ne nomme aucune empreinte valable ({text})."
    ),
    "{name} in Ollama has no weights on this disk: it runs elsewhere, or only in Ollama itself.": (
        "{name}, dans Ollama, n'a pas de poids sur ce disque : il tourne ailleurs, ou seulement dans Ollama même."
    ),
    "The weights of {name} in Ollama's store are missing or may not be read ({text}).": (
        "Les poids de {name} manquent dans le dossier d'Ollama ou ne peuvent être lus ({text})."
    ),
    "{name} is the first part of a model, and {name2} is missing beside it. Fetch all parts into one folder.": (
        "{name} est la première partie d'un modèle, et {name2} manque à côté. Mettez toutes les parties dans le même "
        "dossier."
    ),
}
