/* What a package server and a command must have in common for the one to do the other. */
#ifndef DX_PKG_SERVER_KEY_H
#define DX_PKG_SERVER_KEY_H

#include <stdbool.h>

#include "memory.h"

/* All that a process inherits and cannot be handed with a request: rights, limits, what it sees
 * of files and network, and the variables that are read when it starts. */
bool dx_pkg_server_key(struct dx_pkg *pkg, const char *python, const char *home, char key[65]);

#endif
