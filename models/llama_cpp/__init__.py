"""GGUF models run inside this process by llama.cpp."""
