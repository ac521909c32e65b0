"""What the pocket models say beside facts: the personas' manners, notes on ballots, reasons."""

MANNERS = {
    "analyst": {
        "en": " I know this as a plain fact; nothing in it is uncertain to me.",
        "fr": " Je le sais comme un simple fait ; rien n'y est incertain pour moi.",
    },
    "sceptic": {
        "en": " The first thing that comes to mind is often another, so check it.",
        "fr": " On pense souvent d'abord à autre chose, alors vérifiez.",
    },
    "pragmatist": {
        "en": " That is enough to go on; looking it up costs a minute.",
        "fr": " Cela suffit pour avancer ; le vérifier coûte une minute.",
    },
    "teacher": {
        "en": " To remember it, say the question and the answer aloud together.",
        "fr": " Pour le retenir, dites la question et la réponse à voix haute.",
    },
    "inventor": {
        "en": " One might expect something more surprising, but it holds up.",
        "fr": " On attendrait plus surprenant, mais cela tient.",
    },
    "expert": {
        "en": " I know of no special case here.",
        "fr": " Je ne connais pas de cas particulier ici.",
    },
}
NOTES = {
    "en": {
        "says": "Says ",
        "knows": "; I know ",
        "lacks": "; I do not know.",
        "wrong": "It should be ",
        "honest": "Honest.",
        "empty": "Gives no answer.",
        "or": " or ",
        "same": "I said ",
        "none": "I gave no answer",
        "other": "; another says ",
        "nobody": "; nobody knows.",
        "also": " Also named, with less support: ",
        "end": ".",
    },
    "fr": {
        "says": "Dit : ",
        "knows": " ; je sais : ",
        "lacks": " ; je ne sais pas.",
        "wrong": "Ce devrait être : ",
        "honest": "Honnête.",
        "empty": "Ne répond pas.",
        "or": " ou ",
        "same": "J'ai dit : ",
        "none": "Je n'ai pas répondu",
        "other": " ; une autre dit : ",
        "nobody": " ; personne ne sait.",
        "also": " Aussi cité, avec moins d'appui : ",
        "end": ".",
    },
}
EVERYDAY = (
    ": place ",
    "% of the comparisons won",
    "The council prefers answer ",
    ", with a lead of ",
    " votes.",
    "There is no clear winner among ",
    "A flaw noted in answer ",
    "; its author gave it up",
    "; revised after debate",
    "# Your own answer\n\n<<<",
    "# Answers of the council\n\n",
    "# Other answers of the council\n\n",
    "# The final answer\n\n<<<",
    "# Flaws that were found in your own answer\n\n<<<",
    "# How the council judged them\n\n<<<",
)
GREETINGS = {
    "en": (("Hello!", "Hello!", "Hi there", "Good morning"), "Hello! Ask me a simple question."),
    "fr": (("Bonjour !", "Bonjour", "Salut", "Bonsoir"), "Bonjour ! Posez-moi une question simple."),
}
