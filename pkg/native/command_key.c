#include "command_key.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include "artifacts.h"
#include "file_tree.h"
#include "settings.h"
#include "stamps.h"

/* Raised whenever an older answer would be wrong. */
static const char VERSION[] = "dx-py answer 1";

/* With these nothing is kept: they ask for news, for a report, or for something outside. */
static const char *const NEVER[] = {
    "--abi",        "--break-system-packages", "--cache-dir", "--compile", "--dry-run",
    "--editable",   "--force-reinstall", "--group",     "--help",    "--isolated",
    "--json",       "--no-cache-dir", "--platform",  "--prefix",  "--python-version",
    "--refresh",    "--refresh-result", "--report",  "--src",     "--system",
    "--target",     "--user",           "--verbose", "-e",        "-h",
    "-t",           "-v",               NULL};

/* Their values are files of requirements. */
static const char *const FILES[] = {"-r", "-c", "--requirement", "--constraint", "--override",
                                    NULL};

static bool is_among(const char *const *list, const char *word, size_t size) {
    for (; *list; list++)
        if (strlen(*list) == size && strncmp(*list, word, size) == 0)
            return true;
    return false;
}

/* "-rFILE", "-qq": what is in a cluster is not looked for. */
static bool is_cluster(const char *word) {
    return word[0] == '-' && word[1] && word[1] != '-' && word[2];
}

static bool begins(const char *line, const char *text) {
    return strncmp(line, text, strlen(text)) == 0;
}

static bool names_python(const char *word) {
    return strcmp(word, "-p") == 0 || strcmp(word, "--python") == 0 || begins(word, "--python=");
}

bool dx_pkg_may_keep(char *const *words, const char **python) {
    *python = NULL;
    for (char *const *word = words + 1; *word; word++) {
        size_t size = strcspn(*word, "=");
        if (is_cluster(*word) || strcmp(*word, "--") == 0 || is_among(NEVER, *word, size))
            return false;
        if (!names_python(*word))
            continue;
        if (*python)
            return false;
        *python = (*word)[size] ? *word + size + 1 : *++word;
        if (!*python || **python == '-')
            return false;
    }
    return true;
}

/* A line that leads to other files, or to what has no version of its own. */
static bool leads_elsewhere(const char *line, size_t size) {
    static const char *const beginnings[] = {"-r", "-c", "-e", "-f", "--requirement",
                                             "--constraint", "--editable", "--find-links",
                                             ".", "/", "~", NULL};
    for (const char *const *beginning = beginnings; *beginning; beginning++)
        if (begins(line, *beginning))
            return true;
    for (const char *at = line; at < line + size; at++)
        if (begins(at, "${") || begins(at, "://") || begins(at, "file:") || begins(at, " @ "))
            return !begins(line, "#") && !begins(line, "-i ") && !begins(line, "--index-url") &&
                   !begins(line, "--extra-index-url");
    return false;
}

static bool is_plain(struct dx_pkg_bytes text) {
    if (!text.data || strlen(text.data) != text.size)
        return false;
    for (const char *line = text.data; *line;) {
        line += strspn(line, " \t\r\n\f");
        size_t size = strcspn(line, "\n");
        if (leads_elsewhere(line, size))
            return false;
        line += size;
    }
    return true;
}

static void add(struct dx_pkg *pkg, struct dx_pkg_bytes *text, const char *part) {
    dx_pkg_add(pkg, text, part, strlen(part) + 1);
}

/* A file's content instead of its name. */
static bool add_file(struct dx_pkg *pkg, struct dx_pkg_bytes *text, const char *path) {
    struct dx_pkg_bytes content = dx_pkg_read(pkg, AT_FDCWD, path);
    char hex[65];
    if (!is_plain(content))
        return false;
    dx_sha256_hex(content.data, content.size, hex);
    add(pkg, text, "file");
    add(pkg, text, hex);
    return true;
}

static bool add_words(struct dx_pkg *pkg, struct dx_pkg_bytes *text, char *const *words) {
    bool names_files = strcmp(*words, "sync") == 0;
    add(pkg, text, *words);
    while (*++words) {
        size_t size = strcspn(*words, "=");
        const char *value = (*words)[size] ? *words + size + 1 : NULL;
        bool is_option = **words == '-';
        if (names_python(*words)) {
            words += value ? 0 : 1;
        } else if (is_option && is_among(FILES, *words, size)) {
            add(pkg, text, dx_pkg_copy(pkg, *words, size));
            const char *path = value ? value : *++words;
            if (!path || !add_file(pkg, text, path))
                return false;
        } else if (!is_option && names_files && words[-1][0] != '-') {
            if (!add_file(pkg, text, *words))
                return false;
        } else if (!is_option && names_files && dx_pkg_is_file(*words)) {
            /* An option's value, or after a flag a file of pins: both readings at once. */
            add(pkg, text, *words);
            if (!add_file(pkg, text, *words))
                return false;
        } else {
            add(pkg, text, *words);
        }
    }
    return true;
}

static bool add_system(struct dx_pkg *pkg, struct dx_pkg_bytes *text) {
    struct utsname system;
    add(pkg, text, VERSION);
    add(pkg, text, uname(&system) == 0 ? system.release : "");
    return dx_pkg_add_settings(pkg, text);
}

/* The interpreter is known by its file, not by the environment's link to it. */
static bool add_interpreter(struct dx_pkg *pkg, struct dx_pkg_bytes *text, const char *real) {
    struct stat found;
    if (stat(real, &found) != 0)
        return false;
    add(pkg, text, real);
    add(pkg, text,
        dx_pkg_format(pkg, "%lld %lld", (long long)found.st_size,
                      (long long)dx_pkg_mtime(&found)));
    return true;
}

static void add_installed(struct dx_pkg *pkg, struct dx_pkg_bytes *text,
                          const struct dx_pkg_installed *installed) {
    char hex[65];
    for (size_t i = 0; i < installed->count; i++) {
        dx_sha256_hex(installed->items[i].metadata.data, installed->items[i].metadata.size, hex);
        add(pkg, text, installed->items[i].info);
        add(pkg, text, hex);
    }
}

bool dx_pkg_environment_key(struct dx_pkg *pkg, char *const *words,
                            const struct dx_pkg_environment *environment,
                            const struct dx_pkg_installed *installed, char key[65]) {
    struct dx_pkg_bytes text = {0};
    if (!add_system(pkg, &text) || !add_interpreter(pkg, &text, environment->real) ||
        !add_words(pkg, &text, words))
        return false;
    if (installed)
        add_installed(pkg, &text, installed);
    dx_sha256_hex(text.data, text.size, key);
    return true;
}

bool dx_pkg_folder_key(struct dx_pkg *pkg, char *const *words, char key[65]) {
    static const char *const variables[] = {"CONDA_PREFIX", "PATH", "VIRTUAL_ENV", NULL};
    struct dx_pkg_bytes text = {0};
    const char *here = dx_pkg_here(pkg);
    if (!here || !add_system(pkg, &text))
        return false;
    add(pkg, &text, here);
    for (const char *const *name = variables; *name; name++)
        add(pkg, &text, getenv(*name) ? getenv(*name) : "");
    for (; *words; words++)
        add(pkg, &text, *words);
    dx_sha256_hex(text.data, text.size, key);
    return true;
}
