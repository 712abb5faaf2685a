/* Looking up actions and reading artifacts in a store. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* fileno under -std=c11 */
#endif
#include "artifacts.h"
#include "bytes.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#ifdef _WIN32
#include <sys/utime.h>
#define stat _stat64
#define fstat _fstat64
#define fileno _fileno
#define utime _utime
#else
#include <utime.h>
#endif

enum { ACTION_SIZE = 72, USED_RESOLUTION = 6 * 3600 };

static int is_digest(const char *hex)
{
    return strspn(hex, "0123456789abcdef") == 64 && hex[64] == '\0';
}

/* Returns memory the caller frees, or NULL when there is none. */
static char *path_of(const char *root, const char *folder, const char *hex)
{
    size_t size = strlen(root) + strlen(folder) + 64 + sizeof "/v1///";
    char *path = malloc(size);
    if (path)
        snprintf(path, size, "%s/v1/%s/%.2s/%s", root, folder, hex, hex + 2);
    return path;
}

/* Collection goes by the time a file was last used, which is its modification time. */
static void mark_used(const char *path, time_t used)
{
    if (time(NULL) - used > USED_RESOLUTION)
        (void)utime(path, NULL);
}

static int read_all(FILE *file, size_t size, unsigned char **data)
{
    unsigned char *bytes = malloc(size + 1);
    if (!bytes)
        return DX_UNREADABLE;
    if (fread(bytes, 1, size, file) != size) {
        free(bytes);
        return DX_DAMAGED;
    }
    *data = bytes;
    return DX_OK;
}

static int read_file(const char *path, unsigned char **data, size_t *size)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return errno == ENOENT || errno == ENOTDIR ? DX_MISSING : DX_UNREADABLE;
    struct stat found;
    int status = DX_UNREADABLE;
    if (fstat(fileno(file), &found) == 0 && found.st_size >= 0) {
        setvbuf(file, NULL, _IONBF, 0);
        *size = (size_t)found.st_size;
        status = read_all(file, *size, data);
        mark_used(path, found.st_mtime);
    }
    fclose(file);
    return status;
}

static int read_entry(const char *root, const char *folder, const char *hex,
                      unsigned char **data, size_t *size)
{
    if (!is_digest(hex))
        return DX_MISSING;
    char *path = path_of(root, folder, hex);
    if (!path)
        return DX_UNREADABLE;
    int status = read_file(path, data, size);
    free(path);
    return status;
}

static int same_digest(const unsigned char *digest, const char *hex)
{
    char own[65];
    dx_write_hex(digest, own);
    return memcmp(own, hex, 64) == 0;
}

int dx_store_lookup(const char *root, const char *action, char digest[65])
{
    unsigned char *data;
    size_t size;
    int status = read_entry(root, "actions", action, &data, &size);
    if (status != DX_OK)
        return status;
    if (size == ACTION_SIZE && memcmp(data, "DXK1", 4) == 0 &&
        dx_crc32(0, data + 8, ACTION_SIZE - 8) == dx_read_u32(data + 4) &&
        same_digest(data + 8, action))
        dx_write_hex(data + 40, digest);
    else
        status = DX_DAMAGED;
    free(data);
    return status;
}

int dx_store_get(const char *root, const char *digest, unsigned char **data, size_t *size)
{
    int status = read_entry(root, "objects", digest, data, size);
    if (status != DX_OK)
        return status;
    struct dx_artifact parts;
    status = dx_artifact_open(*data, *size, &parts);
    if (status != DX_OK) {
        free(*data);
        *data = NULL;
    }
    return status;
}

void dx_artifact_free(void *data)
{
    free(data);
}
