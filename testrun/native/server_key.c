#include "server_key.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "artifacts.h"
#include "index_key.h"

extern char **environ;

/* Variables that differ between two terminals, or between two runs in one, and are handed to
 * each run; all others are part of the key, because imports may have read them. */
static const char *const PASSING[] = {"_",       "COLUMNS",     "DX_TEST_SERVER", "LINES",
                                      "OLDPWD",  "SHLVL",       "SSH_CLIENT",     "SSH_CONNECTION",
                                      "SSH_TTY", "TERM_SESSION_ID", "TMUX_PANE",  "WINDOWID",
                                      NULL};

static bool is_passing(const char *entry) {
    for (const char *const *name = PASSING; *name; name++) {
        size_t length = strlen(*name);
        if (strncmp(entry, *name, length) == 0 && entry[length] == '=')
            return true;
    }
    return false;
}

static int compare(const void *left, const void *right) {
    return strcmp(*(char *const *)left, *(char *const *)right);
}

static void add(struct dx_sha256 *hash, const char *text) {
    dx_sha256_add(hash, text, strlen(text) + 1);
}

static int add_environment(struct dx_sha256 *hash) {
    size_t count = 0, kept = 0;
    while (environ[count])
        count++;
    char **entries = malloc((count + 1) * sizeof *entries);
    if (!entries)
        return -1;
    for (size_t i = 0; i < count; i++)
        if (!is_passing(environ[i]))
            entries[kept++] = environ[i];
    qsort(entries, kept, sizeof *entries, compare);
    for (size_t i = 0; i < kept; i++)
        add(hash, entries[i]);
    free(entries);
    return 0;
}

/* What a process inherits beside its environment. */
static void add_limits(struct dx_sha256 *hash) {
    static const int resources[] = {RLIMIT_AS,     RLIMIT_CORE,   RLIMIT_CPU,   RLIMIT_DATA,
                                    RLIMIT_FSIZE,  RLIMIT_NOFILE, RLIMIT_STACK};
    mode_t mask = umask(077);
    umask(mask);
    dx_sha256_add(hash, &mask, sizeof mask);
    for (size_t i = 0; i < sizeof resources / sizeof *resources; i++) {
        struct rlimit limit = {0, 0};
        getrlimit(resources[i], &limit);
        dx_sha256_add(hash, &limit, sizeof limit);
    }
}

int dx_server_path(const char *interpreter, const char *boot, char *path, size_t size) {
    char folder[PATH_MAX], root[PATH_MAX], digest[65];
    struct dx_sha256 hash;
    if (!getcwd(folder, sizeof folder) || dx_test_cache_root(root, sizeof root))
        return -1;
    dx_sha256_start(&hash);
    add(&hash, "dx-test-server 1");
    add(&hash, folder);
    add(&hash, interpreter);
    add(&hash, boot);
    add_limits(&hash);
    if (add_environment(&hash))
        return -1;
    dx_sha256_finish(&hash, digest);
    int written = snprintf(path, size, "%s/v1/servers/%.16s", root, digest);
    return written > 0 && (size_t)written < size ? 0 : -1;
}
