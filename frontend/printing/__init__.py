"""Source text for `ast` nodes: one rule a node class, each yielding the pieces of its text."""
