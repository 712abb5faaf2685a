#include "command_line.h"

#include <string.h>

#include "dx_commands.h"
#include "files.h"
#include "nearest.h"

/* Python's options, after Python/getopt.c and `python --help-all`: the single letters that take a value,
 * those after which the rest is the program's, and the long ones. */
static const char VALUE_LETTERS[] = "WX";
static const char LAST_LETTERS[] = "cm";
static const char PLAIN_LETTERS[] = "EIS";
static const char HASH_CHECK[] = "--check-hash-based-pycs";
static const char *const LONG_OPTIONS[] = {
    HASH_CHECK,      "--help",    "--help-all",   "--help-env", "--help-xoptions", "--version",
    "--dx-version", "--dx-plan", "--python",     NULL};
static const char *const RUN_OPTIONS[] = {"--compile",     "--help",  "--profile-out",
                                          "--python",      "--stats", "--stats-json", NULL};
static const char *const COMPILE_VALUES[] = {"all", "auto", "off", NULL};

static bool is_one_of(const char *word, const char *const *choices) {
    for (; *choices; choices++)
        if (strcmp(word, *choices) == 0)
            return true;
    return false;
}

static void add_rest(struct dx_command_line *line, char *const *rest) {
    while (*rest)
        dx_list_add(&line->arguments, *rest++);
}

static void mistake(struct dx_command_line *line, const char *text) {
    line->request = DX_MISTAKE;
    line->mistake = text;
}

static void unknown(struct dx_command_line *line, const char *kind, const char *word,
                    const char *const *choices) {
    const char *near = dx_nearest(word, choices);
    const char *hint =
        near ? dx_format("did you mean '%s'?", near) : "see 'dx-py help'";
    mistake(line, dx_format("unknown %s '%s' (%s)", kind, word, hint));
}

/* If `**cursor` is the option `name`, with its value after '=' or in the next argument, moves
 * past both and returns the value; "" stands for a missing one. Otherwise returns NULL. */
static const char *option_value(char *const **cursor, const char *name) {
    const char *argument = **cursor;
    if (!dx_starts(argument, name))
        return NULL;
    const char *after = argument + strlen(name);
    if (*after != '\0' && *after != '=')
        return NULL;
    ++*cursor;
    if (*after == '=')
        return after + 1;
    return **cursor ? *(*cursor)++ : "";
}

static bool takes_python(struct dx_command_line *line, char *const **cursor) {
    const char *value = option_value(cursor, "--python");
    if (!value)
        return false;
    line->python = value;
    if (!*value)
        mistake(line, "'--python' needs a path, or a version such as 3.12");
    return true;
}

static bool takes_compile(struct dx_command_line *line, char *const **cursor) {
    const char *value = option_value(cursor, "--compile");
    if (!value)
        return false;
    line->compile = value;
    if (!is_one_of(value, COMPILE_VALUES))
        mistake(line, dx_format("unknown value '%s' for '--compile' (known: auto, all, off)", value));
    return true;
}

/* An option whose value is a file to write. */
static bool takes_file(struct dx_command_line *line, char *const **cursor, const char *name,
                       const char **file) {
    const char *value = option_value(cursor, name);
    if (!value)
        return false;
    *file = value;
    if (!*value)
        mistake(line, dx_format("'%s' needs a file to write", name));
    return true;
}

static bool takes_flag(char *const **cursor, const char *name, bool *flag) {
    if (strcmp(**cursor, name) != 0)
        return false;
    ++*cursor;
    return *flag = true;
}

/* Whether a cluster such as -Bc ends python's options. `*detached` tells that its last letter takes the
 * next argument as its value. */
static bool read_cluster(struct dx_command_line *line, const char *letters, bool *detached) {
    for (; *letters; letters++) {
        if (strchr(LAST_LETTERS, *letters))
            return true;
        if (strchr(PLAIN_LETTERS, *letters))
            line->plain = true;
        if (strchr(VALUE_LETTERS, *letters)) {
            *detached = letters[1] == '\0';
            return false;
        }
    }
    return false;
}

/* Copies one of python's options with its value. False at the first argument that is none, and
 * after the option that ends them, when everything has been copied. */
static bool take_python_option(struct dx_command_line *line, char *const **cursor) {
    const char *argument = **cursor;
    if (argument[0] != '-' || argument[1] == '\0')
        return false;
    bool is_long = argument[1] == '-', detached = strcmp(argument, HASH_CHECK) == 0;
    bool last = is_long ? argument[2] == '\0' : read_cluster(line, argument + 1, &detached);
    if (is_long && !last && !is_one_of(argument, LONG_OPTIONS)) {
        unknown(line, "option", argument, LONG_OPTIONS);
        return false;
    }
    if (last)
        return false;
    dx_list_add(&line->arguments, *(*cursor)++);
    if (detached && **cursor)
        dx_list_add(&line->arguments, *(*cursor)++);
    return true;
}

static void command(struct dx_command_line *line, const char *word, char *const *rest) {
    line->request = DX_RUN_COMMAND;
    dx_list_add(&line->arguments, word);
    add_rest(line, rest);
}

/* What follows the word `run`. */
static void parse_run(struct dx_command_line *line, char *const *cursor) {
    bool help = false;
    while (*cursor && line->request != DX_MISTAKE) {
        if (takes_flag(&cursor, "--help", &help) || takes_flag(&cursor, "-h", &help)) {
            dx_list_add(&line->arguments, "help");
            dx_list_add(&line->arguments, "run");
            line->request = DX_RUN_COMMAND;
            return;
        }
        if (takes_python(line, &cursor) || takes_compile(line, &cursor) ||
            takes_file(line, &cursor, "--profile-out", &line->profile_out) ||
            takes_file(line, &cursor, "--stats-json", &line->stats_json) ||
            takes_flag(&cursor, "--stats", &line->stats))
            continue;
        if (dx_starts(*cursor, "--") && (*cursor)[2] && strcmp(*cursor, HASH_CHECK) != 0)
            unknown(line, "option", *cursor, RUN_OPTIONS);
        else if (!take_python_option(line, &cursor))
            break;
    }
    if (line->request == DX_MISTAKE)
        return;
    if (!*cursor) {
        mistake(line, "'run' needs a file, -m MODULE, -c CODE, - or a program's name");
        return;
    }
    if (line->arguments.count == 0 && **cursor != '-')
        line->request = DX_RUN_TARGET;
    add_rest(line, cursor);
}

static bool is_word(const char *argument) {
    return *argument && *argument != '-' && !strpbrk(argument, "./\\");
}

/* The sub-command that `-m MODULE` stands for, in one argument or two; NULL if none. */
static const char *module_command(char *const **cursor) {
    const char *argument = **cursor;
    if (!dx_starts(argument, "-m"))
        return NULL;
    const char *module = argument[2] ? argument + 2 : (*cursor)[1];
    for (const struct dx_module_command *row = DX_MODULE_COMMANDS; module && row->module; row++)
        if (strcmp(module, row->module) == 0) {
            *cursor += argument[2] ? 1 : 2;
            return row->word;
        }
    return NULL;
}

/* Handles a command line that begins with a word of ours; false if it does not. */
static bool parse_word(struct dx_command_line *line, char *const *cursor) {
    const char *word = module_command(&cursor);
    if (word) {
        command(line, word, cursor);
    } else if (strcmp(*cursor, "-h") == 0 || strcmp(*cursor, "--help") == 0) {
        command(line, "help", cursor + 1);
    } else if (strcmp(*cursor, "--dx-version") == 0) {
        command(line, "version", cursor + 1);
    } else if (strcmp(*cursor, "run") == 0) {
        parse_run(line, cursor + 1);
    } else if (is_one_of(*cursor, DX_COMMAND_WORDS)) {
        command(line, *cursor, cursor + 1);
    } else if (is_word(*cursor) && !dx_exists(*cursor)) {
        unknown(line, "command or file", *cursor, DX_COMMAND_WORDS);
    } else {
        return false;
    }
    return true;
}

struct dx_command_line dx_parse_arguments(char *const *cursor) {
    struct dx_command_line line = {.request = DX_RUN_INTERPRETER};
    while (*cursor && line.request != DX_MISTAKE &&
           (takes_python(&line, &cursor) || takes_flag(&cursor, "--dx-plan", &line.show_plan)))
        continue;
    if (!*cursor || line.request == DX_MISTAKE || parse_word(&line, cursor))
        return line;
    while (*cursor && line.request != DX_MISTAKE &&
           (takes_python(&line, &cursor) || take_python_option(&line, &cursor)))
        continue;
    add_rest(&line, cursor);
    return line;
}
