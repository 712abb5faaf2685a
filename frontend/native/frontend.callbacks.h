/* Functions in Python that C may call; see frontend/native_parser.py. Read by cffi alone. */
extern "Python" int dx_lookup_character(void *context, const char *name, size_t size, char *text);
