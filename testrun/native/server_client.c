#include "server_client.h"

#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "discover.h"
#include "resident.h"
#include "server_key.h"

enum { LOST = 3 };

/* Options that need the terminal itself, or a process from scratch. */
static const char *const ALONE[] = {"--capture=no", "--pdb",   "--trace", "--cov",
                                    "--no-server",  "--watch", NULL};

enum wish { NEVER, IF_THERE, START };

static bool needs_own_process(const char *word) {
    for (const char *const *option = ALONE; *option; option++)
        if (strncmp(word, *option, strlen(*option)) == 0)
            return true;
    /* A cluster of single letters with -s in it. */
    return word[0] == '-' && word[1] != '-' && word[1] && !strchr("kmoprWcn", word[1]) &&
           strchr(word, 's');
}

static enum wish wish_of(char *const *arguments) {
    const char *variable = getenv("DX_TEST_SERVER");
    enum wish wish = variable && strcmp(variable, "1") == 0 ? START : IF_THERE;
    if (variable && strcmp(variable, "0") == 0)
        return NEVER;
    for (char *const *word = arguments; *word; word++) {
        if (needs_own_process(*word))
            return NEVER;
        if (strcmp(*word, "--server") == 0)
            wish = START;
    }
    return wish;
}

int dx_ask_server(const char *interpreter, const char *boot, char *const *arguments) {
    char path[PATH_MAX];
    enum wish wish = wish_of(arguments);
    if (wish == NEVER || dx_server_path(interpreter, boot, path, sizeof path))
        return DX_ASK_PYTHON;
    const struct dx_resident server = {path, "dx-py: the test server ended during the run\n", LOST};
    int status = dx_resident_ask(&server, arguments);
    if (status != DX_RESIDENT_NONE)
        return status;
    if (wish == START)
        dx_resident_start((char *[]){(char *)interpreter, (char *)boot, "--dx-serve", path, NULL});
    return DX_ASK_PYTHON;
}
