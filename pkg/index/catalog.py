"""All the places where a project's files may be, as one: indexes by priority plus local files.

Remote indexes are asked in order and the first that knows the project answers for it, so
that nobody can slip a higher version of a private name in from a public index. Folders and
``file://`` indexes are the user's own and always count.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from dx_py.artifacts.errors import ArtifactError
from dx_py.pkg.errors import NotFoundError
from dx_py.pkg.index.fetcher import Fetcher, Transfer
from dx_py.pkg.index.links import LinksFolder, local_path, read_local_page
from dx_py.pkg.index.page import FileEntry
from dx_py.pkg.index.page_cache import CachedAnswer, PageCache
from dx_py.pkg.index.page_content import PageContent
from dx_py.pkg.index.simple_api import ACCEPT
from dx_py.pkg.index.transport import Request, Response

_PAGE_LIMIT = 64 << 20


@dataclass(frozen=True, slots=True)
class Index:
    """A simple index: ``url`` without credentials and without a slash at its end."""

    url: str
    name: str = ""


@dataclass(slots=True, eq=False)
class _Question:
    """One project's page at one index: from the cache, or under way."""

    index: Index
    url: str
    cached: CachedAnswer | None = None
    transfer: Transfer | None = None
    content: PageContent | None = None


@dataclass(slots=True)
class Catalog:
    """``indexes`` in order of priority; ``best_match`` merges them all, as pip does."""

    fetcher: Fetcher
    cache: PageCache
    indexes: list[Index]
    find_links: list[str] = field(default_factory=list)
    best_match: bool = False
    refresh: bool = False
    #: When the first of the pages that were used becomes stale, in seconds since the epoch.
    fresh_until: float = float("inf")
    _questions: dict[tuple[str, str], _Question] = field(default_factory=dict)
    _folders: list[LinksFolder] | None = None
    _link_pages: list[FileEntry] | None = None

    def start(self, project: str, then: Callable[[], None]) -> None:
        """Ask for the page that `entries` will want first; ``then`` is called once it is there.

        Nothing is called where `entries` would still have to wait, or fail.
        """
        remote = [index for index in self.indexes if local_path(index.url) is None]
        if not remote or self.best_match:
            for index in remote:
                self._question(index, project)
            return
        question = self._question(remote[0], project)
        if question.content is not None:
            then()
        elif question.transfer is not None:
            question.transfer.then = lambda transfer: _call_if_answered(transfer, then)

    def entries(self, project: str) -> list[FileEntry] | None:
        """Every file known for the normalised name, local ones first; None if unknown."""
        found: list[FileEntry] = self._linked(project)
        known = bool(found)
        answered = False
        for index in self.indexes:
            path = local_path(index.url)
            if path is None and answered and not self.best_match:
                continue
            if path is not None:
                entries = read_local_page(path, project)
            else:
                content = self._answer(index, project)
                entries = self._entries(index, project, content) if content else None
            if entries is None:
                continue
            known = True
            answered = answered or path is None
            found = entries + found if path else found + entries
        return found if known else None

    def fingerprint(self, project: str) -> str:
        """Names the content of what `entries` gives; empty where local files take part."""
        if self._linked(project):
            return ""
        digests: list[str] = []
        for index in self.indexes:
            path = local_path(index.url)
            if path is not None and (path / project).exists():
                return ""
            if path is not None or (digests and not self.best_match):
                continue
            content = self._answer(index, project)
            if content is not None:
                digests.append(content.digest)
        return "+".join(digests)

    def _linked(self, project: str) -> list[FileEntry]:
        if self._folders is None:
            paths = [path for link in self.find_links if (path := local_path(link))]
            self._folders = [LinksFolder(path) for path in paths if path.is_dir()]
        found = [entry for folder in self._folders for entry in folder.entries(project)]
        return found + [entry for entry in self._pages() if _is_of(entry, project)]

    def _pages(self) -> list[FileEntry]:
        """The links on ``--find-links`` pages, remote or local HTML files."""
        if self._link_pages is None:
            from dx_py.pkg.index.simple_api import parse_html

            self._link_pages = []
            for link in self.find_links:
                path = local_path(link)
                if path is None:
                    answer = self.fetcher.get(Request(link, limit=_PAGE_LIMIT))
                    self._link_pages += parse_html(answer.body, answer.url)
                elif path.is_file():
                    self._link_pages += parse_html(path.read_bytes(), path.absolute().as_uri())
        return self._link_pages

    def _entries(self, index: Index, project: str, content: PageContent) -> list[FileEntry]:
        """A kept page that is damaged, or of an older DX-Py, is asked for again."""
        try:
            return content.entries
        except ArtifactError:
            question = self._questions.pop((index.url, project))
            self.cache.forget(question.url)
            again = self._answer(index, project)
            return again.entries if again is not None else []

    def _question(self, index: Index, project: str) -> _Question:
        known = self._questions.get((index.url, project))
        if known is not None:
            return known
        question = _Question(index, f"{index.url}/{project}/")
        self._questions[index.url, project] = question
        question.cached, kept = self._kept(question.url)
        if question.cached is not None and self._usable(question.cached):
            self._note_freshness(question.cached.stored + question.cached.max_age)
            question.content = kept
            return question
        headers: tuple[tuple[str, str], ...] = (("Accept", ACCEPT),)
        if question.cached is not None:
            headers += question.cached.conditions()
        question.transfer = self.fetcher.start(
            Request(question.url, headers, limit=_PAGE_LIMIT)
        )
        return question

    def _kept(self, url: str) -> tuple[CachedAnswer | None, PageContent | None]:
        """An answer whose content is there, too; both or none."""
        cached = None if self.refresh else self.cache.load(url)
        content = self.cache.content(cached.payload) if cached is not None else None
        return (cached, content) if content is not None else (None, None)

    def _note_freshness(self, until: float) -> None:
        self.fresh_until = min(self.fresh_until, until)

    def _usable(self, cached: CachedAnswer) -> bool:
        return self.fetcher.offline or cached.is_fresh(time.time())

    def _answer(self, index: Index, project: str) -> PageContent | None:
        question = self._question(index, project)
        if question.content is None:
            assert question.transfer is not None
            try:
                answer = self.fetcher.wait(question.transfer)
            except NotFoundError:
                self._note_freshness(time.time() + self.cache.lifetime({}))
                return None
            if question.content is None:  # else `then` was quicker, from within `wait`
                question.content = self._read(question, answer)
                question.transfer = None  # with the answer, which is long
        return question.content

    def _read(self, question: _Question, answer: Response) -> PageContent:
        self._note_freshness(time.time() + self.cache.lifetime(answer.headers))
        headers = answer.headers
        content = None
        if answer.status == 304 and question.cached is not None:
            headers = _merged(question.cached, answer)
            content = self.cache.content(question.cached.payload)
        if content is None:
            kind = answer.headers.get("content-type", "")
            content, data = PageContent.from_answer(answer.body, kind, answer.url)
            self.cache.save_content(content.digest, data)
        self.cache.save(question.url, content.digest, headers)
        return content


def _call_if_answered(transfer: Transfer, then: Callable[[], None]) -> None:
    outcome = transfer.outcome
    if isinstance(outcome, Response) and outcome.status in (200, 304):
        then()


def _merged(cached: CachedAnswer, answer: Response) -> dict[str, str]:
    """A 304 carries over the validators it does not repeat."""
    validators = {"etag": cached.etag, "last-modified": cached.last_modified}
    return validators | answer.headers


def _is_of(entry: FileEntry, project: str) -> bool:
    from dx_py.pkg.index.page import split_filename

    return split_filename(entry.filename, project) is not None
