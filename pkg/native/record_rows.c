#include "record_rows.h"

#include <stdio.h>
#include <string.h>

#include "artifacts.h"

/* A digest in base64 for URLs, without padding. */
static void base64(const char *hex, char text[44]) {
    static const char digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    unsigned value = 0;
    int bits = 0, written = 0;
    for (int i = 0; i < 64; i++) {
        char digit = hex[i];
        value = value << 4 | (unsigned)(digit <= '9' ? digit - '0' : digit - 'a' + 10);
        bits += 4;
        if (bits >= 6) {
            bits -= 6;
            text[written++] = digits[value >> bits & 63];
        }
    }
    text[written++] = digits[value << (6 - bits) & 63];
    text[written] = '\0';
}

static const char *quoted(struct dx_pkg *pkg, const char *field) {
    if (!strpbrk(field, ",\"\r\n"))
        return field;
    struct dx_pkg_bytes text = {0};
    dx_pkg_add_text(pkg, &text, "\"");
    for (; *field; field++) {
        if (*field == '"')
            dx_pkg_add_text(pkg, &text, "\"");
        dx_pkg_add(pkg, &text, field, 1);
    }
    dx_pkg_add_text(pkg, &text, "\"");
    return text.data;
}

const char *dx_pkg_row(struct dx_pkg *pkg, const char *path, const char *hash, const char *size) {
    return dx_pkg_format(pkg, "%s,%s,%s", quoted(pkg, path), quoted(pkg, hash), quoted(pkg, size));
}

const char *dx_pkg_row_of(struct dx_pkg *pkg, const char *path, const void *data, size_t size) {
    char hex[65], digest[44];
    dx_sha256_hex(data, size, hex);
    base64(hex, digest);
    return dx_pkg_format(pkg, "%s,sha256=%s,%zu", quoted(pkg, path), digest, size);
}

static void add_line(struct dx_pkg *pkg, struct dx_pkg_bytes *text, const char *line) {
    dx_pkg_add_text(pkg, text, line);
    dx_pkg_add(pkg, text, "\n", 1);
}

struct dx_pkg_bytes dx_pkg_merge_rows(struct dx_pkg *pkg, const struct dx_pkg_list *sorted,
                                      struct dx_pkg_list *others) {
    struct dx_pkg_bytes text = {0};
    size_t next = 0;
    dx_pkg_sort(others);
    for (size_t i = 0; i < sorted->count; i++) {
        while (next < others->count && strcmp(others->items[next], sorted->items[i]) < 0)
            add_line(pkg, &text, others->items[next++]);
        add_line(pkg, &text, sorted->items[i]);
    }
    while (next < others->count)
        add_line(pkg, &text, others->items[next++]);
    return text;
}
