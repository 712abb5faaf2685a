#include "transaction.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file_tree.h"
#include "records.h"

static const char MAGIC[] = "DXJOURNAL2";

enum dx_pkg_lock dx_pkg_try_lock(struct dx_pkg *pkg, const char *state, int *descriptor) {
    if (mkdir(state, 0777) != 0 && errno != EEXIST)
        return DX_PKG_NO_LOCK;
    *descriptor = open(dx_pkg_format(pkg, "%s/lock", state), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (*descriptor < 0)
        return DX_PKG_NO_LOCK;
    if (flock(*descriptor, LOCK_EX | LOCK_NB) == 0)
        return DX_PKG_LOCKED;
    close(*descriptor);
    return DX_PKG_BUSY;
}

static bool make_folder(struct dx_pkg *pkg, const char *path) {
    return mkdir(path, 0777) == 0 ||
           dx_pkg_fail(pkg, "cannot make the folder '%s': %s", path, strerror(errno));
}

bool dx_pkg_begin(struct dx_pkg *pkg, const char *state, struct dx_pkg_transaction *begun) {
    *begun = (struct dx_pkg_transaction){.state = state};
    begun->folder = dx_pkg_format(pkg, "%s/txn", state);
    dx_pkg_remove_tree(pkg, dx_pkg_format(pkg, "%s/trash", state));
    if (make_folder(pkg, begun->folder) &&
        make_folder(pkg, dx_pkg_format(pkg, "%s/new", begun->folder)) &&
        make_folder(pkg, dx_pkg_format(pkg, "%s/old", begun->folder)))
        return true;
    dx_pkg_abandon(pkg, begun);
    return false;
}

const char *dx_pkg_stage(struct dx_pkg *pkg, struct dx_pkg_transaction *transaction,
                         const char *final) {
    for (size_t i = 0; i < transaction->staged.count; i++)
        if (strcmp(transaction->finals.items[i], final) == 0)
            return transaction->staged.items[i];
    const char *staged =
        dx_pkg_format(pkg, "%s/new/%zu", transaction->folder, transaction->staged.count);
    if (!make_folder(pkg, staged))
        return NULL;
    dx_pkg_push(pkg, &transaction->staged, staged);
    dx_pkg_push(pkg, &transaction->finals, final);
    return staged;
}

void dx_pkg_take_away(struct dx_pkg *pkg, struct dx_pkg_transaction *transaction,
                      const char *path) {
    dx_pkg_push(pkg, &transaction->removed, path);
}

static void place(struct dx_pkg *pkg, struct dx_pkg_transaction *transaction, const char *source,
                  const char *target) {
    dx_pkg_push(pkg, &transaction->sources, source);
    dx_pkg_push(pkg, &transaction->targets, target);
}

/* Notes the folders above `final` that are missing, and it. */
static void note_missing(struct dx_pkg *pkg, struct dx_pkg_transaction *transaction,
                         const char *final) {
    struct dx_pkg_list missing = {0};
    for (const char *path = final; *path && !dx_pkg_is_there(path);
         path = dx_pkg_parent(pkg, path))
        dx_pkg_push(pkg, &missing, path);
    while (missing.count)
        dx_pkg_push(pkg, &transaction->folders, missing.items[--missing.count]);
}

static bool is_real_folder(const char *path) {
    struct stat found;
    return lstat(path, &found) == 0 && S_ISDIR(found.st_mode);
}

/* Whole folders where nothing is in the way, single files where something is. */
static void place_all(struct dx_pkg *pkg, struct dx_pkg_transaction *transaction,
                      const char *staged, const char *final) {
    if (!dx_pkg_is_folder(final))
        note_missing(pkg, transaction, final);
    struct dx_pkg_list names = dx_pkg_names_in(pkg, staged);
    for (size_t i = 0; i < names.count; i++) {
        const char *source = dx_pkg_format(pkg, "%s/%s", staged, names.items[i]);
        const char *target = dx_pkg_format(pkg, "%s/%s", final, names.items[i]);
        if (dx_pkg_holds(&transaction->removed, target) || !dx_pkg_is_there(target)) {
            place(pkg, transaction, source, target);
        } else if (is_real_folder(source) && dx_pkg_is_folder(target)) {
            place_all(pkg, transaction, source, target);
        } else {
            dx_pkg_push(pkg, &transaction->replaced, target);
            place(pkg, transaction, source, target);
        }
    }
}

static void drop_doubles(struct dx_pkg_list *sorted) {
    size_t kept = 0;
    for (size_t i = 0; i < sorted->count; i++)
        if (!kept || strcmp(sorted->items[kept - 1], sorted->items[i]) != 0)
            sorted->items[kept++] = sorted->items[i];
    sorted->count = kept;
}

/* Moves everything to remove to `old`, in front of the placements. */
static void plan_renames(struct dx_pkg *pkg, struct dx_pkg_transaction *transaction) {
    dx_pkg_sort(&transaction->removed);
    drop_doubles(&transaction->removed);
    for (size_t i = 0; i < transaction->staged.count; i++)
        place_all(pkg, transaction, transaction->staged.items[i], transaction->finals.items[i]);
    struct dx_pkg_list sources = {0}, targets = {0};
    const struct dx_pkg_list *away[] = {&transaction->removed, &transaction->replaced};
    for (int kind = 0; kind < 2; kind++)
        for (size_t i = 0; i < away[kind]->count; i++) {
            dx_pkg_push(pkg, &sources, away[kind]->items[i]);
            dx_pkg_push(pkg, &targets,
                        dx_pkg_format(pkg, "%s/old/%zu", transaction->folder, sources.count));
        }
    for (size_t i = 0; i < transaction->sources.count; i++) {
        dx_pkg_push(pkg, &sources, transaction->sources.items[i]);
        dx_pkg_push(pkg, &targets, transaction->targets.items[i]);
    }
    transaction->sources = sources;
    transaction->targets = targets;
}

static bool write_journal(struct dx_pkg *pkg, const struct dx_pkg_transaction *transaction) {
    struct dx_pkg_bytes journal = {0};
    dx_pkg_add_record(pkg, &journal, MAGIC, (char *)NULL);
    for (size_t i = 0; i < transaction->sources.count; i++)
        dx_pkg_add_record(pkg, &journal, "R", transaction->sources.items[i],
                          transaction->targets.items[i], (char *)NULL);
    for (size_t i = 0; i < transaction->folders.count; i++)
        dx_pkg_add_record(pkg, &journal, "D", transaction->folders.items[i], (char *)NULL);
    const char *temporary = dx_pkg_format(pkg, "%s/journal.tmp", transaction->folder);
    const char *path = dx_pkg_format(pkg, "%s/journal", transaction->folder);
    if (!dx_pkg_write(pkg, temporary, journal.data, journal.size, 0666))
        return false;
    return rename(temporary, path) == 0 ||
           dx_pkg_fail(pkg, "cannot write '%s': %s", path, strerror(errno));
}

static bool move(struct dx_pkg *pkg, const char *source, const char *target) {
    if (rename(source, target) == 0)
        return true;
    pkg->hint = "nothing was changed; are both on one file system, and writable?";
    return dx_pkg_fail(pkg, "cannot move '%s' to '%s': %s", source, target, strerror(errno));
}

static bool switch_over(struct dx_pkg *pkg, const struct dx_pkg_transaction *transaction) {
    for (size_t i = 0; i < transaction->folders.count; i++)
        if (!dx_pkg_make_folders(pkg, transaction->folders.items[i]))
            return false;
    for (size_t i = 0; i < transaction->sources.count; i++)
        if (!move(pkg, transaction->sources.items[i], transaction->targets.items[i]))
            return false;
    return true;
}

/* The transaction's folder becomes what `undo` takes back: this is the moment of the commit. */
static bool keep_for_undo(struct dx_pkg *pkg, const struct dx_pkg_transaction *transaction) {
    const char *undo = dx_pkg_format(pkg, "%s/undo", transaction->state);
    const char *trash = dx_pkg_format(pkg, "%s/trash", transaction->state);
    if (rename(undo, trash) != 0 && errno != ENOENT)
        return dx_pkg_fail(pkg, "cannot move '%s': %s", undo, strerror(errno));
    if (!move(pkg, transaction->folder, undo))
        return false;
    dx_pkg_remove_tree(pkg, trash);
    return true;
}

bool dx_pkg_commit(struct dx_pkg *pkg, struct dx_pkg_transaction *transaction) {
    plan_renames(pkg, transaction);
    if (!write_journal(pkg, transaction)) {
        dx_pkg_abandon(pkg, transaction);
        return false;
    }
    if (switch_over(pkg, transaction) && keep_for_undo(pkg, transaction))
        return true;
    for (size_t i = transaction->sources.count; i-- > 0;)
        if (!dx_pkg_is_there(transaction->sources.items[i]) &&
            rename(transaction->targets.items[i], transaction->sources.items[i]) != 0 &&
            errno != ENOENT)
            return false; /* the journal stays: whoever comes next tries again */
    for (size_t i = transaction->folders.count; i-- > 0;)
        rmdir(transaction->folders.items[i]);
    dx_pkg_abandon(pkg, transaction);
    return false;
}

void dx_pkg_abandon(struct dx_pkg *pkg, struct dx_pkg_transaction *transaction) {
    dx_pkg_remove_tree(pkg, transaction->folder);
}
