/* Test ids from source, without Python.
 *
 * An id is exact only where nothing on its way is unknown; everything else is a dynamic group,
 * which is named, with the reason. */
#ifndef DX_DERIVE_H
#define DX_DERIVE_H

enum { DX_NOT_DERIVED = -1 };

/* `--collect-only --static`: prints ids, groups and a summary; the exit status. */
int dx_derive_listing(const char *interpreter, char *const *arguments, double started);

/* `--collect-only -q`: prints what pytest would, or nothing and DX_NOT_DERIVED where any group
 * is dynamic. */
int dx_derive_ids(const char *interpreter, char *const *arguments, double started);

#endif
