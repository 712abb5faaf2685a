"""requests against a server of the standard library."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import requests


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", "/here")
            self.end_headers()
            return
        body = f'{{"path": "{self.path}", "agent": "{self.headers["X-Agent"]}"}}'.encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(201)
        self.end_headers()
        self.wfile.write(body[::-1])

    def log_message(self, *args):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
base = f"http://127.0.0.1:{server.server_address[1]}"
with requests.Session() as session:
    session.headers["X-Agent"] = "test"
    print(session.get(base + "/a", params={"q": "ä b"}).json())
    moved = session.get(base + "/moved")
    print(moved.json(), [answer.status_code for answer in moved.history])
    print(session.post(base + "/x", data={"k": "v"}).content)
    print(session.post(base + "/x", files={"f": ("n.txt", b"data")}).status_code)
    try:
        session.get("http://127.0.0.1:9/", timeout=0.5)
    except requests.ConnectionError as error:
        print(type(error).__mro__)
server.shutdown()
