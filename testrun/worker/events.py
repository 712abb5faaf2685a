"""What a worker tells the controller, and what the controller tells a worker.

Messages are tuples whose first element is one of the names below.
"""

from __future__ import annotations

# Worker to controller.
START = "start"  # (START, index): the item is about to run
HOOK = (
    "hook"  # (HOOK, index, name, arguments): a reporting hook was called, arguments serialised
)
WRITE = "write"  # (WRITE, index, text, shown): a plug-in wrote to the terminal
DEBUGGED = "debugged"  # (DEBUGGED, index, when): the debugger showed that failure
FINISH = "finish"  # (FINISH, index): the item is over
NEED = "need"  # (NEED,): one item is left; a batch or END is awaited
EXIT = "exit"  # (EXIT, index, message, returncode): pytest.exit() was called
INTERRUPT = "interrupt"  # (INTERRUPT, index, text): KeyboardInterrupt came out of the test
INTERNAL = "internal"  # (INTERNAL, text): an error of pytest or a plug-in, not of a test
OUTPUT = "output"  # (OUTPUT, index, sizes): under -s, how much the tests have written so far
TERMINAL = "terminal"  # (TERMINAL, index): asks for the terminal; (GRANT, withdrawn) is awaited
RETURN = "return"  # (RETURN, index): gives it back
SETUP = "setup"  # (SETUP, index, fixture): may it be set up? GRANT or ELSEWHERE is awaited
IS_SET_UP = "is set up"  # (IS_SET_UP, index, fixture, exclusive): it is, or its setup failed
HAND_BACK = "hand back"  # (HAND_BACK, index, fixture, indexes): they are to run ELSEWHERE
DONE = "done"  # (DONE, workeroutput): session fixtures are torn down; the process is leaving

# Controller to worker.
BATCH = "batch"  # (BATCH, indexes)
ORDER = "order"  # (ORDER, ids): the items, for a worker that collected by itself
# What was asked for, the terminal or a setup, is the worker's: (GRANT,), and for the terminal
# (GRANT, withdrawn), where true means that the batch is to end with the running item.
GRANT = "grant"
ELSEWHERE = "elsewhere"  # (ELSEWHERE,): another worker has that fixture, and no second can
END = "end"  # (END,): no further batch
