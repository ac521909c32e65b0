"""How many threads write tokens: as many as help now, found by trying.

llama.cpp's threads wait for each other some hundred times in one token, and spin while they wait. On an idle machine
all cores are best; where other programs want the cores too, fewer threads write several times as fast. Reading a
prompt waits seldom and always gets all.
"""

TRIAL_STEPS = 3
FIRST_TRIAL = 4
STEPS_BETWEEN_TRIALS = 64
WORTH_CHANGING = 0.9


class ThreadChoice:
    """Compares the present number of threads now and then with half or twice as many, in steps next to each other."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._present = most
        self._other = most
        self._halves = True
        self._until_trial = FIRST_TRIAL
        self._times: dict[int, list[float]] = {}

    def pick(self) -> int:
        """Return the number for the next step in which tokens are only written."""
        if self._until_trial > 0 or self._most == 1:
            return self._present
        if self._other == self._present:
            self._other = self._neighbour()
        return self._other if len(self._times.get(self._present, ())) >= TRIAL_STEPS else self._present

    def learn(self, threads: int, seconds_per_token: float) -> None:
        """Take in how long that step took, and decide when a trial is complete."""
        if self._until_trial > 0:
            self._until_trial -= 1
            return
        self._times.setdefault(threads, []).append(seconds_per_token)
        if len(self._times.get(self._other, ())) < TRIAL_STEPS or self._other == self._present:
            return
        # The best of a few steps says what a number can do; the others were disturbed.
        if min(self._times[self._other]) < WORTH_CHANGING * min(self._times[self._present]):
            self._present = self._other
        self._times, self._other, self._until_trial = {}, self._present, STEPS_BETWEEN_TRIALS

    def _neighbour(self) -> int:
        """Go on in turns: down, then up; where one way is closed, take the other."""
        down, up = max(1, self._present // 2), min(self._most, self._present * 2)
        self._halves = not self._halves
        first, second = (up, down) if self._halves else (down, up)
        return first if first != self._present else second
