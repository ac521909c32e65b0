"""The one place where a bug is caught: it is logged whole, and the user is told one polite sentence."""

import logging
from collections.abc import Callable
from typing import TypeVar

logger = logging.getLogger(__name__)
Result = TypeVar("Result")


def on_ask(work: Callable[[], Result], apologise: Callable[[], Result]) -> Result:
    """Do what a user asked for; if the program itself fails at it, log the traceback and apologise."""
    try:
        return work()
    except Exception:
        logger.exception("the page could not do what it was asked for")
        return apologise()
