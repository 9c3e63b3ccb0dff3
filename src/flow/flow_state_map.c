/* Map: runs its processor once for each item of an array; its result is the array of what they give. */
#include "flow/flow_data.h"
#include "flow/flow_state.h"

enum { MAP_CONCURRENCY_MAX = 40 }; /* of iterations inside of the execution, whatever is asked for */

struct map_state {
    uint32_t start;
    int64_t concurrency; /* 0: as many as may be */
    const struct path *items_path, *concurrency_path;
    const struct template *selector; /* NULL: the item itself */
};

/* ---- read ---- */

static void processor_read(struct check *check, const struct where *at, const struct json *source,
                           struct map_state *own)
{
    bool older = json_get(source, STR("Iterator")) != NULL;
    const char *name = older ? "Iterator" : "ItemProcessor";
    const struct json *processor = check_field(check, at, source, name, JSON_OBJECT);
    struct where here = WHERE(at, str_from(name)), config_at = WHERE(&here, STR("ProcessorConfig"));
    own->start = STATE_NONE;
    if (older && json_get(source, STR("ItemProcessor")))
        check_problem(check, at, "These fields cannot be used together: [ItemProcessor, Iterator]");
    if (!processor) {
        if (!json_get(source, str_from(name)))
            check_problem(check, at, "These fields are required: [ItemProcessor]");
        return;
    }
    const struct json *config = check_field(check, &here, processor, "ProcessorConfig", JSON_OBJECT);
    const struct json *mode = config ? check_field(check, &config_at, config, "Mode", JSON_STRING) : NULL;
    struct where mode_at = WHERE(&config_at, STR("Mode"));
    if (mode && str_eq(mode->text, STR("DISTRIBUTED")))
        check_unbuilt(check, &mode_at, "The Map mode DISTRIBUTED");
    else if (mode && !str_eq(mode->text, STR("INLINE")))
        check_problem(check, &mode_at,
                      "The field 'Mode' should have one of these values: [INLINE, DISTRIBUTED]");
    own->start = definition_scope(check, &here, processor, true);
}

static void map_read(struct check *check, const struct where *at, const struct json *source,
                     struct state *state)
{
    static const char *const distributed[] = { "ItemReader",
                                               "ItemBatcher",
                                               "ResultWriter",
                                               "Label",
                                               "ToleratedFailureCount",
                                               "ToleratedFailureCountPath",
                                               "ToleratedFailurePercentage",
                                               "ToleratedFailurePercentagePath" };
    struct map_state *own = ARENA_NEW(check->arena, struct map_state);
    state->own = own;
    for (size_t i = 0; i < sizeof(distributed) / sizeof(distributed[0]); i++) {
        if (json_get(source, str_from(distributed[i])))
            check_unbuilt(check, at,
                          arena_cstr(check->arena, arena_concat(check->arena, STR("The field "),
                                                                str_from(distributed[i]))));
    }
    processor_read(check, at, source, own);
    own->items_path = check_path(check, at, source, "ItemsPath", PATH_REFERENCE);
    own->concurrency = check_integer(check, at, source, "MaxConcurrency", 0, INT32_MAX, 0);
    own->concurrency_path = check_path(check, at, source, "MaxConcurrencyPath", PATH_REFERENCE);
    if (json_get(source, STR("MaxConcurrency")) && json_get(source, STR("MaxConcurrencyPath")))
        check_problem(check, at,
                      "These fields cannot be used together: [MaxConcurrency, MaxConcurrencyPath]");
    bool older = json_get(source, STR("Parameters")) != NULL;
    if (older && json_get(source, STR("ItemSelector")))
        check_problem(check, at, "These fields cannot be used together: [ItemSelector, Parameters]");
    own->selector = check_template(check, at, source, older ? "Parameters" : "ItemSelector");
}

/* ---- run ---- */

/* Begins the next iteration. False: the execution is over, or the state has failed. */
static bool map_begin(struct step *step, struct branch *branch, uint32_t previous)
{
    const struct map_state *own = step_state(step, branch)->own;
    struct frame *frame = family_frame(step, branch);
    uint32_t index = branch->begun;
    const struct json *item = &value_json(step->arena, &frame->items)->items[index];
    struct value input = value_of_json(item);
    if (own->selector) {
        step->item = item;
        step->item_index = index;
        bool good = data_render(step, branch, own->selector, &frame->from, &input);
        step->item = NULL;
        if (!good)
            return false;
    }
    if (!step_render(step, branch, &input))
        return false;
    struct branch *child = family_add(step, branch, own->start, input, previous);
    step_event(step, child, HISTORY_ITERATION_STARTED);
    history_text(&step->history, FIELD_NAME, step_state(step, branch)->name);
    history_number(&step->history, FIELD_INDEX, index);
    history_end(&step->history);
    return true;
}

static void map_refill(struct step *step, struct branch *branch, uint32_t previous)
{
    (void)map_begin(step, branch, previous);
}

static bool map_concurrency(struct step *step, struct branch *branch, struct value *from, int64_t *ret)
{
    const struct map_state *own = step_state(step, branch)->own;
    struct json picked;
    *ret = own->concurrency;
    if (!own->concurrency_path)
        return true;
    struct str path = path_text(own->concurrency_path);
    if (data_pick(step, branch, own->concurrency_path, from, &picked) != ERR_OK) {
        step_fail_runtime(step, branch,
                          "The MaxConcurrencyPath parameter does not reference an input value: %.*s",
                          STR_ARG(path));
        return false;
    }
    /* The service takes a string of digits too. */
    bool number = (picked.type == JSON_NUMBER && json_number_i64(picked.text, ret)) ||
                  (picked.type == JSON_STRING && str_to_i64(picked.text, ret));
    if (number && *ret >= 0)
        return true;
    struct str found = json_text(step->arena, &picked);
    step_fail_runtime(step, branch,
                      "The MaxConcurrencyPath parameter must be a non-negative integer: %.*s == %.*s",
                      STR_ARG(path), STR_ARG(found));
    return false;
}

static bool map_items(struct step *step, struct branch *branch, struct frame *frame)
{
    const struct map_state *own = step_state(step, branch)->own;
    frame->items = frame->from;
    if (own->items_path) {
        struct selector selector = { SELECT_PATH, own->items_path };
        if (!data_select(step, branch, &selector, &frame->from, &frame->items))
            return false;
    }
    if (value_json(step->arena, &frame->items)->type == JSON_ARRAY)
        return true;
    step_fail_runtime(step, branch, "Reference path \"%.*s\" must point to array.",
                      STR_ARG(own->items_path ? path_text(own->items_path) : STR("$")));
    return false;
}

static void map_enter(struct step *step, struct branch *branch)
{
    const struct state *state = step_state(step, branch);
    struct frame *frame = ARENA_NEW(step->arena, struct frame);
    int64_t concurrency;
    frame->input = branch->input;
    if (!data_select(step, branch, &state->input_path, &branch->input, &frame->from) ||
        !map_items(step, branch, frame) || !map_concurrency(step, branch, &frame->from, &concurrency))
        return;
    if (concurrency == 0 || concurrency > MAP_CONCURRENCY_MAX)
        concurrency = MAP_CONCURRENCY_MAX;
    uint32_t count = value_json(step->arena, &frame->items)->count;
    uint32_t started = step_event(step, branch, HISTORY_MAP_STARTED);
    history_number(&step->history, FIELD_LENGTH, count);
    history_end(&step->history);
    family_begin(step, branch, count, frame);
    for (uint32_t i = 0; i < count && i < concurrency; i++) {
        if (!map_begin(step, branch, started))
            return;
    }
}

static const char *const map_fields[] = { "ItemProcessor",
                                          "Iterator",
                                          "ItemsPath",
                                          "ItemSelector",
                                          "Parameters",
                                          "MaxConcurrency",
                                          "MaxConcurrencyPath",
                                          "ItemReader",
                                          "ItemBatcher",
                                          "ResultWriter",
                                          "Label",
                                          "ToleratedFailureCount",
                                          "ToleratedFailureCountPath",
                                          "ToleratedFailurePercentage",
                                          "ToleratedFailurePercentagePath",
                                          NULL };

static const struct family map_family = {
    .succeeded = HISTORY_MAP_SUCCEEDED,
    .failed = HISTORY_MAP_FAILED,
    .child_succeeded = HISTORY_ITERATION_SUCCEEDED,
    .child_failed = HISTORY_ITERATION_FAILED,
    .child_aborted = HISTORY_ITERATION_ABORTED,
    .refill = map_refill,
};

const struct state_kind state_map = {
    .name = "Map",
    .entered = HISTORY_MAP_ENTERED,
    .exited = HISTORY_MAP_EXITED,
    .aborted = HISTORY_MAP_ABORTED,
    .fields = STATE_NEXT | STATE_INPUT_PATH | STATE_OUTPUT_PATH | STATE_RESULT_SELECTOR | STATE_RESULT_PATH |
              STATE_CATCH | STATE_ASSIGN,
    .own_fields = map_fields,
    .family = &map_family,
    .read = map_read,
    .enter = map_enter,
};
