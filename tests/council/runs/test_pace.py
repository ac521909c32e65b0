"""How often somebody may do something: at once, then by the minute, each for himself, in bounded memory."""

from council.runs import pace
from council.runs.pace import Pace


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_so_many_at_once_and_then_so_many_a_minute() -> None:
    clock = Clock()
    counted = Pace(at_once=3, a_minute=6, clock=clock)
    assert [counted.wait("ada") for _ in range(5)] == [0.0, 0.0, 0.0, 10.0, 10.0]  # what is refused costs nothing
    clock.now = 10.0
    assert [counted.wait("ada") for _ in range(2)] == [0.0, 10.0]
    clock.now = 1000.0
    assert [counted.wait("ada") for _ in range(4)] == [0.0, 0.0, 0.0, 10.0]


def test_everybody_is_counted_alone() -> None:
    counted = Pace(at_once=1, a_minute=1, clock=Clock())
    assert [counted.wait(who) for who in ("ada", "alan", "ada")] == [0.0, 0.0, 60.0]


def test_no_more_are_remembered_than_there_is_room_for() -> None:
    counted = Pace(at_once=1, a_minute=1, clock=Clock())
    for who in range(pace.MOST_KNOWN + 10):
        counted.wait(str(who))
    assert len(counted._due) == pace.MOST_KNOWN
    assert counted.wait("0") == 0.0 and counted.wait(str(pace.MOST_KNOWN)) == 60.0
