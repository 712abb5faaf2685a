/* What the launcher will execute: a path, its arguments, and changes of the environment. */
#ifndef DX_PLAN_H
#define DX_PLAN_H

#include "command_line.h"
#include "installation.h"
#include "text.h"

struct dx_change {
    const char *name;
    const char *value; /* NULL: the variable is removed */
};

enum { DX_MOST_CHANGES = 8 };

struct dx_plan {
    const char *path; /* NULL: there is nothing to execute, and `problem` says why */
    struct dx_list arguments;
    struct dx_change changes[DX_MOST_CHANGES];
    int change_count;
    const char *tests;   /* the interpreter, where the plan is to run tests; else NULL */
    const char *problem; /* with a path: one line to show first, or NULL */
};

/* `line` is no mistake. */
struct dx_plan dx_make_plan(const struct dx_command_line *line,
                            const struct dx_installation *installation);

/* Hands everything to the launcher in Python; without a path where that is not installed. */
struct dx_plan dx_make_portable_plan(char *const *arguments,
                                     const struct dx_installation *installation);

/* One line for each part, control characters and backslashes escaped. */
void dx_print_plan(const struct dx_plan *plan);

/* Makes the plan's changes of the environment in this process. */
void dx_change_environment(const struct dx_plan *plan);

/* Replaces the process; returns, with errno set, only where that is impossible. */
void dx_execute_plan(const struct dx_plan *plan);

#endif
