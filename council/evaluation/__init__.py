"""Measures on the user's own models what a council is worth, against its seats alone at the same cost."""
