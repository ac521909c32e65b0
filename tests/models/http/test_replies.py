"""Whatever bytes a server sends, a reply is chunks or a BackendError, and no character of it is lost."""

import json

import httpx
from hypothesis import given
from hypothesis import strategies as st

from models.base import GenerationConfig, ModelCard
from models.errors import BackendError
from models.http.errors import ServerErrors
from models.http.server import HttpServer, Timeouts
from models.http.streamed_reply import Reply
from models.ollama.reply import OllamaReply
from models.openai.reply import OpenAIReply
from models.text import Text, verbatim
from tests.models.scripts import OLLAMA_DONE, OPENAI_DONE, ollama_line, openai_piece

SERVER = HttpServer(
    httpx.AsyncClient(base_url="http://box"),
    Text("The box at {address!r}"),
    verbatim("Wake it."),
    ServerErrors("box", [], {}),
    Timeouts(),
)
CONFIG = GenerationConfig()
FIELDS = st.sampled_from(["message", "error", "done", "choices", "delta", "content", "usage"])
VALUES = st.recursive(
    st.none() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner) | st.dictionaries(FIELDS, inner),
    max_leaves=6,
)
USUAL = [b'{"message": null}', b'{"done": true}', b"data: {}", b"data: [DONE]", b'data: {"choices": [{}]}', b":"]
LINES = st.binary(max_size=40) | st.sampled_from(USUAL) | VALUES.map(lambda value: json.dumps(value).encode())


def ollama_reply() -> OllamaReply:
    return OllamaReply(SERVER, ModelCard("tiny", "box"), "tiny", [], CONFIG)


def openai_reply() -> OpenAIReply:
    return OpenAIReply(SERVER, "tiny", CONFIG)


def read_all(reply: Reply, lines: list[bytes]) -> str:
    text = ""
    for line in lines:
        if not reply.is_over and line.strip():
            text += reply.read(line).text
    return text


@given(lines=st.lists(LINES, max_size=6), sse=st.booleans())
def test_any_lines_are_chunks_or_a_backend_error(lines: list[bytes], sse: bool) -> None:
    for reply in (ollama_reply(), openai_reply()):
        try:
            read_all(reply, [b"data: " + line for line in lines] if sse else lines)
        except BackendError as error:
            assert "http://box" in str(error)


@given(pieces=st.lists(st.text(max_size=12), min_size=1, max_size=6))
def test_no_character_of_an_answer_is_lost(pieces: list[str]) -> None:
    pieces = ["Answer: ", *pieces]
    ollama = [ollama_line(piece) for piece in pieces] + [OLLAMA_DONE]
    openai = [line for piece in pieces for line in openai_piece(piece).split(b"\n")] + OPENAI_DONE.split(b"\n")
    assert read_all(ollama_reply(), ollama) == "".join(pieces)
    assert read_all(openai_reply(), openai) == "".join(pieces)
