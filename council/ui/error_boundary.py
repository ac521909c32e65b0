"""The one place where a bug is caught: it is logged whole, and the visitor is told one polite sentence.

What can be expected to go wrong is a CouncilError, which the handlers turn into words themselves.
"""

import inspect
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing, contextmanager
from functools import wraps
from typing import Any

from models.text import lazy_gettext as _

SORRY = _("Something went wrong in Council itself; its log says more. Your question is still here: please try again.")
logger = logging.getLogger(__name__)


@contextmanager
def error_boundary(*, is_known: bool = False) -> Iterator[None]:
    """Log an exception that nobody expected and end the block with it; cancellation passes through.

    One that `is_known` stands in the log already: what is drawn ten times a second fails as often.
    """
    try:
        yield
    except Exception:
        if not is_known:
            logger.exception("the page could not do what it was asked for")


def guarded(handler: Callable[..., Any], apologise: Callable[[Any], Any]) -> Callable[..., Any]:
    """Return the handler behind the boundary; where it fails, it answers what `apologise` makes of its first argument.

    To Gradio it stays what it was: a function (which runs in a thread), a coroutine or an asynchronous generator, with
    the same parameters.
    """

    @wraps(handler)
    def function(first: Any, *others: Any) -> Any:
        with error_boundary():
            return handler(first, *others)
        return apologise(first)

    @wraps(handler)
    async def coroutine(first: Any, *others: Any) -> Any:
        with error_boundary():
            return await handler(first, *others)
        return apologise(first)

    @wraps(handler)
    async def generator(first: Any, *others: Any) -> AsyncIterator[Any]:
        with error_boundary():
            async with aclosing(handler(first, *others)) as updates:
                async for update in updates:
                    yield update
            return
        yield apologise(first)

    if inspect.isasyncgenfunction(handler):
        return generator
    return coroutine if inspect.iscoroutinefunction(handler) else function
