/* Memory, strings and lists of one derivation. Nothing is freed: the process prints its answer
 * and ends. Running out of memory ends it too. */
#ifndef DX_DERIVE_TEXTS_H
#define DX_DERIVE_TEXTS_H

#include <stdbool.h>
#include <stddef.h>

/* Zeroed. */
void *dx_new(size_t size);

/* Asks the system for pages of 2 MiB below a range that is not used yet: each costs one fault, where
 * its small pages cost 512. Returns the beginning of the first one; `start` if there is none. */
char *dx_large_pages(char *start, size_t size);

/* The array, or a larger copy of it, with room for one more of `size` bytes. */
void *dx_grown(void *items, size_t count, size_t size);

/* One string for equal bytes, so that names compare as pointers. */
const char *dx_name_of(const char *bytes, size_t size);

char *dx_copy_text(const char *bytes, size_t size);
char *dx_text_of(const char *format, ...) __attribute__((format(printf, 1, 2)));
char *dx_path_of(const char *folder, const char *name);

/* The whole file with a NUL after it; NULL if it cannot be read. */
char *dx_file_content(const char *path, size_t *size);

struct dx_texts {
    const char **items;
    size_t count;
};

void dx_texts_add(struct dx_texts *texts, const char *text);
bool dx_texts_have(const struct dx_texts *texts, const char *text);

/* A string that grows; `data` is always terminated once something was added. */
struct dx_buffer {
    char *data;
    size_t size, capacity;
};

void dx_put(struct dx_buffer *buffer, const char *bytes, size_t size);
void dx_put_text(struct dx_buffer *buffer, const char *text);

bool dx_begins(const char *text, const char *prefix);
bool dx_finishes(const char *text, const char *suffix);
bool dx_equal(const char *one, const char *other);

#endif
