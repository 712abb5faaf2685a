/* A tree in memory into `ast` objects. */
#include "convert.h"

#include "fields.h"

typedef struct {
    const dx_module_state *state;
    PyObject **names; /* owned: one reference per identifier met so far, by its number */
    int depth;
} converter;

static PyObject *convert(converter *c, const dx_value *value);

/* ---- Objects. */

static int set_position(const dx_module_state *state, PyObject *node, const int position[4])
{
    for (int i = 0; i < 4; i++) {
        PyObject *number = PyLong_FromLong(position[i]);
        int status = number ? PyObject_SetAttr(node, state->position_names[i], number) : -1;
        Py_XDECREF(number);
        if (status < 0)
            return -1;
    }
    return 0;
}

PyObject *dx_new_object(const dx_module_state *state, int kind, const int position[4])
{
    if (!state->classes[kind]) {
        PyErr_Format(PyExc_ValueError, "'%s' needs Python 3.%d or newer", dx_classes[kind].name,
                     (int)dx_classes[kind].since);
        return NULL;
    }
    PyObject *node = PyType_GenericNew((PyTypeObject *)state->classes[kind], NULL, NULL);
    if (node && dx_has_position[kind] && set_position(state, node, position) < 0)
        Py_CLEAR(node);
    return node;
}

int dx_set_field(const dx_module_state *state, PyObject *node, int kind, int index,
                 PyObject *value)
{
    PyObject *name = state->field_names[kind][index];
    int status = !value ? -1 : name ? PyObject_SetAttr(node, name, value) : 0;
    Py_XDECREF(value);
    return status;
}

/* ---- Values. */

static PyObject *convert_identifier(converter *c, const dx_identifier *name)
{
    PyObject **slot = &c->names[name->number];
    if (!*slot) {
        *slot = PyUnicode_DecodeUTF8(name->bytes, name->size, "strict");
        if (*slot)
            PyUnicode_InternInPlace(slot);
    }
    return Py_XNewRef(*slot);
}

static PyObject *convert_big_int(const dx_text *literal)
{
    PyObject *text = PyUnicode_FromStringAndSize(literal->bytes, (Py_ssize_t)literal->size);
    PyObject *value = text ? PyLong_FromUnicodeObject(text, 0) : NULL;
    Py_XDECREF(text);
    return value;
}

static PyObject *convert_list(converter *c, const dx_list *list)
{
    PyObject *result = PyList_New(list->size);
    for (int32_t i = 0; result && i < list->size; i++) {
        PyObject *item = convert(c, list->items[i]);
        if (item)
            PyList_SET_ITEM(result, i, item);
        else
            Py_CLEAR(result);
    }
    return result;
}

static PyObject *convert_fields(converter *c, const dx_node *source)
{
    int kind = source->head.kind;
    dx_span span = source->span;
    const int position[4] = {span.start.line, span.start.column, span.end.line, span.end.column};
    PyObject *node = dx_new_object(c->state, kind, position);
    for (int i = 0; node && i < source->head.count; i++)
        if (dx_set_field(c->state, node, kind, i, convert(c, source->fields[i])) < 0)
            Py_CLEAR(node);
    return node;
}

static PyObject *convert_node(converter *c, const dx_node *source)
{
    if (++c->depth > DX_MAX_DEPTH) {
        PyErr_SetString(PyExc_RecursionError,
                        "maximum recursion depth exceeded during ast construction");
        return NULL;
    }
    PyObject *node = convert_fields(c, source);
    c->depth--;
    return node;
}

static PyObject *convert(converter *c, const dx_value *value)
{
    const dx_text *text = (const dx_text *)value;
    switch (value->tag) {
    case DX_NONE: return Py_NewRef(Py_None);
    case DX_TRUE: return Py_NewRef(Py_True);
    case DX_FALSE: return Py_NewRef(Py_False);
    case DX_ELLIPSIS: return Py_NewRef(Py_Ellipsis);
    case DX_OPERATOR: return Py_NewRef(c->state->operators[value->kind]);
    case DX_INT: return PyLong_FromLongLong(((const dx_int *)value)->value);
    case DX_BIG_INT: return convert_big_int(text);
    case DX_FLOAT: return PyFloat_FromDouble(((const dx_float *)value)->value);
    case DX_IMAGINARY: return PyComplex_FromDoubles(0.0, ((const dx_float *)value)->value);
    case DX_STRING:
        return PyUnicode_DecodeUTF8(text->bytes, (Py_ssize_t)text->size, "surrogatepass");
    case DX_BYTES: return PyBytes_FromStringAndSize(text->bytes, (Py_ssize_t)text->size);
    case DX_IDENTIFIER: return convert_identifier(c, (const dx_identifier *)value);
    case DX_LIST: return convert_list(c, (const dx_list *)value);
    default: return convert_node(c, (const dx_node *)value);
    }
}

PyObject *dx_convert_tree(const dx_module_state *state, const dx_ast *ast)
{
    size_t count = ast->context.names.count;
    converter c = {state, PyMem_Calloc(count + 1, sizeof(PyObject *)), 0};
    if (!c.names)
        return PyErr_NoMemory();
    PyObject *root = convert(&c, ast->root);
    for (size_t i = 0; i < count; i++)
        Py_XDECREF(c.names[i]);
    PyMem_Free(c.names);
    return root;
}
