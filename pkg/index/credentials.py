"""User names and passwords for servers: looked up here, attached to requests, never printed.

Order: the URL itself, ``DX_INDEX_<NAME>_USERNAME``/``_PASSWORD`` of a named index (uv's
``UV_INDEX_...`` too), netrc, and the ``keyring`` program where the user asked for it. A URL
may name the user alone: his password is then looked for in the other places.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

Auth = tuple[str, str]


def split_credentials(url: str) -> tuple[str, Auth | None]:
    """``https://user:secret@host/x`` gives ``https://host/x`` and the pair."""
    if "@" not in url:
        return url, None
    parts = urlsplit(url)
    if not parts.scheme.startswith("http") or "@" not in parts.netloc:
        return url, None
    info, _, host = parts.netloc.rpartition("@")
    user, _, password = info.partition(":")
    clean = urlunsplit(parts._replace(netloc=host))
    return clean, (unquote(user), unquote(password))


def redact(text: str) -> str:
    """``text`` with the password of every URL in it shown as ``****``."""
    if "@" not in text or "://" not in text:
        return text
    return " ".join(_redact_word(word) for word in text.split(" "))


def _redact_word(word: str) -> str:
    scheme, separator, rest = word.partition("://")
    authority, slash, path = rest.partition("/")
    if not separator or "@" not in authority:
        return word
    info, _, host = authority.rpartition("@")
    user, colon, _ = info.partition(":")
    # A bare user name in front of `@` is, on some servers, a token.
    shown = f"{user}:****" if colon else "****"
    return f"{scheme}://{shown}@{host}{slash}{path}"


@dataclass(slots=True)
class Credentials:
    """What is known for each server, by ``scheme://host[:port]``."""

    use_keyring: bool = False
    _known: dict[str, Auth] = field(default_factory=dict, repr=False)
    #: Servers for which netrc was read.
    _looked: set[str] = field(default_factory=set)
    _indexes: list[str] = field(default_factory=list)

    def learn_index(self, url: str, name: str = "") -> str:
        """`learn` for an index: its URL is one of the names that keyring may know it by."""
        clean = self.learn(url, index_name=name)
        self._indexes.append(clean)
        return clean

    def learn(self, url: str, *, index_name: str = "") -> str:
        """Keep the credentials in ``url``, or of the named index; return the URL without."""
        clean, auth = split_credentials(url)
        auth = auth or _from_environment(index_name)
        if auth is not None:
            self._known[_server(clean)] = auth
        return clean

    def lookup(self, url: str) -> Auth | None:
        """What to send at once: known or in netrc."""
        server = _server(url)
        known = self._known.get(server)
        if server not in self._looked and not _is_whole(known):
            self._looked.add(server)
            found = _from_netrc(urlsplit(url).hostname or "", known[0] if known else "")
            if found is not None:
                known = self._known[server] = found
        return known

    def ask(self, url: str) -> Auth | None:
        """What else there is after the server answered 401 or 403, or None."""
        server = _server(url)
        known = self._known.get(server)
        if not self.use_keyring or _is_whole(known):
            return None
        found = _from_keyring(self._services(url), known[0] if known else "")
        if found is not None:
            self._known[server] = found
        return found

    def _services(self, url: str) -> list[str]:
        """The names under which a password may be kept, as pip and uv look for it."""
        server = _server(url)
        indexes = [index for index in self._indexes if url.startswith(index)]
        names = [*indexes, server, server.partition("://")[2], urlsplit(url).hostname or ""]
        return list(dict.fromkeys(names))


def _is_whole(auth: Auth | None) -> bool:
    return auth is not None and bool(auth[1])


def _server(url: str) -> str:
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}".lower()


def _from_environment(name: str) -> Auth | None:
    if not name:
        return None
    word = "".join(c if c.isalnum() else "_" for c in name.upper())
    for prefix in ("DX_INDEX", "UV_INDEX"):
        user = os.environ.get(f"{prefix}_{word}_USERNAME", "")
        password = os.environ.get(f"{prefix}_{word}_PASSWORD", "")
        if user or password:
            return user, password
    return None


def _from_netrc(host: str, user: str) -> Auth | None:
    """The entry of a host; of the given user, if there is one."""
    configured = os.environ.get("NETRC")
    names = [configured] if configured else ["~/.netrc", "~/_netrc"]
    paths = [path for name in names if (path := Path(name).expanduser()).is_file()]
    if not paths or not host:
        return None
    import netrc

    try:
        found = netrc.netrc(str(paths[0])).authenticators(host)
    except (netrc.NetrcParseError, OSError):
        return None  # as pip and curl do: an unreadable netrc is no netrc
    if found is None or user not in ("", found[0]):
        return None
    return found[0], found[2] or ""


def _from_keyring(services: list[str], user: str) -> Auth | None:
    import shutil

    program = shutil.which("keyring")
    if program is None:
        return None
    for service in services:
        found = _password(program, service, user) if user else _pair(program, service)
        if found is not None:
            return found
    return None


def _password(program: str, service: str, user: str) -> Auth | None:
    text = _output(program, "get", service, user)
    return (user, text.removesuffix("\n")) if text else None


def _pair(program: str, service: str) -> Auth | None:
    import json

    text = _output(program, "--mode", "creds", "--output", "json", "get", service)
    found = json.loads(text) if text.strip() else None
    return (found["username"] or "", found["password"]) if found else None


def _output(program: str, *words: str) -> str:
    import subprocess

    answer = subprocess.run(
        [program, *words], capture_output=True, text=True, timeout=30, check=False
    )
    return answer.stdout if answer.returncode == 0 else ""
