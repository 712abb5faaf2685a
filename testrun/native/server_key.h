/* Where the server of a folder, interpreter and environment listens. */
#ifndef DX_SERVER_KEY_H
#define DX_SERVER_KEY_H

#include <stddef.h>

/* Writes the socket's path; -1 where there can be none. */
int dx_server_path(const char *interpreter, const char *boot, char *path, size_t size);

#endif
