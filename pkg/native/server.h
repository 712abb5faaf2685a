/* Asks the resident package server, if there is one, to do a command (driver/package_server). */
#ifndef DX_PKG_SERVER_H
#define DX_PKG_SERVER_H

/* `python` is DX-Py's own interpreter, `home` the folder of its package; `words` begin with
 * "pip" or "venv" and end in NULL. Returns the exit status, or DX_PKG_ASK_PYTHON where no server
 * did it. Starts a server, for the commands after this one, where the user asked for one. */
int dx_pkg_ask_server(const char *python, const char *home, char *const *words);

#endif
