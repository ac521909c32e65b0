"""Chat templates: programs from strangers' files, run where they can hurt nobody."""
