"""Which run the page shows, as the value of a hidden field."""

import time


def show(run_id: str) -> str:
    """The target that makes the page show a run, also when it shows the very same already; nothing for ""."""
    return f"{run_id} {time.monotonic_ns()}" if run_id else ""


def shown_run(target: str) -> str:
    """The run that a target names; "" for none."""
    return (target or "").partition(" ")[0]
