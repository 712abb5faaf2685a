"""SSA functions as artifacts: the payload is the text, which holds all there is."""

from __future__ import annotations

from dx_py.artifacts.artifact import Artifact
from dx_py.artifacts.errors import DamagedArtifactError
from dx_py.ir.core import Function
from dx_py.ir.parser import IRSyntaxError, parse_function
from dx_py.ir.printer import format_function

KIND = "ssa"
SCHEMA = 1


def encode_function(function: Function) -> Artifact:
    return Artifact(KIND, SCHEMA, format_function(function))


def decode_function(artifact: Artifact) -> Function:
    """Raises DamagedArtifactError for a payload that is not a function's text."""
    if not isinstance(artifact.payload, str):
        raise DamagedArtifactError("an 'ssa' artifact holds text")
    try:
        return parse_function(artifact.payload)
    except IRSyntaxError as error:
        raise DamagedArtifactError(f"damaged 'ssa' artifact: {error}") from None
