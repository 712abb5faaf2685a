#include "unicode.h"

#include <stdlib.h>
#include <string.h>

#include "unicode_tables.h"

enum {
    HANGUL_FIRST = 0xAC00, HANGUL_COUNT = 11172,
    HANGUL_L = 0x1100, HANGUL_V = 0x1161, HANGUL_T = 0x11A7,
    L_COUNT = 19, V_COUNT = 21, T_COUNT = 28,
    LONGEST_DECOMPOSITION = 18 /* U+FDFA; the generator checks it */
};

/* Length of the sequence that a lead byte opens, the payload bits of the lead, and the
 * smallest point that needs that length (Unicode, table 3-6). */
static int sequence_length(unsigned char lead)
{
    return lead < 0x80 ? 1 : lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0;
}

uint32_t dx_decode_utf8(const char **bytes, const char *end)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *at = (const unsigned char *)*bytes;
    int length = sequence_length(*at);
    if (length == 0 || end - *bytes < length)
        return DX_INVALID_UTF8;
    uint32_t point = length == 1 ? *at : *at & (0x7Fu >> length);
    for (int i = 1; i < length; i++) {
        if ((at[i] & 0xC0) != 0x80)
            return DX_INVALID_UTF8;
        point = point << 6 | (at[i] & 0x3F);
    }
    bool is_surrogate = point >= 0xD800 && point < 0xE000;
    if (point < smallest[length] || point > 0x10FFFF || is_surrogate)
        return DX_INVALID_UTF8;
    *bytes += length;
    return point;
}

int dx_encode_utf8(char *bytes, uint32_t point)
{
    if (point < 0x80) {
        bytes[0] = (char)point;
        return 1;
    }
    int length = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    for (int i = length - 1; i > 0; i--, point >>= 6)
        bytes[i] = (char)(0x80 | (point & 0x3F));
    bytes[0] = (char)((0xF00 >> length) | point);
    return length;
}

static bool in_ranges(const dx_range *ranges, size_t count, uint32_t point)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (ranges[middle].last < point)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && ranges[low].first <= point;
}

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

bool dx_is_identifier_start(uint32_t point)
{
    return in_ranges(dx_identifier_start, COUNT_OF(dx_identifier_start), point);
}

bool dx_is_identifier_part(uint32_t point)
{
    return in_ranges(dx_identifier_part, COUNT_OF(dx_identifier_part), point);
}

bool dx_is_printable(uint32_t point)
{
    return in_ranges(dx_printable, COUNT_OF(dx_printable), point);
}

static int compare_points(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static int combining_class(uint32_t point)
{
    const dx_combining *found =
        bsearch(&point, dx_combining_classes, COUNT_OF(dx_combining_classes),
                sizeof *dx_combining_classes, compare_points);
    return found ? (int)found->combining_class : 0;
}

static size_t decompose_hangul(uint32_t point, uint32_t *output)
{
    uint32_t index = point - HANGUL_FIRST;
    output[0] = HANGUL_L + index / (V_COUNT * T_COUNT);
    output[1] = HANGUL_V + index % (V_COUNT * T_COUNT) / T_COUNT;
    if (index % T_COUNT == 0)
        return 2;
    output[2] = HANGUL_T + index % T_COUNT;
    return 3;
}

/* Full compatibility decomposition of one point; returns its length. */
static size_t decompose(uint32_t point, uint32_t *output)
{
    if (point >= HANGUL_FIRST && point < HANGUL_FIRST + HANGUL_COUNT)
        return decompose_hangul(point, output);
    const dx_decomposition *found =
        bsearch(&point, dx_decompositions, COUNT_OF(dx_decompositions),
                sizeof *dx_decompositions, compare_points);
    if (!found) {
        output[0] = point;
        return 1;
    }
    memcpy(output, dx_decomposed + found->start, found->length * sizeof *output);
    return found->length;
}

/* Canonical order: an insertion sort of each run of combining marks, stable. */
static void reorder(uint32_t *points, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        uint32_t point = points[i];
        int class = combining_class(point);
        size_t j = i;
        for (; class && j > 0 && combining_class(points[j - 1]) > class; j--)
            points[j] = points[j - 1];
        points[j] = point;
    }
}

static uint32_t compose_hangul(uint32_t first, uint32_t second)
{
    if (first - HANGUL_L < L_COUNT && second - HANGUL_V < V_COUNT)
        return HANGUL_FIRST + ((first - HANGUL_L) * V_COUNT + (second - HANGUL_V)) * T_COUNT;
    if (first - HANGUL_FIRST < HANGUL_COUNT && (first - HANGUL_FIRST) % T_COUNT == 0 &&
        second - HANGUL_T - 1 < T_COUNT - 1)
        return first + (second - HANGUL_T);
    return 0;
}

static int compare_pairs(const void *a, const void *b)
{
    const dx_composition *x = a, *y = b;
    if (x->first != y->first)
        return x->first < y->first ? -1 : 1;
    return (x->second > y->second) - (x->second < y->second);
}

/* The composite of two points, or 0. */
static uint32_t compose_pair(uint32_t first, uint32_t second)
{
    uint32_t hangul = compose_hangul(first, second);
    if (hangul)
        return hangul;
    dx_composition key = {first, second, 0};
    const dx_composition *found = bsearch(&key, dx_compositions, COUNT_OF(dx_compositions),
                                          sizeof key, compare_pairs);
    return found ? found->composite : 0;
}

/* Canonical composition in place (Unicode, section 3.11); returns the new count. */
static size_t compose(uint32_t *points, size_t count)
{
    size_t kept = 0, starter = 0;
    int last_class = -1; /* of what was kept after the starter */
    bool has_starter = false;
    for (size_t i = 0; i < count; i++) {
        int class = combining_class(points[i]);
        uint32_t composite =
            has_starter && last_class < class ? compose_pair(points[starter], points[i]) : 0;
        if (composite) {
            points[starter] = composite;
            continue;
        }
        if (class == 0) {
            starter = kept;
            has_starter = true;
        }
        last_class = class == 0 ? -1 : class;
        points[kept++] = points[i];
    }
    return kept;
}

const char *dx_normalise(dx_context *context, const char *bytes, size_t *size)
{
    const char *end = bytes + *size;
    uint32_t *points =
        dx_allocate(context, *size * LONGEST_DECOMPOSITION * sizeof *points);
    size_t count = 0;
    while (bytes < end)
        count += decompose(dx_decode_utf8(&bytes, end), points + count);
    reorder(points, count);
    count = compose(points, count);
    char *result = dx_allocate(context, count * 4 + 1);
    *size = 0;
    for (size_t i = 0; i < count; i++)
        *size += (size_t)dx_encode_utf8(result + *size, points[i]);
    return result;
}
