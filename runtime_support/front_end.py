"""The front end inside the user's process: the extension ``_ast``, loaded by its path."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ast
    from collections.abc import Callable
    from types import ModuleType


class FrontEnd:
    """The front end in the extension file ``path``, loaded when it is first needed."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._module: ModuleType | None = None

    @property
    def parse(self) -> Callable[..., ast.AST]:
        """The function of the extension itself."""
        module = self._module or self._load()
        parse: Callable[..., ast.AST] = module.parse
        return parse

    def _load(self) -> ModuleType:
        """The extension imports the host's ``_ast``, which is not to be seen either."""
        shows_ast = "_ast" in sys.modules
        module = self._module = load_extension(self._path)
        if not shows_ast:
            del sys.modules["_ast"]
        return module


def find(home: str) -> FrontEnd | None:
    """None where DX-Py was installed without native code for this interpreter."""
    path = find_extension(home + "/frontend/_ast")
    return None if path is None else FrontEnd(path)


def find_extension(stem: str) -> str | None:
    """The file of an extension for this interpreter, by its path without suffix."""
    is_file = sys.modules["_frozen_importlib_external"]._path_isfile
    suffixes = sys.modules["_imp"].extension_suffixes()
    return next((stem + suffix for suffix in suffixes if is_file(stem + suffix)), None)


def load_extension(path: str) -> ModuleType:
    """A new module from an extension file; ``sys.modules`` does not get it."""
    external = sys.modules["_frozen_importlib_external"]
    name = path.rpartition("/")[2].partition(".")[0]
    loader = external.ExtensionFileLoader(name, path)
    spec = external.spec_from_file_location(name, path, loader=loader)
    module: ModuleType = loader.create_module(spec)
    loader.exec_module(module)
    return module
