/* Configuration files into keys with values. */
#ifndef DX_DERIVE_INI_FILE_H
#define DX_DERIVE_INI_FILE_H

#include <stdbool.h>

#include "texts.h"

struct dx_entry {
    const char *key;   /* "section.name"; of TOML with all tables' names before it */
    const char *value; /* a string, or the text of a number or truth value */
    bool is_list;
    struct dx_texts list; /* the strings of a TOML array; anything else in it is left out */
    bool is_odd;          /* neither a scalar nor an array of strings */
};

struct dx_document {
    struct dx_entry *entries;
    size_t count;
};

/* The entry called `key`; NULL if there is none. */
const struct dx_entry *dx_entry_of(const struct dx_document *document, const char *key);

/* Whether any key begins with `prefix`. */
bool dx_has_section(const struct dx_document *document, const char *prefix);

struct dx_entry *dx_add_entry(struct dx_document *document, const char *key);

/* Parses pytest.ini's format; `text` is changed. False where it is not understood. */
bool dx_parse_ini(char *text, struct dx_document *document);

/* Parses TOML. False where it is not understood. */
bool dx_parse_toml(const char *text, struct dx_document *document);

/* Splits like a shell does. */
struct dx_texts dx_split_words(const char *text);

#endif
