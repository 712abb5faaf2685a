/* Options of a sanitizer build that hold whatever the environment is. The launcher frees nothing
 * by design, so leaks are no finding. */
const char *__asan_default_options(void);
const char *__asan_default_options(void) { return "detect_leaks=0"; }
