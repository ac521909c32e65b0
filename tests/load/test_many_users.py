"""Twenty people ask at once: each is answered once, nobody is lost, and the program complains of nothing."""

from pathlib import Path

import pytest

from scripts.benchmarking.load import run_load

USERS = 20


@pytest.mark.slow
def test_twenty_users_who_ask_at_once_are_all_served_in_turn(tmp_path: Path) -> None:
    load = run_load(tmp_path, users=USERS, word_seconds=0.002)
    assert load.faults == []
    assert sorted(load.served.values()) == [1] * USERS
    assert load.asked_twice == 0
    assert load.memory[-1][1] < load.memory[0][1] + 120
