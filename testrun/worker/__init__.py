"""The part of the test runner that runs inside the project's own interpreter.

Loaded by path from ``boot.py`` under a private package name, so it needs nothing of DX-Py on
``sys.path``; it keeps to Python 3.9 and to the project's own pytest, and imports its
siblings relatively because only they share the private name.
"""
