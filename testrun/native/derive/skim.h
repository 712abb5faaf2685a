/* Source without the bodies of its functions, for modules that are only looked into for names.
 *
 *     def f(a,            def f(a,
 *           b):                 b): ...
 *         work()      ->
 *     x = 1               x = 1
 */
#ifndef DX_DERIVE_SKIM_H
#define DX_DERIVE_SKIM_H

#include "texts.h"

/* Bodies that mention functools.wraps stay. Text that is not valid Python may come out as
 * anything, but never longer. */
struct dx_buffer dx_skim(const char *text, size_t size);

#endif
