/* Changes of an environment that are whole or not at all: pkg/install/transaction.py in C, with
 * the same folders and the same journal, so that either recovers from the other. */
#ifndef DX_PKG_TRANSACTION_H
#define DX_PKG_TRANSACTION_H

#include <stdbool.h>

#include "memory.h"

struct dx_pkg_transaction {
    const char *state;  /* the environment's state folder */
    const char *folder; /* `state`/txn */
    struct dx_pkg_list staged;
    struct dx_pkg_list finals; /* where the content of each of `staged` goes */
    struct dx_pkg_list removed; /* what goes away; sorted by dx_pkg_commit */
    struct dx_pkg_list replaced; /* what gives way to what comes */
    struct dx_pkg_list sources, targets; /* the placements, in order */
    struct dx_pkg_list folders; /* made for them */
};

/* The caller holds the environment's lock, and no transaction is open. */
bool dx_pkg_begin(struct dx_pkg *pkg, const char *state, struct dx_pkg_transaction *begun);

/* The folder whose content will be merged into `final`; NULL with the problem noted. */
const char *dx_pkg_stage(struct dx_pkg *pkg, struct dx_pkg_transaction *transaction,
                         const char *final);

/* Takes a file or folder away; it exists, and none that is given lies in another. */
void dx_pkg_take_away(struct dx_pkg *pkg, struct dx_pkg_transaction *transaction,
                      const char *path);

/* All of it or, with the problem noted, nothing. */
bool dx_pkg_commit(struct dx_pkg *pkg, struct dx_pkg_transaction *transaction);

/* Before a commit: nothing happened. */
void dx_pkg_abandon(struct dx_pkg *pkg, struct dx_pkg_transaction *transaction);

enum dx_pkg_lock { DX_PKG_LOCKED, DX_PKG_BUSY, DX_PKG_NO_LOCK };

/* Makes the state folder where there is none. The process holds the lock until it closes
 * `*descriptor` or ends. */
enum dx_pkg_lock dx_pkg_try_lock(struct dx_pkg *pkg, const char *state, int *descriptor);

#endif
