"""The part of the page where a question and its council are put together."""
