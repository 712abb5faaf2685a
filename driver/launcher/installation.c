#include "installation.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#ifdef __APPLE__
#include <mach-o/dyld.h>
#endif

#include "files.h"
#include "text.h"

/* Where the package lies below an installation's prefix: virtual environments and most systems,
 * Fedora's 64-bit folder, Debian's two, and `pip install --target`. */
static const char *const LIBRARIES[] = {
    "lib/python3.12/site-packages",
    "lib64/python3.12/site-packages",
    "local/lib/python3.12/dist-packages",
    "lib/python3/dist-packages",
    ".",
    NULL,
};

enum { SHEBANG_LIMIT = 8192 };

static char *resolved(const char *path) {
    char *real = realpath(path, NULL);
    return real ? real : dx_format("%s", path);
}

#ifdef __APPLE__
static char *running_executable(void) {
    uint32_t size = 0;
    _NSGetExecutablePath(NULL, &size);
    char *path = dx_allocate(size + 1);
    return _NSGetExecutablePath(path, &size) == 0 ? resolved(path) : NULL;
}
#else
static char *running_executable(void) { return realpath("/proc/self/exe", NULL); }
#endif

static char *find_executable(const char *name) {
    char *path = running_executable();
    if (path)
        return path;
    if (!strchr(name, '/') && getenv("PATH"))
        path = dx_find_program(name, getenv("PATH"));
    return resolved(path ? path : name);
}

char *dx_bootstrap_of(const char *home) { return dx_join(home, "runtime_support/bootstrap"); }

static bool is_home(const char *folder) {
    return dx_is_file(dx_join(dx_bootstrap_of(folder), "sitecustomize.py"));
}

static char *find_home(const char *prefix) {
#ifdef DX_CHECKOUT /* an editable installation: the package is the checkout itself */
    if (is_home(DX_CHECKOUT))
        return dx_format("%s", DX_CHECKOUT);
#endif
    for (const char *const *library = LIBRARIES; *library; library++) {
        char *home = strcmp(*library, ".") == 0 ? dx_join(prefix, "dx_py")
                                                : dx_format("%s/%s/dx_py", prefix, *library);
        if (is_home(home))
            return home;
    }
    return NULL;
}

/* The interpreter in the first line of a script that the installer wrote: `#!/path`, or for a
 * path too long or with spaces, `#!/bin/sh` and then `'''exec' "/path" "$0" "$@"`. */
static char *interpreter_of_script(const char *script) {
    char *text = dx_read_start(script, SHEBANG_LIMIT);
    if (!text || !dx_starts(text, "#!"))
        return NULL;
    char *quoted = strstr(text, "'''exec' ");
    char *start = quoted ? quoted + strlen("'''exec' ") : text + 2;
    const char *stop = *start == '"' ? "\"" : " \r\n";
    start += *start == '"';
    char *path = dx_slice(start, strcspn(start, stop));
    return dx_is_program(path) ? path : NULL;
}

static char *find_python(const char *prefix, const char *bin) {
    const char *virtual = dx_join(prefix, "pyvenv.cfg");
    const char *const names[] = {dx_is_file(virtual) ? "python" : "python3.12", "python3.12",
                                 "python3", NULL};
    for (const char *const *name = names; *name; name++) {
        char *path = dx_join(bin, *name);
        if (dx_is_program(path))
            return path;
    }
    return interpreter_of_script(dx_join(bin, "dxc"));
}

struct dx_installation dx_find_installation(const char *name) {
    struct dx_installation found = {.executable = find_executable(name)};
    char *bin = dx_folder(found.executable), *prefix = dx_folder(bin);
    found.home = find_home(prefix);
    found.python = find_python(prefix, bin);
    return found;
}
