/* What a command that was answered here prints, and its exit status. */
#ifndef DX_PKG_REPLY_H
#define DX_PKG_REPLY_H

#include "memory.h"

struct dx_pkg_reply {
    struct dx_pkg_bytes out;
    struct dx_pkg_bytes err;
    int status;
};

#endif
