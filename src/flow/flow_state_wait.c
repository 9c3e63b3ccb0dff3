/* Wait: until a moment, or for a time. */
#include "base/time.h"
#include "flow/flow_data.h"
#include "flow/flow_state.h"

enum { WAIT_SECONDS_MAX = INT32_MAX };

struct wait {
    int64_t seconds; /* <0: not this one */
    int64_t until_ms;
    bool until;
    const struct path *seconds_path, *timestamp_path;
};

static void wait_read(struct check *check, const struct where *at, const struct json *source,
                      struct state *state)
{
    struct wait *own = ARENA_NEW(check->arena, struct wait);
    static const char *const ways[] = { "Seconds", "SecondsPath", "Timestamp", "TimestampPath" };
    unsigned count = 0;
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
        count += json_get(source, str_from(ways[i])) != NULL;
    if (count != 1)
        check_problem(
            check, at,
            "Exactly one of these fields is required: [Seconds, SecondsPath, Timestamp, TimestampPath]");
    own->seconds = check_integer(check, at, source, "Seconds", 0, 99999999, -1);
    own->seconds_path = check_path(check, at, source, "SecondsPath", PATH_REFERENCE_READ);
    own->timestamp_path = check_path(check, at, source, "TimestampPath", PATH_REFERENCE_READ);
    const struct json *timestamp = check_field(check, at, source, "Timestamp", JSON_STRING);
    own->until = timestamp != NULL;
    struct where here = WHERE(at, STR("Timestamp"));
    if (timestamp && !time_parse(timestamp->text, &own->until_ms))
        check_problem(check, &here, "String does not match RFC3339 timestamp");
    state->own = own;
}

static bool wait_pick(struct step *step, struct branch *branch, const char *field, const struct path *path,
                      struct value *input, struct json *ret)
{
    if (data_pick(step, branch, path, input, ret) == ERR_OK)
        return true;
    step_fail_runtime(step, branch, "The %s parameter does not reference an input value: %.*s", field,
                      STR_ARG(path_text(path)));
    return false;
}

static bool wait_seconds(struct step *step, struct branch *branch, const struct path *path,
                         struct value *input, int64_t *ret)
{
    struct json picked;
    struct str text = path_text(path);
    if (!wait_pick(step, branch, "SecondsPath", path, input, &picked))
        return false;
    if (picked.type == JSON_NUMBER && json_number_i64(picked.text, ret) && *ret >= 0)
        return true;
    struct str found = picked.type == JSON_STRING ? picked.text : json_text(step->arena, &picked);
    step_fail_runtime(step, branch,
                      "The SecondsPath parameter cannot be parsed as a long value: %.*s == %.*s",
                      STR_ARG(text), STR_ARG(found));
    return false;
}

static bool wait_timestamp(struct step *step, struct branch *branch, const struct path *path,
                           struct value *input, int64_t *ret)
{
    struct json picked;
    struct str text = path_text(path);
    if (!wait_pick(step, branch, "TimestampPath", path, input, &picked))
        return false;
    if (picked.type == JSON_STRING && time_parse(picked.text, ret))
        return true;
    struct str found = picked.type == JSON_STRING ? picked.text : json_text(step->arena, &picked);
    step_fail_runtime(
        step, branch,
        "The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time "
        "format string: %.*s == %.*s",
        STR_ARG(text), STR_ARG(found));
    return false;
}

static void wait_enter(struct step *step, struct branch *branch)
{
    const struct wait *own = step_state(step, branch)->own;
    struct value input;
    int64_t seconds = own->seconds, until_ms = own->until_ms;
    if (!data_input(step, branch, &input))
        return;
    if (own->seconds_path && !wait_seconds(step, branch, own->seconds_path, &input, &seconds))
        return;
    if (own->timestamp_path && !wait_timestamp(step, branch, own->timestamp_path, &input, &until_ms))
        return;
    bool until = own->until || own->timestamp_path;
    if (until ? (until_ms - step->now_ms) / 1000 > WAIT_SECONDS_MAX : seconds > WAIT_SECONDS_MAX) {
        step_fail_runtime(step, branch, "Wait state delay is too long.");
        return;
    }
    if (!until)
        until_ms = step->now_ms + seconds * 1000;
    if (until_ms <= step->now_ms) {
        step_leave(step, branch, input, STATE_NONE);
        return;
    }
    branch->wake_ms = until_ms;
    step_sleep(step, branch, BRANCH_WAIT);
}

static void wait_resume(struct step *step, struct branch *branch, const struct happening *what)
{
    struct value input;
    if (what->kind == HAPPENED_WAKE && data_input(step, branch, &input))
        step_leave(step, branch, input, STATE_NONE);
}

static const char *const wait_fields[] = { "Seconds", "SecondsPath", "Timestamp", "TimestampPath", NULL };

const struct state_kind state_wait = {
    .name = "Wait",
    .entered = HISTORY_WAIT_ENTERED,
    .exited = HISTORY_WAIT_EXITED,
    .aborted = HISTORY_WAIT_ABORTED,
    .fields = STATE_NEXT | STATE_INPUT_PATH | STATE_OUTPUT_PATH | STATE_ASSIGN,
    .own_fields = wait_fields,
    .read = wait_read,
    .enter = wait_enter,
    .resume = wait_resume,
};
