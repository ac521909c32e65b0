"""One question's way through the stages, from the answers to the final one."""
