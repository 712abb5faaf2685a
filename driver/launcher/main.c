/* dx-py: finds the interpreter and becomes it.
 *
 * The interpreter gets the user's arguments unchanged and, through the environment, a folder
 * with a sitecustomize module that starts DX-Py (runtime_support/bootstrap). Where anything of
 * DX-Py is missing, it gets only the arguments: then `dx-py` is `python`. */

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "command_line.h"
#include "discover.h"
#include "installation.h"
#include "interpreter.h"
#include "plan.h"
#include "quick.h"
#include "server.h"
#include "server_client.h"
#include "text.h"

enum { FAILED = 1, WRONG_USAGE = 2 };

static int execute(const struct dx_plan *plan, bool only_show) {
    if (plan->problem)
        dx_say("%s", plan->problem);
    if (!plan->path)
        return WRONG_USAGE;
    if (only_show) {
        dx_print_plan(plan);
        return 0;
    }
    dx_execute_plan(plan);
    dx_say("cannot execute '%s': %s", plan->path, strerror(errno));
    return FAILED;
}

/* Test ids that are known from before need no Python, and a run that a server does no new one. */
static int run_tests(const struct dx_command_line *line, const struct dx_plan *plan) {
    char *const *arguments = line->arguments.items + 1;
    int status = dx_discover(plan->tests, arguments);
    if (status != DX_ASK_PYTHON)
        return status;
    return dx_ask_server(plan->tests, plan->arguments.items[1], arguments);
}

/* So do many package commands in an environment that is as they left it. */
static int manage_packages(const struct dx_command_line *line,
                           const struct dx_installation *installation) {
    const struct dx_pkg_setting setting = {installation->python};
    if (line->request != DX_RUN_COMMAND || line->show_plan || geteuid() != getuid())
        return DX_PKG_ASK_PYTHON;
    return dx_pkg_run(&setting, line->arguments.items);
}

/* What they leave to Python can be done by one that has started already. */
static int ask_package_server(const struct dx_command_line *line, const struct dx_plan *plan,
                              const struct dx_installation *installation) {
    bool is_command = line->request == DX_RUN_COMMAND && !line->show_plan && plan->path &&
                      !plan->problem;
    if (!is_command || geteuid() != getuid())
        return DX_PKG_ASK_PYTHON;
    dx_change_environment(plan);
    return dx_pkg_ask_server(installation->python, installation->home, line->arguments.items);
}

int main(int count, char **arguments) {
    static char *nothing[] = {NULL};
    char **rest = count > 0 ? arguments + 1 : nothing;
    struct dx_installation installation =
        dx_find_installation(count > 0 ? arguments[0] : "dx-py");
    const char *portable = dx_setting("DX_PORTABLE");
    if (portable && strcmp(portable, "1") == 0) {
        struct dx_plan plan = dx_make_portable_plan(rest, &installation);
        if (plan.path)
            return execute(&plan, false);
    }
    struct dx_command_line line = dx_parse_arguments(rest);
    if (line.request == DX_MISTAKE) {
        dx_say("%s", line.mistake);
        return WRONG_USAGE;
    }
    int answered = manage_packages(&line, &installation);
    if (answered != DX_PKG_ASK_PYTHON)
        return answered;
    struct dx_plan plan = dx_make_plan(&line, &installation);
    bool tests = plan.tests && !line.show_plan;
    int status = tests ? run_tests(&line, &plan) : DX_ASK_PYTHON;
    if (!tests)
        status = ask_package_server(&line, &plan, &installation);
    return status == DX_ASK_PYTHON ? execute(&plan, line.show_plan) : status;
}
