/* dx_py.frontend._ast: source straight to `ast` objects, inside any CPython process.
 *
 * Needs nothing but this file: it may be loaded by path in an interpreter where neither dx_py
 * nor cffi can be imported.
 */
#include "convert.h"
#include "source_text.h"
#include "syntax_error.h"

#include <string.h>

static dx_module_state *state_of(PyObject *module)
{
    return PyModule_GetState(module);
}

/* ---- Options. */

static int mode_number(const char *mode)
{
    static const char *const names[] = {"exec", "eval", "single", "func_type"};
    for (int i = 0; i < 4; i++)
        if (!strcmp(mode, names[i]))
            return i;
    PyErr_Format(PyExc_ValueError,
                 "unknown mode '%s' (known: 'exec', 'eval', 'single', 'func_type')", mode);
    return -1;
}

/* unicodedata.lookup for \N{...}; its KeyError means that there is no such name. */
static int look_up_name(void *context, const char *name, size_t size, char *text)
{
    (void)context;
    PyObject *module = PyImport_ImportModule("unicodedata");
    PyObject *found = module ? PyObject_CallMethod(module, "lookup", "s#", name, (Py_ssize_t)size)
                             : NULL;
    Py_XDECREF(module);
    if (!found) {
        bool is_unknown = PyErr_ExceptionMatches(PyExc_KeyError) ||
                          PyErr_ExceptionMatches(PyExc_UnicodeDecodeError);
        if (is_unknown)
            PyErr_Clear();
        return is_unknown ? 0 : -1;
    }
    Py_ssize_t length = -1;
    const char *bytes = PyUnicode_AsUTF8AndSize(found, &length);
    if (bytes && PyUnicode_GET_LENGTH(found) == 1)
        memcpy(text, bytes, (size_t)length);
    else
        length = bytes ? 0 : -1; /* a named sequence is no character */
    Py_DECREF(found);
    return (int)length;
}

static int int_digit_limit(size_t *limit)
{
    PyObject *function = PySys_GetObject("get_int_max_str_digits"); /* borrowed */
    PyObject *value = function ? PyObject_CallNoArgs(function) : NULL;
    if (!value) {
        PyErr_Clear();
        return 0;
    }
    *limit = PyLong_AsSize_t(value);
    Py_DECREF(value);
    return PyErr_Occurred() ? -1 : 0;
}

typedef struct {
    PyObject *source, *filename; /* borrowed */
    dx_options options;
} request;

static int read_request(PyObject *args, PyObject *kwargs, request *r)
{
    static char *names[] = {"", "filename", "mode", "type_comments", "minor_version",
                            "allow_incomplete", "barry_as_bdfl", NULL};
    const char *mode = "exec";
    r->options = dx_default_options();
    r->options.minor_version = PY_MINOR_VERSION;
    r->options.name_lookup = look_up_name;
    r->filename = NULL;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|Os$pipp:parse", names, &r->source,
                                     &r->filename, &mode, &r->options.type_comments,
                                     &r->options.minor_version, &r->options.allow_incomplete,
                                     &r->options.barry_as_bdfl))
        return -1;
    r->options.mode = mode_number(mode);
    return r->options.mode < 0 ? -1 : int_digit_limit(&r->options.max_int_digits);
}

/* ---- Parsing. */

/* Issues the tree's warnings; -1 if a filter makes one an error, which is a SyntaxError then. */
static int issue_warnings(const dx_ast *tree, PyObject *filename, const dx_source_text *text)
{
    const dx_warning *warnings;
    size_t count = dx_ast_warnings(tree, &warnings);
    for (size_t i = 0; i < count; i++) {
        PyObject *message = PyUnicode_FromString(warnings[i].message);
        int status = message ? PyErr_WarnExplicitObject(PyExc_SyntaxWarning, message, filename,
                                                        warnings[i].line, NULL, NULL)
                             : -1;
        Py_XDECREF(message);
        if (status < 0) {
            dx_warning_to_syntax_error(&warnings[i], filename, text);
            return -1;
        }
    }
    return 0;
}

static dx_ast *parse_text(const request *r, PyObject *filename, const dx_source_text *text)
{
    dx_error error;
    dx_ast *tree = dx_parse(text->bytes, text->size, &r->options, &error);
    if (!tree)
        dx_raise(&error, filename, text);
    else if (issue_warnings(tree, filename, text) < 0) {
        dx_ast_free(tree);
        return NULL;
    }
    return tree;
}

/* What a request's tree is turned into, or NULL with an exception set. */
typedef PyObject *(*finish)(PyObject *module, const dx_ast *tree);

static PyObject *parse_with(PyObject *module, PyObject *args, PyObject *kwargs, finish finish_tree)
{
    request r;
    dx_source_text text;
    if (read_request(args, kwargs, &r) < 0)
        return NULL;
    PyObject *filename = r.filename ? Py_NewRef(r.filename) : PyUnicode_FromString("<unknown>");
    if (!filename)
        return NULL;
    PyObject *result = NULL;
    if (dx_open_source(&text, r.source, filename) == 0) {
        dx_ast *tree = parse_text(&r, filename, &text);
        result = tree ? finish_tree(module, tree) : NULL;
        dx_ast_free(tree);
        dx_close_source(&text);
    }
    Py_DECREF(filename);
    return result;
}

/* Trees hold no cycles, so collections while one is built would find nothing. */
static PyObject *tree_to_objects(PyObject *module, const dx_ast *tree)
{
    int was_enabled = PyGC_Disable();
    PyObject *root = dx_convert_tree(state_of(module), tree);
    if (was_enabled)
        PyGC_Enable();
    return root;
}

static PyObject *tree_to_body(PyObject *module, const dx_ast *tree)
{
    (void)module;
    dx_error error;
    size_t size;
    uint8_t *body = dx_ast_write(tree, &size, &error);
    if (!body) {
        dx_raise(&error, Py_None, NULL);
        return NULL;
    }
    PyObject *result = PyBytes_FromStringAndSize((const char *)body, (Py_ssize_t)size);
    dx_free(body);
    return result;
}

PyDoc_STRVAR(parse_doc,
"parse(source, filename='<unknown>', mode='exec', *, type_comments=False, minor_version=...,\n"
"      allow_incomplete=False, barry_as_bdfl=False)\n--\n\n"
"The tree of `source`, str or bytes, as `ast.parse` builds it; raises what it raises.");

static PyObject *parse(PyObject *module, PyObject *args, PyObject *kwargs)
{
    return parse_with(module, args, kwargs, tree_to_objects);
}

PyDoc_STRVAR(artifact_body_doc,
"artifact_body(source, filename='<unknown>', mode='exec', *, ...)\n--\n\n"
"The msgpack body of the AST artifact of `source`; arguments and errors as of parse().");

static PyObject *artifact_body(PyObject *module, PyObject *args, PyObject *kwargs)
{
    return parse_with(module, args, kwargs, tree_to_body);
}

PyDoc_STRVAR(from_tree_doc,
"from_tree(tree, names, line=0, /)\n--\n\n"
"The `ast` objects of the tree bytes of an AST artifact, or of the subtree of one of its\n"
"functions: `line` is then the function's line in the index.");

static PyObject *from_tree(PyObject *module, PyObject *args)
{
    Py_buffer tree;
    PyObject *names;
    int line = 0;
    if (!PyArg_ParseTuple(args, "y*O!|i:from_tree", &tree, &PyList_Type, &names, &line))
        return NULL;
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(names); i++)
        if (!PyUnicode_Check(PyList_GET_ITEM(names, i))) {
            PyBuffer_Release(&tree);
            PyErr_SetString(PyExc_TypeError, "names must be a list of str");
            return NULL;
        }
    int was_enabled = PyGC_Disable();
    PyObject *root =
        dx_convert_bytes(state_of(module), tree.buf, (size_t)tree.len, names, line);
    if (was_enabled)
        PyGC_Enable();
    PyBuffer_Release(&tree);
    return root;
}

/* ---- The module. */

static int for_each_reference(PyObject *module, visitproc visit, void *arg)
{
    dx_module_state *state = state_of(module);
    for (int kind = 0; kind < DX_KIND_COUNT; kind++) {
        Py_VISIT(state->classes[kind]);
        Py_VISIT(state->operators[kind]);
        for (int i = 0; i < DX_MAX_FIELD_COUNT; i++)
            Py_VISIT(state->field_names[kind][i]);
    }
    return 0;
}

static int clear_references(PyObject *module)
{
    dx_module_state *state = state_of(module);
    for (int kind = 0; kind < DX_KIND_COUNT; kind++) {
        Py_CLEAR(state->classes[kind]);
        Py_CLEAR(state->operators[kind]);
        for (int i = 0; i < DX_MAX_FIELD_COUNT; i++)
            Py_CLEAR(state->field_names[kind][i]);
    }
    for (int i = 0; i < 4; i++)
        Py_CLEAR(state->position_names[i]);
    return 0;
}

static void free_module(void *module)
{
    clear_references(module);
}

static int exec_module(PyObject *module)
{
    if (dx_load_classes(state_of(module)) < 0)
        return -1;
    return PyModule_AddStringConstant(module, "GRAMMAR_DIGEST", dx_grammar_digest());
}

static PyMethodDef methods[] = {
    {"parse", (PyCFunction)(void (*)(void))parse, METH_VARARGS | METH_KEYWORDS, parse_doc},
    {"artifact_body", (PyCFunction)(void (*)(void))artifact_body, METH_VARARGS | METH_KEYWORDS,
     artifact_body_doc},
    {"from_tree", from_tree, METH_VARARGS, from_tree_doc},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, (void *)exec_module},
#if PY_VERSION_HEX >= 0x030C0000
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
#endif
    {0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_ast",
    .m_doc = "DX-Py's parser, building the host's `ast` objects.",
    .m_size = sizeof(dx_module_state),
    .m_methods = methods,
    .m_slots = slots,
    .m_traverse = for_each_reference,
    .m_clear = clear_references,
    .m_free = free_module,
};

PyMODINIT_FUNC PyInit__ast(void)
{
    return PyModuleDef_Init(&definition);
}
