"""The msgpack extension types that keep Python values msgpack has no form for.

| code | value                         | payload                                               |
|------|-------------------------------|-------------------------------------------------------|
| 1    | tuple                         | canonical msgpack array of the items                  |
| 2    | int outside -2**63..2**64-1   | two's complement, big endian, fewest bytes            |
| 3    | str with lone surrogates      | UTF-8 with each surrogate as its own three bytes      |
| 4    | complex                       | real, then imaginary part, IEEE 754 double big endian |
| 5    | frozenset                     | canonical msgpack array, items in order of their bytes|
| 6    | Ellipsis                      | empty                                                 |

``artifacts/native/artifacts.h`` names the same codes for C.
"""

from __future__ import annotations

from typing import Final

TUPLE: Final = 1
BIG_INT: Final = 2
SURROGATES: Final = 3
COMPLEX: Final = 4
FROZENSET: Final = 5
ELLIPSIS: Final = 6
