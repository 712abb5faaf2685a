/* The tree bytes of an AST artifact into `ast` objects. */
#include "convert.h"
#include "fields.h"
#include "packer.h"
#include "unpacker.h"

typedef struct {
    const dx_module_state *state;
    dx_unpacker input;
    PyObject *names; /* borrowed list of str */
    int depth;
} reader;

static PyObject *read_node(reader *r, int line);

static void *damaged(void)
{
    PyErr_SetString(PyExc_ValueError, "damaged AST artifact: its tree cannot be read");
    return NULL;
}

static bool take_nil(reader *r)
{
    return dx_unpack_nil(&r->input);
}

static PyObject *read_int(reader *r)
{
    int64_t value;
    return dx_unpack_int(&r->input, &value) ? PyLong_FromLongLong(value) : damaged();
}

static PyObject *read_operator(reader *r)
{
    int64_t kind;
    bool is_known = dx_unpack_int(&r->input, &kind) && kind >= 0 && kind < DX_KIND_COUNT &&
                    r->state->operators[kind];
    return is_known ? Py_NewRef(r->state->operators[kind]) : damaged();
}

static PyObject *read_identifier(reader *r)
{
    int64_t index;
    if (!dx_unpack_int(&r->input, &index) || index < 0 || index >= PyList_GET_SIZE(r->names))
        return damaged();
    return Py_NewRef(PyList_GET_ITEM(r->names, index));
}

static PyObject *read_string(reader *r)
{
    dx_slice text;
    if (!dx_unpack_string(&r->input, &text))
        return damaged();
    return PyUnicode_DecodeUTF8((const char *)text.bytes, (Py_ssize_t)text.size, "strict");
}

/* ---- Constants. */

static PyObject *read_any_int(reader *r)
{
    dx_unpacker before = r->input;
    int64_t value;
    uint64_t large;
    if (dx_unpack_int(&r->input, &value))
        return PyLong_FromLongLong(value);
    r->input = before;
    return dx_unpack_unsigned(&r->input, &large) ? PyLong_FromUnsignedLongLong(large) : damaged();
}

static PyObject *big_int(dx_slice bytes)
{
    return PyObject_CallMethod((PyObject *)&PyLong_Type, "from_bytes", "y#s", bytes.bytes,
                               (Py_ssize_t)bytes.size, "big");
}

static PyObject *complex_number(dx_slice bytes)
{
    double parts[2];
    for (int i = 0; i < 2; i++) {
        uint64_t bits = 0;
        for (int j = 0; j < 8; j++)
            bits = bits << 8 | bytes.bytes[8 * i + j];
        memcpy(&parts[i], &bits, sizeof bits);
    }
    return PyComplex_FromDoubles(parts[0], parts[1]);
}

static PyObject *read_extension(reader *r)
{
    uint8_t type;
    dx_slice bytes;
    if (!dx_unpack_extension(&r->input, &type, &bytes))
        return damaged();
    switch (type) {
    case DX_EXT_BIG_INT: return big_int(bytes);
    case DX_EXT_COMPLEX: return bytes.size == 16 ? complex_number(bytes) : damaged();
    case DX_EXT_ELLIPSIS: return Py_NewRef(Py_Ellipsis);
    case DX_EXT_SURROGATES:
        return PyUnicode_DecodeUTF8((const char *)bytes.bytes, (Py_ssize_t)bytes.size,
                                    "surrogatepass");
    default: return damaged();
    }
}

static PyObject *read_constant(reader *r)
{
    bool flag;
    double number;
    dx_slice bytes;
    switch (dx_unpack_peek(&r->input)) {
    case DX_NEXT_NIL: take_nil(r); return Py_NewRef(Py_None);
    case DX_NEXT_BOOL: dx_unpack_bool(&r->input, &flag); return PyBool_FromLong(flag);
    case DX_NEXT_INT: return read_any_int(r);
    case DX_NEXT_STRING: return read_string(r);
    case DX_NEXT_EXTENSION: return read_extension(r);
    case DX_NEXT_DOUBLE:
        return dx_unpack_double(&r->input, &number) ? PyFloat_FromDouble(number) : damaged();
    case DX_NEXT_BINARY:
        if (!dx_unpack_binary(&r->input, &bytes))
            return damaged();
        return PyBytes_FromStringAndSize((const char *)bytes.bytes, (Py_ssize_t)bytes.size);
    default: return damaged();
    }
}

/* ---- Nodes. */

static PyObject *read_optional_node(reader *r, int line)
{
    return take_nil(r) ? Py_NewRef(Py_None) : read_node(r, line);
}

static PyObject *read_item(reader *r, int type, int line)
{
    switch (type) {
    case DX_F_IDENTIFIERS: return read_identifier(r);
    case DX_F_OPERATORS: return read_operator(r);
    default: return read_optional_node(r, line);
    }
}

static PyObject *read_list(reader *r, int type, int line)
{
    size_t count;
    if (!dx_unpack_array(&r->input, &count))
        return damaged();
    PyObject *list = PyList_New((Py_ssize_t)count);
    for (size_t i = 0; list && i < count; i++) {
        PyObject *item = read_item(r, type, line);
        if (item)
            PyList_SET_ITEM(list, (Py_ssize_t)i, item);
        else
            Py_CLEAR(list);
    }
    return list;
}

static PyObject *read_field(reader *r, int type, int line)
{
    switch (type) {
    case DX_F_NODE: return read_node(r, line);
    case DX_F_NODE_OR_NONE: return read_optional_node(r, line);
    case DX_F_IDENTIFIER: return read_identifier(r);
    case DX_F_IDENTIFIER_OR_NONE: return take_nil(r) ? Py_NewRef(Py_None) : read_identifier(r);
    case DX_F_STRING_OR_NONE: return take_nil(r) ? Py_NewRef(Py_None) : read_string(r);
    case DX_F_INT: return read_int(r);
    case DX_F_INT_OR_NONE: return take_nil(r) ? Py_NewRef(Py_None) : read_int(r);
    case DX_F_OPERATOR: return read_operator(r);
    case DX_F_CONSTANT: return read_constant(r);
    default: return read_list(r, type, line);
    }
}

/* Class and position; `line` is moved to the node's. */
static bool read_head(reader *r, int *kind, int position[4], int *line)
{
    size_t count;
    int64_t number, place[4] = {0};
    if (!dx_unpack_array(&r->input, &count) || !dx_unpack_int(&r->input, &number) ||
        number < 0 || number >= DX_KIND_COUNT)
        return false;
    *kind = (int)number;
    bool has_position = dx_has_position[*kind];
    if (count != dx_field_count[*kind] + (has_position ? 5u : 1u))
        return false;
    for (int i = 0; has_position && i < 4; i++)
        if (!dx_unpack_int(&r->input, &place[i]) || place[i] > INT32_MAX || place[i] < -INT32_MAX)
            return false;
    if (!has_position)
        return true;
    *line = (int)(*line + place[0]);
    position[0] = *line;
    position[1] = (int)place[1];
    position[2] = (int)(*line + place[2]);
    position[3] = (int)place[3];
    return true;
}

static PyObject *read_fields(reader *r, int line)
{
    int kind, position[4] = {0};
    if (!read_head(r, &kind, position, &line))
        return damaged();
    PyObject *node = dx_new_object(r->state, kind, position);
    for (int i = 0; node && i < dx_field_count[kind]; i++) {
        PyObject *value = read_field(r, dx_classes[kind].fields[i].type, line);
        if (dx_set_field(r->state, node, kind, i, value) < 0)
            Py_CLEAR(node);
    }
    return node;
}

static PyObject *read_node(reader *r, int line)
{
    if (++r->depth > DX_MAX_DEPTH) {
        PyErr_SetString(PyExc_RecursionError,
                        "maximum recursion depth exceeded during ast construction");
        return NULL;
    }
    PyObject *node = read_fields(r, line);
    r->depth--;
    return node;
}

/* How far the first node's own line is from what it is relative to. */
static int first_line_delta(const uint8_t *bytes, size_t size)
{
    dx_unpacker input = {bytes, bytes + size};
    size_t count;
    int64_t kind, delta;
    bool has_delta = dx_unpack_array(&input, &count) && dx_unpack_int(&input, &kind) &&
                     dx_unpack_int(&input, &delta) && delta < INT32_MAX && delta > -INT32_MAX;
    return has_delta ? (int)delta : 0;
}

PyObject *dx_convert_bytes(const dx_module_state *state, const uint8_t *bytes, size_t size,
                           PyObject *names, int line)
{
    reader r = {state, {bytes, bytes + size}, names, 0};
    if (line)
        line -= first_line_delta(bytes, size);
    PyObject *root = read_node(&r, line);
    if (root && r.input.at != r.input.end) {
        Py_DECREF(root);
        return damaged();
    }
    return root;
}
