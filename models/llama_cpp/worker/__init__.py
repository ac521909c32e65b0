"""llama.cpp in a process of its own: what it dies of costs the answers under way a new beginning, and nothing else."""
