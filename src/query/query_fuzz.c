/* A query, a zero, and lines: whatever it is, it is refused with a place in it, or runs, with the same rows for one
 * worker as for two. */
#include "base/utf8.h"
#include "query/query_run.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct query_group groups[] = { { { "1:g", 3 } } };

static struct str pointer(void *self, struct arena *arena, const struct query_origin *origin)
{
    (void)self;
    return arena_printf(arena, "%llu", (unsigned long long)origin->sequence);
}

static bool run(const struct query_plan *plan, struct str lines, unsigned workers, struct query_results *ret)
{
    struct query_context context = { .plan = plan, .groups = groups, .pointer = pointer, .now_ms = 1 };
    struct query_run query;
    struct query_worker worker[2];
    struct str line;
    query_run_init(&query, &context, 1 << 20);
    for (unsigned i = 0; i < workers; i++)
        query_worker_init(&worker[i], &query);
    bool more = true;
    for (unsigned i = 0; more && i < 20; i++) {
        more = str_cut(lines, '\n', &line, &lines);
        struct query_event event = { .origin = { i, i, 0 }, .message = line };
        (void)query_worker_event(&worker[i % workers], &event);
    }
    for (unsigned i = 0; i < workers; i++) {
        query_run_merge(&query, &worker[i]);
        query_worker_fini(&worker[i]);
    }
    bool good = query_run_results(&query, 1 << 20, ret);
    query_run_fini(&query);
    return good;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = { 0 };
    struct str text, lines;
    const struct query_plan *plan;
    struct query_error error;
    (void)str_cut(str_of((const char *)data, size), '\0', &text, &lines);
    if (text.len > 2000 || lines.len > 4000 || utf8_valid_len(text) != text.len ||
        utf8_valid_len(lines) != lines.len)
        return 0;
    if (query_compile(&arena, text, 0, &plan, &error)) {
        struct query_results one = { 0 }, two = { 0 };
        if (run(plan, lines, 1, &one) && run(plan, lines, 2, &two) &&
            !str_eq(buf_str(&one.text), buf_str(&two.text)))
            __builtin_trap();
        query_results_fini(&one);
        query_results_fini(&two);
    } else if (str_empty(error.message) || error.first > error.end || error.end > utf8_count_utf16(text)) {
        __builtin_trap();
    }
    arena_fini(&arena);
    return 0;
}
