/* The action functions of the grammar (docs/frontend/grammar.md lists what each does).
 *
 * Arguments and results are values of the context's arena. All may leave through dx_fail.
 */
#ifndef DX_ACTIONS_H
#define DX_ACTIONS_H

#include "values.h"

/* lists and pairs: actions_lists.c */
dx_value *dx_append(dx_context *context, dx_value *list, dx_value *item);
dx_value *dx_extend(dx_context *context, dx_value *list, dx_value *items);
dx_value *dx_pair(dx_context *context, dx_value *first, dx_value *second);
dx_value *dx_first(dx_context *context, dx_value *pair);
dx_value *dx_second(dx_context *context, dx_value *pair);
dx_value *dx_firsts(dx_context *context, dx_value *pairs);
dx_value *dx_seconds(dx_context *context, dx_value *pairs);
dx_value *dx_add(dx_context *context, dx_value *a, dx_value *b);
dx_value *dx_star_name(dx_context *context);
dx_value *dx_dotted(dx_context *context, dx_value *a, dx_value *b);

/* targets and statements: actions_statements.c */
dx_value *dx_target(dx_context *context, dx_value *node);
dx_value *dx_delete_targets(dx_context *context, dx_value *list);
dx_value *dx_augmented_target(dx_context *context, dx_value *node);
dx_value *dx_walrus_target(dx_context *context, dx_value *node, dx_span span);
dx_value *dx_annotated_assignment(dx_context *context, dx_value *node, dx_value *annotation,
                                  dx_value *value, dx_span target_span, dx_span span);
dx_value *dx_with_items(dx_context *context, dx_value *items, dx_span span);
dx_value *dx_context_items(dx_context *context, dx_value *expressions);
dx_value *dx_parenthesised(dx_context *context, dx_value *node);
dx_value *dx_async_form(dx_context *context, dx_value *node, dx_span span);
dx_value *dx_decorated(dx_context *context, dx_value *decorators, dx_value *node);

/* parameters, arguments, operators: actions_calls.c */
dx_value *dx_parameter(dx_context *context, dx_value *kind, dx_value *arg, dx_value *initial,
                       dx_span span);
dx_value *dx_commented(dx_context *context, dx_value *parameters, dx_value *comment);
dx_value *dx_arguments(dx_context *context, dx_value *parameters);
dx_value *dx_positional(dx_context *context, dx_value *arguments);
dx_value *dx_keywords(dx_context *context, dx_value *arguments);
dx_value *dx_keyword_name(dx_context *context, dx_value *node, dx_span span, dx_span equals);
dx_value *dx_signature_types(dx_context *context, dx_value *pairs);
dx_value *dx_bool_operation(dx_context *context, dx_value *op, dx_value *left, dx_value *right,
                            dx_span left_span, dx_span span);
dx_value *dx_comparison_left(dx_context *context, dx_value *list);
dx_value *dx_comparison_operators(dx_context *context, dx_value *list);
dx_value *dx_comparators(dx_context *context, dx_value *list);

/* patterns: actions_patterns.c */
dx_value *dx_wildcard_or_name(dx_context *context, dx_value *name);
dx_value *dx_capture_name(dx_context *context, dx_value *name, dx_span span);
dx_value *dx_rest_name(dx_context *context, dx_value *name, dx_span span);
dx_value *dx_real_number(dx_context *context, dx_value *node);
dx_value *dx_imaginary_number(dx_context *context, dx_value *node);
dx_value *dx_positional_patterns(dx_context *context, dx_value *pairs);
dx_value *dx_keyword_names(dx_context *context, dx_value *pairs);
dx_value *dx_keyword_patterns(dx_context *context, dx_value *pairs);

/* strings: actions_strings.c, actions_fields.c */
dx_value *dx_string_constant(dx_context *context, dx_value *literal, dx_span span);
dx_value *dx_string_text(dx_context *context, dx_value *text, dx_span span);
dx_value *dx_concatenated(dx_context *context, dx_value *parts);
dx_value *dx_flattened(dx_context *context, dx_value *parts);
dx_value *dx_mark(dx_context *context, dx_value *offset, dx_span span);
dx_value *dx_conversion(dx_context *context, dx_value *name, dx_span bang, dx_span span);
dx_value *dx_replacement_field(dx_context *context, dx_value *value, dx_value *debug,
                               dx_value *conversion, dx_value *spec, dx_value *open,
                               dx_value *close, dx_span span);
dx_value *dx_interpolation(dx_context *context, dx_value *value, dx_value *debug,
                           dx_value *conversion, dx_value *spec, dx_value *open, dx_value *close,
                           dx_span span);

#endif
