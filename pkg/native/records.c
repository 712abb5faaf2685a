#include "records.h"

#include <string.h>

struct dx_pkg_reader dx_pkg_open(struct dx_pkg_bytes bytes, const char *magic) {
    struct dx_pkg_reader reader = {bytes.data, bytes.data + bytes.size, false};
    struct dx_pkg_record record;
    if (!bytes.data || !dx_pkg_next(&reader, &record) || strcmp(record.fields[0], magic) != 0)
        reader.damaged = true;
    return reader;
}

bool dx_pkg_next(struct dx_pkg_reader *reader, struct dx_pkg_record *record) {
    record->count = 0;
    while (!reader->damaged && reader->next < reader->end) {
        const char *stop = memchr(reader->next, '\0', (size_t)(reader->end - reader->next));
        if (!stop || stop + 1 == reader->end || record->count == DX_PKG_MOST_FIELDS)
            break;
        record->fields[record->count++] = reader->next;
        reader->next = stop + 1;
        if (*reader->next == '\n') {
            reader->next++;
            return true;
        }
    }
    reader->damaged = reader->damaged || reader->next < reader->end;
    return false;
}

bool dx_pkg_is(const struct dx_pkg_record *record, const char *kind, size_t fields) {
    return strcmp(record->fields[0], kind) == 0 && record->count > fields;
}

void dx_pkg_add_record(struct dx_pkg *pkg, struct dx_pkg_bytes *bytes, ...) {
    va_list fields;
    va_start(fields, bytes);
    for (const char *field; (field = va_arg(fields, const char *));)
        dx_pkg_add(pkg, bytes, field, strlen(field) + 1);
    va_end(fields);
    dx_pkg_add(pkg, bytes, "\n", 1);
}
