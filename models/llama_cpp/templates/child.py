"""The process that a chat template runs in: it may loop and grow there, and ends with the process.

One JSON object a line: first the template, then messages; each is answered by a text or by a fault.
"""

import json
import resource
import signal
import sys
from typing import Any

from models.llama_cpp.templates.formatter import Formatter

PROCESSOR_SECONDS = 3.0
"""For one request, which usually takes milliseconds; of processor time, as others may keep the machine busy."""
MEMORY_BYTES = 1 << 30
MOST_TEXT = 1_000_000
"""How many more characters than its messages a prompt may have."""


def main() -> None:
    """Answer requests until nobody sends any more, which is also when the program has died."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to every process of a terminal; the program decides
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    formatter = None
    for line in sys.stdin:
        signal.setitimer(signal.ITIMER_PROF, PROCESSOR_SECONDS)  # its signal ends the process, whatever that does
        try:
            request = json.loads(line)
            if formatter is None:
                formatter = Formatter(**request)
                answer: dict[str, Any] = {"text": ""}
            else:
                answer = {"text": _render(formatter, request)}
        except MemoryError:
            answer = {"is_broken": True, "fault": "it takes too much memory"}
        except Exception as error:  # a stranger's program may raise anything
            answer = {"fault": f"{type(error).__name__}: {error}"[:300]}
        signal.setitimer(signal.ITIMER_PROF, 0)
        print(json.dumps(answer), flush=True)


def _render(formatter: Formatter, request: dict[str, Any]) -> str:
    text = formatter.render(request["rows"], request["switches"])
    if len(text) > MOST_TEXT + sum(len(row["content"]) for row in request["rows"]):
        raise MemoryError
    return text


if __name__ == "__main__":
    main()
