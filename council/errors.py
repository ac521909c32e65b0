"""What can go wrong in the council itself; every message tells a user what to do next."""

from models.errors import ExplainedError


class CouncilError(ExplainedError):
    """An expected failure of the council."""


class ConfigurationError(CouncilError):
    """A setting or an argument is wrong; the message names it and a right value."""


class QuorumError(CouncilError):
    """Too few answers stand to go on."""


class BallotError(CouncilError):
    """A voter's text holds no valid order; the ballot is void and the run goes on."""


class HistoryError(CouncilError):
    """The store cannot be read or written, or does not hold what was asked for."""
