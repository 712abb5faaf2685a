/* Which index answers a command line: the same digest that testrun/worker/index.py computes. */
#ifndef DX_INDEX_KEY_H
#define DX_INDEX_KEY_H

#include <stddef.h>

/* Writes the index's path to `path`. Returns 0, or -1 where there is no home or no room. */
int dx_index_path(const char *interpreter, char *const *arguments, char *path, size_t size);

/* The user's cache folder, if only its owner can write to it; else -1. */
int dx_test_cache_root(char *root, size_t size);

#endif
