"""A resident server: pytest, plug-ins and imports kept loaded between runs, forked for each.

launcher ──socket──> resident ──socket pair──> template (pytest configured, not started)
                        │                          │
                        └── fork ──> supervisor <──┘ fork
                                         └── fork ──> the run's pytest session
"""
