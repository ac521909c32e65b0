"""What llama.cpp and its GGUF files say, in French; `translation.py` tells how the two columns are written."""

FILES = {
    "{name} cannot be read ({text}). Check that the file is there and that this user may read it.": (
        "{name} est illisible ({text}). Vérifiez que le fichier est là et que cet utilisateur peut le lire."
    ),
    "{name} is not a GGUF file but a Git LFS pointer to one. Run {command} in its repository.": (
        "{name} n'est pas un fichier GGUF, mais un pointeur Git LFS qui y mène. Lancez {command} dans son dépôt."
    ),
    "{name} is not a GGUF file (it does not begin with {name2}). Give the path of a .gguf file, for example one that "
    "ends in Q4_K_M.gguf.": (
        "{name} n'est pas un fichier GGUF (il ne commence pas par {name2}). Donnez le chemin d'un fichier .gguf, par "
        "exemple un qui se termine par Q4_K_M.gguf."
    ),
    "{name} is big-endian; versions 2 and 3, little-endian, can be run.": (
        "{name} est gros-boutiste ; seules les versions 2 et 3, petit-boutistes, peuvent tourner."
    ),
    "{name} is of GGUF version {number}; versions 2 and 3, little-endian, can be run.": (
        "{name} est de la version {number} de GGUF ; seules les versions 2 et 3, petit-boutistes, peuvent tourner."
    ),
    "{name} is only a part of a GGUF file ({number} bytes are there): the download or copy was cut short.": (
        "{name} n'est qu'une partie d'un fichier GGUF ({number} octets sont là) : le téléchargement ou la copie s'est "
        "arrêté trop tôt."
    ),
    "{name} is only a part of a GGUF file ({number} of {number2} bytes are there): the download or copy was cut "
    "short.": (
        "{name} n'est qu'une partie d'un fichier GGUF ({number} octets sur {number2} sont là) : le téléchargement ou "
        "la copie s'est arrêté trop tôt."
    ),
    "{name} is damaged: ": "{name} est abîmé : ",
    "its GGUF header makes no sense.": "son en-tête GGUF n'a pas de sens.",
    "it speaks of {number} layers.": "il parle de {number} couches.",
    "value type {number} is unknown": "le type de valeur {number} est inconnu",
    "arrays of type {number} are unknown": "les tableaux de type {number} sont inconnus",
    "a tensor has {number} dimensions": "un tenseur a {number} dimensions",
    "Fetch the file again.": "Téléchargez de nouveau le fichier.",
    "Fetch a newer file.": "Téléchargez un fichier plus récent.",
    "{name} holds a LoRA adapter, not a language model.": (
        "{name} contient un adaptateur LoRA, et non un modèle de langue."
    ),
    "{name} holds an image projector, not a language model.": (
        "{name} contient un projecteur d'images, et non un modèle de langue."
    ),
    "{name} holds quantisation statistics, not a language model.": (
        "{name} contient des statistiques de quantification, et non un modèle de langue."
    ),
    "{name} holds a vocabulary without weights, not a language model.": (
        "{name} contient un vocabulaire sans poids, et non un modèle de langue."
    ),
    "{name} holds no model architecture, not a language model.": (
        "{name} ne nomme aucune architecture : ce n'est pas un modèle de langue."
    ),
    "Give the path of the model itself.": "Donnez le chemin du modèle lui-même.",
}
LOADING = {
    "Loading {name} ({size}).": "Chargement de {name} ({size}).",
    "Unloading {name} to make room for {name2}.": "{name} fait place à {name2}.",
    "{name} waits until another model has finished: they do not fit into memory together.": (
        "{name} attend la fin d'un autre modèle : la mémoire ne suffit pas aux deux."
    ),
    "The next file with this model is tried.": "Le prochain fichier de ce modèle est essayé.",
    "The GPU has no room for {name} ({text}). Trying on the CPU, which is slower.": (
        "Le GPU n'a pas de place pour {name} ({text}). Essai sur le processeur, qui est plus lent."
    ),
    "The GPU has no room for {name} ({text}). Trying with {number} of {number2} layers on it.": (
        "Le GPU n'a pas de place pour {name} ({text}). Essai avec {number} couches sur {number2} dans sa mémoire."
    ),
    "{name} is no model that writes text.": "{name} n'est pas un modèle qui écrit du texte.",
    "{name} is made for embedding and writes no text.": (
        "{name} est fait pour calculer des vecteurs et n'écrit pas de texte."
    ),
    "{name} with {number} tokens of context needs about {size}, but {size2} are free on this machine.": (
        "{name} avec {number} jetons de contexte demande environ {size}, mais seuls {size2} sont libres sur cette "
        "machine."
    ),
    "{name} with {number} tokens of context needs about {size}, but {size2} are allowed by COUNCIL_MEMORY_GB.": (
        "{name} avec {number} jetons de contexte demande environ {size}, mais COUNCIL_MEMORY_GB en permet {size2}."
    ),
    "Choose a smaller model, a smaller quantisation or a shorter context, or close other programs.": (
        "Choisissez un modèle plus petit, une quantification plus forte ou un contexte plus court, ou fermez d'autres "
        "programmes."
    ),
    "{name} does not fit into memory ({text}).": "{name} ne tient pas dans la mémoire ({text}).",
    "{name} does not fit into the GPU's memory ({text}).": "{name} ne tient pas dans la mémoire du GPU ({text}).",
    "Choose a smaller model or a smaller quantisation.": (
        "Choisissez un modèle plus petit ou une quantification plus forte."
    ),
    "llama.cpp cannot load {name} ({text}). Fetch the file again, or choose another model.": (
        "llama.cpp ne peut charger {name} ({text}). Téléchargez de nouveau le fichier, ou choisissez un autre modèle."
    ),
    "llama.cpp cannot be used in this process: {text}. Install it with {command}, or start Ollama with {command2}.": (
        "llama.cpp est inutilisable dans ce programme : {text}. Installez-le avec {command}, ou lancez Ollama avec "
        "{command2}."
    ),
    "(no reason given)": "(sans raison donnée)",
}
ANSWERING = {
    "The prompt of {number} tokens leaves no room for an answer in the context of {number2} tokens of {name}. "
    "Shorten it, or raise the context up to {number3}.": (
        "L'invite de {number} jetons ne laisse pas de place à une réponse dans le contexte de {number2} jetons de "
        "{name}. Raccourcissez-la, ou agrandissez le contexte, jusqu'à {number3} jetons."
    ),
    "{name} did not finish its JSON answer within {number} tokens.": (
        "{name} n'a pas fini sa réponse en JSON en {number} jetons."
    ),
    "{name} thought for {number} tokens and gave no answer.": (
        "{name} a réfléchi pendant {number} jetons et n'a pas répondu."
    ),
    "The model's chat template takes none of these messages. Ask with a user's message.": (
        "Le gabarit de conversation du modèle ne prend aucun de ces messages. Demandez par un message d'utilisateur."
    ),
    "llama.cpp cannot use this JSON schema as a grammar ({text}). Simplify it.": (
        "llama.cpp ne peut employer ce schéma JSON comme grammaire ({text}). Simplifiez-le."
    ),
    "The JSON schema cannot be turned into a grammar: {text}. Ask for a simpler one.": (
        "Le schéma JSON ne se laisse pas changer en grammaire : {text}. Demandez-en un plus simple."
    ),
    "The model's vocabulary holds no token that the JSON schema allows next. Ask for a simpler schema.": (
        "Le vocabulaire du modèle n'a aucun jeton que le schéma JSON permette ensuite. Demandez un schéma plus simple."
    ),
    "llama.cpp has no room for a context of {number} tokens ({text}). Ask for a smaller context, or use a smaller "
    "model.": (
        "llama.cpp n'a pas de place pour un contexte de {number} jetons ({text}). Demandez un contexte plus petit, ou "
        "prenez un modèle plus petit."
    ),
    "The context is full. Ask for a larger one.": "Le contexte est plein. Demandez-en un plus grand.",
    "llama.cpp failed while computing ({text}).": "llama.cpp a échoué dans ses calculs ({text}).",
    "The model was unloaded while it was asked.": "Le modèle a été déchargé pendant qu'on l'interrogeait.",
}
EMBEDDING = {
    "llama.cpp failed while embedding ({text}).": "llama.cpp a échoué en calculant des vecteurs ({text}).",
    "{name} is not made for embedding. Choose a model such as {name2}.": (
        "{name} n'est pas fait pour calculer des vecteurs. Choisissez un modèle comme {name2}."
    ),
    "A text of {number} tokens cannot be embedded by {name}, which takes 1 to {number2}. Split the text.": (
        "{name} ne peut calculer le vecteur d'un texte de {number} jetons : il en prend de 1 à {number2}. Divisez le "
        "texte."
    ),
    "There is no room to embed texts of {number} tokens ({text}). Embed shorter ones.": (
        "Il n'y a pas de place pour les vecteurs de textes de {number} jetons ({text}). Prenez-en de plus courts."
    ),
}
