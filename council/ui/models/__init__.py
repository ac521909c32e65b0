"""The part of the page that shows backends and fetches models."""
