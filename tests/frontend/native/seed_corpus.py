"""Seeds for the coverage-guided fuzzer: the edge cases, and small files of the library.

python -m tests.frontend.native.seed_corpus FOLDER
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

from tests.frontend.host_oracle import cases
from tests.frontend.token_mutants import sources

#: Exec mode with names, of 3.12; and the other modes, with type comments, of 3.14.
HEADERS = (b"\x20\x0c", b"\x24\x0e", b"\x21\x0c", b"\x22\x0c", b"\x23\x0c")


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    texts = [*cases("syntax.txt"), *cases("encodings.txt"), *cases("type_comments.txt")]
    seeds = [text.encode() if isinstance(text, str) else text for text in texts]
    seeds += [path.read_bytes() for path in sources()[::20]]
    for number, seed in enumerate(seeds):
        data = HEADERS[number % len(HEADERS)] + seed
        name = hashlib.sha256(data).hexdigest()[:20]
        (folder / name).write_bytes(data)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
