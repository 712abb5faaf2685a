"""Plans as bytes and back; the format is described in `plan`."""

from __future__ import annotations

from collections.abc import Iterator

from dx_py.pkg.errors import MetadataError
from dx_py.pkg.install.plan import MAGIC, EntryPoint, LinkGroup, Plan

_END = "\0\n"


def encode_plan(plan: Plan) -> bytes:
    records = [(MAGIC,), ("R", plan.root), ("I", plan.info), *_body(plan)]
    text = "".join("\0".join(record) + _END for record in records)
    return text.encode("utf-8", "surrogateescape")


def _body(plan: Plan) -> Iterator[tuple[str, ...]]:
    for scheme, folder in plan.folders:
        yield "D", scheme, folder
    for group in plan.groups:
        yield "G", group.scheme, group.source, group.folder
        for name in group.names:
            yield "F", name
    for source, name in plan.scripts:
        yield "X", source, name
    for entry in plan.entry_points:
        yield "E", "gui" if entry.gui else "console", entry.name, entry.target
    for line in plan.record:
        yield "C", line
    for row in plan.outside:
        yield "O", *row


def is_whole_plan(data: bytes) -> bool:
    """Whether the bytes begin and end as `encode_plan`'s do."""
    return data.startswith(f"{MAGIC}{_END}".encode()) and data.endswith(_END.encode())


def decode_plan(data: bytes) -> Plan:
    """Raises MetadataError for anything `encode_plan` did not make."""
    records = data.decode("utf-8", "surrogateescape").split(_END)
    if records[0] != MAGIC or records[-1]:
        raise MetadataError("not an installation plan")
    fields = [record.split("\0") for record in records[1:-1]]
    root, info = fields[0][1], fields[1][1]
    groups: list[tuple[list[str], list[str]]] = []
    by_kind: dict[str, list[list[str]]] = {kind: [] for kind in "DXECO"}
    for kind, *rest in fields[2:]:
        if kind == "F":
            groups[-1][1].append(rest[0])
        elif kind == "G":
            groups.append((rest, []))
        else:
            by_kind[kind].append(rest)
    return Plan(
        root,
        info,
        tuple((scheme, folder) for scheme, folder in by_kind["D"]),
        tuple(LinkGroup(s, src, folder, tuple(names)) for (s, src, folder), names in groups),
        tuple((source, name) for source, name in by_kind["X"]),
        tuple(EntryPoint(name, target, kind == "gui") for kind, name, target in by_kind["E"]),
        tuple(line for (line,) in by_kind["C"]),
        tuple((scheme, path, digest, size) for scheme, path, digest, size in by_kind["O"]),
    )
