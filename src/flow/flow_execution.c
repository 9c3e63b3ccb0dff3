#include "flow/flow_execution.h"

#include <assert.h>

enum { EXECUTION_VERSION = 6, BRANCH_VERSION = 1, FRAME_VERSION = 1 };

/* ---- values ---- */

struct value value_of_text(struct str text)
{
    return (struct value){ .text = text, .has_text = true };
}

struct value value_of_json(const struct json *json)
{
    return (struct value){ .json = *json, .has_json = true };
}

struct value value_empty_object(void)
{
    return (struct value){
        .json = json_of_object(NULL, 0), .text = STR("{}"), .has_json = true, .has_text = true
    };
}

const struct json *value_json(struct arena *arena, struct value *value)
{
    if (!value->has_json) {
        /* A store of before may have some that were put together and are a level or two too deep: they are read, and
         * refused where they are rendered. */
        enum err err = json_read(arena, value->text, 2 * JSON_DEPTH_MAX, &value->json, NULL);
        assert(err == ERR_OK);
        value->has_json = err == ERR_OK;
    }
    return &value->json;
}

struct str value_text(struct arena *arena, struct value *value)
{
    if (!value->has_text) {
        value->text = json_text(arena, &value->json);
        value->has_text = true;
    }
    return value->text;
}

/* Takes the value's bytes off the budget; what was read knows its own, so shared parts
 * cost nothing to measure. */
static bool bytes_fit(const struct json *value, unsigned depth, size_t *budget)
{
    bool container = value->type == JSON_ARRAY || value->type == JSON_OBJECT;
    size_t own = value->raw.len > 0 ? value->raw.len : container ? 2 : value->text.len;
    if (own > *budget || depth == 0)
        return false;
    *budget -= own;
    if (value->raw.len > 0)
        return true;
    for (uint32_t i = 0; i < value->count && value->type == JSON_ARRAY; i++) {
        if (!bytes_fit(&value->items[i], depth - 1, budget))
            return false;
    }
    for (uint32_t i = 0; i < value->count && value->type == JSON_OBJECT; i++) {
        if (value->members[i].key.len > *budget)
            return false;
        *budget -= value->members[i].key.len;
        if (!bytes_fit(&value->members[i].value, depth - 1, budget))
            return false;
    }
    return true;
}

static bool depth_fits(const struct json *value, unsigned depth)
{
    bool container = value->type == JSON_ARRAY || value->type == JSON_OBJECT;
    if (container && depth == 0)
        return false;
    for (uint32_t i = 0; i < value->count && container; i++) {
        if (!depth_fits(value->type == JSON_ARRAY ? &value->items[i] : &value->members[i].value, depth - 1))
            return false;
    }
    return true;
}

enum value_shape value_shape(const struct value *value, size_t bytes_max)
{
    enum { WHITE_SPACE_MAX = 16 }; /* how much larger what was read may be than its compact text */
    size_t budget = bytes_max * WHITE_SPACE_MAX;
    if (value->has_text)
        return value->text.len > bytes_max ? VALUE_LARGE : VALUE_FITS;
    if (!bytes_fit(&value->json, 2 * JSON_DEPTH_MAX, &budget))
        return budget > 0 && !depth_fits(&value->json, JSON_DEPTH_MAX) ? VALUE_DEEP : VALUE_LARGE;
    return depth_fits(&value->json, JSON_DEPTH_MAX) ? VALUE_FITS : VALUE_DEEP;
}

bool value_text_is_deep(struct str text)
{
    unsigned depth = 0;
    bool quoted = false;
    if (text.len <= 2 * JSON_DEPTH_MAX) /* so deep has two brackets a level */
        return false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '"')
            quoted = !quoted;
        else if (quoted)
            i += c == '\\';
        else if ((c == '[' || c == '{') && ++depth > JSON_DEPTH_MAX)
            return true;
        else if (c == ']' || c == '}')
            depth--;
    }
    return false;
}

struct str execution_status_name(enum execution_status status)
{
    static const char *const names[EXECUTION_STATUSES] = {
        [EXECUTION_RUNNING] = "RUNNING", [EXECUTION_SUCCEEDED] = "SUCCEEDED",
        [EXECUTION_FAILED] = "FAILED",   [EXECUTION_TIMED_OUT] = "TIMED_OUT",
        [EXECUTION_ABORTED] = "ABORTED",
    };
    return str_from(names[status]);
}

/* ---- the record ---- */

bool branch_has_frame(const struct branch *branch)
{
    return branch->phase == BRANCH_FAMILY || branch->phase == BRANCH_MAP_RUN;
}

static void branch_pack(struct buf *out, const struct branch *branch)
{
    pack_u64(out, branch->id);
    pack_u64(out, branch->parent);
    pack_u64(out, branch->index);
    pack_u8(out, (uint8_t)branch->phase);
    pack_u64(out, branch->state);
    pack_u64(out, branch->entry);
    pack_u64(out, branch->entered_event);
    pack_u64(out, branch->previous_event);
    pack_i64(out, branch->entered_ms);
    pack_u64(out, branch->retry_count);
    pack_u64(out, branch->try_count);
    for (uint32_t i = 0; i < branch->try_count; i++)
        pack_u64(out, branch->tries[i]);
    pack_i64(out, branch->wake_ms);
    pack_i64(out, branch->timeout_ms);
    pack_i64(out, branch->heartbeat_ms);
    pack_i64(out, branch->heartbeat_span_ms);
    pack_fixed(out, branch->secret, sizeof(branch->secret));
    pack_u64(out, branch->variable_bytes);
    pack_i64(out, branch->queued_ms);
    pack_i64(out, branch->timeout_span_ms);
    pack_str(out, branch->job);
    if (branch_has_frame(branch)) {
        pack_u64(out, branch->children);
        pack_u64(out, branch->begun);
        pack_u64(out, branch->done);
        pack_u64(out, branch->map_run);
        return;
    }
    assert(branch->input.has_text);
    pack_str(out, branch->input.text);
}

void branch_write(struct buf *out, const struct branch *branch)
{
    pack_u8(out, BRANCH_VERSION);
    branch_pack(out, branch);
}

void execution_write(struct buf *out, const struct execution *execution)
{
    pack_u8(out, EXECUTION_VERSION);
    pack_u8(out, (uint8_t)execution->status);
    pack_str(out, execution->name);
    pack_u64(out, execution->revision);
    pack_u64(out, execution->version);
    pack_str(out, execution->alias);
    pack_str(out, execution->trace_header);
    pack_u64(out, execution->redrives);
    pack_i64(out, execution->redriven_ms);
    pack_u64(out, execution->map_index);
    pack_u64(out, execution->map_items);
    pack_i64(out, execution->start_ms);
    pack_i64(out, execution->stop_ms);
    pack_u64(out, execution->last_event);
    if (execution->redrives > 0)
        pack_str(out, execution->redrive_tokens);
    if (execution->status == EXECUTION_SUCCEEDED)
        return;
    pack_u64(out, execution->last_entry);
    pack_u64(out, execution->branch_count);
    pack_u64(out, execution->hops);
    if (execution->status != EXECUTION_RUNNING)
        return;
    pack_i64(out, execution->timeout_ms);
    pack_i64(out, execution->continue_ms);
    pack_u64(out, execution->variable_bytes);
    pack_str(out, execution->watchers);
    branch_pack(out, execution->branches.at[0]);
}

static void branch_unpack(struct arena *arena, struct unpack *in, struct branch *branch)
{
    branch->id = unpack_u32(in);
    branch->parent = unpack_u32(in);
    branch->index = unpack_u32(in);
    uint8_t phase = unpack_u8(in);
    if (phase == 0 || phase >= BRANCH_PHASES)
        in->bad = true;
    branch->phase = (enum branch_phase)phase;
    branch->state = unpack_u32(in);
    branch->entry = unpack_u32(in);
    branch->entered_event = unpack_u32(in);
    branch->previous_event = unpack_u32(in);
    branch->entered_ms = unpack_i64(in);
    branch->retry_count = unpack_u32(in);
    branch->try_count = unpack_u32(in);
    if (branch->try_count > (size_t)(in->end - in->at))
        in->bad = true;
    if (in->bad)
        return;
    branch->tries = ARENA_ARRAY(arena, uint32_t, (size_t)branch->try_count + 1);
    for (uint32_t i = 0; i < branch->try_count; i++)
        branch->tries[i] = unpack_u32(in);
    branch->wake_ms = unpack_i64(in);
    branch->timeout_ms = unpack_i64(in);
    branch->heartbeat_ms = unpack_i64(in);
    branch->heartbeat_span_ms = unpack_i64(in);
    unpack_fixed(in, branch->secret, sizeof(branch->secret));
    branch->variable_bytes = unpack_u64(in);
    branch->kept_variables = branch->variable_bytes;
    branch->queued_ms = unpack_i64(in);
    branch->timeout_span_ms = unpack_i64(in);
    branch->job = unpack_str(in);
    if (!branch_has_frame(branch)) {
        branch->input = value_of_text(unpack_str(in));
        return;
    }
    branch->children = unpack_u32(in);
    branch->begun = unpack_u32(in);
    branch->done = unpack_u32(in);
    branch->kept_frame = branch->entry;
    branch->map_run = unpack_u64(in);
    branch->kept_output = branch->phase == BRANCH_FAMILY ? branch->done : UINT32_MAX;
}

bool branch_read(struct arena *arena, struct str bytes, struct branch *ret)
{
    struct unpack in = unpack_of(bytes);
    memset(ret, 0, sizeof(*ret));
    if (unpack_u8(&in) != BRANCH_VERSION)
        return false;
    branch_unpack(arena, &in, ret);
    ret->kept = bytes;
    return unpack_done(&in);
}

bool execution_read(struct arena *arena, struct str bytes, bool whole, struct execution *ret)
{
    struct unpack in = unpack_of(bytes);
    memset(ret, 0, sizeof(*ret));
    if (unpack_u8(&in) != EXECUTION_VERSION)
        return false;
    uint8_t status = unpack_u8(&in);
    if (status == 0 || status >= EXECUTION_STATUSES)
        return false;
    ret->status = (enum execution_status)status;
    ret->name = unpack_str(&in);
    ret->revision = unpack_u32(&in);
    ret->version = unpack_u32(&in);
    ret->alias = unpack_str(&in);
    ret->trace_header = unpack_str(&in);
    ret->redrives = unpack_u32(&in);
    ret->redriven_ms = unpack_i64(&in);
    ret->map_index = unpack_u32(&in);
    ret->map_items = unpack_u32(&in);
    ret->start_ms = unpack_i64(&in);
    ret->stop_ms = unpack_i64(&in);
    ret->last_event = unpack_u32(&in);
    if (!whole)
        return !in.bad;
    if (ret->redrives > 0)
        ret->redrive_tokens = unpack_str(&in);
    if (ret->status == EXECUTION_SUCCEEDED)
        return unpack_done(&in);
    ret->last_entry = unpack_u32(&in);
    ret->branch_count = unpack_u32(&in);
    ret->hops = unpack_u32(&in);
    if (ret->status != EXECUTION_RUNNING)
        return unpack_done(&in);
    ret->timeout_ms = unpack_i64(&in);
    ret->continue_ms = unpack_i64(&in);
    ret->variable_bytes = unpack_u64(&in);
    ret->watchers = unpack_str(&in);
    struct branch *root = ARENA_NEW(arena, struct branch);
    branch_unpack(arena, &in, root);
    VEC_PUSH(arena, &ret->branches, root);
    return unpack_done(&in);
}

struct branch *execution_branch(const struct execution *execution, uint32_t id)
{
    for (size_t i = 0; i < execution->branches.len; i++) {
        if (execution->branches.at[i]->id == id)
            return execution->branches.at[i];
    }
    return NULL;
}

/* ---- frames ---- */

enum { FRAME_INPUT_ONLY, FRAME_OF_MAP };

void frame_write(struct buf *out, struct arena *arena, struct frame *frame)
{
    bool map = frame->items.has_json || frame->items.has_text;
    pack_u8(out, FRAME_VERSION);
    pack_u8(out, map ? FRAME_OF_MAP : FRAME_INPUT_ONLY);
    pack_str(out, value_text(arena, &frame->input));
    if (!map)
        return;
    pack_str(out, value_text(arena, &frame->from));
    pack_str(out, value_text(arena, &frame->items));
}

bool frame_read(struct str bytes, struct frame *ret)
{
    struct unpack in = unpack_of(bytes);
    memset(ret, 0, sizeof(*ret));
    if (unpack_u8(&in) != FRAME_VERSION)
        return false;
    bool map = unpack_u8(&in) == FRAME_OF_MAP;
    ret->input = value_of_text(unpack_str(&in));
    if (map) {
        ret->from = value_of_text(unpack_str(&in));
        ret->items = value_of_text(unpack_str(&in));
    }
    return unpack_done(&in);
}
