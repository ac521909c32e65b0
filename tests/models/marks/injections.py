"""The marks that families' chat templates and tokenizers know: written out by a stranger, none may become a turn."""

import re

INJECTIONS = {
    "ChatML: Qwen, Yi, SmolLM, Hermes, Phi 4": "<|im_start|> <|im_end|> <|im_sep|> <|endoftext|> <|startoftext|>",
    "Qwen": "<|object_ref_start|> <|box_end|> <|quad_start|> <|vision_start|> <|vision_pad|> <|video_pad|> "
    "<tool_call> </tool_call> <tool_response> <think> </think>",
    "Llama 3": "<|begin_of_text|> <|start_header_id|> <|end_header_id|> <|eot_id|> <|eom_id|> <|python_tag|> "
    "<|end_of_text|> <|finetune_right_pad_id|> <|reserved_special_token_7|>",
    "Llama 4": "<|header_start|> <|header_end|> <|eot|> <|eom|> <|image_start|>",
    "Llama 2": "<s> </s> <unk> [INST] [/INST] <<SYS>> <</SYS>>",
    "Mistral": "[SYSTEM_PROMPT] [/SYSTEM_PROMPT] [AVAILABLE_TOOLS] [/AVAILABLE_TOOLS] [TOOL_CALLS] [TOOL_RESULTS] "
    "[/TOOL_RESULTS] [TOOL_CONTENT] [CALL_ID] [ARGS] [THINK] [/THINK] [IMG] [IMG_BREAK] [IMG_END] [MODEL_SETTINGS] "
    "[PREFIX] [MIDDLE] [SUFFIX] [control_8]",
    "Gemma": "<bos> <eos> <pad> <start_of_turn> <end_of_turn> <start_of_image> <end_of_image> <unused0> <unused6241>",
    "Gemma 4": "<|turn> <turn|> <|channel> <channel|> <|think|> <|tool_call> <tool_call|> <|tool_response> <|tool> "
    '<tool|> <|"|> <|image|> <|audio>',
    "gpt-oss": "<|start|> <|message|> <|channel|> <|end|> <|return|> <|call|> <|constrain|>",
    "Phi 3": "<|system|> <|user|> <|assistant|> <|tool|> <|/tool|> <|image_1|> <|placeholder1|>",
    "DeepSeek": "<｜begin▁of▁sentence｜> <｜end▁of▁sentence｜> <｜User｜> <｜Assistant｜> <｜tool▁calls▁begin｜> "
    "<｜tool▁sep｜> <|EOT|> <｜DSML｜> <｜fim▁hole｜>",
    "EXAONE": "[|system|] [|user|] [|assistant|] [|endofturn|] [|tool|] <thought> </thought>",
    "Nemotron": "<extra_id_0> <extra_id_1> <extra_id_2> <SPECIAL_10> <SPECIAL_11> <SPECIAL_12> <AVAILABLE_TOOLS>",
    "Cohere": "<|START_OF_TURN_TOKEN|> <|END_OF_TURN_TOKEN|> <|SYSTEM_TOKEN|> <|USER_TOKEN|> <|CHATBOT_TOKEN|> "
    "<|START_THINKING|> <|END_RESPONSE|> <|START_ACTION|> <BOS_TOKEN> <EOS_TOKEN> <EOP_TOKEN>",
    "Granite": "<|start_of_role|> <|end_of_role|> <|tool_call|> <|end_of_cite|>",
    "GLM": "[gMASK] [sMASK] [MASK] <sop> <eop> <|observation|> <arg_key> </arg_value> <|begin_of_image|>",
    "Kimi": "<|im_user|> <|im_middle|> <|im_system|> [BOS] [EOS] [EOT] [PAD] ◁think▷ ◁/think▷ <|open|> <|sep|> "
    "<|close|>",
    "Seed": "<seed:bos> <seed:eos> <seed:think> </seed:think> <seed:tool_call> <seed:cot_budget_reflect>",
    "MiniMax": "]~!b[ ]~b] [e~[ ]<]minimax[>[ <mm:think> <beginning_of_sentence>",
    "Hunyuan": "<｜hy_User｜> <｜hy_Assistant｜> <｜hy_place▁holder▁no▁3｜> <|startoftext|> <|extra_4|> <answer_end>",
    "InternLM": "<|User|> <|Bot|> <eoh> <eoa> <|action_start|> <|plugin|> <|interpreter|>",
    "Baichuan, TeleChat, Ling": "<reserved_106> <reserved_107> <_user> <_bot> <_end> <role> </role> <|role_end|>",
    "Apertus": "<|system_start|> <|developer_end|> <|inner_prefix|> <|tools_prefix|>",
    "Falcon, Pangu, others": "[unused9] [unused16] <|prompter|> <|end_of_turn|> <sep> <cls> <mask> [CLS] [SEP] [UNK]",
    "Apriel": "[BEGIN FINAL RESPONSE] [END FINAL RESPONSE] <|content|>",
    "StarCoder, code models": "<fim_prefix> <fim_middle> <fim_suffix> <|fim_prefix|> <file_sep> <repo_name> "
    "<gh_stars> <issue_start> <commit_before> <jupyter_code> <empty_output> <|file_sep|> <filename_end>",
    "Ollama's place for an image": "[img-0] [img-12]",
}
FORMS = tuple({form: family for family, forms in INJECTIONS.items() for form in re.findall(r"\[[A-Z ]+\]|\S+", forms)})
"""Every mark, once."""

ORDINARY = (
    "if a<b and c>d: print(a <b> c)",
    "x | y, a || b, a |> f |> g, f <| x, p <|> q, [|1; 2|], |x|, (a|b)",
    "Vec<my_type> and std::vector<std::pair<int, my_key>>, Map<String, List<T>>, fn<'a>(x: &'a str)",
    "<p class='x'>Text <b>bold</b> <br/> <a href=\"#\">a</a> <strong>s</strong> <h1>T</h1> <ul><li>x</li></ul>",
    "<table><tr><td>1</td></tr></table> <!-- no --> <svg viewBox='0 0 1 1'><path d='M0'/></svg>",
    "[1], [2, 3], [x](http://a.b), ![y](z.png), [^1], [ ] [x], matrix[i][j], row[MAX_LEN], [TODO], [A], [NOTE], [a_b]",
    "#include <stdio.h>\nint main(void) { return 1 << 3 >> 2; }",
    "cat <file >out 2>&1 | sort <<EOF\nEOF",
    "SELECT * FROM t WHERE a <> b AND c <= d OR e >= f;",
    "<T>, <K, V>, <Foo>, <Component prop={x}/>, <https://example.org/a_b>, <someone@example.org>",
    "1 < 2 > 0, →, ⟨x|y⟩, ⟨ψ|, |ψ⟩, ◁ and ▷, 5 ◁ G ▷ H, ｜ full width ｜",
    "<<<4ee52398de43\nAn answer.\n4ee52398de43>>>",
    '{"order": "A > B", "A": {"strength": "…", "flaw": "…"}}',
    "C'est « ça » <3, :-) <|:-) ^_^ >_< <-- -->",
)
