#include "wheel_plan.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file_tree.h"
#include "records.h"

const char DX_PKG_PLAN_MAGIC[] = "DXPLAN3";
static const char *const SCHEMES[] = {"purelib", "platlib", "headers", "scripts", "data"};
enum { CHUNK = 256 << 10 };

enum dx_pkg_scheme dx_pkg_scheme_of(const char *name) {
    for (int scheme = 0; scheme < DX_PKG_SCHEMES; scheme++)
        if (strcmp(name, SCHEMES[scheme]) == 0)
            return (enum dx_pkg_scheme)scheme;
    return DX_PKG_SCHEMES;
}

/* Plans are written by us into a store that nobody else can write to; this keeps a damaged one
 * from leading out of the environment all the same. */
static bool is_inside(const char *path) {
    if (*path == '/')
        return false;
    for (const char *part = path; *part;) {
        size_t size = strcspn(part, "/");
        if (size == 2 && memcmp(part, "..", 2) == 0)
            return false;
        part += size + (part[size] == '/');
    }
    return true;
}

static bool is_name(const char *text) {
    return *text && !strchr(text, '/') && strcmp(text, "..") != 0 && strcmp(text, ".") != 0;
}

static bool is_sound(const struct dx_pkg_record *record) {
    const char *const *fields = record->fields;
    if (dx_pkg_is(record, "D", 2))
        return dx_pkg_scheme_of(fields[1]) != DX_PKG_SCHEMES && is_inside(fields[2]);
    if (dx_pkg_is(record, "G", 3))
        return dx_pkg_scheme_of(fields[1]) != DX_PKG_SCHEMES && is_inside(fields[2]) &&
               is_inside(fields[3]);
    if (dx_pkg_is(record, "F", 1))
        return is_name(fields[1]);
    if (dx_pkg_is(record, "X", 2))
        return is_inside(fields[1]) && is_name(fields[2]);
    if (dx_pkg_is(record, "E", 3))
        return is_name(fields[2]);
    if (dx_pkg_is(record, "O", 4))
        return dx_pkg_scheme_of(fields[1]) != DX_PKG_SCHEMES && is_inside(fields[2]);
    return dx_pkg_is(record, "C", 1);
}

static void note_use(const struct dx_pkg_record *record, struct dx_pkg_plan *plan) {
    if (dx_pkg_is(record, "G", 3) || dx_pkg_is(record, "D", 2))
        plan->uses[dx_pkg_scheme_of(record->fields[1])] = true;
    else if (dx_pkg_is(record, "X", 2) || dx_pkg_is(record, "E", 3))
        plan->uses[DX_PKG_SCRIPTS] = true;
}

static bool read_body(struct dx_pkg_reader *reader, struct dx_pkg_plan *plan) {
    struct dx_pkg_record record;
    bool grouped = false;
    while (dx_pkg_next(reader, &record)) {
        grouped = grouped || dx_pkg_is(&record, "G", 3);
        if (!is_sound(&record) || (dx_pkg_is(&record, "F", 1) && !grouped))
            return false;
        note_use(&record, plan);
    }
    return !reader->damaged;
}

static bool read_head(struct dx_pkg_reader *reader, struct dx_pkg_plan *plan) {
    struct dx_pkg_record record;
    if (!dx_pkg_next(reader, &record) || !dx_pkg_is(&record, "R", 1))
        return false;
    plan->root = dx_pkg_scheme_of(record.fields[1]);
    if (!dx_pkg_next(reader, &record) || !dx_pkg_is(&record, "I", 1))
        return false;
    plan->info = record.fields[1];
    return (plan->root == DX_PKG_PURELIB || plan->root == DX_PKG_PLATLIB) && is_name(plan->info);
}

bool dx_pkg_read_plan(struct dx_pkg *pkg, const char *folder, struct dx_pkg_plan *plan) {
    const char *path = dx_pkg_format(pkg, "%s/plan", folder);
    *plan = (struct dx_pkg_plan){.text = dx_pkg_read(pkg, AT_FDCWD, path)};
    struct dx_pkg_reader reader = dx_pkg_open(plan->text, DX_PKG_PLAN_MAGIC);
    if (!read_head(&reader, plan) || !read_body(&reader, plan))
        return dx_pkg_fail(pkg, "'%s' is no installation plan", path);
    plan->uses[plan->root] = true;
    return true;
}

/* Folders and the one file name that a plan is at. */
struct transfer {
    struct dx_pkg *pkg;
    int from, to;
    const char *target; /* the path of `to` */
    enum dx_pkg_link_mode mode;
    char *buffer; /* for copies; NULL before the first */
};

static bool cannot(const struct transfer *transfer, const char *name, const char *what) {
    int reason = errno;
    if (transfer->mode == DX_PKG_HARDLINK)
        transfer->pkg->hint = "try --link-mode copy";
    return dx_pkg_fail(transfer->pkg, "cannot %s '%s/%s': %s", what, transfer->target, name,
                       strerror(reason));
}

static bool copy_bytes(int from, int to, char *buffer) {
    for (;;) {
        ssize_t count = read(from, buffer, CHUNK);
        if (count <= 0)
            return count == 0;
        for (ssize_t done = 0; done < count;) {
            ssize_t written = write(to, buffer + done, (size_t)(count - done));
            if (written < 0)
                return false;
            done += written;
        }
    }
}

/* With the permissions and times of the original, as a link would have them. */
static bool copy_opened(const struct transfer *transfer, int from, const char *name) {
    struct stat found;
    if (fstat(from, &found) != 0)
        return false;
    int to = openat(transfer->to, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (to < 0)
        return false;
#ifdef __APPLE__
    struct timespec times[] = {found.st_atimespec, found.st_mtimespec};
#else
    struct timespec times[] = {found.st_atim, found.st_mtim};
#endif
    bool done = copy_bytes(from, to, transfer->buffer) &&
                fchmod(to, found.st_mode & 07777) == 0 && futimens(to, times) == 0;
    int reason = errno;
    if (close(to) != 0 && done) {
        done = false;
        reason = errno;
    }
    errno = reason;
    return done;
}

static bool copy(struct transfer *transfer, const char *name) {
    if (!transfer->buffer)
        transfer->buffer = dx_pkg_take(transfer->pkg, CHUNK);
    int from = openat(transfer->from, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (from < 0)
        return cannot(transfer, name, "read the original of");
    bool done = copy_opened(transfer, from, name);
    int reason = errno;
    close(from);
    errno = reason;
    return done || cannot(transfer, name, "copy to");
}

/* Errors after which no hard link will work between these two places at all. */
static bool needs_copies(int reason) {
    return reason == EXDEV || reason == EPERM || reason == ENOTSUP || reason == EACCES ||
           reason == EMLINK;
}

static bool transfer_file(struct transfer *transfer, const char *name) {
    for (int attempt = 0; transfer->mode != DX_PKG_COPY; attempt++) {
        if (linkat(transfer->from, name, transfer->to, name, 0) == 0)
            return true;
        if (errno == EEXIST && attempt == 0)
            unlinkat(transfer->to, name, 0);
        else if (transfer->mode == DX_PKG_LINK_OR_COPY && needs_copies(errno))
            transfer->mode = DX_PKG_COPY;
        else
            return cannot(transfer, name, "link to");
    }
    unlinkat(transfer->to, name, 0);
    return copy(transfer, name);
}

static void leave(struct transfer *transfer) {
    if (transfer->from >= 0)
        close(transfer->from);
    if (transfer->to >= 0)
        close(transfer->to);
    transfer->from = transfer->to = -1;
}

static int open_folder(const char *path) {
    return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static bool enter(struct transfer *transfer, const char *source, const char *target) {
    leave(transfer);
    transfer->target = target;
    transfer->from = open_folder(source);
    transfer->to = open_folder(target);
    return (transfer->from >= 0 && transfer->to >= 0) || cannot(transfer, ".", "open");
}

static const char *joined(struct dx_pkg *pkg, const char *folder, const char *rest) {
    return *rest ? dx_pkg_format(pkg, "%s/%s", folder, rest) : folder;
}

static bool follow(struct transfer *transfer, struct dx_pkg_record *record, const char *tree,
                   const char *const *roots) {
    const char *const *fields = record->fields;
    struct dx_pkg *pkg = transfer->pkg;
    if (strcmp(fields[0], "F") == 0)
        return transfer_file(transfer, fields[1]);
    if (strcmp(fields[0], "G") == 0)
        return enter(transfer, joined(pkg, tree, fields[2]),
                     joined(pkg, roots[dx_pkg_scheme_of(fields[1])], fields[3]));
    if (strcmp(fields[0], "D") != 0)
        return true;
    const char *folder = joined(pkg, roots[dx_pkg_scheme_of(fields[1])], fields[2]);
    return mkdir(folder, 0777) == 0 || errno == EEXIST ||
           dx_pkg_fail(pkg, "cannot make the folder '%s': %s", folder, strerror(errno));
}

bool dx_pkg_link(struct dx_pkg *pkg, const struct dx_pkg_plan *plan, const char *tree,
                 const char *const roots[DX_PKG_SCHEMES], enum dx_pkg_link_mode mode) {
    struct dx_pkg_reader reader = dx_pkg_open(plan->text, DX_PKG_PLAN_MAGIC);
    struct transfer transfer = {pkg, -1, -1, tree, mode, NULL};
    struct dx_pkg_record record;
    bool done = true;
    while (done && dx_pkg_next(&reader, &record))
        done = follow(&transfer, &record, tree, roots);
    leave(&transfer);
    return done;
}
