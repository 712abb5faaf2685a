"""The start tags of a page in HTML. Apart, as most indexes answer in JSON."""

from __future__ import annotations

from html.parser import HTMLParser


def tags_of(text: str) -> list[tuple[str, dict[str, str]]]:
    """Tag and attributes, in the page's order."""
    parser = _TagParser()
    parser.feed(text)
    return parser.tags


class _TagParser(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
