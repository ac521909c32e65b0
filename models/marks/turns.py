"""Breaks up the marks by which chat templates tell turns apart: some servers read them anywhere in a text.

Mostly by their shape, as families keep inventing new ones; text, code and HTML stay readable, as a break is a space.
"""

import re

_KNOWN = "|".join(
    (
        r"(?:start|end|begin|beginning)_of_\w+",  # Gemma: <start_of_turn>
        r"(?:unused|extra_id_|reserved_|special_|ctrl|mask_)\w*\d+",  # Gemma, T5, Nemotron, Baichuan, PaLM
        r"(?:seed|mm|hy|atem):\w+",
        r"(?:fim|tool|available|file|repo|issue|commit|jupyter|gh|im|image|vision|audio)_\w+",
        r"(?:bos|eos|pad|unk|mask|sep|cls|eot|eod|eom|eop|sop|eoh|eoa|eov|s)(?:_token)?",
        r"system|user|assistant|human|bot|model|role|turn|channel|image|audio|video",
        r"(?:longcat_)?think(?:ing|:\w+)?|thoughts?|reasoning|reflection|analysis",
        r"_\w+|\w+_(?:start|end|begin|sep|key|value|output|prefix|suffix|middle|code|token)",  # TeleChat: <_user>
    )
)
_BRACKETED = "|".join(
    (
        r"INST|SYS|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_\w+|MODEL_SETTINGS|THINK|ARGS|CALL_ID|IMG(?:_\w+)?",  # Mistral
        r"(?:BEGIN|END) FINAL RESPONSE|PREFIX|MIDDLE|SUFFIX|CLS|SEP|PAD|UNK|MASK|[gs]MASK|BOS|EOS|EOT|EOD",
        r"unused\d+|control_\d+|img-\d+",  # the last: where Ollama puts an image
        r"USER|BOT|SYSTEM|ASSISTANT|HUMAN",
    )
)
_MARK = re.compile(
    r"<(?="
    r"[|｜][^\s|｜<>]{1,64}[|｜]?>"  # <|im_end|>, Gemma 4's <|turn>, DeepSeek's <｜User｜>
    r"|[^\s|｜<>]{1,64}[|｜]>"  # Gemma 4's <turn|>
    rf"|/?(?:{_KNOWN})>"
    r"|</?SYS>>"  # Llama 2
    r")"
    r"|(?<![\w>])<(?=/?\w+_\w+>)"  # other names; behind a word this is a type, such as Vec<my_type>
    rf"|\[(?=/?(?-i:{_BRACKETED})\])"
    r"|\[(?=\|[A-Za-z_]{1,40}\|\])"  # EXAONE
    r"|(?<!\w)\[(?=/?(?-i:[A-Z]+_[A-Z_]+)\])"
    r"|◁(?=[^\s◁▷]{1,40}▷)"  # Kimi
    r"|\](?=~!?b[\[\]]|<\]\w{1,20}\[>\[)|\[(?=e~\[)",  # MiniMax
    re.IGNORECASE,
)
_HTML = re.compile(
    r"</?(?:a|abbr|b|big|blockquote|body|br|button|caption|cite|code|col|colgroup|dd|del|details|div|dl|dt|em|figcaption|"
    r"figure|footer|form|h[1-6]|head|header|hr|html|i|iframe|img|input|ins|kbd|label|li|link|main|mark|meta|nav|ol|option|"
    r"p|path|pre|q|s|samp|script|section|select|small|source|span|strike|strong|style|sub|summary|sup|svg|table|tbody|td|"
    r"template|textarea|tfoot|th|thead|time|title|tr|tt|u|ul|var)/?>",
    re.IGNORECASE,
)
_SIGNED = re.compile(r"(?=.*\w)[<\[\]>|◁＜｜][^\s{},\"]{1,62}[<\[\]>|▷＞｜]")


def disarm(text: str) -> str:
    """Break up every mark of a text by a space behind its first sign; a second time changes nothing."""
    return _MARK.sub(r"\g<0> ", text)


def is_mark(text: str) -> bool:
    """Whether a vocabulary's own word is a known mark or looks like one: a word between brackets, and no tag of HTML.

    Whole phrases that a vocabulary was given, in JSON too, are none.
    """
    is_known = disarm(text) == f"{text[:1]} {text[1:]}" and text[-1] in "]>▷["
    return (is_known or _SIGNED.fullmatch(text) is not None) and _HTML.fullmatch(text) is None
