/* Strings and lists of strings. The launcher ends by replacing itself: nothing is freed,
 * every returned string lives until then, and running out of memory ends the process. */
#ifndef DX_TEXT_H
#define DX_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* A growing list; `items` is always ended by a NULL that `count` does not include. */
struct dx_list {
    char **items;
    size_t count;
    size_t capacity;
};

void *dx_allocate(size_t size);
char *dx_format(const char *format, ...) __attribute__((format(printf, 1, 2)));
char *dx_slice(const char *start, size_t length);
char *dx_join(const char *folder, const char *name);

/* The folder of `path`; "." where it has none. */
char *dx_folder(const char *path);
const char *dx_base(const char *path);

bool dx_starts(const char *text, const char *prefix);
bool dx_ends(const char *text, const char *suffix);

/* The list keeps `item`, it does not copy it. */
void dx_list_add(struct dx_list *list, const char *item);

/* Copies the parts of `text` between `separator`s, empty ones included. */
struct dx_list dx_split(const char *text, char separator);

/* One line on standard error, after "dx-py: ". */
void dx_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
