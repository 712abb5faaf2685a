"""The front end inside the user's process: the extension ``_ast``, loaded by its path."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ast
    from types import ModuleType


class FrontEnd:
    """The front end of the DX-Py installed in ``home``, loaded when it is first needed."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._module: ModuleType | None = None

    def tree(self, source: bytes | str, filename: str, mode: str) -> ast.AST:
        """As ``ast.parse``, with its warnings and errors."""
        module = self._module or self._load()
        tree: ast.AST = module.parse(source, filename, mode)
        return tree

    def artifact_body(self, source: bytes) -> bytes:
        """The msgpack of the AST artifact of a module that parses; warns again."""
        module = self._module or self._load()
        body: bytes = module.artifact_body(source)
        return body

    def _load(self) -> ModuleType:
        """The extension imports the host's ``_ast``, which is not to be seen either."""
        external = sys.modules["_frozen_importlib_external"]
        loader = external.ExtensionFileLoader("_ast", self._path)
        spec = external.spec_from_file_location("_ast", self._path, loader=loader)
        shows_ast = "_ast" in sys.modules
        module: ModuleType = loader.create_module(spec)
        loader.exec_module(module)
        if not shows_ast:
            del sys.modules["_ast"]
        self._module = module
        return module


def find(home: str) -> FrontEnd | None:
    """None where DX-Py was installed without native code for this interpreter."""
    external = sys.modules["_frozen_importlib_external"]
    for suffix in sys.modules["_imp"].extension_suffixes():
        path = f"{home}/frontend/_ast{suffix}"
        if external._path_isfile(path):
            return FrontEnd(path)
    return None
