"""Backends that run language models; knows nothing about councils."""
