/* Records of plans, journals, templates and notes: fields separated by NUL, ended by NUL LF. */
#ifndef DX_PKG_RECORDS_H
#define DX_PKG_RECORDS_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "memory.h"

enum { DX_PKG_MOST_FIELDS = 8 };

/* One record; its fields are NUL-terminated in the data that is read. */
struct dx_pkg_record {
    const char *fields[DX_PKG_MOST_FIELDS];
    size_t count;
};

struct dx_pkg_reader {
    const char *next;
    const char *end;
    bool damaged;
};

/* `bytes` as dx_pkg_read gives them, and beginning with the record `magic`. */
struct dx_pkg_reader dx_pkg_open(struct dx_pkg_bytes bytes, const char *magic);

/* The next record; false at the end and, with `damaged` set, where the data makes no sense. */
bool dx_pkg_next(struct dx_pkg_reader *reader, struct dx_pkg_record *record);

/* Whether this is a record of that kind with at least so many fields after its kind. */
bool dx_pkg_is(const struct dx_pkg_record *record, const char *kind, size_t fields);

/* Adds a record; the fields end with NULL. */
void dx_pkg_add_record(struct dx_pkg *pkg, struct dx_pkg_bytes *bytes, ...);

#endif
