"""pypiserver behind TLS on a free port of loopback; run by an environment that has it.

    served_index.py FOLDER CERTIFICATE [PASSWORDS [AUTHORITY]]

``PASSWORDS`` is a file of ``user:password`` lines; with ``AUTHORITY`` clients need a
certificate of it. Prints the port and serves until it is ended.
"""

import ssl
import sys
from pathlib import Path
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import passlib.apache
import pypiserver


class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class Quiet(WSGIRequestHandler):
    def log_message(self, *words):
        pass


def htpasswd(path):
    """As ``htpasswd`` would write it, for pypiserver to check against."""
    hashed = passlib.apache.HtpasswdFile(default_scheme="apr_md5_crypt")
    for line in Path(path).read_text().splitlines():
        hashed.set_password(*line.split(":", 1))
    hashed.save(path + ".hashed")
    return path + ".hashed"


def main(folder, certificate, passwords="", authority=""):
    actions = ["list", "download", "update"] if passwords else []
    application = pypiserver.app(
        roots=[folder],
        disable_fallback=True,
        authenticate=actions,
        password_file=htpasswd(passwords) if passwords else ".",
    )
    server = make_server("127.0.0.1", 0, application, Server, Quiet)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    if authority:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(authority)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    sys.stdout.write(f"{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()


main(*sys.argv[1:])
