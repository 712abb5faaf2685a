#include "quick.h"

#include <string.h>
#include <unistd.h>

#include "answers.h"
#include "listing.h"
#include "uninstall.h"
#include "venv.h"

typedef bool command(struct dx_pkg *pkg, char *const *words, struct dx_pkg_reply *reply);

static const struct {
    const char *word;
    command *run;
} COMMANDS[] = {
    {"compile", dx_pkg_compile}, {"freeze", dx_pkg_freeze}, {"install", dx_pkg_install},
    {"list", dx_pkg_list},       {"sync", dx_pkg_sync},     {"uninstall", dx_pkg_uninstall},
};

bool dx_pkg_quick(struct dx_pkg *pkg, const struct dx_pkg_setting *setting, char *const *words,
                  struct dx_pkg_reply *reply) {
    if (strcmp(words[0], "venv") == 0)
        return dx_pkg_venv(pkg, setting, words, reply);
    if (strcmp(words[0], "pip") != 0 || !words[1])
        return false;
    for (size_t i = 0; i < sizeof COMMANDS / sizeof *COMMANDS; i++)
        if (strcmp(words[1], COMMANDS[i].word) == 0)
            return COMMANDS[i].run(pkg, words + 1, reply);
    return false;
}

static bool print(int file, const struct dx_pkg_bytes *text) {
    for (size_t done = 0; done < text->size;) {
        ssize_t count = write(file, text->data + done, text->size - done);
        if (count < 0)
            return false;
        done += (size_t)count;
    }
    return true;
}

int dx_pkg_run(const struct dx_pkg_setting *setting, char *const *words) {
    struct dx_pkg pkg = {0};
    struct dx_pkg_reply reply = {0};
    int status = DX_PKG_ASK_PYTHON;
    if (dx_pkg_quick(&pkg, setting, words, &reply)) {
        bool printed = print(STDERR_FILENO, &reply.err) && print(STDOUT_FILENO, &reply.out);
        status = printed ? reply.status : 1;
    }
    dx_pkg_release(&pkg);
    return status;
}
