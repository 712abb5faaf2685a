/* dx_py.runtime_support._builtins: compile(), exec() and eval() through DX-Py's compiler.
 *
 * For conformance runs (DX_COMPILE_STRESS=1). Text becomes code by our code generator, or a tree
 * by our front end; what they do not accept, and what is no text, goes to the host's function of
 * the same name as it came. In C, because a Python function would show as a frame, and the
 * host's functions look at the frame that calls them: its globals, its locals and its future
 * statements.
 *
 * Installed in the main interpreter only, so that one static state is enough.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <stdbool.h>
#include <string.h>

static struct {
    PyObject *parse;  /* owned: parse(source, filename, mode, ...) -> ast.AST */
    PyObject *code;   /* owned: code(source, filename, mode, flags, optimize) -> code or None,
                         whether the host is to compile as well, for its warnings */
    PyObject *report; /* owned: called with the name of a file that only the host accepts */
    PyObject *compile, *exec, *eval; /* owned: the host's functions */
} state;

enum {
    ROUTED_FLAGS = PyCF_MASK | PyCF_ONLY_AST | PyCF_TYPE_COMMENTS | PyCF_ALLOW_TOP_LEVEL_AWAIT |
                   PyCF_ALLOW_INCOMPLETE_INPUT
};

/* The host reads a string as UTF-8, which the string keeps from then on. */
static bool is_text(PyObject *source)
{
    if (PyUnicode_CheckExact(source) && !PyUnicode_AsUTF8(source))
        PyErr_Clear();
    return PyUnicode_CheckExact(source) || PyBytes_CheckExact(source);
}

/* Call a function of ours, whose frames no tracer, profiler or audit hook's tracer may see: the
 * host's compiler has none. */
static PyObject *call_unseen(PyObject *function, PyObject *args, PyObject *kwargs)
{
    if (!args)
        return NULL;
    PyThreadState *thread = PyThreadState_Get();
    PyThreadState_EnterTracing(thread);
    PyObject *result = PyObject_Call(function, args, kwargs);
    PyThreadState_LeaveTracing(thread);
    return result;
}

/* Returns a new reference; NULL, and no exception set, where the host has to decide. */
static PyObject *tree_of(PyObject *source, PyObject *filename, const char *mode, int flags)
{
    PyObject *args = Py_BuildValue("OOs", source, filename, mode);
    PyObject *options = Py_BuildValue(
        "{s:O,s:O,s:O}", "type_comments", flags & PyCF_TYPE_COMMENTS ? Py_True : Py_False,
        "allow_incomplete", flags & PyCF_ALLOW_INCOMPLETE_INPUT ? Py_True : Py_False,
        "barry_as_bdfl", flags & CO_FUTURE_BARRY_AS_BDFL ? Py_True : Py_False);
    PyObject *tree = options ? call_unseen(state.parse, args, options) : NULL;
    Py_XDECREF(args);
    Py_XDECREF(options);
    if (!tree)
        PyErr_Clear();
    return tree;
}

/* The host's answer for source that the front end refused; tells of it if there is one. */
static PyObject *refused(PyObject *function, PyObject *args, PyObject *kwargs, PyObject *filename)
{
    PyObject *result = PyObject_Call(function, args, kwargs);
    if (!result)
        return NULL;
    PyObject *told = PyTuple_Pack(1, filename);
    PyObject *none = call_unseen(state.report, told, NULL);
    if (!none)
        PyErr_Clear();
    Py_XDECREF(told);
    Py_XDECREF(none);
    return result;
}

/* A new reference to the code of source; NULL where the host has to decide, with an exception
 * if it was interrupted. `warned` is set where the host has to warn. */
static PyObject *code_of(PyObject *source, PyObject *filename, const char *mode, int flags,
                         int optimize, bool *warned)
{
    PyObject *args = Py_BuildValue("OOsii", source, filename, mode, flags, optimize);
    PyObject *answer = call_unseen(state.code, args, NULL);
    Py_XDECREF(args);
    if (!answer)
        return NULL;
    PyObject *code;
    int is_loud;
    bool is_read = PyArg_ParseTuple(answer, "Op", &code, &is_loud);
    code = is_read && code != Py_None ? Py_NewRef(code) : NULL;
    *warned = is_read && is_loud;
    Py_DECREF(answer);
    return code;
}

/* A new reference to args with another first item. */
static PyObject *with_first(PyObject *args, PyObject *first)
{
    PyObject *rest = PyTuple_GetSlice(args, 1, PyTuple_GET_SIZE(args));
    PyObject *single = PyTuple_Pack(1, first);
    PyObject *result = rest && single ? PySequence_Concat(single, rest) : NULL;
    Py_XDECREF(rest);
    Py_XDECREF(single);
    return result;
}

typedef struct {
    PyObject *source;   /* borrowed */
    PyObject *filename; /* owned */
    const char *mode;   /* borrowed */
    int flags, optimize;
} compile_request;

/* False, and nothing owned, where the call is the host's; no exception is set. */
static bool read_compile(PyObject *args, PyObject *kwargs, compile_request *r)
{
    static char *names[] = {"source", "filename", "mode", "flags", "dont_inherit",
                            "optimize", "_feature_version", NULL};
    int dont_inherit = 0, feature_version = -1;
    *r = (compile_request){.optimize = -1};
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "OO&s|ipi$i", names, &r->source,
                                     PyUnicode_FSDecoder, &r->filename, &r->mode, &r->flags,
                                     &dont_inherit, &r->optimize, &feature_version)) {
        PyErr_Clear();
        Py_CLEAR(r->filename);
        return false;
    }
    PyCompilerFlags inherited = {.cf_flags = r->flags, .cf_feature_version = PY_MINOR_VERSION};
    if (!dont_inherit)
        PyEval_MergeCompilerFlags(&inherited);
    /* The source is the first positional argument, or the call is left alone. */
    bool is_ours = PyTuple_GET_SIZE(args) > 0 && is_text(r->source) && feature_version < 0 &&
                   !(r->flags & ~ROUTED_FLAGS) && r->optimize >= -1 && r->optimize <= 2;
    r->flags = inherited.cf_flags;
    if (!is_ours)
        Py_CLEAR(r->filename);
    return is_ours;
}

/* Our code object, or what the host's function gives or raises. */
static PyObject *compiled(PyObject *args, PyObject *kwargs, const compile_request *r)
{
    bool warned = false;
    PyObject *code = code_of(r->source, r->filename, r->mode, r->flags, r->optimize, &warned);
    if (!code)
        return PyErr_Occurred() ? NULL : PyObject_Call(state.compile, args, kwargs);
    if (!warned) {
        if (PySys_Audit("compile", "OO", r->source, r->filename) < 0)
            Py_CLEAR(code);
        return code;
    }
    PyObject *host = PyObject_Call(state.compile, args, kwargs);
    if (!host)
        Py_CLEAR(code);
    Py_XDECREF(host);
    return code;
}

static PyObject *dx_compile(PyObject *module, PyObject *args, PyObject *kwargs)
{
    (void)module;
    compile_request r;
    if (!read_compile(args, kwargs, &r))
        return PyObject_Call(state.compile, args, kwargs);
    PyObject *result;
    if (r.flags & PyCF_ONLY_AST) {
        result = tree_of(r.source, r.filename, r.mode, r.flags);
        if (!result)
            result = refused(state.compile, args, kwargs, r.filename);
    } else {
        result = compiled(args, kwargs, &r);
    }
    Py_DECREF(r.filename);
    return result;
}

/* exec() and eval(): text as code of "<string>", with the caller's future statements. */
static PyObject *run_text(PyObject *function, PyObject *args, PyObject *source, const char *mode)
{
    PyCompilerFlags flags = {.cf_flags = 0, .cf_feature_version = PY_MINOR_VERSION};
    PyEval_MergeCompilerFlags(&flags);
    PyObject *filename = PyUnicode_FromString("<string>");
    if (!filename)
        return NULL;
    bool warned = false;
    PyObject *code = code_of(source, filename, mode, flags.cf_flags, -1, &warned);
    if (code && warned) {
        PyObject *host = PyObject_CallFunction(state.compile, "OOs", source, filename, mode);
        if (!host)
            Py_CLEAR(code);
        Py_XDECREF(host);
    }
    PyObject *result = NULL;
    PyObject *call = code ? with_first(args, code) : NULL;
    if (call)
        result = PyObject_Call(function, call, NULL);
    else if (!PyErr_Occurred())
        result = PyObject_Call(function, args, NULL);
    Py_XDECREF(call);
    Py_XDECREF(code);
    Py_DECREF(filename);
    return result;
}

static PyObject *dx_exec(PyObject *module, PyObject *args, PyObject *kwargs)
{
    (void)module;
    bool is_ours = PyTuple_GET_SIZE(args) > 0 && is_text(PyTuple_GET_ITEM(args, 0)) && !kwargs;
    if (!is_ours)
        return PyObject_Call(state.exec, args, kwargs);
    return run_text(state.exec, args, PyTuple_GET_ITEM(args, 0), "exec");
}

/* A new reference to text without the blanks that eval() allows in front. */
static PyObject *without_blanks(PyObject *text)
{
    Py_ssize_t start = 0, size = PyObject_Size(text);
    if (PyUnicode_Check(text)) {
        while (start < size && (PyUnicode_READ_CHAR(text, start) == ' ' ||
                                PyUnicode_READ_CHAR(text, start) == '\t'))
            start++;
        return PyUnicode_Substring(text, start, size);
    }
    const char *bytes = PyBytes_AS_STRING(text);
    while (start < size && (bytes[start] == ' ' || bytes[start] == '\t'))
        start++;
    return PyBytes_FromStringAndSize(bytes + start, size - start);
}

static PyObject *dx_eval(PyObject *module, PyObject *args, PyObject *kwargs)
{
    (void)module;
    bool is_ours = PyTuple_GET_SIZE(args) > 0 && is_text(PyTuple_GET_ITEM(args, 0)) && !kwargs;
    if (!is_ours)
        return PyObject_Call(state.eval, args, kwargs);
    PyObject *source = without_blanks(PyTuple_GET_ITEM(args, 0));
    if (!source)
        return NULL;
    PyObject *result = run_text(state.eval, args, source, "eval");
    Py_DECREF(source);
    return result;
}

/* ---- Installing. */

static PyMethodDef replacements[] = {
    {"compile", (PyCFunction)(void (*)(void))dx_compile, METH_VARARGS | METH_KEYWORDS, NULL},
    {"exec", (PyCFunction)(void (*)(void))dx_exec, METH_VARARGS | METH_KEYWORDS, NULL},
    {"eval", (PyCFunction)(void (*)(void))dx_eval, METH_VARARGS | METH_KEYWORDS, NULL},
};

/* The host's signature and text, in the form of a method's documentation, for good. */
static const char *documentation(const char *name, PyObject *function)
{
    PyObject *signature = PyObject_GetAttrString(function, "__text_signature__");
    PyObject *text = PyObject_GetAttrString(function, "__doc__");
    PyObject *whole =
        signature && text ? PyUnicode_FromFormat("%s%U\n--\n\n%U", name, signature, text) : NULL;
    const char *bytes = whole ? PyUnicode_AsUTF8(whole) : NULL;
    char *copy = bytes ? PyMem_RawMalloc(strlen(bytes) + 1) : NULL;
    if (copy)
        strcpy(copy, bytes);
    else if (bytes)
        PyErr_NoMemory();
    Py_XDECREF(signature);
    Py_XDECREF(text);
    Py_XDECREF(whole);
    return copy;
}

/* Puts the i-th replacement into builtins; keeps the host's function in *kept. */
static int replace(PyObject *builtins, int i, PyObject **kept)
{
    PyMethodDef *method = &replacements[i];
    *kept = PyObject_GetAttrString(builtins, method->ml_name);
    if (!*kept || !(method->ml_doc = documentation(method->ml_name, *kept)))
        return -1;
    PyObject *name = PyUnicode_FromString("builtins");
    PyObject *function = name ? PyCFunction_NewEx(method, builtins, name) : NULL;
    int status = function ? PyObject_SetAttrString(builtins, method->ml_name, function) : -1;
    Py_XDECREF(name);
    Py_XDECREF(function);
    return status;
}

PyDoc_STRVAR(install_doc,
"install(parse, code, report, /)\n--\n\n"
"Exchange builtins' compile, exec and eval, once. `report` is called with the name of a file\n"
"that `parse` refused and the host accepts.");

static PyObject *install(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *parse, *code, *report;
    if (!PyArg_ParseTuple(args, "OOO:install", &parse, &code, &report))
        return NULL;
    if (state.parse) {
        PyErr_SetString(PyExc_RuntimeError, "installed already");
        return NULL;
    }
    PyObject *builtins = PyImport_ImportModule("builtins");
    if (!builtins)
        return NULL;
    state.parse = Py_NewRef(parse);
    state.code = Py_NewRef(code);
    state.report = Py_NewRef(report);
    PyObject **kept[] = {&state.compile, &state.exec, &state.eval};
    int status = 0;
    for (int i = 0; i < 3 && status == 0; i++)
        status = replace(builtins, i, kept[i]);
    Py_DECREF(builtins);
    if (status < 0)
        return NULL;
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"install", install, METH_VARARGS, install_doc},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_builtins",
    .m_doc = "compile, exec and eval through DX-Py's compiler.",
    .m_methods = methods,
};

PyMODINIT_FUNC PyInit__builtins(void)
{
    return PyModuleDef_Init(&definition);
}
