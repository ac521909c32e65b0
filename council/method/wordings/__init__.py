"""Versions of the prompts: a run goes on with the one it began with."""
