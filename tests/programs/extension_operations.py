"""One operation of each of the popular C extensions, as source; what it prints is compared.

Each is done often enough in a function of its own that ``DX_JIT=sync`` compiles the caller.
"""

OPERATIONS = {
    "charset-normalizer": """
from charset_normalizer import from_bytes
def work(i):
    return str(from_bytes("Всеки човек има право".encode("cp1251")).best()) if i == 0 else i
""",
    "cryptography": """
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
def work(i):
    digest = hashes.Hash(hashes.SHA256())
    digest.update(b"x" * i)
    sealed = AESGCM(bytes(32)).encrypt(bytes(12), b"secret", None)
    return digest.finalize().hex()[:16], sealed.hex()
""",
    "numpy": """
import numpy as np
def work(i):
    a = np.arange(12.0).reshape(3, 4) + i
    with np.errstate(divide="ignore"):
        low = a[0, 0] / np.float64(0.0)
    view = memoryview(a)
    return float((a @ a.T).sum()), str(low), type(a[1, 1]).__name__, view.shape, a.dtype.str
""",
    "cffi": """
from cffi import FFI
ffi = FFI()
ffi.cdef("int abs(int); typedef struct { int x; double y; } point;")
library = ffi.dlopen(None)
def work(i):
    point = ffi.new("point *", {"x": i, "y": 0.5})
    return library.abs(-i), point.x + point.y, bytes(ffi.buffer(ffi.new("char[4]", b"abc")))
""",
    "pyyaml": """
import yaml
def work(i):
    return yaml.load(f"a: [1, {i}, 2.5]\\nb: {{c: null}}\\n", Loader=yaml.CSafeLoader)
""",
    "protobuf": """
from google.protobuf import struct_pb2
from google.protobuf.internal import api_implementation
def work(i):
    message = struct_pb2.Struct()
    message["n"] = i
    again = struct_pb2.Struct.FromString(message.SerializeToString())
    return again["n"], api_implementation.Type()
""",
    "pydantic-core": """
from pydantic_core import SchemaValidator, core_schema, ValidationError
schema = core_schema.list_schema(core_schema.int_schema(ge=0))
validator = SchemaValidator(schema)
def work(i):
    try:
        validator.validate_python([1, "x"])
    except ValidationError as error:
        return validator.validate_json(f"[1, {i}]"), error.error_count()
""",
    "pandas": """
import pandas as pd
def work(i):
    frame = pd.DataFrame({"k": ["a", "b", "a"], "v": [1.0, 2.0, i]})
    return frame.groupby("k")["v"].sum().to_dict()
""",
    "markupsafe": """
from markupsafe import Markup, escape
def work(i):
    return escape("<a href='x'>") + Markup("<b>%s</b>") % i
""",
    "yarl": """
from yarl import URL
def work(i):
    return str(URL("http://user:pw@example.org:8080/p a?q=1#f") / str(i) % {"k": "é"})
""",
    "multidict": """
from multidict import CIMultiDict
def work(i):
    d = CIMultiDict([("A", "1"), ("b", "2")])
    d.add("a", str(i))
    return d.getall("a"), sorted(d)
""",
    "aiohttp": """
import asyncio
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
async def once():
    application = web.Application()
    async def answer(request):
        return web.json_response({"path": request.path})
    application.router.add_get("/{tail:.*}", answer)
    async with TestServer(application) as server, ClientSession() as session:
        async with session.get(server.make_url("/x")) as response:
            return await response.json()
def work(i):
    return asyncio.run(once()) if i < 2 else i
""",
    "tomli": """
import tomli
def work(i):
    return tomli.loads(f'a = [1, {i}]\\n[b]\\nc = "x"\\n')
""",
    "pillow": """
from PIL import Image
def work(i):
    image = Image.new("RGB", (8, 8), (i, 20, 30)).resize((4, 4)).convert("L")
    return image.getpixel((1, 1)), len(image.tobytes())
""",
    "propcache": """
from propcache.api import cached_property
class Owner:
    @cached_property
    def value(self):
        return [1]
def work(i):
    owner = Owner()
    return owner.value is owner.value
""",
    "frozenlist": """
from frozenlist import FrozenList
def work(i):
    items = FrozenList([1, i])
    items.freeze()
    return hash(items) == hash(items), list(items), items.frozen
""",
    "scipy": """
import numpy as np
from scipy import linalg, optimize
def work(i):
    solved = linalg.solve(np.array([[3.0, 1.0], [1.0, 2.0]]), np.array([9.0, 8.0]))
    root = optimize.brentq(lambda x: x * x - 2.0, 0.0, 2.0)
    return [round(float(x), 9) for x in solved], round(root, 9)
""",
    "rpds-py": """
from rpds import HashTrieMap, List
def work(i):
    return sorted(HashTrieMap({"a": 1}).insert("b", i).items()), list(List([1]).push_front(i))
""",
    "wrapt": """
import wrapt
@wrapt.decorator
def twice(wrapped, instance, args, kwargs):
    return 2 * wrapped(*args, **kwargs)
@twice
def add(a, b=1):
    return a + b
def work(i):
    return add(i), wrapt.ObjectProxy([1, i])[1]
""",
    "greenlet": """
from greenlet import greenlet, getcurrent
def inner(value):
    while True:
        value = getcurrent().parent.switch(value * 2)
def work(i):
    g = greenlet(inner)
    return g.switch(i), g.switch(i + 1)
""",
    "grpcio": """
import os
from concurrent import futures
os.environ["GRPC_VERBOSITY"] = "NONE"  # what it logs depends on which thread is first
import grpc
def echo(request, context):
    return request[::-1]
def work(i):
    if i > 1:
        return i
    server = grpc.server(futures.ThreadPoolExecutor(1))
    handler = grpc.method_handlers_generic_handler(
        "s", {"m": grpc.unary_unary_rpc_method_handler(echo)})
    server.add_generic_rpc_handlers((handler,))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        answer = channel.unary_unary("/s/m")(b"abc", timeout=30)
    server.stop(None).wait()
    return answer
""",
    "sqlalchemy": """
import sqlalchemy as sa
engine = sa.create_engine("sqlite://")
table = sa.Table("t", sa.MetaData(), sa.Column("n", sa.Integer))
table.create(engine)
def work(i):
    with engine.begin() as connection:
        connection.execute(table.insert(), [{"n": i}])
        return connection.execute(sa.select(sa.func.sum(table.c.n))).scalar()
""",
    "pyarrow": """
import pyarrow as pa
import pyarrow.compute as pc
def work(i):
    array = pa.array([1, None, i])
    return pc.sum(array).as_py(), array.null_count, memoryview(array.buffers()[1]).nbytes > 0
""",
    "regex": """
import regex
def work(i):
    return regex.findall(r"(?<w>\\p{Lu}\\w+)", f"Äpfel und Birnen {i}"), bool(
        regex.fullmatch(r"(?:cats|dogs){e<=1}", "cat"))
""",
    "psutil": """
import os, psutil
def work(i):
    process = psutil.Process()
    return process.pid == os.getpid(), process.memory_info().rss > 0, process.is_running()
""",
}

#: More kinds of extension modules: of Cython, of pybind11, of plain C.
FURTHER = {
    "lxml": """
from lxml import etree
def work(i):
    tree = etree.fromstring(f"<a><b n='{i}'/>text</a>")
    return etree.tostring(tree), tree.xpath("//b/@n")
""",
    "contourpy": """
import contourpy
def work(i):
    lines = contourpy.contour_generator(z=[[0.0, 1.0], [1.0, 2.0]]).lines(1.0)
    return [line.tolist() for line in lines]
""",
}

#: Around each operation.
HARNESS = """
for i in range(6):
    print(work(i))
"""
