#include "index_key.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "artifacts.h"

/* The lists of testrun/worker/index.py; tests/testrun/test_index.py compares them. */
static const char *const VARIABLES[] = {"PYTEST_ADDOPTS", "PYTEST_PLUGINS",
                                        "PYTEST_DISABLE_PLUGIN_AUTOLOAD", "PYTHONPATH", NULL};
static const char *const IGNORED[] = {"-q",        "-qq", "--quiet",   "--collect-only",
                                      "--co",      "-v",  "-vv",       "--verbose",
                                      "-x",        "--exitfirst",      "--static",
                                      NULL};
static const char *const IGNORED_BEGINNINGS[] = {
    "-n",          "-r",        "--color=",        "--dist=", "--durations=",
    "--junitxml=", "--maxfail=", "--numprocesses=", "--tb=",   "--timeout=",
    NULL};

static bool is_ignored(const char *word) {
    for (const char *const *entry = IGNORED; *entry; entry++)
        if (strcmp(word, *entry) == 0)
            return true;
    for (const char *const *entry = IGNORED_BEGINNINGS; *entry; entry++)
        if (strncmp(word, *entry, strlen(*entry)) == 0)
            return true;
    return false;
}

static void add(struct dx_sha256 *hash, const char *part) {
    dx_sha256_add(hash, "", 1);
    dx_sha256_add(hash, part, strlen(part));
}

static void add_variables(struct dx_sha256 *hash) {
    for (const char *const *name = VARIABLES; *name; name++) {
        const char *value = getenv(*name);
        add(hash, *name);
        dx_sha256_add(hash, "=", 1);
        if (value)
            dx_sha256_add(hash, value, strlen(value));
    }
}

static void add_arguments(struct dx_sha256 *hash, char *const *arguments) {
    for (char *const *word = arguments; *word; word++) {
        if (strcmp(*word, "-n") == 0) {
            if (!word[1])
                return;
            word++;
        } else if (!is_ignored(*word)) {
            add(hash, *word);
        }
    }
}

static int key(const char *interpreter, char *const *arguments, char digest[65]) {
    static const char version[] = "dx-test-index";
    char folder[PATH_MAX];
    struct dx_sha256 hash;
    if (!getcwd(folder, sizeof folder))
        return -1;
    dx_sha256_start(&hash);
    dx_sha256_add(&hash, version, sizeof version - 1);
    add(&hash, "1");
    add(&hash, folder);
    add(&hash, interpreter);
    add_variables(&hash);
    add_arguments(&hash, arguments);
    dx_sha256_finish(&hash, digest);
    return 0;
}

static int cache_root(char *root, size_t size) {
    const char *chosen = getenv("DX_CACHE_DIR"), *shared = getenv("XDG_CACHE_HOME");
    const char *home = getenv("HOME");
    int written = -1;
    if (chosen && *chosen)
        written = snprintf(root, size, "%s", chosen);
#ifdef __APPLE__
    else if (home)
        written = snprintf(root, size, "%s/Library/Caches/dx-py", home);
#else
    else if (shared && *shared)
        written = snprintf(root, size, "%s/dx-py", shared);
    else if (home)
        written = snprintf(root, size, "%s/.cache/dx-py", home);
#endif
    return written > 0 && (size_t)written < size ? 0 : -1;
}

int dx_test_cache_root(char *root, size_t size) {
    return cache_root(root, size) || root[0] != '/' || dx_path_trusted(root) != DX_OK ? -1 : 0;
}

int dx_index_path(const char *interpreter, char *const *arguments, char *path, size_t size) {
    char root[PATH_MAX], digest[65];
    if (dx_test_cache_root(root, sizeof root))
        return -1;
    if (key(interpreter, arguments, digest))
        return -1;
    int written = snprintf(path, size, "%s/v1/tests/%.2s/%s", root, digest, digest + 2);
    return written > 0 && (size_t)written < size ? 0 : -1;
}
