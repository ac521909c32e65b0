"""How many threads write tokens: as many as help now, found by trying.

llama.cpp's threads wait for each other some hundred times in one token, and spin while they wait. On an idle machine
all cores are best; where other programs want the cores too, fewer threads write several times as fast. Reading a
prompt waits seldom and always gets all.
"""

TRIAL_STEPS = 3
FIRST_TRIAL = 4
SHORTEST_PAUSE, LONGEST_PAUSE = 64, 512
WORTH_CHANGING = 0.9
DISTURBED = 2.5
DISTURBED_STEPS = 4


class ThreadChoice:
    """Compares the present number of threads now and then with half or twice as many, in steps next to each other.

    Trials become rare while they change nothing, and one is due at once when steps take much longer than they did.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._present = self._other = most
        self._goes_up = True
        self._steps_left = FIRST_TRIAL
        self._pause = SHORTEST_PAUSE
        self._usual = 0.0
        self._slow_steps = 0
        self._times: dict[int, list[float]] = {}

    def pick(self) -> int:
        """Return the number for the next step in which tokens are only written."""
        if self._steps_left > 0 or self._most == 1:
            return self._present
        if self._other == self._present:
            self._other = self._neighbour()
        return self._other if len(self._times.get(self._present, ())) >= TRIAL_STEPS else self._present

    def learn(self, threads: int, seconds_per_token: float) -> None:
        """Take in how long that step took, and decide when a trial is due or complete."""
        if self._steps_left > 0:
            is_slow = self._usual > 0 and seconds_per_token > DISTURBED * self._usual
            self._slow_steps = self._slow_steps + 1 if is_slow else 0
            self._steps_left = 0 if self._slow_steps == DISTURBED_STEPS else self._steps_left - 1
            return
        self._times.setdefault(threads, []).append(seconds_per_token)
        if self._other != self._present and len(self._times.get(self._other, ())) == TRIAL_STEPS:
            self._conclude()

    def _conclude(self) -> None:
        # The best of a few steps says what a number can do; the others were disturbed.
        best = {threads: min(times) for threads, times in self._times.items()}
        is_better = best[self._other] < WORTH_CHANGING * best[self._present]
        self._present = self._other if is_better else self._present
        self._pause = SHORTEST_PAUSE if is_better else min(2 * self._pause, LONGEST_PAUSE)
        self._usual = best[self._present]
        self._times, self._other, self._slow_steps, self._steps_left = {}, self._present, 0, self._pause

    def _neighbour(self) -> int:
        """Try down and up in turns; where one way is closed, the other."""
        down, up = max(1, self._present // 2), min(self._most, self._present * 2)
        self._goes_up = not self._goes_up
        first, second = (up, down) if self._goes_up else (down, up)
        return first if first != self._present else second
