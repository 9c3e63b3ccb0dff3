/* A state that is tried: whatever is given, it is refused with a text or tells a status; and what is told is JSON.
 * Parts are set apart by 0: how it is mocked, definition, input, mock, context, variables, items. */
#include <assert.h>
#include <stdint.h>

#include "flow/flow_trial.h"

static bool known(void *self, struct str resource, struct str *ret_why)
{
    (void)self;
    *ret_why = STR_EMPTY;
    return str_starts(resource, STR("arn:"));
}

static struct str part(struct str *rest)
{
    struct str head;
    if (!rest->ptr || !str_cut(*rest, '\0', &head, rest)) {
        head = *rest;
        *rest = (struct str){ NULL, 0 };
    }
    return head;
}

static void is_json(struct arena *arena, struct str text)
{
    struct json value;
    if (text.len > 0) {
        enum err err = json_read(arena, text, 0, &value, NULL);
        assert(err == ERR_OK);
        (void)err;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static struct flow *flow;
    struct arena arena = { 0 };
    struct str rest = str_of((const char *)bytes, len), how = part(&rest);
    struct flow_trial *trial;
    struct flow_tested tested;
    struct fault fault = { 0 };
    uint32_t count = (uint32_t)how.len;
    if (!flow) {
        enum err err = flow_open(&(struct flow_settings){ .task_known = known }, NULL, &flow);
        assert(err == ERR_OK);
        (void)err;
    }
    struct flow_test test = { .role_arn = STR("arn:aws:iam::0:role/r") };
    test.definition = part(&rest);
    test.input = part(&rest);
    struct str mock = part(&rest);
    test.mocked = str_find_char(how, 'm') != STR_NOT_FOUND;
    if (str_find_char(how, 'e') == STR_NOT_FOUND)
        test.mock_result = mock.ptr ? mock : STR("");
    else
        test.mock_error = mock;
    if (str_find_char(how, 's') != STR_NOT_FOUND)
        test.state_name = STR("S");
    test.context = part(&rest);
    test.variables = part(&rest);
    test.item_data = part(&rest);
    test.retries = str_find_char(how, 'r') != STR_NOT_FOUND ? &count : NULL;
    test.failures = str_find_char(how, 'f') != STR_NOT_FOUND ? &count : NULL;
    if (!flow_trial_begin(flow, &arena, (struct ns){ STR("0"), STR("us-east-1") }, &test, &trial, &fault)) {
        assert(fault.code != FAULT_NONE && !str_empty(fault.text));
    } else if (flow_trial_over(trial)) {
        flow_trial_tell(trial, &tested);
        assert(!str_empty(tested.status));
        is_json(&arena, tested.output);
        is_json(&arena, tested.after_parameters);
        is_json(&arena, tested.after_item_selector);
        is_json(&arena, tested.after_item_batcher);
        is_json(&arena, tested.variables);
    }
    arena_fini(&arena);
    return 0;
}
