#include "api/api_impl.h"

/* Counters in Prometheus' text form. Operations that were never asked for are left out. */

static void add_count(struct buf *out, const struct api_entry *entry, const char *answer,
                      const atomic_uint_fast64_t *count)
{
    uint64_t value = atomic_load_explicit(count, memory_order_relaxed);
    if (value)
        buf_printf(out, "crema_requests_total{service=\"%s\",operation=\"%s\",answer=\"%s\"} %llu\n",
                   entry->service->name, entry->operation->name, answer, (unsigned long long)value);
}

void api_metrics_write(const struct api *api, struct buf *out)
{
    buf_add(out, STR("# HELP crema_requests_total Requests answered: ok, refused (4xx), failed (5xx).\n"
                     "# TYPE crema_requests_total counter\n"));
    for (size_t i = 0; i < api->entry_count; i++) {
        add_count(out, &api->entries[i], "ok", &api->entries[i].succeeded);
        add_count(out, &api->entries[i], "refused", &api->entries[i].refused);
        add_count(out, &api->entries[i], "failed", &api->entries[i].failed);
    }
    buf_add(out, STR("# HELP crema_requests_unknown_total Requests that name no known operation.\n"
                     "# TYPE crema_requests_unknown_total counter\n"));
    buf_printf(out, "crema_requests_unknown_total %llu\n",
               (unsigned long long)atomic_load_explicit(&api->unknown, memory_order_relaxed));
    buf_add(out,
            STR("# HELP crema_operations_inside_total Operations that workflows called inside the server.\n"
                "# TYPE crema_operations_inside_total counter\n"));
    for (size_t i = 0; i < api->entry_count; i++) {
        uint64_t value = atomic_load_explicit(&api->entries[i].inside, memory_order_relaxed);
        if (value)
            buf_printf(out, "crema_operations_inside_total{service=\"%s\",operation=\"%s\"} %llu\n",
                       api->entries[i].service->name, api->entries[i].operation->name,
                       (unsigned long long)value);
    }
    for (size_t i = 0; i < api->metrics_count; i++)
        api->metrics[i].write(api->metrics[i].self, out);
}
