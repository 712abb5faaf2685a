#include "state.h"

#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "file_tree.h"
#include "installed.h"
#include "records.h"
#include "stamps.h"

static const char MAGIC[] = "DXSTATE3";
/* File systems stamp in steps of at most so many nanoseconds: within one, a change may not show. */
static const int64_t STEP = 10 * 1000 * 1000;

static bool is_about_distributions(const char *name) {
    return dx_pkg_ends(name, ".dist-info") || dx_pkg_ends(name, ".egg-info") ||
           dx_pkg_ends(name, ".egg-link") || dx_pkg_ends(name, ".pth");
}

static void add_entry(struct dx_pkg *pkg, struct dx_pkg_bytes *text, int site, const char *name,
                      int64_t *newest) {
    static const char *const parts[] = {"METADATA", "RECORD", "direct_url.json", NULL};
    dx_pkg_add_text(pkg, text, name);
    dx_pkg_add_text(pkg, text, " ");
    dx_pkg_add_stamp(pkg, text, site, name, newest);
    if (!dx_pkg_ends(name, "-info"))
        return;
    for (const char *const *part = parts; *part; part++)
        dx_pkg_add_stamp(pkg, text, site, dx_pkg_format(pkg, "%s/%s", name, *part), newest);
}

/* Of the link to the interpreter only the moment when it was made: its target is stamped, too. */
static void add_interpreter(struct dx_pkg *pkg, struct dx_pkg_bytes *text,
                            const struct dx_pkg_environment *environment, int64_t *newest) {
    struct stat link;
    int64_t made = lstat(environment->python, &link) == 0 ? dx_pkg_ctime(&link) : 0;
    dx_pkg_add_text(pkg, text,
                    dx_pkg_format(pkg, "%s %lld %s ", environment->python, (long long)made,
                                  environment->real));
    dx_pkg_add_stamp(pkg, text, AT_FDCWD, environment->real, NULL);
    dx_pkg_add_stamp(pkg, text, AT_FDCWD, environment->config, newest);
}

static bool describe(struct dx_pkg *pkg, const struct dx_pkg_environment *environment,
                     struct dx_pkg_bytes *text, int64_t *newest) {
    struct dx_pkg_list names = dx_pkg_names_in(pkg, environment->site);
    int site = open(environment->site, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (site < 0)
        return false;
    add_interpreter(pkg, text, environment, newest);
    dx_pkg_add_stamp(pkg, text, site, ".", newest);
    for (size_t i = 0; i < names.count; i++)
        if (is_about_distributions(names.items[i]))
            add_entry(pkg, text, site, names.items[i], newest);
    close(site);
    return true;
}

static const char *path_of(struct dx_pkg *pkg, const struct dx_pkg_environment *environment) {
    return dx_pkg_format(pkg, "%s/state", environment->state);
}

const char *dx_pkg_current(struct dx_pkg *pkg, const struct dx_pkg_environment *environment,
                           const char *key) {
    struct dx_pkg_bytes noted = dx_pkg_read(pkg, AT_FDCWD, path_of(pkg, environment)), now = {0};
    struct dx_pkg_reader reader = dx_pkg_open(noted, MAGIC);
    struct dx_pkg_record record;
    if (!dx_pkg_next(&reader, &record) || !dx_pkg_is(&record, "K", 3) ||
        strcmp(record.fields[1], key) != 0 || !describe(pkg, environment, &now, NULL))
        return NULL;
    return strcmp(record.fields[3], now.data) == 0 ? record.fields[2] + 1 : NULL;
}

/* Until what anybody does from now on gets another stamp than what was done. */
static void wait_for_another_stamp(int64_t newest) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    int64_t left = newest + STEP - ((int64_t)now.tv_sec * 1000000000 + now.tv_nsec);
    if (left > 0 && left <= STEP)
        nanosleep(&(struct timespec){0, (long)left}, NULL);
}

bool dx_pkg_note_current(struct dx_pkg *pkg, const struct dx_pkg_environment *environment,
                         const char *key, const char *text) {
    struct dx_pkg_bytes now = {0}, note = {0};
    int64_t newest = 0;
    if (!describe(pkg, environment, &now, &newest))
        return false;
    wait_for_another_stamp(newest);
    dx_pkg_add_record(pkg, &note, MAGIC, (char *)NULL);
    dx_pkg_add_record(pkg, &note, "K", key, dx_pkg_format(pkg, "=%s", text), now.data,
                      (char *)NULL);
    return dx_pkg_replace(pkg, path_of(pkg, environment), note.data, note.size);
}
