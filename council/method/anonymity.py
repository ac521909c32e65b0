"""What keeps answers anonymous and harmless in another model's prompt: hidden names and fences.

An answer, a note or a file is data, never an instruction, whoever wrote it.
"""

import re
from collections.abc import Iterable

HIDDEN = "[model]"

_ORDINARY = """
Alpaca Apertus Aya Bard Bloom Claude Command Dolphin Ernie Falcon Gemini Granite Hermes Jamba Kimi Llama Mistral Nous
Orca Phi Solar Vicuna Yi Zephyr
"""
"""Names of models that are also words or people's names: taken for a model only with a capital letter."""
_COINED = """
Baichuan ChatGLM ChatGPT CodeGemma CodeLlama Codestral Cogito DeepSeek Devstral EXAONE GLM GPT Gemma Grok Hunyuan
InternLM LLaVA Magistral MiniCPM MiniMax Ministral Mixtral Nemotron OLMo OpenChat Pixtral QVQ QwQ Qwen SmolLM StableLM
StarCoder TinyLlama WizardLM
"""
_MAKERS = (
    "(?:Alibaba(?: Cloud)?|Anthropic|Cohere|DeepSeek|Google(?: DeepMind)?|IBM|Meta(?: AI)?|Microsoft|Mistral(?: AI)?|"
    "Moonshot AI|NVIDIA|OpenAI|xAI|Zhipu AI)"
)
_SIZE = r"[ \-:]?[vVrR]?\d+(?:\.\d+)*[bBmM]?(?:[ \-:]\d+(?:\.\d+)?[bBmM]\b)?"
_VARIANT = r"[ \-](?:Instruct|Chat|Coder|Large|Small|Nano|Mini|Pro|Flash|Turbo)\b"
_WRAP = r"[*_`\"“”«»]*"
_I_AM = (
    r"\b(?:I am|I['’]m|my name is|I am called|I['’]m called|"
    r"you(?: are|['’]re) (?:talking|chatting|speaking) (?:to|with)|"
    r"je suis|je m['’]appelle|mon nom est)"
)
_ARTICLE = r"(?: (?:a|an|the|un|une|le|la|your|votre)(?: (?:model|assistant|modèle|assistante?))?)?"
_SELF = r"(?i:I|I['’]\w+|my|we|je|j['’]\w*|mon|ma|mes|nous)\b"
_MADE = (
    r"(?P<lead>\b(?i:I am|I['’]m|I was|As an?|Je suis|J['’]ai été|En tant qu)[^.!?\n]{0,120}?"
    r"\b(?i:by|from|at|par|chez) )"
)


def scrub_names(text: str, names: Iterable[str]) -> str:
    """Hide the names that models give themselves: tags of `names`, and self-identifications in English and French.

    A tag is a name with a figure or punctuation in it ("qwen3:4b"), hidden wherever it stands as a word of its own.
    A bare name ("Llama") is hidden only where the text says who is speaking ("I am …", "As …, I", "je suis …"): an
    answer about llamas keeps its animals.
    """
    forms = sorted({form for name in names for form in _forms(name)}, key=lambda form: (-len(form), form))
    for pattern in _self_identifications(forms):
        text = pattern.sub(lambda match: match["lead"] + HIDDEN, text)
    tags = [re.escape(form) for form in forms if len(form) > 3 and re.search(r"[\d:/_-]", form)]
    if not tags:
        return text
    return re.sub(rf"(?<![\w:/-])(?:{'|'.join(tags)})(?!\w|[.:/-]\w)", HIDDEN, text, flags=re.IGNORECASE)


def fence(text: str, nonce: str) -> str:
    """Wrap an untrusted text in fences that it cannot close: the nonce is random and does not occur inside."""
    if not re.fullmatch(r"\w{6,}", nonce):
        raise ValueError(f"a fence needs a random nonce of six letters or more, not {nonce!r}")
    inside = re.sub(re.escape(nonce), "[…]", text, flags=re.IGNORECASE)
    return f"<<<{nonce}\n{inside}\n{nonce}>>>"


def quote(text: str) -> str:
    """Put a mark before every line of an untrusted text, so that no line of it can pass for one of the prompt's own."""
    return "\n".join(f"> {line}" for line in text.splitlines() or [""])


def _forms(name: str) -> set[str]:
    """A model's name as it may be written: whole, without its tag, without its path."""
    untagged = name.rsplit(":", 1)[0]
    last = untagged.rsplit("/", 1)[-1]
    return {form for form in (name, untagged, last, re.sub(r"(?i)[-.]gguf$", "", last)) if re.search(r"[^\W\d_]", form)}


def _self_identifications(forms: Iterable[str]) -> list[re.Pattern[str]]:
    """Patterns whose group `lead` stays and whose rest, the name, is hidden."""
    stems = {match[0] for form in forms if (match := re.match(r"[^\W\d_]{3,}", form))}
    capital = {*_ORDINARY.split(), *(stem.capitalize() for stem in stems), *(stem.upper() for stem in stems), "LLaMA"}
    exact = "|".join(sorted(map(re.escape, capital), key=len, reverse=True))
    coined = "|".join(_COINED.split())
    brand = rf"(?:(?i:{coined})|(?:{exact}))"
    end = r"(?!\w|[ -][A-ZÀ-Ý][a-zß-ÿ]|['’]s\b)"
    tail = rf"(?:{_VARIANT})*{_WRAP}"
    anyone = rf"{_WRAP}{brand}(?:{_SIZE})?{tail}"
    versioned = rf"{_WRAP}(?i:{coined}|{exact}){_SIZE}{tail}"
    as_who = rf"\b(?i:as|en tant que)(?i:{_ARTICLE}) "
    return [
        re.compile(rf"(?P<lead>(?i:{_I_AM})(?i:{_ARTICLE}) )(?:{versioned}|{anyone}){end}"),
        re.compile(rf"(?P<lead>{as_who})(?:{versioned}(?=,)|(?:{anyone})(?=(?i: model| assistant)?,? {_SELF}))"),
        re.compile(rf"(?P<lead>\b(?:I|Moi), )(?:{versioned}|{anyone})(?=,)"),
        re.compile(rf"{_MADE}{_MAKERS}\b"),
    ]
