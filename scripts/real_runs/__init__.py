"""Whole councils of a real, weak chat model, judged by a checker of their own: does any look whole and say nothing?"""
