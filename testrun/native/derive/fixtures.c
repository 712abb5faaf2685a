#include "fixtures.h"

#include <stdlib.h>

#include "parametrize.h"
#include "site.h"

/* What pytest, and plug-ins that are often installed, define without parameters. */
static const char *const PROVIDED[] = {
    "request", "cache", "capsys", "capsysbinary", "capfd", "capfdbinary", "capteesys", "caplog",
    "doctest_namespace", "monkeypatch", "pytestconfig", "record_property", "record_xml_attribute",
    "record_testsuite_property", "recwarn", "tmp_path", "tmp_path_factory", "tmpdir",
    "tmpdir_factory", "testdir", "pytester", "linecomp", "LineMatcher", "subtests", "worker_id",
    "testrun_uid", "mocker", "class_mocker", "module_mocker", "package_mocker", "session_mocker",
    "cov", "no_cover", "benchmark", "benchmark_weave", "event_loop", "event_loop_policy",
    "unused_tcp_port", "unused_udp_port", "unused_tcp_port_factory", "unused_udp_port_factory",
    "anyio_backend_name", "anyio_backend_options", "free_tcp_port", "free_udp_port",
    "free_tcp_port_factory", "free_udp_port_factory", "metadata", "extra", "extras",
    "json_metadata", "include_metadata_in_junit_xml", "socket_enabled", "socket_disabled", NULL};

bool dx_is_provided(const char *name) {
    for (const char *const *known = PROVIDED; *known; known++)
        if (strcmp(*known, name) == 0)
            return true;
    return false;
}

struct dx_texts dx_arguments_of(dx_tree function, bool bound) {
    dx_tree arguments = dx_field(function, DX_F_FUNCTION_ARGS);
    dx_tree positional = dx_field(arguments, DX_F_ARGS_POSITIONAL);
    dx_tree plain = dx_field(arguments, DX_F_ARGS_PLAIN);
    dx_tree keyword = dx_field(arguments, DX_F_ARGS_KEYWORD_ONLY);
    dx_tree defaults = dx_field(arguments, DX_F_ARGS_KEYWORD_DEFAULTS);
    int required = dx_count(plain) - dx_count(dx_field(arguments, DX_F_ARGS_DEFAULTS));
    struct dx_texts names = {0};
    for (int i = bound && !dx_count(positional); i < required; i++)
        dx_texts_add(&names, dx_identifier_text(dx_field(dx_item(plain, i), 0)));
    for (int i = 0; i < dx_count(keyword); i++)
        if (dx_item(defaults, i)->tag != DX_NODE)
            dx_texts_add(&names, dx_identifier_text(dx_field(dx_item(keyword, i), 0)));
    return names;
}

static int rank_of_text(struct dx_scope *scope, dx_tree expression) {
    static const char *const ranks[] = {"function", "class", "module", "package", "session", NULL};
    struct dx_datum *value = expression ? dx_evaluate_in(scope, expression) : NULL;
    if (!value)
        return DX_RANK_FUNCTION;
    for (int i = 0; value->sort == DX_D_TEXT && ranks[i]; i++)
        if (strcmp(ranks[i], value->text) == 0)
            return i;
    return -1;
}

static void describe(struct dx_fixture *fixture, struct dx_binding *binding, dx_tree call) {
    struct dx_scope *scope = binding->scope;
    dx_tree name = dx_keyword(call, "name"), autouse = dx_keyword(call, "autouse");
    int truth = autouse ? dx_truth(dx_evaluate_in(scope, autouse)) : 0;
    struct dx_datum *chosen = name ? dx_evaluate_in(scope, name) : &dx_none;
    dx_tree rank = dx_keyword(call, "scope");
    if (dx_count(dx_field(call, DX_F_CALL_ARGS)))
        rank = dx_item(dx_field(call, DX_F_CALL_ARGS), 0);
    fixture->rank = rank_of_text(scope, rank);
    if (dx_is(rank, DX_K_Name) || dx_is(rank, DX_K_Attribute) || fixture->rank < 0 || truth < 0 || dx_has_double_star(call) ||
        (chosen->sort != DX_D_TEXT && chosen->sort != DX_D_NONE))
        fixture->unknown = dx_text_of("fixture '%s' is described by code", binding->name);
    if (fixture->rank < 0)
        fixture->rank = DX_RANK_FUNCTION;
    fixture->autouse = truth != 0;
    if (chosen->sort == DX_D_TEXT)
        fixture->name = dx_name_of(chosen->text, chosen->size);
    dx_tree params = dx_keyword(call, "params");
    if (params && dx_evaluate_in(scope, params)->sort != DX_D_NONE)
        fixture->axis = dx_axis_of_fixture(scope, call, fixture->name, fixture->rank);
}

static void add_fixture(struct dx_fixtures *fixtures, struct dx_binding *binding,
                        const char *attribute, bool in_class) {
    struct dx_decorated decorated = dx_decorated_by(binding);
    if (!decorated.is_fixture)
        return;
    struct dx_fixture fixture = {.name = attribute, .attribute = attribute};
    fixture.arguments = dx_arguments_of(binding->node, in_class && !decorated.is_static);
    if (decorated.fixture)
        describe(&fixture, binding, decorated.fixture);
    if (!binding->certain || decorated.unknown)
        fixture.unknown = dx_text_of("fixture '%s' is defined under a condition or decorator", attribute);
    fixtures->items = dx_grown(fixtures->items, fixtures->count, sizeof *fixtures->items);
    fixtures->items[fixtures->count++] = fixture;
}

static bool mentions_fixture(const char *path) {
    static struct dx_texts with, without;
    size_t size;
    if (dx_texts_have(&with, path) || dx_texts_have(&without, path))
        return dx_texts_have(&with, path);
    const char *text = dx_file_content(path, &size);
    bool found = text && strstr(text, "fixture");
    dx_texts_add(found ? &with : &without, path);
    return found;
}

/* An imported name, which may be a fixture of the project. */
static void add_imported(struct dx_fixtures *fixtures, struct dx_binding *binding) {
    static const char *const libraries[] = {"pytest", "hypothesis", "unittest", "typing", NULL};
    const char *source = binding->source ? binding->source : "";
    for (const char *const *name = libraries; *name && !binding->level; name++)
        if (dx_begins(source, *name))
            return;
    const char *path = dx_source_from(binding->scope->module, binding->source, binding->level);
    if (!path || dx_begins(path, dx_site.library) || !mentions_fixture(path))
        return;
    struct dx_datum *value = dx_value_of(binding);
    if (value->sort == DX_D_FUNCTION)
        add_fixture(fixtures, value->binding, binding->name, false);
}

/* `name = pytest.fixture(...)(function)`, or something else that is called. */
static bool makes_fixture(struct dx_binding *binding) {
    dx_tree value = binding->node;
    if (!dx_is(value, DX_K_Call))
        return false;
    dx_tree callee = dx_field(value, 0);
    callee = dx_is(callee, DX_K_Call) ? dx_field(callee, 0) : callee;
    return dx_is_external(binding->scope, callee, "pytest.fixture");
}

static void add_binding(struct dx_fixtures *fixtures, struct dx_binding *binding, bool in_class) {
    if (binding->kind == DX_BOUND_FUNCTION)
        add_fixture(fixtures, binding, binding->name, in_class);
    else if (binding->kind == DX_BOUND_MEMBER && !in_class)
        add_imported(fixtures, binding);
    else if (binding->kind == DX_BOUND_VALUE && makes_fixture(binding))
        fixtures->unknown = dx_text_of("fixture '%s' is made by a call", binding->name);
}

static int compare_attributes(const void *one, const void *other) {
    return strcmp(((const struct dx_fixture *)one)->attribute,
                  ((const struct dx_fixture *)other)->attribute);
}

static void sort_fixtures(struct dx_fixtures *fixtures) {
    if (fixtures->count)
        qsort(fixtures->items, fixtures->count, sizeof *fixtures->items, compare_attributes);
}

const struct dx_fixtures *dx_fixtures_of_module(struct dx_module *module) {
    if (module->fixtures)
        return module->fixtures;
    struct dx_fixtures *fixtures = dx_new(sizeof *fixtures);
    module->fixtures = fixtures;
    fixtures->unknown = module->scope.obscurity;
    for (size_t i = 0; i < module->scope.count; i++)
        add_binding(fixtures, module->scope.bindings[i], false);
    sort_fixtures(fixtures);
    return fixtures;
}

const struct dx_fixtures *dx_fixtures_of_class(const struct dx_lineage *lineage) {
    struct dx_fixtures *fixtures = dx_new(sizeof *fixtures);
    for (size_t i = 0; i < lineage->count; i++) {
        struct dx_scope *scope = dx_class_scope(lineage->classes[i]);
        for (size_t j = 0; j < scope->count; j++)
            if (dx_attribute_of(lineage, scope->bindings[j]->name) == scope->bindings[j])
                add_binding(fixtures, scope->bindings[j], true);
    }
    sort_fixtures(fixtures);
    return fixtures;
}

struct dx_sight dx_sight_with(struct dx_sight sight, const struct dx_fixtures *holder) {
    struct dx_sight longer = {dx_new((sight.count + 1) * sizeof *sight.holders), sight.count + 1};
    for (size_t i = 0; i < sight.count; i++)
        longer.holders[i] = sight.holders[i];
    longer.holders[sight.count] = holder;
    return longer;
}

void dx_add_autouse(struct dx_sight sight, struct dx_texts *names) {
    for (size_t i = 0; i < sight.count; i++)
        for (size_t j = 0; j < sight.holders[i]->count; j++) {
            const struct dx_fixture *fixture = &sight.holders[i]->items[j];
            if (fixture->autouse && !dx_texts_have(names, fixture->name))
                dx_texts_add(names, fixture->name);
        }
}

/* Definitions called `name`, which is interned, the nearest last. */
static size_t definitions_of(struct dx_sight sight, const char *name,
                             const struct dx_fixture *found[], size_t most) {
    size_t count = 0;
    for (size_t i = 0; i < sight.count; i++)
        for (size_t j = 0; j < sight.holders[i]->count; j++)
            if (count < most && sight.holders[i]->items[j].name == name)
                found[count++] = &sight.holders[i]->items[j];
    return count;
}

enum { MOST_DEFINITIONS = 32 };

int dx_rank_of(struct dx_sight sight, const char *name) {
    const struct dx_fixture *found[MOST_DEFINITIONS];
    size_t count = definitions_of(sight, name, found, MOST_DEFINITIONS);
    return count ? found[count - 1]->rank : -1;
}

struct visit {
    struct dx_sight sight;
    const struct dx_texts *direct;
    struct dx_texts names, pending; /* pending: names on the way down, once for each level */
    const char *unknown;
};

static size_t level_of(const struct visit *visit, const char *name) {
    size_t level = 0;
    for (size_t i = 0; i < visit->pending.count; i++)
        level += strcmp(visit->pending.items[i], name) == 0;
    return level;
}

/* Depth first; a fixture that requests its own name means the one it overrides. */
static void descend(struct visit *visit, const char *name) {
    const struct dx_fixture *found[MOST_DEFINITIONS];
    size_t level = level_of(visit, name);
    if (!dx_texts_have(&visit->names, name))
        dx_texts_add(&visit->names, name);
    else if (!level)
        return;
    if (dx_texts_have(visit->direct, name))
        return;
    size_t count = definitions_of(visit->sight, name, found, MOST_DEFINITIONS);
    if (!count && !dx_is_provided(name) && !visit->unknown)
        visit->unknown = dx_text_of("fixture '%s' is not found", name);
    if (level >= count)
        return;
    const struct dx_fixture *fixture = found[count - 1 - level];
    visit->unknown = visit->unknown ? visit->unknown : fixture->unknown;
    dx_texts_add(&visit->pending, name);
    for (size_t i = 0; i < fixture->arguments.count; i++)
        descend(visit, fixture->arguments.items[i]);
    visit->pending.count--;
}

/* The definition whose parameters count for `name`; NULL if none has any. */
static const struct dx_fixture *parametrized(struct dx_sight sight, const char *name) {
    const struct dx_fixture *found[MOST_DEFINITIONS];
    for (size_t i = definitions_of(sight, name, found, MOST_DEFINITIONS); i-- > 0;) {
        if (found[i]->axis)
            return found[i];
        if (!dx_texts_have(&found[i]->arguments, name))
            return NULL;
    }
    return NULL;
}

static int rank_for_order(struct dx_sight sight, const struct dx_texts *direct, const char *name) {
    int rank = dx_texts_have(direct, name) ? DX_RANK_FUNCTION : dx_rank_of(sight, name);
    return rank < 0 ? DX_RANK_FUNCTION : rank;
}

struct dx_closure dx_closure_of(struct dx_sight sight, const struct dx_texts *initial,
                                const struct dx_texts *direct) {
    struct visit visit = {.sight = sight, .direct = direct};
    struct dx_closure closure = {0};
    for (size_t i = 0; i < sight.count; i++)
        visit.unknown = visit.unknown ? visit.unknown : sight.holders[i]->unknown;
    for (size_t i = 0; i < initial->count; i++)
        descend(&visit, initial->items[i]);
    closure.unknown = visit.unknown;
    for (int rank = DX_RANK_SESSION; rank >= DX_RANK_FUNCTION; rank--)
        for (size_t i = 0; i < visit.names.count; i++) {
            const char *name = visit.names.items[i];
            const struct dx_fixture *fixture =
                dx_texts_have(direct, name) || rank_for_order(sight, direct, name) != rank
                    ? NULL
                    : parametrized(sight, name);
            if (!fixture)
                continue;
            closure.items = dx_grown(closure.items, closure.count, sizeof *closure.items);
            closure.items[closure.count++] = fixture;
        }
    if (closure.count > 1 && dx_site.pytest_major < 9 && !closure.unknown)
        closure.unknown = "several fixtures with parameters";
    return closure;
}
