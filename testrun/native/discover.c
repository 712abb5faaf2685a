#include "discover.h"

#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "artifacts.h"
#include "cursor.h"
#include "derive.h"
#include "index_key.h"
#include "inputs.h"

enum { SCHEMA = 1, PARTS = 6, NOTHING_COLLECTED = 5 };
static const char KIND[] = "test-index";

struct mapping {
    unsigned char *data; /* NULL where there is no such file */
    size_t size;
};

enum request { SOMETHING_ELSE, IDS, LISTING };

/* Whether the command line asks for ids, one a line, or for what can be told without Python. */
static enum request request_of(char *const *arguments) {
    bool collect = false, derived = false;
    int quiet = 0;
    for (char *const *word = arguments; *word; word++) {
        if (strcmp(*word, "--collect-only") == 0 || strcmp(*word, "--co") == 0)
            collect = true;
        else if (strcmp(*word, "--static") == 0)
            derived = true;
        else if (strcmp(*word, "-q") == 0 || strcmp(*word, "--quiet") == 0)
            quiet++;
        else if (strncmp(*word, "-v", 2) == 0 || strcmp(*word, "--verbose") == 0 ||
                 strcmp(*word, "-qq") == 0 || strncmp(*word, "--color", 7) == 0)
            return derived ? LISTING : SOMETHING_ELSE;
    }
    if (derived)
        return collect ? LISTING : SOMETHING_ELSE;
    return collect && quiet == 1 ? IDS : SOMETHING_ELSE;
}

static struct mapping map_file(const char *path) {
    struct mapping mapping = {NULL, 0};
    struct stat found;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return mapping;
    if (fstat(file, &found) == 0 && found.st_size > 0) {
        void *data = mmap(NULL, (size_t)found.st_size, PROT_READ, MAP_PRIVATE, file, 0);
        if (data != MAP_FAILED)
            mapping = (struct mapping){data, (size_t)found.st_size};
    }
    close(file);
    return mapping;
}

/* `noun` as pytest counts it: "1 test collected", "2/5 tests collected (3 deselected)". */
static void summary(size_t count, uint64_t deselected, double seconds) {
    bool colours = isatty(STDOUT_FILENO) && !getenv("NO_COLOR");
    const char *start = colours ? (count ? "\033[32m" : "\033[33m") : "";
    const char *end = colours ? "\033[0m" : "";
    unsigned long long total = count + deselected, left = deselected;
    printf("\n%s", start);
    if (!count)
        printf("no tests collected");
    else if (deselected)
        printf("%zu/%llu tests collected", count, total);
    else
        printf("%zu %s collected", count, count == 1 ? "test" : "tests");
    if (deselected)
        printf(" (%llu deselected)", left);
    printf(" in %.2fs%s\n", seconds, end);
}

static double now(void) {
    struct timespec stamp;
    clock_gettime(CLOCK_MONOTONIC, &stamp);
    return (double)stamp.tv_sec + (double)stamp.tv_nsec / 1e9;
}

static bool is_whole(struct dx_cursor ids, size_t count) {
    while (count-- > 0)
        if (!dx_cursor_string(&ids).data)
            return false;
    return !ids.failed;
}

static int print_ids(struct dx_cursor *cursor, double started) {
    uint64_t deselected = dx_cursor_integer(cursor);
    size_t count = dx_cursor_array(cursor);
    if (cursor->failed || !is_whole(*cursor, count))
        return DX_ASK_PYTHON;
    for (size_t i = 0; i < count; i++) {
        struct dx_span id = dx_cursor_string(cursor);
        fwrite(id.data, 1, id.size, stdout);
        putchar('\n');
    }
    summary(count, deselected, now() - started);
    if (fflush(stdout))
        return 1;
    return count ? 0 : NOTHING_COLLECTED;
}

/* `head` ends in a state: testrun/worker/index.py. */
static bool has_state(struct dx_span head, const char *state) {
    size_t size = strlen(state);
    return head.data && head.size > size &&
           memcmp(head.data + head.size - size, state, size) == 0;
}

static bool open_index(struct mapping mapping, struct dx_cursor *cursor) {
    struct dx_artifact artifact;
    if (dx_artifact_open(mapping.data, mapping.size, &artifact) != DX_OK ||
        artifact.schema != SCHEMA || artifact.kind_size != sizeof KIND - 1 ||
        memcmp(artifact.kind, KIND, sizeof KIND - 1) != 0)
        return false;
    *cursor = (struct dx_cursor){artifact.payload, artifact.payload + artifact.payload_size, false};
    return dx_cursor_array(cursor) == PARTS;
}

static int answer(struct mapping mapping, double started) {
    struct dx_cursor cursor;
    if (!open_index(mapping, &cursor))
        return DX_ASK_PYTHON;
    struct dx_span head = dx_cursor_string(&cursor);
    bool is_volatile = has_state(head, ":volatile");
    if (!is_volatile && !has_state(head, ":final"))
        return DX_ASK_PYTHON;
    if (!dx_files_unchanged(&cursor) || !dx_folders_unchanged(&cursor) ||
        !dx_variables_unchanged(&cursor))
        return DX_ASK_PYTHON;
    if (!is_volatile)
        return print_ids(&cursor, started);
    setenv("DX_TEST_UNSTABLE", "1", 1);
    return DX_ASK_PYTHON;
}

static int answer_from_index(const char *path, double started) {
    struct mapping mapping = map_file(path);
    if (!mapping.data)
        return DX_ASK_PYTHON;
    int status = answer(mapping, started);
    munmap(mapping.data, mapping.size);
    return status;
}

static const char *plural(size_t count) {
    return count == 1 ? "" : "s";
}

/* What is known without Python, and names for what is not. */
static int list_derived(const char *interpreter, char *const *arguments, double started) {
    struct dx_derived derived = dx_derive(interpreter, arguments);
    if (derived.refusal) {
        printf("* [dynamic: %s]\n", derived.refusal);
        derived.exact = derived.deselected = 0;
        derived.groups = 1;
    } else {
        dx_print_derived();
    }
    printf("\n%zu test%s and %zu dynamic group%s", derived.exact, plural(derived.exact),
           derived.groups, plural(derived.groups));
    if (derived.deselected)
        printf(" (%zu deselected)", derived.deselected);
    printf(" in %.2fs\n", now() - started);
    return fflush(stdout) ? 1 : derived.exact || derived.groups ? 0 : NOTHING_COLLECTED;
}

int dx_discover(const char *interpreter, char *const *arguments) {
    char path[PATH_MAX];
    double started = now();
    enum request request = request_of(arguments);
    if (request == LISTING)
        return list_derived(interpreter, arguments, started);
    if (request == SOMETHING_ELSE ||
        dx_index_path(interpreter, arguments, path, sizeof path))
        return DX_ASK_PYTHON;
    return answer_from_index(path, started);
}
