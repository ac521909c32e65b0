"""GGUF models inside this process: finding the files, checking that they fit, running them on llama.cpp."""
