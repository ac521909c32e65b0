"""How each family of models marks its thoughts and the answer behind them: the one place that knows.

Read off the families' published chat templates, and the parsers that vLLM, SGLang and llama.cpp have for them.
"""

import re
from typing import NamedTuple

LONGEST = 96
"""No mark is longer; what follows it does not change what it is."""


class Mark(NamedTuple):
    """One mark: how it begins, the pattern of the whole, and whether more follows than its beginning."""

    text: str
    pattern: re.Pattern[str]
    is_open: bool

    def may_become(self, text: str) -> bool:
        """Whether a text that ends here may be the beginning of this mark."""
        begins, text = self.text.lower(), text.lower()
        if len(text) < len(begins):
            return begins.startswith(text)
        return self.is_open and len(text) < LONGEST and text.startswith(begins)


def mark(text: str, rest: str = "") -> Mark:
    """Make a mark of its letters, in any case, and of a pattern for what follows them."""
    return Mark(text, re.compile(re.escape(text) + rest, re.IGNORECASE), bool(rest))


class Family(NamedTuple):
    """One way to mark thoughts: `opening` begins them, `closing` ends them, `answers` begin the answer behind them.

    `endings` may stand at the answer's very end, `between` before each part of what a model says. Where `is_telling`, a
    closing without its opening tells that all before it were thoughts: the template had opened them. `skipped` is
    what closes an opening at once; else the closing does.
    """

    opening: Mark
    closing: Mark
    answers: tuple[Mark, ...] = ()
    endings: tuple[Mark, ...] = ()
    between: tuple[Mark, ...] = ()
    is_telling: bool = True
    skipped: str = ""

    @property
    def marks(self) -> tuple[Mark, ...]:
        """All its marks."""
        return (self.opening, self.closing, *self.answers, *self.endings, *self.between)


_TAGS = (
    "think",  # DeepSeek, Qwen, GLM, Granite, Nemotron, EXAONE 4, SmolLM, Hunyuan, ERNIE, Phi, MiniMax, Kimi K2, OLMo
    "thinking",
    "thought",  # EXAONE Deep, Marco
    "thoughts",
    "reasoning",
    "reflection",
    "analysis",
    "seed:think",  # Seed-OSS
    "mm:think",  # MiniMax M3
    "think:opensource",  # Hunyuan 3
    "longcat_think",
)
_HEADER = r"[^<>]{0,30}(?:<\|constrain\|>[^<>]{0,20})?<\|message\|>"


def _pair(opening: str, closing: str, *, is_telling: bool = True) -> Family:
    return Family(mark(opening), mark(closing), is_telling=is_telling)


TAGGED = tuple(_pair(f"<{tag}>", f"</{tag}>") for tag in _TAGS)
HARMONY = Family(  # gpt-oss; what it says to nobody in particular ("commentary") counts as thoughts
    mark("<|channel|>", rf"(?!\s*final\b){_HEADER}"),
    mark("<|end|>"),
    answers=(mark("<|channel|>", rf"\s*final\b{_HEADER}"),),
    endings=(mark("<|return|>"), mark("<|end|>")),
    between=(mark("<|start|>assistant"),),
    is_telling=False,
    skipped="<|end|><|start|>assistant<|channel|>final<|message|>",
)
SOLAR = Family(
    mark("<|think|>"),
    mark("<|end|>"),
    answers=(mark("<|content|>"),),
    endings=(mark("<|end|>"),),
    between=(mark("<|begin|>assistant"),),
    is_telling=False,
    skipped="<|end|><|begin|>assistant<|content|>",
)
COHERE = Family(
    mark("<|START_THINKING|>"),
    mark("<|END_THINKING|>"),
    answers=(mark("<|START_RESPONSE|>"), mark("<|START_TEXT|>")),
    endings=(mark("<|END_RESPONSE|>"), mark("<|END_TEXT|>")),
)
KIMI_3 = Family(
    mark("<|open|>think<|sep|>"),
    mark("<|close|>think<|sep|>"),
    answers=(mark("<|open|>response<|sep|>"),),
    endings=(mark("<|close|>response<|sep|>"), mark("<|close|>message<|sep|>"), mark("<|end_of_msg|>")),
    skipped="<|close|>think<|sep|><|open|>response<|sep|>",
)
OPEN_THINKER = Family(
    mark("<|begin_of_thought|>"),
    mark("<|end_of_thought|>"),
    answers=(mark("<|begin_of_solution|>"),),
    endings=(mark("<|end_of_solution|>"),),
)
INKLING = Family(
    mark("<|content_thinking|>"),
    mark("<|end_message|>"),
    answers=(mark("<|content_text|>"),),
    endings=(mark("<|end_message|>"),),
    between=(mark("<|message_model|>"),),
    is_telling=False,
)
MUSE = Family(
    mark("to=self<|message|>"),
    mark("<|eom|>"),
    answers=(mark("to=user<|message|>"),),
    endings=(mark("<|eom|>"), mark("<|eot|>")),
    is_telling=False,
)

FAMILIES = (
    *TAGGED,
    _pair("[THINK]", "[/THINK]"),  # Mistral: Magistral, Ministral, Small 4
    _pair("◁think▷", "◁/think▷"),  # Kimi
    _pair("<|inner_prefix|>", "<|inner_suffix|>"),  # Apertus
    _pair("[unused16]", "[unused17]"),  # Pangu
    Family(mark("<|channel>", r"[a-z]{1,20}\n"), mark("<channel|>")),  # Gemma 4
    HARMONY,
    SOLAR,
    COHERE,
    KIMI_3,
    OPEN_THINKER,
    INKLING,
    MUSE,
)

SPOKEN = (
    _pair("Here is my thought process:", "Here is my response:", is_telling=False),  # Granite 3.2
    _pair("Here's my thought process:", "Here's my response:", is_telling=False),
    Family(  # Apriel
        mark("Here are my reasoning steps:"),
        mark("[BEGIN FINAL RESPONSE]"),
        endings=(mark("[END FINAL RESPONSE]"),),
    ),
    _pair("analysis", "assistantfinal", is_telling=False),  # gpt-oss behind a server that leaves its marks out
)
"""Those who say it in words: that it was thoughts is certain only once the closing has come."""

WRAPPERS = tuple(
    (mark(f"<{tag}>"), mark(f"</{tag}>"))
    for tag in ("answer", "final_answer", "response", "output", "solution")  # Hunyuan, ERNIE, Granite 3.3, Marco
)
"""What may stand round an answer, but only behind thoughts."""


def control_marks(control_tokens: frozenset[str]) -> frozenset[str]:
    """Return those of a vocabulary's control tokens that marks of thoughts are made of, where it has the whole mark."""
    found: set[str] = set()
    for family in FAMILIES:
        pieces = {piece for one in family.marks for piece in _pieces(one)}
        if control_tokens >= _pieces(family.opening):
            found |= pieces & control_tokens
    return frozenset(found)


def _pieces(one: Mark) -> set[str]:
    """Return the parts of a mark that may each be a token of its own."""
    header = "<|message|>" if one.text == "<|channel|>" else ""
    return set(re.findall(r"<[^<>]+>|\[[^\[\]]+\]|◁[^◁▷]+▷", one.text + header))
