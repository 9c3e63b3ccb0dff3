/* Any bytes are a definition that is read or refused with a text; what is read can be walked and stepped. */
#include <assert.h>

#include "flow/flow_state.h"

static bool known(void *self, struct str resource, struct str *ret_why)
{
    (void)self;
    (void)ret_why;
    return str_starts(resource, STR("arn:aws:states:::"));
}

static void chance(void *at, size_t len)
{
    memset(at, 7, len);
}

static void step(struct plan *plan, struct arena *arena)
{
    struct execution execution = { .name = STR("n") };
    struct execution_names names = { { 1, 2, 3 }, STR("e"), STR("arn:aws:states:r:0:stateMachine:m"),
                                     STR("M"),    STR("r"), STR("us-east-1"),
                                     false,       0 };
    struct step_settings settings = { 50, 1 << 16, 25000, 262144, chance, NULL, false };
    struct buf history;
    buf_init(&history, 0);
    struct step step = { .plan = plan,
                         .execution = &execution,
                         .names = &names,
                         .settings = &settings,
                         .arena = arena,
                         .now_ms = 1700000000000 };
    history_writer_init(&step.history, &history, 0);
    struct happening start = { .kind = HAPPENED_START,
                               .value =
                                   value_of_text(STR("{\"a\":{\"b\":[1,\"x\",null]},\"n\":3,\"t\":true}")) };
    flow_step(&step, &start);
    struct history_reader events;
    struct history_event event;
    bool whole = history_reader_init(&events, buf_str(&history));
    assert(whole);
    uint32_t last = 0;
    while (history_next(&events, &event))
        last = event.id;
    assert(last == execution.last_event && !events.in.bad);
    buf_clear(&history);
    execution_write(&history, &execution);
    struct execution again;
    whole = execution_read(arena, buf_str(&history), true, &again);
    assert(whole && again.last_event == execution.last_event);
    buf_fini(&history);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct arena arena = { 0 };
    struct plan *plan = NULL;
    struct str why = STR_EMPTY;
    if (plan_read(&arena, str_of((const char *)bytes, len), false, known, NULL, &plan, &why))
        step(plan, &arena);
    else
        assert(!str_empty(why));
    problem_list problems;
    plan_check(&arena, str_of((const char *)bytes, len), false, true, known, NULL, 100, &problems);
    assert((plan != NULL) == (problems.len == 0 || problems.at[0].warning)); /* errors come first */
    reference_list references;
    plan_references(&arena, str_of((const char *)bytes, len), &references);
    plan_free(&plan);
    arena_fini(&arena);
    return 0;
}
