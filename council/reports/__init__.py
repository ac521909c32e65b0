"""A transcript as one line, as JSON, as a Markdown document."""
