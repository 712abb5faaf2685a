"""What DX-Py does inside the user's process before the user's program starts.

Loaded by path from ``bootstrap/sitecustomize.py``, only on CPython 3.12, under a private name
that never enters ``sys.modules``: no module but those that are always loaded may be imported,
not even ``__future__``.
"""


def start(settings: dict[str, str]) -> None:
    """Set up the runtime.

    ``settings`` holds the environment's ``DX_*`` variables, and always ``DX_PY_HOME``, the
    folder of the installed ``dx_py``. An exception is reported in one line; the program then
    runs without DX-Py.
    """
