"""Hints that follow an uncaught exception's traceback on a terminal."""
