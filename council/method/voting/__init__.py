"""Stage 2: ballots, the orders they are shown in, and how they are counted."""
