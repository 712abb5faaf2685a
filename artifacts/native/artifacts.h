/* Reading artifacts, the store and the stat index (docs/artifacts/format.md) without Python.
 *
 * Plain C11. Digests and action keys are 64 lower-case hexadecimal characters; buffers for them
 * have 65 bytes, the last for the NUL. No function prints, aborts or keeps global state, and any
 * thread may call any of them; a dx_stat_index belongs to one thread at a time.
 */
#ifndef DX_ARTIFACTS_H
#define DX_ARTIFACTS_H

#include <stddef.h>
#include <stdint.h>

#include "artifacts.cdef.h"

/* Extension types of the msgpack in artifacts (dx_py.artifacts.extension_types). */
enum dx_extension {
    DX_EXT_TUPLE = 1,
    DX_EXT_BIG_INT = 2,
    DX_EXT_SURROGATES = 3,
    DX_EXT_COMPLEX = 4,
    DX_EXT_FROZENSET = 5,
    DX_EXT_ELLIPSIS = 6
};

#endif
