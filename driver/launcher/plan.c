#include "plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "files.h"
#include "interpreter.h"

static void change(struct dx_plan *plan, const char *name, const char *value) {
    const char *old = getenv(name);
    if (old && value ? strcmp(old, value) == 0 : old == value)
        return;
    plan->changes[plan->change_count++] = (struct dx_change){name, value};
}

static void add_all(struct dx_plan *plan, const struct dx_list *arguments) {
    for (size_t i = 0; i < arguments->count; i++)
        dx_list_add(&plan->arguments, arguments->items[i]);
}

/* The user's PYTHONPATH: without the entry that another launcher, whose child this is, put
 * there. NULL if there is none. */
static char *user_path(void) {
    const char *value = getenv("PYTHONPATH"), *home = getenv("DX_PY_HOME");
    if (!value || !home)
        return (char *)value;
    struct dx_list entries = dx_split(value, ':');
    const char *bootstrap = dx_bootstrap_of(home);
    char *kept = NULL;
    for (size_t i = 0; i < entries.count; i++)
        if (strcmp(entries.items[i], bootstrap) != 0)
            kept = kept ? dx_format("%s:%s", kept, entries.items[i]) : entries.items[i];
    return kept;
}

/* An empty PYTHONPATH means none, but an empty entry in it means the current folder. */
static void add_bootstrap(struct dx_plan *plan, const struct dx_installation *installation) {
    const char *bootstrap = dx_bootstrap_of(installation->home), *user = user_path();
    const char *path = user && *user ? dx_format("%s:%s", bootstrap, user) : bootstrap;
    change(plan, "PYTHONPATH", path);
    change(plan, "DX_PY_HOME", installation->home);
}

static void remove_bootstrap(struct dx_plan *plan) {
    change(plan, "PYTHONPATH", user_path());
    change(plan, "DX_PY_HOME", NULL);
}

static void prepare_guest(struct dx_plan *plan, const struct dx_command_line *line,
                          const struct dx_installation *installation) {
    if (line->plain) {
        remove_bootstrap(plan);
        return;
    }
    if (strchr(installation->home ? installation->home : ":", ':')) {
        plan->problem = "its own files are not beside it, or lie in a folder with ':' in its "
                        "name; running without them (reinstall dx-py)";
        remove_bootstrap(plan);
        return;
    }
    add_bootstrap(plan, installation);
    if (line->compile)
        change(plan, "DX_COMPILE", line->compile);
    if (line->stats)
        change(plan, "DX_STATS", "1");
    if (line->stats_json)
        change(plan, "DX_STATS_JSON", line->stats_json);
    if (line->profile_out) {
        change(plan, "DX_PROFILE_OUT", line->profile_out);
        /* A profile is of the native tier. */
        if (!getenv("DX_JIT"))
            change(plan, "DX_JIT", "1");
    }
}

static struct dx_plan interpreter_plan(const struct dx_command_line *line,
                                       const struct dx_installation *installation,
                                       const struct dx_interpreter *interpreter) {
    struct dx_plan plan = {.path = interpreter->path};
    prepare_guest(&plan, line, installation);
    plan.problem = interpreter->problem ? interpreter->problem : plan.problem;
    dx_list_add(&plan.arguments, interpreter->path);
    add_all(&plan, &line->arguments);
    return plan;
}

static bool is_python_code(const char *target) {
    static const char *const suffixes[] = {".py", ".pyw", ".pyc", ".pyz", NULL};
    for (const char *const *suffix = suffixes; *suffix; suffix++)
        if (dx_ends(target, *suffix))
            return true;
    return strchr(target, '/') && (dx_is_folder(target) || dx_is_zip(target));
}

/* A program sees the environment as an activated one, as its own children may look for `python`. */
static void activate(struct dx_plan *plan, const struct dx_interpreter *interpreter) {
    const char *bin = dx_folder(interpreter->path), *search = getenv("PATH");
    change(plan, "PATH", search && *search ? dx_format("%s:%s", bin, search) : bin);
    if (interpreter->environment)
        change(plan, "VIRTUAL_ENV", interpreter->environment);
}

static struct dx_plan program_plan(const struct dx_command_line *line,
                                   const struct dx_installation *installation,
                                   const struct dx_interpreter *interpreter) {
    const char *name = line->arguments.items[0], *search = getenv("PATH");
    struct dx_plan plan = {0};
    if (strchr(name, '/'))
        plan.path = dx_is_program(name) ? name : NULL;
    else
        plan.path = dx_find_program(name, dx_folder(interpreter->path));
    if (!plan.path && !strchr(name, '/') && search)
        plan.path = dx_find_program(name, search);
    if (!plan.path) {
        plan.problem = dx_format("no file or program '%s' (looked in '%s' and on PATH)", name,
                                 dx_folder(interpreter->path));
        return plan;
    }
    prepare_guest(&plan, line, installation);
    activate(&plan, interpreter);
    dx_list_add(&plan.arguments, plan.path);
    for (size_t i = 1; i < line->arguments.count; i++)
        dx_list_add(&plan.arguments, line->arguments.items[i]);
    return plan;
}

static struct dx_plan target_plan(const struct dx_command_line *line,
                                  const struct dx_installation *installation,
                                  const struct dx_interpreter *interpreter) {
    const char *target = line->arguments.items[0];
    bool readable_text = strchr(target, '/') && dx_is_file(target) && !dx_is_program(target);
    if (is_python_code(target) || readable_text)
        return interpreter_plan(line, installation, interpreter);
    return program_plan(line, installation, interpreter);
}

/* `python -I -m MODULE` of DX-Py's own interpreter. */
static struct dx_plan own_module(const char *module, const struct dx_installation *installation) {
    struct dx_plan plan = {.path = installation->home ? installation->python : NULL};
    dx_list_add(&plan.arguments, installation->python);
    dx_list_add(&plan.arguments, "-I");
    dx_list_add(&plan.arguments, "-m");
    dx_list_add(&plan.arguments, module);
    return plan;
}

/* What `test` leaves to DX-Py's own interpreter: first words, and beginnings of any word. */
static const char *const OWN_TEST_OPTIONS[] = {"--python", "--engine", "--emit-ninja", NULL};

/* Whether the tests can be run by the project's interpreter at once. */
static bool is_plain_test(const struct dx_command_line *line,
                          const struct dx_installation *installation) {
    if (strcmp(line->arguments.items[0], "test") != 0 || !installation->home)
        return false;
    for (size_t i = 1; i < line->arguments.count; i++)
        for (const char *const *option = OWN_TEST_OPTIONS; *option; option++)
            if (dx_starts(line->arguments.items[i], *option))
                return false;
    return true;
}

/* As dx_py.testrun.command does after starting DX-Py's own interpreter. */
static struct dx_plan test_plan(const struct dx_command_line *line,
                                const struct dx_installation *installation,
                                const struct dx_interpreter *interpreter) {
    struct dx_plan plan = {.path = interpreter->path,
                           .tests = interpreter->path,
                           .problem = interpreter->problem};
    dx_list_add(&plan.arguments, interpreter->path);
    dx_list_add(&plan.arguments, dx_join(installation->home, "testrun/worker/boot.py"));
    dx_list_add(&plan.arguments, "-m");
    for (size_t i = 1; i < line->arguments.count; i++)
        dx_list_add(&plan.arguments, line->arguments.items[i]);
    change(&plan, "DX_TEST_OWN_PYTHON", installation->python);
    return plan;
}

static struct dx_plan command_plan(const struct dx_command_line *line,
                                   const struct dx_installation *installation,
                                   const struct dx_interpreter *interpreter) {
    if (is_plain_test(line, installation))
        return test_plan(line, installation, interpreter);
    struct dx_plan plan = own_module("dx_py.driver", installation);
    if (!plan.path)
        plan.problem = dx_format("cannot run '%s': its own files or its interpreter are not "
                                 "beside '%s' (reinstall dx-py)",
                                 line->arguments.items[0], installation->executable);
    if (interpreter->path)
        change(&plan, "DX_INTERPRETER", interpreter->path);
    add_all(&plan, &line->arguments);
    return plan;
}

struct dx_plan dx_make_plan(const struct dx_command_line *line,
                            const struct dx_installation *installation) {
    struct dx_interpreter interpreter = dx_find_interpreter(
        line->python ? line->python : dx_setting("DX_PYTHON"), installation);
    if (line->request == DX_RUN_COMMAND)
        return command_plan(line, installation, &interpreter);
    if (!interpreter.path)
        return (struct dx_plan){.problem = interpreter.problem};
    if (line->request == DX_RUN_TARGET)
        return target_plan(line, installation, &interpreter);
    return interpreter_plan(line, installation, &interpreter);
}

struct dx_plan dx_make_portable_plan(char *const *arguments,
                                     const struct dx_installation *installation) {
    struct dx_plan plan = own_module("dx_py.driver.portable_launcher", installation);
    while (*arguments)
        dx_list_add(&plan.arguments, *arguments++);
    return plan;
}

static void print_line(const char *label, const char *text) {
    printf("%s: ", label);
    for (; *text; text++) {
        unsigned char byte = (unsigned char)*text;
        if (byte < ' ' || byte == '\\' || byte == 127)
            printf("\\x%02x", byte);
        else
            putchar(byte);
    }
    putchar('\n');
}

void dx_print_plan(const struct dx_plan *plan) {
    print_line("execute", plan->path);
    for (size_t i = 0; i < plan->arguments.count; i++)
        print_line("argument", plan->arguments.items[i]);
    for (int i = 0; i < plan->change_count; i++) {
        const struct dx_change *row = &plan->changes[i];
        if (row->value)
            print_line("set", dx_format("%s=%s", row->name, row->value));
        else
            print_line("unset", row->name);
    }
}

void dx_change_environment(const struct dx_plan *plan) {
    for (int i = 0; i < plan->change_count; i++) {
        const struct dx_change *row = &plan->changes[i];
        if (row->value)
            setenv(row->name, row->value, 1);
        else
            unsetenv(row->name);
    }
}

void dx_execute_plan(const struct dx_plan *plan) {
    dx_change_environment(plan);
    execv(plan->path, plan->arguments.items);
}
