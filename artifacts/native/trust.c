/* Whether a path leads only through folders that no other user can change. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* realpath, lstat under -std=c11 */
#endif
#include "artifacts.h"

#include <stdlib.h>
#include <string.h>

#ifdef _WIN32

int dx_path_trusted(const char *path)
{
    (void)path; /* no POSIX owners: access lists of the user's folder decide */
    return DX_OK;
}

#else

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

static int component_trusted(const char *path)
{
    struct stat found;
    if (lstat(path, &found) != 0)
        return errno == ENOENT;
    if (found.st_uid != 0 && found.st_uid != getuid())
        return 0;
    if (S_ISLNK(found.st_mode))
        return 1;
    /* In a root-owned sticky folder (/tmp) nobody can replace what belongs to another. */
    int sticky = found.st_uid == 0 && (found.st_mode & S_ISVTX);
    return sticky || !(found.st_mode & (S_IWGRP | S_IWOTH));
}

/* Checks "/", "/a", "/a/b", ... of a path that it may write to. */
static int components_trusted(char *path)
{
    if (!component_trusted("/"))
        return 0;
    for (char *end = path; *end;) {
        end += strspn(end, "/");
        end += strcspn(end, "/");
        char kept = *end;
        *end = '\0';
        int trusted = component_trusted(path);
        *end = kept;
        if (!trusted)
            return 0;
    }
    return 1;
}

/* The part of `path` that exists, with its links followed: memory the caller frees, or NULL. */
static char *real_part(const char *path)
{
    char *part = strdup(path);
    while (part) {
        char *real = realpath(part, NULL);
        char *slash = strrchr(part, '/');
        if (real || errno != ENOENT || !slash || slash == part) {
            free(part);
            return real ? real : errno == ENOENT ? strdup("/") : NULL;
        }
        *slash = '\0';
    }
    return NULL;
}

int dx_path_trusted(const char *path)
{
    char *given = strdup(path), *real = real_part(path);
    int trusted = path[0] == '/' && given && real && components_trusted(given) &&
                  components_trusted(real);
    free(given);
    free(real);
    return trusted ? DX_OK : DX_UNTRUSTED;
}

#endif
