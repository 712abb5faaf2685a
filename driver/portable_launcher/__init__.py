"""The launcher in Python, for platforms without the native one.

Module for module what ``driver/launcher`` is file for file; a test holds both to equal plans.
"""
