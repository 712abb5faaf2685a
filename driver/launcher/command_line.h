/* The grammar of dx-py's command line: what a list of arguments asks for. */
#ifndef DX_COMMAND_LINE_H
#define DX_COMMAND_LINE_H

#include <stdbool.h>

#include "text.h"

enum dx_request {
    DX_RUN_INTERPRETER, /* the interpreter, with `arguments` as they are */
    DX_RUN_TARGET,      /* the same if the first argument is Python code, or else a program */
    DX_RUN_COMMAND,     /* a sub-command: its word, then its arguments */
    DX_MISTAKE,         /* nothing: `mistake` says why */
};

struct dx_command_line {
    enum dx_request request;
    const char *python;  /* the value of --python; NULL without one */
    const char *compile; /* the value of --compile; NULL without one */
    const char *profile_out; /* the values of --profile-out and --stats-json; NULL without one */
    const char *stats_json;
    bool stats;
    bool show_plan;
    bool plain; /* -E, -I or -S: the interpreter would not reach the bootstrap */
    struct dx_list arguments;
    const char *mistake;
};

/* Parses the arguments after the program's name, up to NULL. The result points into them. */
struct dx_command_line dx_parse_arguments(char *const *arguments);

#endif
