/* What is logged at which level, and how a line reads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "flow/flow_history.h"
#include "flow/flow_log.h"

#define ARN "arn:aws:states:us-east-1:000000000000:execution:M:e"

static struct buf out;

static struct str line_of(const struct history_event *event, enum log_level level, bool data)
{
    struct logging logging = { .level = level, .data = data };
    struct log_lines lines = { &out, &logging, STR(ARN), 2 };
    buf_clear(&out);
    log_line(&lines, event);
    return buf_str(&out);
}

static void assert_line(const struct history_event *event, bool data, const char *expected)
{
    struct str line = line_of(event, LOG_ALL, data);
    buf_add_char(&out, '\0');
    assert_true(line.len > 0);
    assert_string_equal(out.ptr, expected);
}

static void a_line_reads_as_the_service_writes_it(void **state)
{
    struct history_event event = {
        .id = 2, .previous_id = 1, .type = HISTORY_PASS_ENTERED, .time_ms = 1700000000123
    };
    (void)state;
    event.texts[FIELD_INPUT] = STR("{\"a\":\n1}");
    event.texts[FIELD_NAME] = STR("P");
    assert_line(&event, true,
                "{\"id\":\"2\",\"type\":\"PassStateEntered\",\"details\":{\"input\":\"{\\\"a\\\":\\n1}\","
                "\"inputDetails\":{\"truncated\":false},\"name\":\"P\"},\"redrive_count\":\"2\","
                "\"previous_event_id\":\"1\",\"event_timestamp\":\"1700000000123\",\"execution_arn\":\"" ARN
                "\"}\n");
    assert_line(
        &event, false,
        "{\"id\":\"2\",\"type\":\"PassStateEntered\",\"details\":{\"name\":\"P\"},\"redrive_count\":\"2\","
        "\"previous_event_id\":\"1\",\"event_timestamp\":\"1700000000123\",\"execution_arn\":\"" ARN "\"}\n");
    event = (struct history_event){ .id = 3, .previous_id = 2, .type = HISTORY_MAP_SUCCEEDED, .time_ms = 5 };
    assert_line(
        &event, true,
        "{\"id\":\"3\",\"type\":\"MapStateSucceeded\",\"redrive_count\":\"2\",\"previous_event_id\":\"2\","
        "\"event_timestamp\":\"5\",\"execution_arn\":\"" ARN "\"}\n");
}

/* JSON that is put as it stands must not break the line. */
static void an_event_is_one_line(void **state)
{
    struct history_event event = { .id = 2, .previous_id = 1, .type = HISTORY_TASK_SCHEDULED };
    (void)state;
    event.texts[FIELD_TASK_CREDENTIALS] = STR("{\n\"RoleArn\":\r\n\"r\"}");
    struct str line = line_of(&event, LOG_ALL, true);
    assert_int_equal(str_find_char(line, '\n'), line.len - 1);
    assert_int_equal(str_find_char(line, '\r'), STR_NOT_FOUND);
}

static void each_level_holds_what_failed(void **state)
{
    static const struct {
        enum history_type type;
        enum log_level least;
    } cases[] = {
        { HISTORY_EXECUTION_STARTED, LOG_ALL },   { HISTORY_EXECUTION_SUCCEEDED, LOG_ALL },
        { HISTORY_EXECUTION_FAILED, LOG_FATAL },  { HISTORY_EXECUTION_TIMED_OUT, LOG_FATAL },
        { HISTORY_EXECUTION_ABORTED, LOG_FATAL }, { HISTORY_FAIL_ENTERED, LOG_ERROR },
        { HISTORY_PASS_ENTERED, LOG_ALL },        { HISTORY_TASK_SCHEDULED, LOG_ALL },
        { HISTORY_TASK_FAILED, LOG_ERROR },       { HISTORY_TASK_TIMED_OUT, LOG_ERROR },
        { HISTORY_LAMBDA_FAILED, LOG_ERROR },     { HISTORY_LAMBDA_SUCCEEDED, LOG_ALL },
        { HISTORY_MAP_FAILED, LOG_ERROR },        { HISTORY_ITERATION_ABORTED, LOG_ERROR },
        { HISTORY_PARALLEL_FAILED, LOG_ERROR },   { HISTORY_EXECUTION_REDRIVEN, LOG_ALL },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct history_event event = { .id = 2, .previous_id = 1, .type = cases[i].type };
        for (enum log_level level = LOG_OFF; level <= LOG_ALL; level++)
            assert_int_equal(line_of(&event, level, true).len > 0, level >= cases[i].least);
    }
}

static void what_is_too_long_is_cut_between_characters(void **state)
{
    enum { LEN = 262144, MOST = 248 * 1024 };
    static char text[LEN];
    struct history_event event = { .id = 2, .previous_id = 1, .type = HISTORY_PASS_EXITED };
    (void)state;
    memset(text, 'x', LEN);
    event.texts[FIELD_OUTPUT] = str_of(text, LEN);
    struct str line = line_of(&event, LOG_ALL, true);
    assert_true(line.len > MOST && line.len < MOST + 300);
    assert_true(str_find(line, STR("\"truncated\":true")) != STR_NOT_FOUND);
    event.texts[FIELD_OUTPUT] = str_of(text, MOST);
    assert_true(str_find(line_of(&event, LOG_ALL, true), STR("\"truncated\":false")) != STR_NOT_FOUND);
    memset(text, '"', LEN);
    for (size_t i = 1; i + 2 < LEN; i += 2)
        memcpy(text + i, "\xc3\xa4", 2);
    event.texts[FIELD_OUTPUT] = str_of(text, LEN);
    line = line_of(&event, LOG_ALL, true);
    size_t end = str_find(line, STR("\",\"outputDetails\""));
    assert_true(end != STR_NOT_FOUND && memcmp(line.ptr + end - 2, "\xc3\xa4", 2) == 0);
}

static void a_configuration_is_read(void **state)
{
    struct arena arena = { 0 };
    struct logging logging;
    (void)state;
    logging_read(&arena,
                 STR("{\"level\":\"ERROR\",\"includeExecutionData\":true,\"destinations\":[{"
                     "\"cloudWatchLogsLogGroup\":{\"logGroupArn\":\"arn:aws:logs:r:a:log-group:g:*\"}}]}"),
                 &logging);
    assert_int_equal(logging.level, LOG_ERROR);
    assert_true(logging.data);
    assert_true(str_eq(logging.group, STR("arn:aws:logs:r:a:log-group:g")));
    logging_read(&arena, STR("{\"level\":\"OFF\"}"), &logging);
    assert_int_equal(logging.level, LOG_OFF);
    logging_read(&arena, STR(""), &logging);
    assert_int_equal(logging.level, LOG_OFF);
    arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_reads_as_the_service_writes_it),
        cmocka_unit_test(an_event_is_one_line),
        cmocka_unit_test(each_level_holds_what_failed),
        cmocka_unit_test(what_is_too_long_is_cut_between_characters),
        cmocka_unit_test(a_configuration_is_read),
    };
    buf_init(&out, 0);
    int failed = cmocka_run_group_tests_name("flow-log", tests, NULL, NULL);
    buf_fini(&out);
    return failed;
}
