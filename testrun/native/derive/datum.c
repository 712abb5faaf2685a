#include "datum.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

struct dx_datum dx_unknown = {.sort = DX_D_UNKNOWN};
struct dx_datum dx_none = {.sort = DX_D_NONE};
struct dx_datum dx_plain = {.sort = DX_D_PLAIN};

struct dx_datum *dx_new_datum(enum dx_sort sort) {
    struct dx_datum *datum = dx_new(sizeof *datum);
    datum->sort = sort;
    return datum;
}

struct dx_datum *dx_text_datum(enum dx_sort sort, const char *text, size_t size) {
    struct dx_datum *datum = dx_new_datum(sort);
    datum->text = text;
    datum->size = size;
    return datum;
}

struct dx_datum *dx_integer_datum(int64_t value) {
    struct dx_datum *datum = dx_new_datum(DX_D_INT);
    datum->integer = value;
    return datum;
}

struct dx_datum *dx_truth_datum(bool value) {
    struct dx_datum *datum = dx_new_datum(DX_D_BOOL);
    datum->truth = value;
    return datum;
}

void dx_add_item(struct dx_datum *datum, struct dx_datum *item) {
    datum->items = dx_grown(datum->items, datum->count, sizeof *datum->items);
    datum->items[datum->count++] = item;
}

int dx_truth(const struct dx_datum *datum) {
    switch (datum->sort) {
    case DX_D_NONE: return 0;
    case DX_D_BOOL: return datum->truth;
    case DX_D_INT: return datum->text || datum->integer;
    case DX_D_FLOAT: return datum->real != 0;
    case DX_D_TEXT:
    case DX_D_BYTES: return datum->size > 0;
    case DX_D_TUPLE:
    case DX_D_LIST:
    case DX_D_DICT:
    case DX_D_SET: return datum->truth || datum->count > 0;
    case DX_D_FUNCTION:
    case DX_D_MODULE: return 1;
    default: return -1;
    }
}

static int same_items(const struct dx_datum *one, const struct dx_datum *other) {
    int result = one->count == other->count;
    for (size_t i = 0; result == 1 && i < one->count; i++)
        result = dx_same(one->items[i], other->items[i]);
    return result;
}

int dx_same(const struct dx_datum *one, const struct dx_datum *other) {
    bool comparable = one->sort == other->sort;
    switch (comparable ? one->sort : DX_D_UNKNOWN) {
    case DX_D_NONE: return 1;
    case DX_D_BOOL: return one->truth == other->truth;
    case DX_D_INT: return one->integer == other->integer && dx_equal(one->text, other->text);
    case DX_D_FLOAT: return one->real == other->real;
    case DX_D_TEXT:
    case DX_D_BYTES:
        return one->size == other->size && memcmp(one->text, other->text, one->size) == 0;
    case DX_D_TUPLE:
    case DX_D_LIST: return same_items(one, other);
    default: break;
    }
    bool simple = one->sort <= DX_D_BYTES && other->sort <= DX_D_BYTES;
    bool text = one->sort == DX_D_TEXT || other->sort == DX_D_TEXT || one->sort == DX_D_NONE ||
                other->sort == DX_D_NONE;
    return simple && text && dx_known(one) && dx_known(other) ? 0 : -1;
}

/* The shortest digits that read back as the same number, as repr() writes them. */
static const char *float_text(double value) {
    char text[40];
    int digits = 1, exponent;
    if (isnan(value))
        return "nan";
    if (isinf(value))
        return value < 0 ? "-inf" : "inf";
    do
        snprintf(text, sizeof text, "%.*e", digits - 1, value);
    while (strtod(text, NULL) != value && digits++ < 17);
    exponent = atoi(strchr(text, 'e') + 1);
    if (exponent < -4 || exponent >= 16) {
        char *mark = strchr(text, 'e');
        *mark = 0;
        return dx_text_of("%se%c%02d", text, exponent < 0 ? '-' : '+', abs(exponent));
    }
    int places = digits - 1 - exponent;
    return dx_text_of("%.*f", places > 1 ? places : 1, value);
}

/* Quoted as repr() does; NULL where that takes a table of printable characters. */
static const char *quoted(const struct dx_datum *datum) {
    bool single = memchr(datum->text, '\'', datum->size), both = memchr(datum->text, '"', datum->size);
    char quote = single && !both ? '"' : '\'';
    struct dx_buffer text = {0};
    dx_put_text(&text, datum->sort == DX_D_BYTES ? "b" : "");
    dx_put(&text, &quote, 1);
    for (size_t i = 0; i < datum->size; i++) {
        unsigned char byte = (unsigned char)datum->text[i];
        static const char escapes[] = "\n\r\t", letters[] = "nrt";
        const char *found = byte ? strchr(escapes, byte) : NULL;
        if (byte >= 0x80 && datum->sort == DX_D_TEXT)
            return NULL;
        if (found)
            dx_put_text(&text, dx_text_of("\\%c", letters[found - escapes]));
        else if (byte < 0x20 || byte >= 0x7F)
            dx_put_text(&text, dx_text_of("\\x%02x", byte));
        else if (byte == '\\' || byte == (unsigned char)quote)
            dx_put_text(&text, dx_text_of("\\%c", byte));
        else
            dx_put(&text, (const char *)&byte, 1);
    }
    dx_put(&text, &quote, 1);
    return text.data;
}

static const char *items_text(const struct dx_datum *datum) {
    static const char *const brackets[] = {"()", "[]", "{}"};
    const char *pair = brackets[datum->sort - DX_D_TUPLE];
    struct dx_buffer text = {0};
    dx_put(&text, pair, 1);
    for (size_t i = 0; i < datum->count; i++) {
        const char *item = dx_repr(datum->items[i]);
        if (!item)
            return NULL;
        bool is_value = datum->sort == DX_D_DICT && i % 2;
        dx_put_text(&text, is_value ? ": " : i ? ", " : "");
        dx_put_text(&text, item);
    }
    if (datum->sort == DX_D_TUPLE && datum->count == 1)
        dx_put_text(&text, ",");
    dx_put(&text, pair + 1, 1);
    return text.data;
}

const char *dx_repr(const struct dx_datum *datum) {
    switch (datum->sort) {
    case DX_D_NONE: return "None";
    case DX_D_BOOL: return datum->truth ? "True" : "False";
    case DX_D_INT:
        return datum->text ? datum->text : dx_text_of("%lld", (long long)datum->integer);
    case DX_D_FLOAT: return float_text(datum->real);
    case DX_D_TEXT:
    case DX_D_BYTES: return quoted(datum);
    case DX_D_TUPLE:
    case DX_D_LIST:
    case DX_D_DICT: return datum->truth ? NULL : items_text(datum);
    default: return NULL;
    }
}

const char *dx_str(const struct dx_datum *datum) {
    if (datum->sort != DX_D_TEXT)
        return dx_repr(datum);
    return strlen(datum->text) == datum->size ? datum->text : NULL;
}
