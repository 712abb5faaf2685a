"""Scopes and names of a tree, with the errors that only scopes and control flow show."""
