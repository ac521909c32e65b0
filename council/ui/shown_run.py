"""Which run the page shows: the value of a hidden field, its target.

A target is the run's id and a moment, so that showing the same run once more changes the field, too. Only this file
and the page's script, which goes back and forward, know how the two are written.
"""

import time

SHOW_RUN_IN_ADDRESS = """(language, target) => {
  window.council.showRun((target || '').split(' ')[0]);
  return [language, target];
}"""
"""Puts the run into the browser's address; the arguments come in the order in which the components were made."""


def show(run_id: str) -> str:
    """The target that makes the page show a run, also when it shows the very same already; nothing for ""."""
    return f"{run_id} {time.monotonic_ns()}" if run_id else ""


def shown_run(target: str | None) -> str:
    """The run that a target names; "" for none."""
    return (target or "").partition(" ")[0]
