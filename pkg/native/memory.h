/* Memory of one command: taken piece by piece, given back at once. Running out of it ends the
 * process, which is what a kill at that moment would do: transactions recover from both. */
#ifndef DX_PKG_MEMORY_H
#define DX_PKG_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

struct dx_pkg_block;

/* What the functions of this folder work with. Zero it before the first use. `problem` is one
 * line about what went wrong, `hint` what to do about it; both live in the memory. */
struct dx_pkg {
    struct dx_pkg_block *blocks;
    const char *problem;
    const char *hint;
};

/* Both live until dx_pkg_release. */
void *dx_pkg_take(struct dx_pkg *pkg, size_t size);
char *dx_pkg_copy(struct dx_pkg *pkg, const char *text, size_t size);
char *dx_pkg_format(struct dx_pkg *pkg, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Notes the problem, unless there is an earlier one; returns false. */
bool dx_pkg_fail(struct dx_pkg *pkg, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

void dx_pkg_release(struct dx_pkg *pkg);

/* Growing bytes; a NUL that `size` does not count always follows them. */
struct dx_pkg_bytes {
    char *data;
    size_t size;
    size_t capacity;
};

void dx_pkg_add(struct dx_pkg *pkg, struct dx_pkg_bytes *bytes, const void *data, size_t size);
void dx_pkg_add_text(struct dx_pkg *pkg, struct dx_pkg_bytes *bytes, const char *text);

/* A growing list of strings that are kept, not copied. */
struct dx_pkg_list {
    const char **items;
    size_t count;
    size_t capacity;
};

void dx_pkg_push(struct dx_pkg *pkg, struct dx_pkg_list *list, const char *item);

/* By bytes. */
void dx_pkg_sort(struct dx_pkg_list *list);

/* Whether a sorted list holds `item`. */
bool dx_pkg_holds(const struct dx_pkg_list *sorted, const char *item);

#endif
