"""The part of the page that shows a run and acts on it."""
