#include "server.h"

#include <stdlib.h>
#include <string.h>

#include "quick.h"
#include "resident.h"
#include "server_key.h"
#include "store_root.h"

static const char *const SERVED[] = {"compile", "install", "sync", NULL};
static const char LOST[] = "ERROR: the package server ended during the command\n";

enum wish { NEVER, IF_THERE, START };

static enum wish wish(void) {
    const char *variable = getenv("DX_PKG_SERVER");
    if (variable && strcmp(variable, "0") == 0)
        return NEVER;
    return variable && strcmp(variable, "1") == 0 ? START : IF_THERE;
}

static bool is_served(char *const *words) {
    if (strcmp(words[0], "pip") != 0 || !words[1])
        return false;
    for (const char *const *word = SERVED; *word; word++)
        if (strcmp(words[1], *word) == 0)
            return true;
    return false;
}

/* Another process has other files under these names: `-r <(command)`, for one. */
static bool names_own_files(char *const *words) {
    for (; *words; words++)
        if (strstr(*words, "/dev/") || strstr(*words, "/proc/"))
            return true;
    return false;
}

static int ask(struct dx_pkg *pkg, const char *python, const char *home, char *const *words,
               bool may_start) {
    const char *store = dx_pkg_store(pkg);
    char key[65];
    if (!store || !dx_pkg_server_key(pkg, python, home, key))
        return DX_PKG_ASK_PYTHON;
    const char *path = dx_pkg_format(pkg, "%s/servers/%.16s", store, key);
    const struct dx_resident server = {path, LOST, 1};
    int status = dx_resident_ask(&server, words);
    if (status != DX_RESIDENT_NONE)
        return status;
    if (may_start)
        dx_resident_start((char *[]){(char *)python, "-I", "-m", "dx_py.driver.package_server",
                                     (char *)path, NULL});
    return DX_PKG_ASK_PYTHON;
}

int dx_pkg_ask_server(const char *python, const char *home, char *const *words) {
    struct dx_pkg pkg = {0};
    enum wish wanted = wish();
    if (wanted == NEVER || !is_served(words) || names_own_files(words))
        return DX_PKG_ASK_PYTHON;
    int status = ask(&pkg, python, home, words, wanted == START);
    dx_pkg_release(&pkg);
    return status;
}
