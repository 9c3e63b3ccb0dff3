/* Map: runs its processor once for each item of an array; its result is the array of what they give. */
#include <assert.h>

#include "base/utf8.h"
#include "flow/flow_data.h"
#include "flow/flow_state.h"

enum {
    MAP_CONCURRENCY_MAX = 40, /* of iterations inside of the execution, whatever is asked for */
    LABEL_CHARACTERS_MAX = 40,
};

/* A number that stands in the definition, or that a path leads to. */
struct given {
    const struct path *path;
    double value;
    bool there;
};

struct map_state {
    uint32_t start;
    int64_t concurrency; /* 0: as many as may be */
    const struct path *items_path, *concurrency_path;
    const struct template *selector; /* NULL: the item itself */
    bool distributed, express;       /* express: its executions are of that type */
    struct str label;
    struct given tolerated_count, tolerated_percentage;
    struct given batch_items, batch_bytes;
    const struct template *batch_input;
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
    const struct json *type =
        config ? check_field(check, &config_at, config, "ExecutionType", JSON_STRING) : NULL;
    struct where mode_at = WHERE(&config_at, STR("Mode")), type_at = WHERE(&config_at, STR("ExecutionType"));
    own->distributed = mode && str_eq(mode->text, STR("DISTRIBUTED"));
    if (mode && !own->distributed && !str_eq(mode->text, STR("INLINE")))
        check_problem(check, &mode_at,
                      "The field 'Mode' should have one of these values: [INLINE, DISTRIBUTED]");
    if (own->distributed && check->express)
        check_problem(check, &mode_at, "Express state machine does not support Map in DISTRIBUTED mode");
    if (own->distributed && !type && !json_get(config, STR("ExecutionType")))
        check_problem(check, &config_at, "These fields are required: [ExecutionType]");
    own->express = own->distributed && type && str_eq(type->text, STR("EXPRESS"));
    if (type && !str_eq(type->text, STR("EXPRESS")) && !str_eq(type->text, STR("STANDARD")))
        check_problem(check, &type_at,
                      "The field 'ExecutionType' should have one of these values: [STANDARD, EXPRESS]");
    bool outer = check->express;
    check->express |= own->express;
    own->start = definition_scope(check, &here, processor, true);
    check->express = outer;
}

/* The field, or the same with Path after it. */
static struct given given_read(struct check *check, const struct where *at, const struct json *source,
                               const char *name, double max, bool whole)
{
    struct given given = { 0 };
    const char *path = arena_cstr(check->arena, arena_concat(check->arena, str_from(name), STR("Path")));
    const struct json *value = check_field(check, at, source, name, JSON_NUMBER);
    struct where here = WHERE(at, str_from(name));
    int64_t integer;
    given.path = check_path(check, at, source, path, PATH_REFERENCE_READ);
    given.there = value || given.path;
    if (value && json_get(source, str_from(path)))
        check_problem(check, at, "These fields cannot be used together: [%s, %s]", name, path);
    if (value && whole && !json_number_i64(value->text, &integer))
        check_problem(check, &here, "Value must be an integer");
    else if (value && (!json_number_double(value->text, &given.value) || given.value < 0))
        check_problem(check, &here, "Value is smaller than minimum value 0");
    else if (given.value > max)
        check_problem(check, &here, "Value is greater than maximum value %.0f", max);
    return given;
}

static void batcher_read(struct check *check, const struct where *at, const struct json *source,
                         struct map_state *own)
{
    static const char *const known[] = {
        "MaxItemsPerBatch",          "MaxItemsPerBatchPath", "MaxInputBytesPerBatch",
        "MaxInputBytesPerBatchPath", "BatchInput",           NULL
    };
    const struct json *batcher = check_field(check, at, source, "ItemBatcher", JSON_OBJECT);
    struct where here = WHERE(at, STR("ItemBatcher"));
    if (!batcher)
        return;
    for (uint32_t i = 0; i < batcher->count; i++) {
        if (!definition_field_in(known, batcher->members[i].key))
            check_problem(check, &here, "Field '%.*s' is not supported", STR_ARG(batcher->members[i].key));
    }
    own->batch_items = given_read(check, &here, batcher, "MaxItemsPerBatch", INT32_MAX, true);
    own->batch_bytes = given_read(check, &here, batcher, "MaxInputBytesPerBatch", 262144, true);
    own->batch_input = check_template(check, &here, batcher, "BatchInput");
    if (!own->batch_items.there && !own->batch_bytes.there)
        check_problem(check, &here,
                      "At least one of these fields is required: [MaxItemsPerBatch, MaxInputBytesPerBatch]");
}

static void label_read(struct check *check, const struct where *at, const struct json *source,
                       struct map_state *own, struct str state)
{
    static const char refused[] = "<>{}[]?*\"#%\\^|~`$&,;:/";
    const struct json *label = check_field(check, at, source, "Label", JSON_STRING);
    struct where here = WHERE(at, STR("Label"));
    if (!label) {
        /* One of our own, the same for each run of the state. */
        uint64_t low = 14695981039346656037u, high = low ^ state.len;
        for (size_t i = 0; i < state.len; i++) {
            low = (low ^ (unsigned char)state.ptr[i]) * 1099511628211u;
            high = (high ^ low) * 1099511628211u;
        }
        own->label =
            arena_printf(check->arena, "%08x-%04x-4%03x-8%03x-%012llx", (unsigned)(low >> 32),
                         (unsigned)(low >> 16 & 0xffff), (unsigned)(low & 0xfff),
                         (unsigned)(high >> 48 & 0xfff), (unsigned long long)(high & 0xffffffffffffu));
        return;
    }
    own->label = label->text;
    if (str_empty(label->text))
        check_problem(check, &here, "Label cannot be empty");
    if (utf8_count(label->text) > LABEL_CHARACTERS_MAX)
        check_problem(check, &here, "Label cannot exceed %d characters", LABEL_CHARACTERS_MAX);
    for (size_t i = 0, from; i < label->text.len;) {
        uint32_t c;
        from = i;
        i += utf8_decode(str_from_offset(label->text, i), &c);
        if (c > 0x20 && !(c >= 0x7F && c <= 0x9F) && !(c < 0x80 && strchr(refused, (int)c)))
            continue;
        check_problem(check, &here, "Label contains invalid character: '%.*s'",
                      STR_ARG(str_slice(label->text, from, i - from)));
        return;
    }
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
    processor_read(check, at, source, own);
    for (size_t i = 0; !own->distributed && i < sizeof(distributed) / sizeof(distributed[0]); i++) {
        if (json_get(source, str_from(distributed[i])))
            check_problem(check, at, "Field '%s' is not supported: the Map's mode is INLINE", distributed[i]);
    }
    if (json_get(source, STR("ItemReader")) && !check->mocked)
        check_unbuilt(check, at, "The field ItemReader");
    if (json_get(source, STR("ResultWriter")) && !check->mocked)
        check_unbuilt(check, at, "The field ResultWriter");
    own->items_path = check_path(check, at, source, "ItemsPath", PATH_REFERENCE_READ);
    own->concurrency = check_integer(check, at, source, "MaxConcurrency", 0, INT32_MAX, 0);
    own->concurrency_path = check_path(check, at, source, "MaxConcurrencyPath", PATH_REFERENCE_READ);
    if (json_get(source, STR("MaxConcurrency")) && json_get(source, STR("MaxConcurrencyPath")))
        check_problem(check, at,
                      "These fields cannot be used together: [MaxConcurrency, MaxConcurrencyPath]");
    bool older = json_get(source, STR("Parameters")) != NULL;
    if (older && json_get(source, STR("ItemSelector")))
        check_problem(check, at, "These fields cannot be used together: [ItemSelector, Parameters]");
    own->selector = check_template(check, at, source, older ? "Parameters" : "ItemSelector");
    if (!own->distributed)
        return;
    own->tolerated_count = given_read(check, at, source, "ToleratedFailureCount", INT32_MAX, true);
    own->tolerated_percentage = given_read(check, at, source, "ToleratedFailurePercentage", 100, false);
    batcher_read(check, at, source, own);
    label_read(check, at, source, own, state->name);
}

/* ---- run ---- */

/* What the item goes in as. False: the state has failed. */
static bool map_item(struct step *step, struct branch *branch, uint32_t index, struct value *ret)
{
    const struct map_state *own = step_state(step, branch)->own;
    struct frame *frame = family_frame(step, branch);
    const struct json *item = &value_json(step->arena, &frame->items)->items[index];
    *ret = value_of_json(item);
    if (own->selector) {
        const struct json *outer = step->item;
        uint32_t outer_index = step->item_index;
        step->item = item;
        step->item_index = index;
        bool good = data_render(step, branch, own->selector, &frame->from, ret);
        step->item = outer;
        step->item_index = outer_index;
        if (!good)
            return false;
    }
    return step_render(step, branch, ret);
}

/* Begins the next iteration. False: the state has failed. */
static bool map_begin(struct step *step, struct branch *branch, uint32_t previous)
{
    const struct map_state *own = step_state(step, branch)->own;
    uint32_t index = branch->begun;
    struct value input;
    if (!map_item(step, branch, index, &input))
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

static int64_t inline_concurrency(int64_t asked)
{
    return asked == 0 || asked > MAP_CONCURRENCY_MAX ? MAP_CONCURRENCY_MAX : asked;
}

static bool map_items(struct step *step, struct branch *branch, struct frame *frame)
{
    const struct map_state *own = step_state(step, branch)->own;
    frame->items = frame->from;
    if (step->inspection && step->inspection->items) {
        frame->items = value_of_json(step->inspection->items);
        return true;
    }
    if (own->items_path) {
        struct selector selector = { SELECT_PATH, own->items_path };
        if (!data_select(step, branch, &selector, &frame->from, &frame->items))
            return false;
    }
    if (value_json(step->arena, &frame->items)->type == JSON_ARRAY)
        return true;
    struct str path = own->items_path ? path_text(own->items_path) : STR("$");
    if (own->items_path && path_of_context(own->items_path))
        path = str_from_offset(path, 1); /* the service names it within the context object */
    step_fail_runtime(step, branch, "Reference path \"%.*s\" must point to array.", STR_ARG(path));
    return false;
}

/* ---- in a map run ---- */

static bool given_pick(struct step *step, struct branch *branch, const char *field, const struct given *given,
                       struct value *from, double *ret)
{
    struct json picked;
    *ret = given->value;
    if (!given->path)
        return true;
    struct str path = path_text(given->path);
    if (data_pick(step, branch, given->path, from, &picked) != ERR_OK) {
        step_fail_runtime(step, branch, "The %sPath parameter does not reference an input value: %.*s", field,
                          STR_ARG(path));
        return false;
    }
    if (picked.type == JSON_NUMBER && json_number_double(picked.text, ret) && *ret >= 0 && *ret <= INT32_MAX)
        return true;
    struct str found = json_text(step->arena, &picked);
    step_fail_runtime(step, branch, "The %sPath parameter must be a non-negative number: %.*s == %.*s", field,
                      STR_ARG(path), STR_ARG(found));
    return false;
}

static struct str map_run_name(struct step *step, const struct run_order *order)
{
    struct str arn = step->names->machine_arn, kind = STR(":stateMachine:");
    size_t at = str_find(arn, kind), slash;
    assert(at != STR_NOT_FOUND);
    struct str machine = str_from_offset(arn, at + kind.len);
    slash = str_find_char(machine, '/');
    if (slash != STR_NOT_FOUND)
        machine = str_slice(machine, 0, slash);
    return arena_printf(step->arena, "%.*s:mapRun:%.*s/%.*s:%.*s", STR_ARG(str_slice(arn, 0, at)),
                        STR_ARG(machine), STR_ARG(order->label), STR_ARG(order->uuid));
}

static struct str uuid_new(struct step *step)
{
    unsigned char bytes[16];
    step->settings->random(bytes, sizeof(bytes));
    return arena_printf(step->arena, "%02x%02x%02x%02x-%02x%02x-4%x%02x-8%x%02x-%02x%02x%02x%02x%02x%02x",
                        bytes[0], bytes[1], bytes[2], bytes[3], bytes[4], bytes[5], bytes[6] & 15, bytes[7],
                        bytes[8] & 15, bytes[9], bytes[10], bytes[11], bytes[12], bytes[13], bytes[14],
                        bytes[15]);
}

/* False: the state has failed. */
static bool map_limits(struct step *step, struct branch *branch, struct frame *frame, int64_t concurrency,
                       struct map_limits *ret)
{
    const struct map_state *own = step_state(step, branch)->own;
    double tolerated, percentage;
    if (!given_pick(step, branch, "ToleratedFailureCount", &own->tolerated_count, &frame->from, &tolerated) ||
        !given_pick(step, branch, "ToleratedFailurePercentage", &own->tolerated_percentage, &frame->from,
                    &percentage))
        return false;
    *ret = (struct map_limits){ .concurrency = (uint32_t)(concurrency < INT32_MAX ? concurrency : INT32_MAX),
                                .has_count = own->tolerated_count.there,
                                .has_percentage = own->tolerated_percentage.there,
                                .count = (uint32_t)tolerated,
                                .percentage = percentage };
    return true;
}

static void map_enter_run(struct step *step, struct branch *branch, struct frame *frame, int64_t concurrency)
{
    const struct map_state *own = step_state(step, branch)->own;
    uint32_t count = value_json(step->arena, &frame->items)->count;
    struct map_limits limits;
    double batch;
    if (!map_limits(step, branch, frame, concurrency, &limits) ||
        !given_pick(step, branch, "MaxItemsPerBatch", &own->batch_items, &frame->from, &batch))
        return;
    struct run_order order = {
        .branch = branch->id,
        .entry = branch->entry,
        .start = own->start,
        .items = count,
        .batches = own->batch_bytes.there ? 0
                   : batch >= 1           ? (count + (uint32_t)batch - 1) / (uint32_t)batch
                                          : count,
        .express = own->express,
        .label = own->label,
        .uuid = uuid_new(step),
        .limits = limits,
    };
    step_event(step, branch, HISTORY_MAP_STARTED);
    history_number(&step->history, FIELD_LENGTH, count);
    history_end(&step->history);
    step_event(step, branch, HISTORY_MAP_RUN_STARTED);
    history_text(&step->history, FIELD_MAP_RUN_ARN, map_run_name(step, &order));
    history_end(&step->history);
    branch->frame = frame;
    branch->children = count;
    branch->begun = 0;
    branch->done = 0;
    branch->map_run = 0;
    VEC_PUSH(step->arena, &step->runs, order);
    step_sleep(step, branch, BRANCH_MAP_RUN);
}

/* The items of the next execution, and the texts of them joined. False: the state has failed. */
static bool map_batch(struct step *step, struct branch *branch, struct start_order *ret)
{
    const struct map_state *own = step_state(step, branch)->own;
    struct frame *frame = family_frame(step, branch);
    double items_max, bytes_max;
    struct value input;
    *ret = (struct start_order){ .index = branch->done };
    if (!own->batch_items.there && !own->batch_bytes.there) {
        if (!map_item(step, branch, branch->begun, &input))
            return false;
        ret->items = 1;
        ret->input = value_text(step->arena, &input);
        return true;
    }
    if (!given_pick(step, branch, "MaxItemsPerBatch", &own->batch_items, &frame->from, &items_max) ||
        !given_pick(step, branch, "MaxInputBytesPerBatch", &own->batch_bytes, &frame->from, &bytes_max))
        return false;
    struct buf out;
    struct value given = { 0 };
    if (own->batch_input && !data_render(step, branch, own->batch_input, &frame->from, &given))
        return false;
    size_t most = step->settings->payload_bytes_max;
    if (own->batch_bytes.there && bytes_max < (double)most)
        most = (size_t)bytes_max;
    buf_init(&out, 0);
    buf_add(&out, own->batch_input ? STR("{\"BatchInput\":") : STR("{"));
    if (own->batch_input)
        buf_add(&out, arena_concat(step->arena, value_text(step->arena, &given), STR(",")));
    buf_add(&out, STR("\"Items\":["));
    bool good = true;
    while (branch->begun + ret->items < branch->children) {
        bool full = items_max >= 1 && ret->items >= (uint32_t)items_max;
        good = full || map_item(step, branch, branch->begun + ret->items, &input);
        if (full || !good)
            break;
        struct str text = value_text(step->arena, &input);
        if (ret->items > 0 && out.len + text.len + 3 > most)
            break;
        if (ret->items++ > 0)
            buf_add_char(&out, ',');
        buf_add(&out, text);
    }
    buf_add(&out, STR("]}"));
    ret->input = arena_copy(step->arena, buf_str(&out));
    buf_fini(&out);
    if (good && ret->input.len > step->settings->payload_bytes_max) {
        step_fail_size(step, branch);
        return false;
    }
    return good && step_depth(step, branch, ret->input);
}

static void map_resume(struct step *step, struct branch *branch, const struct happening *what)
{
    switch (what->kind) {
    case HAPPENED_RUN_REFILL:
        for (uint32_t i = 0; i < what->count && branch->begun < branch->children; i++) {
            struct start_order order;
            if (!map_batch(step, branch, &order))
                return;
            branch->begun += order.items;
            branch->done++;
            VEC_PUSH(step->arena, &step->starts, order);
        }
        return;
    case HAPPENED_RUN_SUCCEEDED:
        step_event(step, branch, HISTORY_MAP_RUN_SUCCEEDED);
        history_end(&step->history);
        branch->phase = BRANCH_FAMILY;
        branch->children = branch->done = branch->kept_output = what->count;
        family_succeed(step, branch);
        return;
    case HAPPENED_RUN_FAILED:
        step_fail(step, branch, what->error, what->cause, false);
        return;
    default:
        assert(false && "a Map does not wait for this");
    }
}

/* ---- looked at ---- */

/* The texts of all items as they go in, or of all batches. False: the state has failed. */
static bool map_inputs(struct step *step, struct branch *branch, bool batches, struct value *ret)
{
    struct buf out;
    bool good = true;
    buf_init(&out, 0);
    buf_add_char(&out, '[');
    for (branch->begun = 0; good && branch->begun < branch->children;) {
        struct start_order order = { .items = 1 };
        struct value input;
        good = batches ? map_batch(step, branch, &order) : map_item(step, branch, branch->begun, &input);
        if (!good)
            break;
        if (out.len > 1)
            buf_add_char(&out, ',');
        buf_add(&out, batches ? order.input : value_text(step->arena, &input));
        branch->begun += order.items;
    }
    buf_add_char(&out, ']');
    *ret = value_of_text(arena_copy(step->arena, buf_str(&out)));
    buf_fini(&out);
    return good;
}

/* Shows what would be begun, and waits for what it would give. */
static void map_show(struct step *step, struct branch *branch, struct frame *frame, int64_t concurrency)
{
    const struct map_state *own = step_state(step, branch)->own;
    struct step_inspection *seen = step->inspection;
    bool batches = own->batch_items.there || own->batch_bytes.there;
    struct value inputs;
    if (!seen->items)
        seen->after_items_path = frame->items;
    if (!map_limits(step, branch, frame, concurrency, &seen->limits))
        return;
    seen->has_limits = true;
    branch->frame = frame;
    branch->children = seen->items_count = value_json(step->arena, &frame->items)->count;
    bool good = !own->selector || map_inputs(step, branch, false, &inputs);
    if (good && own->selector)
        seen->after_item_selector = inputs;
    good = good && (!batches || map_inputs(step, branch, true, &inputs));
    if (good && batches)
        seen->after_item_batcher = inputs;
    branch->frame = NULL;
    if (good)
        step_sleep(step, branch, BRANCH_TASK);
}

static void map_enter(struct step *step, struct branch *branch)
{
    const struct state *state = step_state(step, branch);
    const struct map_state *own = state->own;
    struct frame *frame = ARENA_NEW(step->arena, struct frame);
    int64_t concurrency;
    frame->input = branch->input;
    if (!data_select(step, branch, &state->input_path, &branch->input, &frame->from))
        return;
    if (step->inspection)
        step->inspection->after_input_path = frame->from;
    if (!map_items(step, branch, frame) || !map_concurrency(step, branch, &frame->from, &concurrency))
        return;
    if (step->inspection) {
        map_show(step, branch, frame, concurrency);
        return;
    }
    if (own->distributed) {
        map_enter_run(step, branch, frame, concurrency);
        return;
    }
    concurrency = inline_concurrency(concurrency);
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

/* A run goes on as a run; iterations that were not begun yet are, as far as there is room for them. */
static void map_redrive(struct step *step, struct branch *branch, const struct happening *what)
{
    int64_t concurrency;
    for (size_t i = 0; i < what->run_count && branch->phase == BRANCH_MAP_RUN; i++) {
        if (what->runs[i].map_run != branch->map_run)
            continue;
        step_event(step, branch, HISTORY_MAP_RUN_REDRIVEN);
        history_text(&step->history, FIELD_MAP_RUN_ARN, what->runs[i].arn);
        history_number(&step->history, FIELD_REDRIVE_COUNT, what->runs[i].redrives);
        history_end(&step->history);
    }
    if (branch->phase == BRANCH_MAP_RUN ||
        !map_concurrency(step, branch, &family_frame(step, branch)->from, &concurrency))
        return;
    concurrency = inline_concurrency(concurrency);
    while (branch->begun < branch->children && branch->begun - branch->done < concurrency) {
        if (!map_begin(step, branch, branch->previous_event))
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
    .redrive = map_redrive,
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
    .resume = map_resume,
};
