"""Intermediate representation to bytecode and to machine code."""
