"""The address table: every run-time address the code needs, by name.

The code reads addresses from rows of one table that the loader fills, so it holds no address
itself: it is position independent, and the same in every process. Row names:

    unit            the loaded unit's own record
    helper:NAME     a function of the runtime core or of the C API
    type:NAME       a builtin class          object:NAME   None, True, False
    code:K          the K-th routine's code  const:K:I     its I-th constant
    func:K          ... its function         default:K:I   its I-th default
    globals:K       the dict of its globals
    hint:K:NAME     where a global was found last in that: the core's to change
    global:K:NAME   a global as the K-th routine sees it (watched)
    builtin:K:NAME  a builtin that no global shadows there (watched)

and, of classes (watched) and modules, by the names of ``ir/environment.py``:

    type:CLASS                   attribute:KIND CLASS NAME     where instances have it
    keys:CLASS                   storage:KIND CLASS NAME       ... where they store it
    key_count:CLASS NAME         member:KIND OWNER NAME        an attribute of the owner
    field:CLASS NAME             where it was found in an instance's dict: the core's to change
    address:NAME    a variable of the runtime: eval_breaker
"""

from __future__ import annotations

from dataclasses import dataclass, field

UNIT = "unit"


@dataclass(slots=True)
class AddressTable:
    """Rows in order of first use; ``unit`` is always the first."""

    rows: dict[str, int] = field(default_factory=lambda: {UNIT: 0})

    def row(self, name: str) -> int:
        return self.rows.setdefault(name, len(self.rows))

    @property
    def names(self) -> list[str]:
        return list(self.rows)
