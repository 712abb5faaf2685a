"""A name, key or attribute that is not there: where it is, or which one is near."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from types import ModuleType

#: Names that programs use most, and the modules of the standard library they come from.
HOMES = {
    "ABC": "abc",
    "Any": "typing",
    "Callable": "collections.abc",
    "Counter": "collections",
    "Decimal": "decimal",
    "Enum": "enum",
    "Fraction": "fractions",
    "Iterable": "collections.abc",
    "Iterator": "collections.abc",
    "NamedTuple": "typing",
    "OrderedDict": "collections",
    "Optional": "typing",
    "Path": "pathlib",
    "Protocol": "typing",
    "Thread": "threading",
    "TypeVar": "typing",
    "Union": "typing",
    "abstractmethod": "abc",
    "chain": "itertools",
    "choice": "random",
    "contextmanager": "contextlib",
    "dataclass": "dataclasses",
    "deepcopy": "copy",
    "defaultdict": "collections",
    "deque": "collections",
    "field": "dataclasses",
    "lru_cache": "functools",
    "namedtuple": "collections",
    "partial": "functools",
    "pprint": "pprint",
    "reduce": "functools",
    "sleep": "time",
    "sqrt": "math",
    "suppress": "contextlib",
    "timedelta": "datetime",
    "wraps": "functools",
}


def rule(load: Callable[[str], ModuleType]) -> Callable[[Exception], Iterator[str]]:
    near = load("near")
    expression = load("failing_expression")

    def hints(error: Exception) -> Iterator[str]:
        match error:
            case KeyError():
                yield from _near_keys(error, near, expression)
            case AttributeError(obj=ModuleType() as module):
                yield from _hiding_module(module)
            case NameError(name=str(name)) if name in HOMES:
                yield f"it is in the standard library: from {HOMES[name]} import {name}"

    return hints


def _near_keys(error: KeyError, near: ModuleType, expression: ModuleType) -> Iterator[str]:
    node, scope = expression.of(error)
    owner = expression.value(getattr(node, "value", None), scope)
    match error.args:
        case [str(key)] if isinstance(owner, Mapping):
            close = near.near_names(key, (known for known in owner if isinstance(known, str)))
            if close:
                yield f"near keys: {', '.join(map(repr, close))}"


def _hiding_module(module: ModuleType) -> Iterator[str]:
    path = getattr(module, "__file__", None)
    library = getattr(sys.modules.get("os"), "__file__", "").rpartition("os.py")[0]
    if module.__name__ in sys.stdlib_module_names and path and not path.startswith(library):
        yield f"{path} hides the standard library's '{module.__name__}': rename it"
