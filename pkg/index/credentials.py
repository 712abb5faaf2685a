"""User names and passwords for servers: looked up here, attached to requests, never printed.

Order: the URL itself, ``DX_INDEX_<NAME>_USERNAME``/``_PASSWORD`` of a named index (uv's
``UV_INDEX_...`` too), netrc, and the ``keyring`` program where the user asked for it.
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
    _known: dict[str, Auth | None] = field(default_factory=dict, repr=False)

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
        if server not in self._known:
            self._known[server] = _from_netrc(urlsplit(url).hostname or "")
        return self._known[server]

    def ask(self, url: str) -> Auth | None:
        """What else there is after the server answered 401, or None."""
        server = _server(url)
        if not self.use_keyring or self._known.get(server) is not None:
            return None
        self._known[server] = _from_keyring(server, urlsplit(url).hostname or "")
        return self._known[server]


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


def _from_netrc(host: str) -> Auth | None:
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
    return (found[0], found[2] or "") if found else None


def _from_keyring(server: str, host: str) -> Auth | None:
    import shutil
    import subprocess

    program = shutil.which("keyring")
    if program is None:
        return None
    for service in (server, host):
        answer = subprocess.run(
            [program, "--mode", "creds", "--output", "json", "get", service],
            capture_output=True, text=True, timeout=30, check=False,
        )  # fmt: skip
        if answer.returncode == 0 and answer.stdout.strip():
            import json

            found = json.loads(answer.stdout)
            return found["username"] or "", found["password"]
    return None
