"""A FastAPI application under uvicorn, asked by a client in the same process."""

import json
import threading
import time
import urllib.error
import urllib.request
from typing import Annotated

import uvicorn
from fastapi import Depends, FastAPI, HTTPException, Query
from pydantic import BaseModel, Field

app = FastAPI(title="Test")


class Item(BaseModel):
    name: str = Field(min_length=2)
    price: float
    tags: list[str] = []


def limit(most: Annotated[int, Query(ge=1)] = 5) -> int:
    return most


@app.post("/items")
async def create(item: Item) -> dict[str, Item]:
    return {"created": item}


@app.get("/items/{number}")
async def read(number: int, most: Annotated[int, Depends(limit)]) -> dict[str, int]:
    if number > most:
        raise HTTPException(404, "no such item")
    return {"number": number, "most": most}


config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning")
server = uvicorn.Server(config)
thread = threading.Thread(target=server.run)
thread.start()
while not server.started:
    time.sleep(0.01)
port = server.servers[0].sockets[0].getsockname()[1]


def ask(path: str, data: object = None) -> None:
    body = None if data is None else json.dumps(data).encode()
    headers = {"Content-Type": "application/json"}
    url = f"http://127.0.0.1:{port}{path}"
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body, headers)) as answer:
            print(path, answer.status, answer.read().decode())
    except urllib.error.HTTPError as error:
        print(path, error.code, error.read().decode())


ask("/items", {"name": "box", "price": 2.5, "tags": ["a"]})
ask("/items", {"name": "b", "price": "x"})
ask("/items/3")
ask("/items/9")
ask("/items/9?most=10")
ask("/openapi.json")
server.should_exit = True
thread.join()
