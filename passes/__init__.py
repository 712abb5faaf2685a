"""Passes over the intermediate representation, one file a pass, and their manager."""
