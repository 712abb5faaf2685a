"""The code-level and the SSA intermediate representation."""
