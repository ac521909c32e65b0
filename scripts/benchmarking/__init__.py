"""What scripts/benchmark.py measures and against whom."""
