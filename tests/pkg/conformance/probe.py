"""Imports what a distribution offers; run by the environment's own Python (3.9 and newer).

Writes one JSON object to descriptor 3: the wheel's generator, whether there are compiled
modules, the modules that were imported, and the error of the first that could not be.
"""

import importlib
import importlib.metadata
import json
import os
import sys

#: Folders that projects install beside their package, often by mistake.
_NOT_MEANT = ("test", "tests", "testing", "docs", "doc", "examples", "example", "benchmarks",
              "scripts", "tools", "build")  # fmt: skip
_SUFFIXES = (".py", ".so", ".abi3.so")


def shape(text):
    return "".join(c for c in text.lower() if c.isalnum())


def module_of(path):
    """The dotted name of a module's file, or nothing for other files."""
    parts = path.split("/")
    if parts[0].endswith((".dist-info", ".data")) or parts[0] == ".." or "-" in parts[0]:
        return ""
    stem, _, rest = parts[-1].partition(".")
    if not ("." + rest).endswith(_SUFFIXES) or not all(p.isidentifier() for p in parts[:-1]):
        return ""
    return ".".join(parts[:-1] if stem == "__init__" else [*parts[:-1], stem])


def offered(name, paths):
    """The outermost modules; if one is called like the project, only that."""
    modules = sorted({m for m in map(module_of, paths) if m}, key=lambda m: (m.count("."), m))
    found = []
    for module in modules:
        words = module.split(".")
        if words[0] in _NOT_MEANT or any(word.startswith("_") for word in words):
            continue
        if not any(module == each or module.startswith(each + ".") for each in found):
            found.append(module)
    same = [module for module in found if shape(module) == shape(name)]
    return same or found[:5]


def main(name):
    distribution = importlib.metadata.distribution(name)
    paths = [path.as_posix() for path in distribution.files or ()]
    wheel = distribution.read_text("WHEEL") or ""
    generator = [line.partition(":")[2].strip() for line in wheel.splitlines()
                 if line.startswith("Generator:")]  # fmt: skip
    said = {
        "version": distribution.version,
        "generator": "".join(generator[:1]),
        "compiled": any(path.endswith(".so") for path in paths),
        "modules": [],
        "error": "",
    }
    for module in offered(name, paths):
        try:
            importlib.import_module(module)
        except BaseException as error:
            said["error"] = f"{module}: {type(error).__name__}: {str(error)[:300]}"
            break
        said["modules"].append(module)
    sys.stderr.flush()
    os.write(3, json.dumps(said).encode())
    os._exit(0)  # threads that an import started are of no interest


main(sys.argv[1])
