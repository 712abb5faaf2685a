/* The stat index: a hash table on disk, one bucket read per question. */
#include "artifacts.h"
#include "bytes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    HEADER_SIZE = 16,
    RECORD_SIZE = 80,
    KEY_SIZE = 40,
    CHECKED_SIZE = 72,
    WAYS = 4,
    BUCKET_SIZE = WAYS * RECORD_SIZE,
    LAST_BITS = 18
};

struct dx_stat_index {
    FILE *file;
    uint32_t bits;
};

static FILE *open_table(const char *root)
{
    static const char name[] = "/v1/stat/index";
    size_t size = strlen(root) + sizeof name;
    char *path = malloc(size);
    if (!path)
        return NULL;
    snprintf(path, size, "%s%s", root, name);
    FILE *file = fopen(path, "rb");
    free(path);
    return file;
}

struct dx_stat_index *dx_stat_index_open(const char *root)
{
    FILE *file = open_table(root);
    if (!file)
        return NULL;
    setvbuf(file, NULL, _IONBF, 0);
    unsigned char header[HEADER_SIZE];
    struct dx_stat_index *index = malloc(sizeof *index);
    if (index && fread(header, 1, HEADER_SIZE, file) == HEADER_SIZE &&
        memcmp(header, "DXS1", 4) == 0 && dx_read_u32(header + 4) <= LAST_BITS) {
        *index = (struct dx_stat_index){file, dx_read_u32(header + 4)};
        return index;
    }
    free(index);
    fclose(file);
    return NULL;
}

static long bucket_offset(const struct dx_stat_index *index, const struct dx_file_key *key)
{
    uint64_t device = key->device;
    uint64_t mixed = (key->inode ^ device << 32 ^ device >> 32) * UINT64_C(0x9E3779B97F4A7C15);
    uint64_t bucket = mixed >> 32 & ((UINT64_C(1) << index->bits) - 1);
    return (long)(HEADER_SIZE + bucket * BUCKET_SIZE);
}

/* The checked bytes as one little-endian number, modulo the largest 32-bit prime. */
static uint32_t check_of(const unsigned char *record)
{
    uint64_t rest = 0;
    for (int at = CHECKED_SIZE - 4; at >= 0; at -= 4)
        rest = (rest << 32 | dx_read_u32(record + at)) % UINT64_C(4294967291);
    return (uint32_t)rest;
}

static void write_key(const struct dx_file_key *key, unsigned char bytes[KEY_SIZE])
{
    dx_write_u64(bytes, key->device);
    dx_write_u64(bytes + 8, key->inode);
    dx_write_u64(bytes + 16, key->size);
    dx_write_u64(bytes + 24, (uint64_t)key->mtime_ns);
    dx_write_u64(bytes + 32, (uint64_t)key->ctime_ns);
}

int dx_stat_index_find(struct dx_stat_index *index, const struct dx_file_key *key,
                       char digest[65])
{
    unsigned char bucket[BUCKET_SIZE], wanted[KEY_SIZE];
    if (fseek(index->file, bucket_offset(index, key), SEEK_SET) != 0 ||
        fread(bucket, 1, BUCKET_SIZE, index->file) != BUCKET_SIZE)
        return DX_MISSING;
    write_key(key, wanted);
    for (const unsigned char *record = bucket; record < bucket + BUCKET_SIZE;
         record += RECORD_SIZE) {
        if (memcmp(record, wanted, KEY_SIZE) == 0 &&
            dx_read_u32(record + CHECKED_SIZE) == check_of(record)) {
            dx_write_hex(record + KEY_SIZE, digest);
            return DX_OK;
        }
    }
    return DX_MISSING;
}

void dx_stat_index_close(struct dx_stat_index *index)
{
    if (!index)
        return;
    fclose(index->file);
    free(index);
}
