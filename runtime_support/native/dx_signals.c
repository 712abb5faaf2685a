/* Signals that come while the tier's own Python code runs wait until it is done.
 *
 * The interpreter calls handlers in its main thread only: as long as no thread is taken for
 * that, it leaves them pending. */
#include "dx_core.h"

unsigned long dx_hold_signals(void)
{
    unsigned long main_thread = _PyRuntime.main_thread;

    if (main_thread == PyThread_get_thread_ident()) {
        _PyRuntime.main_thread = 0;
        return main_thread;
    }
    return 0;
}

void dx_let_signals_in(unsigned long held)
{
    struct _ceval_state *ceval = &PyInterpreterState_Get()->ceval;

    if (held == 0) {
        return;
    }
    _PyRuntime.main_thread = held;
    if (_Py_atomic_load_relaxed(&_PyRuntime.ceval.signals_pending)) {
        _Py_atomic_store_relaxed(&ceval->eval_breaker, 1);
    }
}
