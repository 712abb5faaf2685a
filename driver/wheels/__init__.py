"""Wheels that ship the code of their modules: hooks for hatchling and setuptools."""
