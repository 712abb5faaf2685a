#include "answers.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "changing.h"
#include "command_key.h"
#include "file_tree.h"
#include "records.h"
#include "stamps.h"
#include "state.h"
#include "store_root.h"

static const char MAGIC[] = "DXANSWER1";

struct answer {
    const char *text;
    const char *nothing_to_do;
    struct dx_pkg_wheel *wheels;
    size_t wheel_count;
};

static bool is_fresh(const char *until) {
    long long seconds = strtoll(until, NULL, 10);
    return seconds == 0 || (long long)time(NULL) < seconds;
}

static bool is_untouched(struct dx_pkg *pkg, const char *path, const char *stamp) {
    struct dx_pkg_bytes now = {0};
    dx_pkg_add_stamp(pkg, &now, AT_FDCWD, path, NULL);
    return strcmp(now.data, stamp) == 0;
}

static bool is_digest(const char *text) {
    return strlen(text) == 64 && strspn(text, "0123456789abcdef") == 64;
}

static bool add_wheel(struct dx_pkg *pkg, const char *store, const char *const *fields,
                      struct answer *answer) {
    if (!is_digest(fields[1]))
        return false;
    struct dx_pkg_wheel *wheel = &answer->wheels[answer->wheel_count++];
    *wheel = (struct dx_pkg_wheel){
        .folder = dx_pkg_format(pkg, "%s/wheels/%.2s/%s", store, fields[1], fields[1] + 2),
        .name = fields[2],
        .requested = strcmp(fields[3], "1") == 0,
    };
    return access(dx_pkg_format(pkg, "%s/plan", wheel->folder), R_OK) == 0;
}

/* False for a condition that does not hold, and for anything unknown. */
static bool read_record(struct dx_pkg *pkg, const char *store, const struct dx_pkg_record *record,
                        struct answer *answer) {
    const char *const *fields = record->fields;
    if (dx_pkg_is(record, "E", 1))
        return is_fresh(fields[1]);
    if (dx_pkg_is(record, "H", 2))
        return strcmp(dx_pkg_digest_of(pkg, fields[1]), fields[2]) == 0;
    if (dx_pkg_is(record, "T", 2))
        return is_untouched(pkg, fields[1], fields[2]);
    if (dx_pkg_is(record, "W", 3))
        return add_wheel(pkg, store, fields, answer);
    if (dx_pkg_is(record, "O", 1))
        answer->text = fields[1] + 1;
    else if (dx_pkg_is(record, "N", 1))
        answer->nothing_to_do = fields[1] + 1;
    else
        return false;
    return true;
}

static bool find_answer(struct dx_pkg *pkg, const char *key, struct answer *answer) {
    const char *store = dx_pkg_store(pkg);
    if (!store)
        return false;
    const char *path = dx_pkg_format(pkg, "%s/replies/%.2s/%s", store, key, key + 2);
    struct dx_pkg_bytes text = dx_pkg_read(pkg, AT_FDCWD, path);
    struct dx_pkg_reader reader = dx_pkg_open(text, MAGIC);
    struct dx_pkg_record record;
    /* A wheel's record is longer than its digest. */
    size_t most = text.size / 64 + 1;
    *answer = (struct answer){.wheels = dx_pkg_take(pkg, most * sizeof *answer->wheels)};
    while (dx_pkg_next(&reader, &record))
        if (!read_record(pkg, store, &record, answer))
            return false;
    return !reader.damaged && answer->text;
}

static void print(struct dx_pkg *pkg, const char *text, const char *site,
                  struct dx_pkg_bytes *out) {
    for (; *text; text++)
        if (*text == '\1')
            dx_pkg_add_text(pkg, out, site);
        else
            dx_pkg_add(pkg, out, text, 1);
}

/* With the lock of the environment held: what was known before may have changed until now.
 * `state_key` is not NULL where the environment is then known to be up to date. */
static bool repeat(struct dx_pkg *pkg, char *const *words,
                   const struct dx_pkg_environment *environment, const char *state_key,
                   struct dx_pkg_reply *reply) {
    struct dx_pkg_installed installed;
    struct answer answer;
    struct dx_pkg_reply failed = {0};
    char key[65];
    if (!dx_pkg_scan(pkg, environment->site, &installed) ||
        !dx_pkg_environment_key(pkg, words, environment, &installed, key) ||
        !find_answer(pkg, key, &answer))
        return false;
    struct dx_pkg_change change = {.wheels = answer.wheels, .wheel_count = answer.wheel_count};
    if (change.wheel_count && !dx_pkg_change(pkg, environment, &change, &failed))
        return false; /* nothing has happened, and Python will meet the same problem or not */
    if (state_key && answer.nothing_to_do)
        dx_pkg_note_current(pkg, environment, state_key, answer.nothing_to_do);
    print(pkg, answer.text, environment->site, &reply->out);
    return true;
}

static bool repeat_alone(struct dx_pkg *pkg, char *const *words,
                         const struct dx_pkg_environment *environment, const char *state_key,
                         struct dx_pkg_reply *reply) {
    int lock = dx_pkg_lock_whole(pkg, environment);
    if (lock < 0)
        return false;
    bool done = repeat(pkg, words, environment, state_key, reply);
    close(lock);
    return done;
}

bool dx_pkg_install(struct dx_pkg *pkg, char *const *words, struct dx_pkg_reply *reply) {
    struct dx_pkg_environment environment;
    const char *python;
    return dx_pkg_may_keep(words, &python) &&
           dx_pkg_find_environment(pkg, python, &environment) &&
           repeat_alone(pkg, words, &environment, NULL, reply);
}

bool dx_pkg_sync(struct dx_pkg *pkg, char *const *words, struct dx_pkg_reply *reply) {
    struct dx_pkg_environment environment;
    const char *python, *text;
    char key[65];
    if (!dx_pkg_may_keep(words, &python) ||
        !dx_pkg_find_environment(pkg, python, &environment) ||
        !dx_pkg_environment_key(pkg, words, &environment, NULL, key) ||
        dx_pkg_is_there(dx_pkg_format(pkg, "%s/txn", environment.state)))
        return false;
    if ((text = dx_pkg_current(pkg, &environment, key))) {
        dx_pkg_add_text(pkg, &reply->out, text);
        return true;
    }
    return repeat_alone(pkg, words, &environment, key, reply);
}

bool dx_pkg_compile(struct dx_pkg *pkg, char *const *words, struct dx_pkg_reply *reply) {
    struct answer answer;
    char key[65];
    if (!dx_pkg_folder_key(pkg, words, key) || !find_answer(pkg, key, &answer) ||
        answer.wheel_count)
        return false;
    dx_pkg_add_text(pkg, &reply->out, answer.text);
    return true;
}
