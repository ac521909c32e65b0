"""An Ollama server as a backend."""
