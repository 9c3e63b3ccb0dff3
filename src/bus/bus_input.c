/* bus_input.c - what a target gets of an event: all of it, a part, a constant, or what a transformer makes of it. */
#include "bus/bus_impl.h"
#include "base/time.h"
#include "expr/input_transformer.h"

struct bus_input {
    /* one of them */
    const struct str *constant;
    const struct path *path;
    const struct input_transformer *transformer;
    bool log_event; /* what the transformer makes is a log event */
};

/* What a template and an envelope add to the largest event. */
enum { ROOM_AROUND_EVENT = 16384 };

/* ---- as it is put ---- */

static bool transformer_refuse(struct arena *arena, const struct input_transformer_error *error,
                               struct str template, struct str id, struct fault *reterr)
{
    switch (error->refusal) {
    case INPUT_PATH_INVALID:
        return fault_set(reterr, arena, FAULT_VALIDATION, "InputPath for target %.*s is invalid.",
                         STR_ARG(id));
    case INPUT_PLACEHOLDER_UNKNOWN:
        return fault_set(reterr, arena, FAULT_VALIDATION,
                         "InputTemplate for target %.*s contains invalid placeholder %.*s.", STR_ARG(id),
                         STR_ARG(error->placeholder));
    case INPUT_PLACEHOLDER_OF_JSON:
        return fault_set(
            reterr, arena, FAULT_VALIDATION,
            "InputTemplate for target %.*s contains placeholder %.*s valid only for JSON template.",
            STR_ARG(id), STR_ARG(error->placeholder));
    case INPUT_TEMPLATE_INVALID:
        return fault_set(reterr, arena, FAULT_VALIDATION, "Invalid InputTemplate for target %.*s : %.*s.",
                         STR_ARG(id), STR_ARG(json_source(arena, template, error->line, error->column)));
    case INPUT_NO_LOG_EVENT:
        break;
    }
    return fault_set(reterr, arena, FAULT_VALIDATION,
                     "Input for target %.*s is not a valid JSON text. The InputTemplate for a log group is "
                     "{\"timestamp\": <timestamp>, \"message\": <message>}.",
                     STR_ARG(id));
}

static bool transformer_compile(struct arena *arena, const struct json *transformer, struct str id,
                                struct bus_input *input, struct fault *reterr)
{
    struct input_transformer *compiled;
    struct input_transformer_error error = { 0 };
    struct str template = json_get_str(transformer, STR("InputTemplate"));
    if (input_transformer_compile(arena, json_get_typed(transformer, STR("InputPathsMap"), JSON_OBJECT),
                                  template, input->log_event ? INPUT_LOG_EVENT : INPUT_ANY, &compiled,
                                  &error))
        return transformer_refuse(arena, &error, template, id, reterr);
    input->transformer = compiled;
    return true;
}

static bool constant_compile(struct arena *arena, struct str text, struct str id, struct bus_input *input,
                             struct fault *reterr)
{
    struct arena scratch = { 0 };
    struct json ignored;
    bool read = json_read(&scratch, text, 0, &ignored, NULL) == ERR_OK;
    arena_fini(&scratch);
    if (!read)
        return fault_set(reterr, arena, FAULT_VALIDATION, "JSON syntax error in input for target %.*s.",
                         STR_ARG(id));
    struct str *constant = ARENA_NEW(arena, struct str);
    *constant = arena_copy(arena, text);
    input->constant = constant;
    return true;
}

bool bus_input_compile(struct arena *arena, const struct json *target, struct str kind,
                       const struct bus_input **ret, struct fault *reterr)
{
    enum { CONSTANT, PART, TRANSFORMER, WAYS };
    static const struct str names[WAYS] = { { "Input", 5 }, { "InputPath", 9 }, { "InputTransformer", 16 } };
    struct str id = json_get_str(target, STR("Id"));
    const struct json *given = NULL;
    int which = 0;
    *ret = NULL;
    for (int i = 0; i < WAYS; i++) {
        const struct json *member = json_get(target, names[i]);
        if (!member || member->type == JSON_NULL)
            continue;
        if (given)
            return fault_set(
                reterr, arena, FAULT_VALIDATION,
                "Only one of Input, InputPath, or InputTransformer must be provided for target %.*s.",
                STR_ARG(id));
        given = member;
        which = i;
    }
    if (!given)
        return true;
    struct bus_input *input = ARENA_NEW(arena, struct bus_input);
    bool good = true;
    *ret = input;
    input->log_event = str_eq(kind, STR("log-group"));
    if (which == CONSTANT)
        good = constant_compile(arena, given->text, id, input, reterr);
    else if (which == TRANSFORMER)
        good = transformer_compile(arena, given, id, input, reterr);
    else if (!input_path_compile(arena, given->text, &input->path))
        good =
            fault_set(reterr, arena, FAULT_VALIDATION, "InputPath for target %.*s is invalid.", STR_ARG(id));
    if (good && str_eq(kind, STR("event-bus")))
        good = fault_set(reterr, arena, FAULT_UNKNOWN_OPERATION,
                         "%.*s for target %.*s is not supported: an event bus takes the event as it is.",
                         STR_ARG(names[which]), STR_ARG(id));
    return good;
}

/* ---- as an event comes ---- */

static bool reject(struct delivery_result *reterr, struct str error, struct str cause)
{
    *reterr = (struct delivery_result){ .outcome = OUTCOME_REJECTED, .error = error, .cause = cause };
    return false;
}

static bool part_make(const struct path *path, struct arena *arena, const struct json *event, struct str *ret,
                      struct delivery_result *reterr)
{
    struct json picked;
    struct scope scope = { .root = event };
    if (path_get(path, arena, &scope, &picked))
        return reject(reterr, STR("InputPathNotFound"),
                      STR("The target's InputPath leads to nothing in this event."));
    *ret = picked.raw.len ? picked.raw : json_text(arena, &picked);
    return true;
}

/* Rules of a bus are "rule/<bus>/<name>", and names have no slash. */
static struct str rule_name_of(struct str arn)
{
    size_t start = arn.len;
    while (start > 0 && arn.ptr[start - 1] != '/')
        start--;
    return str_from_offset(arn, start);
}

static bool transformed_make(const struct bus_input *input, struct arena *arena,
                             const struct bus_input_scope *scope, struct bus_input_made *ret,
                             struct delivery_result *reterr)
{
    struct diag why = { .text = "" };
    const struct input_scope given = {
        .event = &scope->envelope->value,
        .rule_arn = scope->rule_arn,
        .rule_name = rule_name_of(scope->rule_arn),
        .ingestion_ms = scope->now_ms,
    };
    enum err err = input_transformer_render(input->transformer, arena, &given,
                                            scope->event_bytes_max + ROOM_AROUND_EVENT, &ret->payload, &why);
    ret->log_event = input->log_event;
    if (!err && input->log_event)
        err = input_log_event_read(arena, ret->payload, &ret->time_ms, &ret->payload, &why);
    if (!err)
        return true;
    return reject(reterr, err == ERR_LIMIT ? STR("LIMIT_EXCEEDED") : STR("INVALID_INPUT"),
                  arena_copy(arena, str_from(why.text)));
}

bool bus_input_make(const struct bus_input *input, struct arena *arena, const struct bus_input_scope *scope,
                    struct bus_input_made *ret, struct delivery_result *reterr)
{
    *ret = (struct bus_input_made){ scope->envelope->text, scope->envelope->time_ms, false };
    if (!input)
        return true;
    if (input->path)
        return part_make(input->path, arena, &scope->envelope->value, &ret->payload, reterr);
    if (input->transformer)
        return transformed_make(input, arena, scope, ret, reterr);
    ret->payload = *input->constant;
    return true;
}

/* ---- before there is a rule ---- */

bool bus_input_test(const struct bus_settings *settings, struct arena *arena, struct str rule_arn,
                    const struct json *target, struct str event, int64_t now_ms, struct bus_input_made *ret,
                    struct delivery_result *ret_rejected, struct fault *reterr)
{
    struct str kind = STR_EMPTY;
    struct ns ignored;
    const struct bus_input *input;
    struct bus_envelope envelope = { .text = bus_json_compact(arena, event) };
    struct bus_input_scope scope = { &envelope, rule_arn, now_ms, settings->request_bytes_max };
    if (json_read(arena, envelope.text, 0, &envelope.value, NULL) || envelope.value.type != JSON_OBJECT)
        return fault_set(reterr, arena, FAULT_VALIDATION, "Parameter Event is not valid.");
    (void)bus_target_kind(json_get_str(target, STR("Arn")), &kind, &ignored);
    if (!bus_input_compile(arena, target, kind, &input, reterr))
        return false;
    *ret_rejected = (struct delivery_result){ .outcome = OUTCOME_DELIVERED };
    (void)time_parse(json_get_str(&envelope.value, STR("time")), &envelope.time_ms);
    (void)bus_input_make(input, arena, &scope, ret, ret_rejected);
    return true;
}
