"""Keys and certificates for servers and clients of tests, made by openssl."""

from __future__ import annotations

import subprocess
from pathlib import Path

_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2")


def make_certificates(folder: Path) -> Path:
    """Make in ``folder``: an authority ``ca.pem``, and ``trusted`` with it as OpenSSL's folders
    are; ``server.pem`` for localhost and ``client.pem``, signed by it, each with its key;
    ``self.pem`` for localhost, signed by nobody.
    """

    def openssl(*words: str) -> None:
        subprocess.run(["openssl", *words], check=True, capture_output=True, cwd=folder)

    def issue(name: str, subject: str) -> None:
        openssl("req", *_KEY, "-keyout", "key", "-out", "csr", "-subj", f"/CN={subject}")
        openssl("x509", "-req", "-in", "csr", "-CA", "ca.pem", "-CAkey", "ca.key",
                "-CAcreateserial", "-days", "2", "-out", "cert",
                "-extfile", "names")  # fmt: skip
        _join(folder, name)

    openssl("req", "-x509", *_KEY, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=ca")
    (folder / "names").write_text("subjectAltName=DNS:localhost\n")
    issue("server.pem", "localhost")
    issue("client.pem", "somebody")
    openssl("req", "-x509", *_KEY, "-keyout", "key", "-out", "cert", "-subj", "/CN=localhost",
            "-addext", "subjectAltName=DNS:localhost")  # fmt: skip
    _join(folder, "self.pem")
    (folder / "trusted").mkdir()
    (folder / "trusted" / "ca.pem").write_bytes((folder / "ca.pem").read_bytes())
    openssl("rehash", "trusted")
    return folder


def _join(folder: Path, name: str) -> None:
    both = (folder / "cert").read_text() + (folder / "key").read_text()
    (folder / name).write_text(both)
