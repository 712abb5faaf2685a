#include "numbers.h"

#if defined(__APPLE__)
#include <xlocale.h>
#endif
#include <locale.h>
#include <stdlib.h>

enum { LONGEST_EXACT_DIGITS = 15, LARGEST_EXACT_POWER = 22 };

static int digit_value(char c)
{
    return c <= '9' ? c - '0' : (c | 32) - 'a' + 10;
}

/* The radix of a literal and where its digits start. */
static unsigned radix_of(const char **digits)
{
    if ((*digits)[0] != '0')
        return 10;
    switch ((*digits)[1] | 32) {
    case 'x': *digits += 2; return 16;
    case 'o': *digits += 2; return 8;
    case 'b': *digits += 2; return 2;
    default: return 10;
    }
}

/* False when the value does not fit. */
static bool small_int(const char *text, size_t size, int64_t *result)
{
    const char *at = text, *end = text + size;
    unsigned radix = radix_of(&at);
    uint64_t value = 0;
    for (; at < end; at++) {
        if (*at == '_')
            continue;
        if (value > (INT64_MAX - 15) / radix)
            return false;
        value = value * radix + (unsigned)digit_value(*at);
    }
    *result = (int64_t)value;
    return true;
}

static void check_digits(dx_context *context, dx_span span, const char *text, size_t size)
{
    size_t digits = 0, limit = context->options.max_int_digits;
    for (size_t i = 0; i < size; i++)
        digits += text[i] != '_';
    if (!limit || digits <= limit)
        return;
    dx_fail(context, DX_SYNTAX_ERROR, span,
            "Exceeds the limit (%zu digits) for integer string conversion: value has %zu digits; "
            "use sys.set_int_max_str_digits() to increase the limit - Consider hexadecimal for "
            "huge integer literals to avoid decimal conversion limits.",
            limit, digits);
}

static dx_value *int_value(dx_context *context, dx_span span, const char *text, size_t size,
                           bool is_decimal)
{
    int64_t value;
    if (small_int(text, size, &value))
        return dx_new_int(context, value);
    if (is_decimal)
        check_digits(context, span, text, size);
    return &dx_new_text(context, DX_BIG_INT, text, size)->head;
}

/* ---- Floats. */

/* Clinger's fast path: a mantissa below 2**53 and an exact power of ten round once. */
static bool exact_double(const char *text, double *result)
{
    static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                    1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                    1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    uint64_t mantissa = 0;
    int digits = 0, exponent = 0, seen_point = 0;
    for (; (*text >= '0' && *text <= '9') || *text == '.'; text++) {
        if (*text == '.') {
            seen_point = 1;
            continue;
        }
        mantissa = mantissa * 10 + (uint64_t)(*text - '0');
        digits += mantissa != 0;
        exponent -= seen_point;
        if (digits > LONGEST_EXACT_DIGITS || exponent < -LARGEST_EXACT_POWER)
            return false;
    }
    if (*text)
        return false;
    *result = (double)mantissa / powers[-exponent];
    return true;
}

/* strtod as in the C locale, whatever the process has set. */
static double parse_double(const char *text)
{
    double value;
    if (exact_double(text, &value))
        return value;
#if defined(_WIN32)
    _locale_t plain = _create_locale(LC_NUMERIC, "C");
    value = _strtod_l(text, NULL, plain);
    _free_locale(plain);
#else
    locale_t plain = newlocale(LC_NUMERIC_MASK, "C", (locale_t)0);
    locale_t before = plain ? uselocale(plain) : (locale_t)0;
    value = strtod(text, NULL);
    if (plain) {
        uselocale(before);
        freelocale(plain);
    }
#endif
    return value;
}

static dx_value *float_value(dx_context *context, const char *text, size_t size, int tag)
{
    char *plain = dx_allocate(context, size + 1);
    size_t length = 0;
    for (size_t i = 0; i < size; i++)
        if (text[i] != '_')
            plain[length++] = text[i];
    plain[length] = 0;
    return dx_new_float(context, tag, parse_double(plain));
}

dx_value *dx_number_value(dx_context *context, dx_span span, const char *text, size_t size,
                          dx_number_form form)
{
    switch (form) {
    case DX_IMAGINARY_LITERAL: return float_value(context, text, size - 1, DX_IMAGINARY);
    case DX_FLOAT_LITERAL: return float_value(context, text, size, DX_FLOAT);
    default: return int_value(context, span, text, size, form == DX_DECIMAL_LITERAL);
    }
}

/* ---- Big integers. */

/* words = words * factor + addend, least significant first; returns the new count. */
static size_t multiply_add(uint32_t *words, size_t count, uint32_t factor, uint32_t addend)
{
    uint64_t carry = addend;
    for (size_t i = 0; i < count; i++) {
        carry += (uint64_t)words[i] * factor;
        words[i] = (uint32_t)carry;
        carry >>= 32;
    }
    if (carry)
        words[count++] = (uint32_t)carry;
    return count;
}

/* Digits are taken several at a time: the largest power of the radix below 2**32. */
static size_t digits_to_words(const dx_text *literal, uint32_t *words)
{
    const char *at = literal->bytes, *end = literal->bytes + literal->size;
    unsigned radix = radix_of(&at);
    size_t count = 0;
    while (at < end) {
        uint32_t factor = 1, chunk = 0;
        for (; at < end && factor <= UINT32_MAX / 16 / radix; at++) {
            if (*at == '_')
                continue;
            chunk = chunk * radix + (uint32_t)digit_value(*at);
            factor *= radix;
        }
        count = multiply_add(words, count, factor, chunk);
    }
    return count;
}

uint8_t *dx_big_int_bytes(const dx_text *literal, size_t *size)
{
    /* A digit is at most four bits. */
    uint32_t *words = malloc((literal->size / 8 + 2) * sizeof *words);
    if (!words)
        return NULL;
    size_t count = digits_to_words(literal, words);
    uint8_t *bytes = malloc(count * 4 + 1);
    if (bytes)
        for (size_t i = 0; i < count * 4; i++)
            bytes[i] = (uint8_t)(words[count - 1 - i / 4] >> (24 - i % 4 * 8));
    free(words);
    *size = count * 4;
    if (bytes && count) {
        size_t zeros = 0;
        while (!bytes[zeros])
            zeros++;
        *size -= zeros;
        memmove(bytes, bytes + zeros, *size);
    }
    return bytes;
}
