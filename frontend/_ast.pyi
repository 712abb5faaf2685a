import ast

GRAMMAR_DIGEST: str

def parse(
    source: bytes | str,
    /,
    filename: str = "<unknown>",
    mode: str = "exec",
    *,
    type_comments: bool = False,
    minor_version: int = ...,
    allow_incomplete: bool = False,
    barry_as_bdfl: bool = False,
) -> ast.AST: ...
def artifact_body(
    source: bytes | str,
    /,
    filename: str = "<unknown>",
    mode: str = "exec",
    *,
    type_comments: bool = False,
    minor_version: int = ...,
    allow_incomplete: bool = False,
    barry_as_bdfl: bool = False,
) -> bytes: ...
def from_tree(tree: bytes, names: list[str], line: int = 0, /) -> ast.AST: ...
