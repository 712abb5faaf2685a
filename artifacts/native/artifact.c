/* The frame of an artifact: magic, checksum, and the head of the msgpack. */
#include "artifacts.h"
#include "bytes.h"

#include <string.h>

enum { HEADER_SIZE = 8 };

struct cursor {
    const unsigned char *at;
    size_t left;
};

/* Each reader returns 1 and moves on, or 0 where the bytes are something else or end. */

static int take(struct cursor *in, size_t size, const unsigned char **out)
{
    if (in->left < size)
        return 0;
    *out = in->at;
    in->at += size, in->left -= size;
    return 1;
}

static int read_big_endian(struct cursor *in, int width, uint64_t *out)
{
    const unsigned char *bytes;
    if (!take(in, (size_t)width, &bytes))
        return 0;
    *out = 0;
    for (int i = 0; i < width; i++)
        *out = *out << 8 | bytes[i];
    return 1;
}

static int read_head_of_three(struct cursor *in)
{
    const unsigned char *code;
    return take(in, 1, &code) && *code == 0x93;
}

static int read_string(struct cursor *in, const char **out, size_t *size)
{
    const unsigned char *code, *text;
    uint64_t length;
    if (!take(in, 1, &code))
        return 0;
    if ((*code & 0xE0) == 0xA0)
        length = *code & 31;
    else if (*code != 0xD9 || !read_big_endian(in, 1, &length))
        return 0;
    if (!take(in, (size_t)length, &text))
        return 0;
    *out = (const char *)text, *size = (size_t)length;
    return 1;
}

static int read_unsigned(struct cursor *in, uint64_t *out)
{
    const unsigned char *code;
    if (!take(in, 1, &code))
        return 0;
    if (*code < 0x80) {
        *out = *code;
        return 1;
    }
    return *code >= 0xCC && *code <= 0xCF && read_big_endian(in, 1 << (*code - 0xCC), out);
}

int dx_artifact_open(const void *data, size_t size, struct dx_artifact *out)
{
    const unsigned char *bytes = data;
    if (size <= HEADER_SIZE || memcmp(bytes, "DXA1", 4) != 0)
        return DX_DAMAGED;
    struct cursor in = {bytes + HEADER_SIZE, size - HEADER_SIZE};
    if (dx_crc32(0, in.at, in.left) != dx_read_u32(bytes + 4))
        return DX_DAMAGED;
    if (!read_head_of_three(&in) || !read_string(&in, &out->kind, &out->kind_size) ||
        !read_unsigned(&in, &out->schema))
        return DX_DAMAGED;
    out->payload = in.at;
    out->payload_size = in.left;
    return DX_OK;
}
