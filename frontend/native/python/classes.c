/* The host's `ast` classes, looked up once per interpreter. */
#include "fields.h"
#include "module_state.h"

static const char *const positions[4] = {"lineno", "col_offset", "end_lineno", "end_col_offset"};

static int is_known(unsigned char since)
{
    return since <= PY_MINOR_VERSION;
}

static int intern_fields(dx_module_state *state, int kind)
{
    const dx_class *class = &dx_classes[kind];
    for (int i = 0; i < DX_MAX_FIELD_COUNT && class->fields[i].name; i++) {
        if (!is_known(class->fields[i].since))
            continue;
        state->field_names[kind][i] = PyUnicode_InternFromString(class->fields[i].name);
        if (!state->field_names[kind][i])
            return -1;
    }
    return 0;
}

static int load_class(dx_module_state *state, PyObject *module, int kind)
{
    const dx_class *class = &dx_classes[kind];
    if (!is_known(class->since))
        return 0;
    state->classes[kind] = PyObject_GetAttrString(module, class->name);
    if (!state->classes[kind] || intern_fields(state, kind) < 0)
        return -1;
    if (dx_field_count[kind] || dx_has_position[kind])
        return 0;
    state->operators[kind] = PyObject_CallNoArgs(state->classes[kind]);
    return state->operators[kind] ? 0 : -1;
}

int dx_load_classes(dx_module_state *state)
{
    PyObject *module = PyImport_ImportModule("_ast");
    int status = module ? 0 : -1;
    for (int kind = 0; !status && kind < DX_KIND_COUNT; kind++)
        status = load_class(state, module, kind);
    Py_XDECREF(module);
    for (int i = 0; !status && i < 4; i++) {
        state->position_names[i] = PyUnicode_InternFromString(positions[i]);
        status = state->position_names[i] ? 0 : -1;
    }
    return status;
}
