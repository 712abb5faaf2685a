"""Start DX-Py inside an interpreter that the ``dx-py`` launcher, or a child of it, started.

This folder is on ``sys.path`` only until here: it is taken off, DX-Py's start-up module is run
by path, and the user's own ``sitecustomize`` is imported in place of this one. Where there is
none, the ``ImportError`` for it goes on to ``site``, which then sees what it would see without
DX-Py. Any Python, from 2.7 on, must be able to run this file: children may be anything.
"""

import os
import sys

_folder = os.path.dirname(__file__)
_home = os.path.dirname(os.path.dirname(_folder))
sys.path[:] = [entry for entry in sys.path if entry != _folder]
sys.path_importer_cache.pop(_folder, None)
# Held by a name: Python 2 empties the globals of a module that nothing refers to.
_self = sys.modules.pop("sitecustomize")

if sys.version_info[:2] == (3, 12) and sys.implementation.name == "cpython":
    try:
        # An already loaded module: importlib.machinery would be an import more than python's.
        from _frozen_importlib_external import SourceFileLoader

        _name = "dx_py.runtime_support.startup"
        _loader = SourceFileLoader(_name, _home + "/runtime_support/startup.py")
        _startup = type(sys)(_name)
        _startup.__file__ = _loader.path
        _loader.exec_module(_startup)
        _settings = {key: os.environ[key] for key in os.environ if key.startswith("DX_")}
        _settings["DX_PY_HOME"] = _home
        _startup.start(_settings)
    except Exception as error:
        sys.stderr.write("dx-py: runtime is off: %s: %s\n" % (type(error).__name__, error))
elif os.environ.get("DX_STATS"):
    sys.stderr.write(
        "dx-py: runtime is off: it needs CPython 3.12, not %d.%d\n" % sys.version_info[:2]
    )

__import__("sitecustomize")
