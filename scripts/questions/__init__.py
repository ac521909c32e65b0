"""Makes the question set that comes with `council evaluate`: templates of our own, filled by lot, answers computed."""
