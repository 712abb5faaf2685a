"""The grammar of Python as data, and its readers: rules, actions, node classes."""
