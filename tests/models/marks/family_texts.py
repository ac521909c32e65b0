"""What models of each family write when they think before they answer, in their own marks."""

THOUGHT = "First, 2 < 3 [sic]; the tag </p> and `[/INST]`.\n\nSo it is <b>four</b>.\n"
ANSWER = "Four: `a < b` [1].\n\n```html\n<think>\n</think>\n```\n\n- a <b> c, ◁ and <|"

_T, _A = THOUGHT, ANSWER
_START = "<|start|>assistant"
_TAGS = ("think", "thinking", "thought", "Thought", "reasoning", "reflection", "analysis", "seed:think", "mm:think")

MARKED = {
    **{f"<{tag}>": f"<{tag}>\n{_T}\n</{tag}>\n\n{_A}" for tag in _TAGS},
    "LongCat": f"<longcat_think>{_T}</longcat_think>{_A}",
    "Hunyuan 3": f"<think:opensource>{_T}</think:opensource>{_A}",
    "blanks before": f" \n<think>{_T}</think>{_A}",
    "twice": f"<think></think>\n\n<think>{_T}</think>{_A}",
    "closed twice": f"<think>{_T}</think>\n</think>\n{_A}",
    "Hunyuan, with its answer marked": f"<think>\n{_T}\n</think>\n<answer>\n{_A}\n</answer>",
    "ERNIE, Granite 3.3": f"<think>{_T}</think>\n\n<response>\n{_A}\n</response>\n",
    "Marco": f"<Thought>\n{_T}\n</Thought>\n\n<Output>\n{_A}\n</Output>",
    "Mistral": f"[THINK]{_T}[/THINK]{_A}",
    "Kimi": f"◁think▷{_T}◁/think▷{_A}",
    "Kimi 3": f"<|open|>think<|sep|>{_T}<|close|>think<|sep|><|open|>response<|sep|>{_A}<|close|>response<|sep|>"
    "<|close|>message<|sep|><|end_of_msg|>",
    "Apertus": f"<|inner_prefix|>{_T}<|inner_suffix|>{_A}",
    "Pangu": f"[unused16]{_T}[unused17]{_A}",
    "OpenThinker": f"<|begin_of_thought|>\n{_T}\n<|end_of_thought|>\n\n<|begin_of_solution|>\n{_A}<|end_of_solution|>",
    "Cohere": f"<|START_THINKING|>{_T}<|END_THINKING|><|START_RESPONSE|>{_A}<|END_RESPONSE|>",
    "Cohere 4": f"<|START_THINKING|>{_T}<|END_THINKING|><|START_TEXT|>{_A}<|END_TEXT|>",
    "Cohere, never closed": f"<|START_THINKING|>{_T}<|START_RESPONSE|>{_A}<|END_RESPONSE|>",
    "Gemma 4": f"<|channel>thought\n{_T}<channel|>{_A}",
    "gpt-oss": f"<|channel|>analysis<|message|>{_T}<|end|>{_START}<|channel|>final<|message|>{_A}<|return|>",
    "gpt-oss, whole": f"{_START}<|channel|>analysis<|message|>{_T}<|end|>{_START}<|channel|>final<|message|>{_A}",
    "gpt-oss, never closed": f"<|channel|>analysis<|message|>{_T}<|channel|>final<|message|>{_A}<|end|>",
    "gpt-oss, in JSON": f"<|channel|>analysis<|message|>{_T}<|end|>{_START}<|channel|>final "
    f"<|constrain|>json<|message|>{_A}",
    "gpt-oss, with a preamble": f"<|channel|>analysis<|message|>{_T}<|end|>{_START}<|channel|>commentary<|message|>"
    f"<|end|>{_START}<|channel|>final<|message|>{_A}<|return|>",
    "Solar": f"<|think|>{_T}<|end|><|begin|>assistant<|content|>{_A}<|end|>",
    "Inkling": f"<|message_model|><|content_thinking|>{_T}<|end_message|><|message_model|><|content_text|>{_A}"
    "<|end_message|>",
    "Muse": f" to=self<|message|>{_T}<|eom|>{_START} to=user<|message|>{_A}<|eot|>",
}
"""Texts with THOUGHT and ANSWER in each family's marks, as they come with the opening mark in them."""

OPENED = {
    "<think>": f"{_T}</think>\n\n{_A}",
    "<think>\n": f"{_T}\n</think>{_A}",
    "<thought>\n": f"{_T}\n</thought>\n\n{_A}",
    "<seed:think>": f"{_T}</seed:think>{_A}",
    "[THINK]": f"{_T}[/THINK]{_A}",
    "◁think▷": f"{_T}◁/think▷{_A}",
    "<|START_THINKING|>": f"{_T}<|END_THINKING|><|START_RESPONSE|>{_A}<|END_RESPONSE|>",
    "<|inner_prefix|>": f"{_T}<|inner_suffix|>{_A}",
    "<|open|>think<|sep|>": f"{_T}<|close|>think<|sep|><|open|>response<|sep|>{_A}<|close|>response<|sep|>",
    "<|channel>thought\n": f"{_T}<channel|>{_A}",
    "Here are my reasoning steps:\n": f"{_T}[BEGIN FINAL RESPONSE]\n{_A}\n[END FINAL RESPONSE]",
}
"""What a prompt ends in, and what is written behind it; a server may leave the opening to itself."""

OPENED_FOR_SURE = {
    **OPENED,
    "<|start|>assistant<|channel|>analysis<|message|>": f"{_T}<|end|>{_START}<|channel|>final<|message|>{_A}",
    "<|begin|>assistant<|think|>": f"{_T}<|end|><|begin|>assistant<|content|>{_A}",
}

SPOKEN = {
    "Granite": f"Here is my thought process: {_T}Here is my response: {_A}",
    "Granite, quantised": f"Here's my thought process: {_T}Here's my response: {_A}",
    "Apriel": f"Here are my reasoning steps:\n{_T}[BEGIN FINAL RESPONSE]\n{_A}\n[END FINAL RESPONSE]",
    "gpt-oss without its marks": f"analysisWe think. {_T}assistantfinal{_A}",
}
"""Thoughts that are told in words."""

PLAIN = {
    "prose": "Two plus two is four.",
    "a tag in a sentence": "Use <think> and </think> round what is thought, then go on.",
    "a closing tag in a sentence": "The block ends with </think> and the answer follows.",
    "a closing tag in quotes": 'It must end in "</think>" or in ‘[/THINK]’; then comes the answer.',
    "a closing tag in backticks": "It ends with `</think>\n`, and then comes the answer.",
    "a closing tag in a code block": "```xml\nHm.\n</think>\n```\nThis is the end of it.",
    "an open code block": "Write:\n\n~~~\nreasoning\n</think>\n\nanswer\n~~~",
    "a block in the middle": "As follows:\n<think>\nHm.\n</think>\nYes.",
    "JSON": '{"strength": "ends with</think>", "flaw": "</think>"}',
    "almost a tag": "<thin> air, <thinkers> and [THIN] ice",
    "HTML": "<p>Four</p>\n<answer>yes</answer>",
    "an announcement": "Here is my thought process: two and two. So four.",
    "a word": "analysis of the data shows four; assistant, finally",
    "camel case": "analysisResult = 4",
    "a blank answer mark": "<answer>Four</answer>",
    "a lone mark": "<|",
    "comparison": "a <|b| c, x |> f, [THINK",
}
"""Answers that no thinking comes before, whatever they quote."""
