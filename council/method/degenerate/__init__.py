"""Tells text that is no answer, whatever its form: loops, copies of what was asked, marks of a chat template."""
