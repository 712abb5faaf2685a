/* Other tools of sys.monitoring: they do not see ours, and it gives way while there is one.
 *
 * No name is registered for our tool, so that queries do not show it; what sets its events
 * lends it a name for the call. Two functions of sys.monitoring are exchanged for ones that
 * tell the tier of tools that come and go, two for ones that leave our events out. */
#include "dx_core.h"

#include <string.h>

#define DX_TOOL PY_MONITORING_OPTIMIZER_ID
#define DX_USER_TOOLS PY_MONITORING_SYS_PROFILE_ID

static PyObject *monitoring, *own_name, *on_tools;
static PyObject *use_tool_id, *free_tool_id, *all_events, *get_events;
static int watched; /* whether there was another tool when we last looked */

static int others_watch(void)
{
    PyInterpreterState *interp = PyInterpreterState_Get();

    for (int tool = 0; tool < DX_USER_TOOLS; tool++) {
        if (interp->monitoring_tool_names[tool] != NULL) {
            return 1;
        }
    }
    return 0;
}

/* The result of one of the exchanged functions (stolen, and given back), once the tier knows
 * who is there now. */
static PyObject *tell_tools(PyObject *result)
{
    int now = others_watch();
    PyObject *told;

    if (result == NULL || now == watched || PyInterpreterState_Get() != PyInterpreterState_Main()) {
        return result;
    }
    watched = now;
    told = PyObject_CallOneArg(on_tools, now ? Py_True : Py_False);
    if (told == NULL) {
        PyErr_WriteUnraisable(on_tools);
    }
    Py_XDECREF(told);
    return result;
}

static PyObject *use_tool(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    (void)module;
    return tell_tools(PyObject_Vectorcall(use_tool_id, args, (size_t)count, NULL));
}

static PyObject *free_tool(PyObject *module, PyObject *tool)
{
    (void)module;
    return tell_tools(PyObject_CallOneArg(free_tool_id, tool));
}

/* {event: set of tools}, without ours. */
static PyObject *events_of_others(PyObject *module, PyObject *unused)
{
    PyObject *found = PyObject_CallNoArgs(all_events);
    PyObject *result = found ? PyDict_New() : NULL;
    PyObject *event, *tools;
    Py_ssize_t position = 0;

    (void)module;
    (void)unused;
    while (result != NULL && PyDict_Next(found, &position, &event, &tools)) {
        long others = PyLong_AsLong(tools) & ~(1L << DX_TOOL);
        PyObject *number = others ? PyLong_FromLong(others) : NULL;
        if (others != 0 && (number == NULL || PyDict_SetItem(result, event, number) < 0)) {
            Py_CLEAR(result);
        }
        Py_XDECREF(number);
    }
    Py_XDECREF(found);
    return result;
}

/* The set of events of a tool: none, if it is ours. */
static PyObject *events_of_tool(PyObject *module, PyObject *tool)
{
    PyObject *found = PyObject_CallOneArg(get_events, tool);

    (void)module;
    if (found != NULL && PyLong_Check(tool) && PyLong_AsLong(tool) == DX_TOOL &&
        PyInterpreterState_Get()->monitoring_tool_names[DX_TOOL] == NULL) {
        Py_SETREF(found, PyLong_FromLong(0));
    }
    return found;
}

static PyMethodDef exchanged[] = {
    {"use_tool_id", (PyCFunction)(void (*)(void))use_tool, METH_FASTCALL, NULL},
    {"free_tool_id", free_tool, METH_O, NULL},
    {"_all_events", events_of_others, METH_NOARGS, NULL},
    {"get_events", events_of_tool, METH_O, NULL},
};

/* Put a function in the place of another, which is remembered. 0, or -1 with an exception. */
static int exchange(PyMethodDef *method, PyObject **original)
{
    PyObject *module = PyObject_GetAttrString(monitoring, "__name__");
    PyObject *function = NULL;
    int status = -1;

    *original = PyObject_GetAttrString(monitoring, method->ml_name);
    if (module != NULL && *original != NULL) {
        method->ml_doc = ((PyCFunctionObject *)*original)->m_ml->ml_doc;
        function = PyCFunction_NewEx(method, monitoring, module);
    }
    if (function != NULL) {
        status = PyObject_SetAttrString(monitoring, method->ml_name, function);
    }
    Py_XDECREF(function);
    Py_XDECREF(module);
    return status;
}

/* hide_tool(hook): hook(True) when the first other tool comes, hook(False) after the last. */
static PyObject *hide_tool(PyObject *module, PyObject *hook)
{
    PyObject **originals[] = {&use_tool_id, &free_tool_id, &all_events, &get_events};

    (void)module;
    monitoring = Py_XNewRef(PySys_GetObject("monitoring"));
    own_name = PyUnicode_InternFromString("dx-py");
    on_tools = Py_NewRef(hook);
    if (monitoring == NULL || own_name == NULL) {
        return NULL;
    }
    for (size_t i = 0; i < Py_ARRAY_LENGTH(exchanged); i++) {
        if (exchange(&exchanged[i], originals[i]) < 0) {
            return NULL;
        }
    }
    Py_RETURN_NONE;
}

/* as_tool(name, argument, ...): a function of sys.monitoring, called for our tool. None where
 * another tool has its number. */
static PyObject *as_tool(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    PyObject **name = &PyInterpreterState_Get()->monitoring_tool_names[DX_TOOL];
    PyObject *tool, *function, *result;

    (void)module;
    if (count < 1 || count > 3 || *name != NULL) {
        Py_RETURN_NONE;
    }
    function = PyObject_GetAttr(monitoring, args[0]);
    tool = PyLong_FromLong(DX_TOOL);
    if (function == NULL || tool == NULL) {
        return NULL;
    }
    *name = own_name;
    result = PyObject_CallFunctionObjArgs(function, tool, count > 1 ? args[1] : NULL,
                                          count > 2 ? args[2] : NULL, NULL);
    *name = NULL;
    Py_DECREF(function);
    Py_DECREF(tool);
    return result;
}

/* The allocator of objects, while the interpreter's next step is to make a traceback. */
static PyMemAllocatorEx allocator;
static PyThreadState *silenced;

static void speak_again(void)
{
    PyMem_SetAllocator(PYMEM_DOMAIN_OBJ, &allocator);
    silenced->tracing--;
}

static void *first_malloc(void *unused, size_t size)
{
    (void)unused;
    speak_again();
    return allocator.malloc(allocator.ctx, size);
}

static void *first_calloc(void *unused, size_t count, size_t size)
{
    (void)unused;
    speak_again();
    return allocator.calloc(allocator.ctx, count, size);
}

static void *first_realloc(void *unused, void *pointer, size_t size)
{
    (void)unused;
    speak_again();
    return allocator.realloc(allocator.ctx, pointer, size);
}

static void plain_free(void *unused, void *pointer)
{
    (void)unused;
    allocator.free(allocator.ctx, pointer);
}

/* Nothing tells a thread that is in a trace function. The event comes first when the frame is
 * entered, then the traceback is made, then come the events that tools are to see. */
void dx_throw_silently(PyThreadState *ts)
{
    PyMemAllocatorEx first = {NULL, first_malloc, first_calloc, first_realloc, plain_free};

    if (ts->interp->monitors.tools[PY_MONITORING_EVENT_PY_THROW] == 0 || ts->tracing != 0) {
        return;
    }
    silenced = ts;
    ts->tracing++;
    PyMem_GetAllocator(PYMEM_DOMAIN_OBJ, &allocator);
    PyMem_SetAllocator(PYMEM_DOMAIN_OBJ, &first);
}

PyMethodDef dx_observer_methods[] = {
    {"hide_tool", hide_tool, METH_O, "keep our tool out of what sys.monitoring tells"},
    {"as_tool", (PyCFunction)(void (*)(void))as_tool, METH_FASTCALL,
     "call a function of sys.monitoring for our tool"},
    {NULL, NULL, 0, NULL},
};
