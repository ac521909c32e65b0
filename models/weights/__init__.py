"""GGUF files: finding, reading, fetching them."""
