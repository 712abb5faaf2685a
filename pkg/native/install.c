#include "install.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file_tree.h"
#include "record_rows.h"
#include "records.h"
#include "scripts.h"
#include "transaction.h"

/* One wheel on its way into an environment. */
struct job {
    struct dx_pkg *pkg;
    const struct dx_pkg_target *target;
    const struct dx_pkg_wheel *wheel;
    struct dx_pkg_plan plan;
    const char *tree;
    const char *roots[DX_PKG_SCHEMES];  /* where its files are prepared */
    const char *finals[DX_PKG_SCHEMES]; /* where they will be */
    struct dx_pkg_list listed;          /* rows of RECORD that the plan has, sorted */
    struct dx_pkg_list rows;            /* the others */
};

static bool choose_roots(struct job *job, struct dx_pkg_transaction *transaction) {
    for (int scheme = 0; scheme < DX_PKG_SCHEMES; scheme++) {
        job->finals[scheme] = job->target->finals[scheme];
        if (scheme == DX_PKG_HEADERS)
            job->finals[scheme] =
                dx_pkg_format(job->pkg, "%s/%s", job->finals[scheme], job->wheel->name);
        if (job->plan.uses[scheme] &&
            !(job->roots[scheme] = dx_pkg_stage(job->pkg, transaction, job->finals[scheme])))
            return false;
    }
    return true;
}

static const char *recorded_path(struct job *job, enum dx_pkg_scheme scheme, const char *path) {
    const char *final = dx_pkg_format(job->pkg, "%s/%s", job->finals[scheme], path);
    return dx_pkg_relative(job->pkg, final, job->finals[job->plan.root]);
}

static bool write_script(struct job *job, const char *name, struct dx_pkg_bytes script) {
    const char *path = dx_pkg_format(job->pkg, "%s/%s", job->roots[DX_PKG_SCRIPTS], name);
    unlink(path); /* never write through a link into the store */
    dx_pkg_push(job->pkg, &job->rows,
                dx_pkg_row_of(job->pkg, recorded_path(job, DX_PKG_SCRIPTS, name), script.data,
                              script.size));
    return dx_pkg_write(job->pkg, path, script.data, script.size, 0777);
}

static bool copy_script(struct job *job, const char *source, const char *name) {
    const char *path = dx_pkg_format(job->pkg, "%s/%s", job->tree, source);
    struct dx_pkg_bytes script = dx_pkg_read(job->pkg, AT_FDCWD, path);
    if (!script.data)
        return dx_pkg_fail(job->pkg, "cannot read '%s'", path);
    return write_script(job, name,
                        dx_pkg_rewrite_script(job->pkg, script, job->target->python));
}

/* pip's wheel names a script after the Python it was made with; it is made after ours. */
static bool is_left_out(const struct job *job, const char *name) {
    return strncmp(job->plan.info, "pip-", 4) == 0 && strncmp(name, "pip3.", 5) == 0;
}

static bool make_entry_point(struct job *job, const char *name, const char *entry) {
    if (is_left_out(job, name))
        return true;
    return write_script(job, name, dx_pkg_entry_point(job->pkg, entry, job->target->python));
}

static bool write_scripts(struct job *job) {
    struct dx_pkg_reader reader = dx_pkg_open(job->plan.text, DX_PKG_PLAN_MAGIC);
    struct dx_pkg_record record;
    const char *first = NULL;
    bool done = true;
    while (done && dx_pkg_next(&reader, &record)) {
        const char *const *fields = record.fields;
        if (strcmp(fields[0], "X") == 0) {
            done = copy_script(job, fields[1], fields[2]);
        } else if (strcmp(fields[0], "E") == 0) {
            first = first || is_left_out(job, fields[2]) ? first : fields[3];
            done = make_entry_point(job, fields[2], fields[3]);
        }
    }
    if (!done || !first || strncmp(job->plan.info, "pip-", 4) != 0)
        return done;
    const char *own = dx_pkg_format(job->pkg, "pip%s", job->target->version);
    return write_script(job, own, dx_pkg_entry_point(job->pkg, first, job->target->python));
}

static void note_rows(struct job *job) {
    struct dx_pkg_reader reader = dx_pkg_open(job->plan.text, DX_PKG_PLAN_MAGIC);
    struct dx_pkg_record record;
    while (dx_pkg_next(&reader, &record)) {
        const char *const *fields = record.fields;
        if (strcmp(fields[0], "C") == 0)
            dx_pkg_push(job->pkg, &job->listed, fields[1]);
        else if (strcmp(fields[0], "O") == 0)
            dx_pkg_push(job->pkg, &job->rows,
                        dx_pkg_row(job->pkg,
                                   recorded_path(job, dx_pkg_scheme_of(fields[1]), fields[2]),
                                   fields[3], fields[4]));
    }
}

/* A file that installers write into the metadata folder. */
static bool write_note(struct job *job, const char *name, const char *text) {
    const char *recorded = dx_pkg_format(job->pkg, "%s/%s", job->plan.info, name);
    const char *path = dx_pkg_format(job->pkg, "%s/%s", job->roots[job->plan.root], recorded);
    unlink(path);
    dx_pkg_push(job->pkg, &job->rows, dx_pkg_row_of(job->pkg, recorded, text, strlen(text)));
    return dx_pkg_write(job->pkg, path, text, strlen(text), 0666);
}

static bool write_record(struct job *job) {
    const char *recorded = dx_pkg_format(job->pkg, "%s/RECORD", job->plan.info);
    dx_pkg_push(job->pkg, &job->rows, dx_pkg_row(job->pkg, recorded, "", ""));
    struct dx_pkg_bytes text = dx_pkg_merge_rows(job->pkg, &job->listed, &job->rows);
    return dx_pkg_write(job->pkg,
                        dx_pkg_format(job->pkg, "%s/%s", job->roots[job->plan.root], recorded),
                        text.data, text.size, 0666);
}

static bool prepare(struct job *job, struct dx_pkg_transaction *transaction) {
    job->tree = dx_pkg_format(job->pkg, "%s/tree", job->wheel->folder);
    if (!dx_pkg_read_plan(job->pkg, job->wheel->folder, &job->plan) ||
        !choose_roots(job, transaction) ||
        !dx_pkg_link(job->pkg, &job->plan, job->tree, job->roots, job->target->mode))
        return false;
    note_rows(job);
    return write_scripts(job) && write_note(job, "INSTALLER", "dx-py\n") &&
           (!job->wheel->requested || write_note(job, "REQUESTED", "")) &&
           (!job->wheel->direct_url ||
            write_note(job, "direct_url.json", job->wheel->direct_url)) &&
           write_record(job);
}

static bool prepare_all(struct dx_pkg *pkg, const struct dx_pkg_target *target,
                        const struct dx_pkg_change *change,
                        struct dx_pkg_transaction *transaction) {
    for (size_t i = 0; i < change->removals.count; i++)
        dx_pkg_take_away(pkg, transaction, change->removals.items[i]);
    for (size_t i = 0; i < change->wheel_count; i++) {
        struct job job = {.pkg = pkg, .target = target, .wheel = &change->wheels[i]};
        if (!prepare(&job, transaction))
            return false;
    }
    return true;
}

bool dx_pkg_apply(struct dx_pkg *pkg, const struct dx_pkg_target *target,
                  const struct dx_pkg_change *change) {
    struct dx_pkg_transaction transaction;
    if (!dx_pkg_begin(pkg, target->state, &transaction))
        return false;
    if (!prepare_all(pkg, target, change, &transaction)) {
        dx_pkg_abandon(pkg, &transaction);
        return false;
    }
    return dx_pkg_commit(pkg, &transaction);
}
