"""A server that takes no schemas still gets its votes counted: the form stands in the prompt, and is read strictly."""

import asyncio
from pathlib import Path

import pytest

from council.application import open_application
from council.configuration import load_settings
from council.domain import Council, Question, Seat
from council.runs.owners import LOCAL
from tests.models.http.wire_server import Call, Wire, serve
from tests.models.scripts import OPENAI_DONE, openai_piece, openai_server, says

pytestmark = pytest.mark.anyio

SEATS = tuple(Seat(id=f"seat-{number}", model="tiny", persona="") for number in (1, 2))
ANSWER = "Canberra is the capital of Australia, and it lies in the Australian Capital Territory."
BALLOT = """Here is my ballot:
```json
{"A": {"strength": "clear", "flaw": "short"}, "B": {"strength": "clear", "flaw": "short"},
 "contradiction": "", "order": "A > B"}
```"""


@pytest.mark.parametrize("takes", ["json_object", "text"])
async def test_ballots_in_plain_text_are_counted(tmp_path: Path, takes: str) -> None:
    spoken: list[str] = []

    async def handle(call: Call, wire: Wire) -> None:
        form = call.body.get("response_format", {}).get("type")
        if form == "json_schema" or (form and takes == "text"):
            await wire.json({"error": {"message": f"response_format {form} is not supported"}}, status=400)
            return
        is_vote = "Judge these answers" in str(call.body.get("messages"))
        spoken.append("vote" if is_vote else "text")
        is_first = is_vote and spoken.count("vote") == 1
        text = "I like both of them." if is_first else BALLOT if is_vote else ANSWER + f" ({len(spoken)})"
        await openai_server(says(openai_piece(text), OPENAI_DONE))(call, wire)

    async with serve(handle) as server:
        settings = load_settings(
            env_file=None, backends=("openai",), openai_url=f"{server.url}/v1", data_dir=tmp_path, weights=()
        )
        council = Council(seats=SEATS, chairman=SEATS[0], mode="council", second_look="never", answer_tokens=64)
        async with open_application(settings) as application:
            run = application.runs.of(LOCAL).start(Question(text="What is the capital?", language="en"), council)
            async with asyncio.timeout(60):
                await run.ended()
    assert len(run.transcript.ballots) == 2 and not run.transcript.void_ballots
    assert run.transcript.final_standings and run.transcript.final_standings.voters == 2
    assert spoken.count("vote") == 3  # one voter was asked once more
