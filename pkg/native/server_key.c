#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* sched_getaffinity */
#endif
#include "server_key.h"

#include <limits.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef __linux__
#include <sched.h>
#endif

#include "artifacts.h"

extern char **environ;

static const char VERSION[] = "dx-py package server 1";

/* Of interpreter, libc, loader and OpenSSL; all others are read when a command needs them. */
static const char *const EARLY[] = {"DX_PORTABLE=", "GLIBC_", "LANG",     "LC_", "LD_",
                                    "DYLD_",        "MALLOC", "OPENSSL_", "TZ=", NULL};

/* Processes with another of these see other files, users or networks. */
static const char *const NAMESPACES[] = {"mnt", "net", "pid", "user", NULL};

static void add(struct dx_pkg *pkg, struct dx_pkg_bytes *text, const char *part) {
    dx_pkg_add(pkg, text, part, strlen(part) + 1);
}

static bool is_early(const char *entry) {
    for (const char *const *beginning = EARLY; *beginning; beginning++)
        if (strncmp(entry, *beginning, strlen(*beginning)) == 0)
            return true;
    return false;
}

/* In the order of the environment: another order is another key, and then another server. */
static void add_variables(struct dx_pkg *pkg, struct dx_pkg_bytes *text) {
    for (char **entry = environ; *entry; entry++)
        if (is_early(*entry))
            add(pkg, text, *entry);
}

static void add_limits(struct dx_pkg *pkg, struct dx_pkg_bytes *text) {
    static const int resources[] = {RLIMIT_AS,    RLIMIT_CORE,   RLIMIT_CPU,  RLIMIT_DATA,
                                    RLIMIT_FSIZE, RLIMIT_NOFILE, RLIMIT_STACK};
    mode_t mask = umask(077);
    umask(mask);
    add(pkg, text, dx_pkg_format(pkg, "%o %d", (unsigned)mask, getpriority(PRIO_PROCESS, 0)));
    for (size_t i = 0; i < sizeof resources / sizeof *resources; i++) {
        struct rlimit limit = {0, 0};
        getrlimit(resources[i], &limit);
        dx_pkg_add(pkg, text, &limit, sizeof limit);
    }
#ifdef __linux__
    cpu_set_t cores;
    CPU_ZERO(&cores);
    sched_getaffinity(0, sizeof cores, &cores);
    dx_pkg_add(pkg, text, &cores, sizeof cores);
#endif
}

static void add_rights(struct dx_pkg *pkg, struct dx_pkg_bytes *text) {
    gid_t groups[NGROUPS_MAX];
    int count = getgroups(NGROUPS_MAX, groups);
    add(pkg, text, dx_pkg_format(pkg, "%ld %ld", (long)getuid(), (long)getgid()));
    if (count > 0)
        dx_pkg_add(pkg, text, groups, (size_t)count * sizeof *groups);
}

static bool add_view(struct dx_pkg *pkg, struct dx_pkg_bytes *text) {
    struct stat root;
    if (stat("/", &root) != 0)
        return false;
    add(pkg, text, dx_pkg_format(pkg, "%lld %lld", (long long)root.st_dev,
                                 (long long)root.st_ino));
    for (const char *const *name = NAMESPACES; *name; name++) {
        char target[64] = "";
        const char *link = dx_pkg_format(pkg, "/proc/self/ns/%s", *name);
        if (readlink(link, target, sizeof target - 1) > 0)
            add(pkg, text, target);
    }
    return true;
}

bool dx_pkg_server_key(struct dx_pkg *pkg, const char *python, const char *home, char key[65]) {
    struct dx_pkg_bytes text = {0};
    add(pkg, &text, VERSION);
    add(pkg, &text, python);
    add(pkg, &text, home);
    add_variables(pkg, &text);
    add_limits(pkg, &text);
    add_rights(pkg, &text);
    if (!add_view(pkg, &text))
        return false;
    dx_sha256_hex(text.data, text.size, key);
    return true;
}
