"""Say what became of a function in the native tier, and why.

usage: dx-py explain [--profile-in PROFILE] FILE:FUNCTION

FUNCTION is a qualified name (`Class.method`), or the line where it begins. Without a profile,
which `dx-py run --profile-out PROFILE` writes, only what the store holds is known.
"""

from __future__ import annotations

import hashlib
import tokenize
from pathlib import Path
from types import CodeType

from dx_py.artifacts.artifact import Digest, body_of
from dx_py.artifacts.configuration import open_default
from dx_py.artifacts.errors import DxError
from dx_py.driver.command_line import CommandParser, suggestion
from dx_py.driver.explanation import Evidence, explain
from dx_py.driver.native_views import codes_of, target_of
from dx_py.driver.profile import Profile, Profiled, read_profile
from dx_py.runtime_support.native_units import decode_unit, unit_key


def main(arguments: list[str]) -> int:
    parser = CommandParser("dx-py explain", __doc__ or "")
    parser.add_argument("place", metavar="FILE:FUNCTION")
    parser.add_argument("--profile-in", metavar="PROFILE", help="what a run has learned")
    options = parser.parse(arguments)
    name, separator, function = options.place.rpartition(":")
    if not separator or not function:
        parser.error(f"'{options.place}' is not FILE:FUNCTION, such as main.py:Class.method")
    path = parser.existing(name)
    profile = read_profile(Path(options.profile_in)) if options.profile_in else None
    code = find_function(path, function)
    profiled = profile.of_code(code) if profile else None
    print(
        "\n".join(explain(Evidence(code, profile, profiled, _stored(code, profile, profiled))))
    )
    return 0


def find_function(path: Path, wanted: str) -> CodeType:
    """The code of the function, as the interpreter compiles it; raises DxError."""
    found = [code for code in codes_of(_compile(path)) if _is(code, wanted)]
    if not found:
        names = [code.co_qualname for code in codes_of(_compile(path))][1:]
        near = suggestion(wanted, names, list_all=True)
        raise DxError(f"no function '{wanted}' in '{path}'{near}")
    if len(found) > 1:
        lines = ", ".join(str(code.co_firstlineno) for code in found)
        raise DxError(
            f"'{path}' has {len(found)} functions '{wanted}': name one by its line ({lines})"
        )
    return found[0]


def _is(code: CodeType, wanted: str) -> bool:
    return wanted in (code.co_qualname, str(code.co_firstlineno), code.co_name)


def _compile(path: Path) -> CodeType:
    try:
        with tokenize.open(path) as file:
            return compile(file.read(), str(path.resolve()), "exec", dont_inherit=True)
    except (OSError, SyntaxError, ValueError) as error:
        raise DxError(f"cannot compile '{path}': {error}") from None


def _stored(
    code: CodeType, profile: Profile | None, profiled: Profiled | None
) -> tuple[object, bytes] | None:
    """What the store has under the function's key: its unit, or why there is none."""
    if profiled is not None and profiled.key:
        key = profiled.key
    else:
        target = target_of(profile)
        key = unit_key(code, (target.machine, target.cpu), _sha256)
    store = open_default()
    digest = store.lookup(Digest(key.hex()))
    data = None if digest is None else store.get(digest)
    return None if data is None else decode_unit(bytes(body_of(data)))


def _sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()
