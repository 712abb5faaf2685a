"""The action functions of the grammar, over `ast` objects (docs/frontend/grammar.md)."""
