#include "plugins.h"

#include "conftest.h"
#include "site.h"

/* Entry points that neither collect nor change ids nor define parametrized fixtures, beyond what
 * is written down here; others are read like a conftest.py. */
static const char *const KNOWN[] = {
    "anyio",     "asyncio",   "pytest_cov",       "xdist",    "xdist.looponfail", "pytest_mock",
    "timeout",   "hypothesispytest", "rerunfailures", "metadata", "html",          "env",
    "benchmark", "socket",    "sugar",            "typeguard", "pytest_jsonreport", NULL};

static bool is_known(const char *plugin) {
    for (const char *const *name = KNOWN; *name; name++)
        if (strcmp(*name, plugin) == 0)
            return true;
    return false;
}

/* anyio runs a test once with each of its backends. */
static const struct dx_fixtures *anyio_fixtures(void) {
    static const char *const backends[] = {"asyncio", "trio"};
    struct dx_fixtures *fixtures = dx_new(sizeof *fixtures);
    struct dx_axis *axis = dx_new(sizeof *axis);
    const char *name = dx_name_of("anyio_backend", 13);
    dx_texts_add(&axis->names, name);
    axis->scope = DX_RANK_MODULE;
    axis->ids = dx_new(2 * sizeof *axis->ids);
    for (size_t i = 0; i < (dx_module_exists("trio") == 1 ? 2u : 1u); i++) {
        struct dx_datum *set = dx_new_datum(DX_D_PARAM);
        dx_add_item(set, dx_text_datum(DX_D_TEXT, backends[i], strlen(backends[i])));
        axis->sets = dx_grown(axis->sets, axis->count, sizeof *axis->sets);
        axis->ids[axis->count] = backends[i];
        axis->sets[axis->count++] = set;
    }
    fixtures->items = dx_new(sizeof *fixtures->items);
    fixtures->items[fixtures->count++] = (struct dx_fixture){
        .name = name, .attribute = name, .rank = DX_RANK_MODULE, .axis = axis};
    return fixtures;
}

static struct dx_sight see(struct dx_sight sight, size_t index, const char **refusal) {
    const char *source = dx_source_of_module(dx_site.plugin_modules.items[index]);
    const struct dx_conftest *plugin = source ? dx_read_conftest(source, NULL) : NULL;
    if (!plugin || plugin->session_problem || plugin->folder_problem) {
        *refusal = dx_text_of("plug-in '%s' is not known", dx_site.plugins.items[index]);
        return sight;
    }
    return dx_sight_with(sight, dx_fixtures_of_module(plugin->module));
}

struct dx_sight dx_see_plugins(struct dx_sight sight, const char **refusal) {
    for (size_t i = 0; i < dx_site.plugins.count; i++) {
        if (strcmp(dx_site.plugins.items[i], "anyio") == 0)
            sight = dx_sight_with(sight, anyio_fixtures());
        else if (!is_known(dx_site.plugins.items[i]))
            sight = see(sight, i, refusal);
    }
    return sight;
}
