"""msgpack bytes into Python values, in pure Python, to any depth.

Imports nothing at module level, so a user's process can load this file by path. The
compiled ``msgpack`` reads faster and refuses nesting beyond 1024; ``artifact.decode`` turns
to this reader then.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    #: A value, where it ends, how many items follow, whether they are a map's.
    Token = tuple[Any, int, int, bool]
    Read = Callable[[bytes, int], Token]


def unpack(data: "bytes") -> "object":
    """Raises ValueError unless ``data`` is exactly one whole value."""
    value, end = _unpack_at(data, 0)
    if end != len(data):
        raise ValueError("bytes after the end of the value")
    return value


def _unpack_at(data: "bytes", at: int) -> "tuple[Any, int]":
    #: One entry per open container: the list being filled, items missing, is it a map.
    open_containers: list[tuple[list[Any], int, bool]] = []
    while True:
        value, at, missing, is_map = _head(data, at)
        if missing:
            open_containers.append((value, missing, is_map))
            continue
        if is_map:
            value = {}
        while open_containers:
            items, size, inside_map = open_containers[-1]
            items.append(value)
            if len(items) < size:
                break
            open_containers.pop()
            value = _map(items) if inside_map else items
        else:
            return value, at


def _map(items: "list[Any]") -> "dict[Any, Any]":
    try:
        return dict(zip(items[::2], items[1::2], strict=True))
    except TypeError:
        raise ValueError("a map key is a container") from None


def _head(data: "bytes", at: int) -> "Token":
    if at >= len(data):
        raise ValueError("the value is truncated")
    code = data[at]
    at += 1
    if code < 0x80:
        return code, at, 0, False
    if code < 0x90:
        return [], at, 2 * (code & 15), True
    if code < 0xA0:
        return [], at, code & 15, False
    if code < 0xC0:
        return _str(data, at, code & 31)
    if code >= 0xE0:
        return code - 256, at, 0, False
    return _LONG_FORMS[code - 0xC0](data, at)


def _take(data: "bytes", at: int, size: int) -> "bytes":
    piece = data[at : at + size]
    if len(piece) != size:
        raise ValueError("the value is truncated")
    return piece


def _uint(data: "bytes", at: int, size: int) -> int:
    return int.from_bytes(_take(data, at, size), "big")


def _str(data: "bytes", at: int, size: int) -> "Token":
    return _take(data, at, size).decode(), at + size, 0, False


def _constant(value: object) -> "Read":
    return lambda data, at: (value, at, 0, False)


def _unused(data: "bytes", at: int) -> "Token":
    raise ValueError("0xc1 is no msgpack")


def _sized_str(width: int) -> "Read":
    return lambda data, at: _str(data, at + width, _uint(data, at, width))


def _sized_bin(width: int) -> "Read":
    def read(data: "bytes", at: int) -> "Token":
        size = _uint(data, at, width)
        return _take(data, at + width, size), at + width + size, 0, False

    return read


def _integer(width: int, *, signed: bool) -> "Read":
    return lambda data, at: (
        int.from_bytes(_take(data, at, width), "big", signed=signed),
        at + width,
        0,
        False,
    )


def _container(width: int, per_entry: int) -> "Read":
    return lambda data, at: (
        [],
        at + width,
        per_entry * _uint(data, at, width),
        per_entry == 2,
    )


def _float(form: str, width: int) -> "Read":
    def read(data: "bytes", at: int) -> "Token":
        from struct import unpack as unpack_struct

        return unpack_struct(form, _take(data, at, width))[0], at + width, 0, False

    return read


def _fixed_extension(size: int) -> "Read":
    return lambda data, at: _extension(data, at, size)


def _sized_extension(width: int) -> "Read":
    return lambda data, at: _extension(data, at + width, _uint(data, at, width))


def _extension(data: "bytes", at: int, size: int) -> "Token":
    code = _uint(data, at, 1)
    payload = _take(data, at + 1, size)
    return extension_value(code, payload), at + 1 + size, 0, False


def extension_value(code: int, payload: "bytes") -> "object":
    """The Python value of an extension (codes: ``extension_types``)."""
    if code == 1:
        return tuple(_items(payload))
    if code == 2:
        return int.from_bytes(payload, "big", signed=True)
    if code == 3:
        return payload.decode("utf-8", "surrogatepass")
    if code == 4:
        from struct import unpack as unpack_struct

        return complex(*unpack_struct(">dd", payload))
    if code == 5:
        return frozenset(_items(payload))
    if code == 6:
        return ...
    raise ValueError(f"extension type {code} is not known")


def _items(payload: "bytes") -> "list[Any]":
    items = unpack(payload)
    if isinstance(items, list):
        return items
    raise ValueError("a tuple or frozenset holds no array")


_LONG_FORMS: "list[Read]" = [
    _constant(None),
    _unused,
    _constant(False),
    _constant(True),
    *map(_sized_bin, (1, 2, 4)),
    *map(_sized_extension, (1, 2, 4)),
    _float(">f", 4),
    _float(">d", 8),
    *(_integer(width, signed=False) for width in (1, 2, 4, 8)),
    *(_integer(width, signed=True) for width in (1, 2, 4, 8)),
    *map(_fixed_extension, (1, 2, 4, 8, 16)),
    *map(_sized_str, (1, 2, 4)),
    _container(2, 1),
    _container(4, 1),
    _container(2, 2),
    _container(4, 2),
]
