"""A Flask application behind a real server, asked by a client in the same process."""

import json
import threading
import urllib.error
import urllib.request

from flask import Flask, jsonify, render_template_string, request, session
from werkzeug.serving import make_server

app = Flask(__name__)
app.secret_key = "secret"


@app.get("/")
def index():
    return render_template_string(
        "{% for n in names %}<b>{{ n|upper }}</b>{% endfor %}", names="ab"
    )


@app.post("/sum")
def total():
    session["seen"] = True
    return jsonify(sum=sum(request.get_json()["numbers"]), agent=request.headers["X-Agent"])


@app.get("/fail")
def fail():
    raise ZeroDivisionError("on purpose")


@app.get("/item/<int:number>")
def item(number: int):
    return {"number": number, "query": request.args.to_dict()}


server = make_server("127.0.0.1", 0, app)
threading.Thread(target=server.serve_forever, daemon=True).start()
base = f"http://127.0.0.1:{server.port}"


def ask(path: str, data: object = None) -> None:
    body = None if data is None else json.dumps(data).encode()
    headers = {"Content-Type": "application/json", "X-Agent": "test"}
    try:
        with urllib.request.urlopen(
            urllib.request.Request(base + path, body, headers)
        ) as answer:
            print(path, answer.status, answer.headers["Content-Type"], answer.read())
    except urllib.error.HTTPError as error:
        print(path, error.code, error.read())


ask("/")
ask("/sum", {"numbers": [1, 2, 3]})
ask("/item/7?a=b")
ask("/item/x")
ask("/missing")
ask("/fail")
server.shutdown()
