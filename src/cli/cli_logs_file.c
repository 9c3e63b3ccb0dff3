#include "cli/cli_logs.h"

#include "base/time.h"
#include "io/clock.h"

#include <stdio.h>

enum { READ_BYTES = 256 << 10 };

bool logs_failed(const struct logs_job *job, const char *text)
{
    fprintf(stderr, "crema %s: %s\n", job->command, text);
    return false;
}

void logs_progress(struct logs_job *job, uint64_t events, int64_t timestamp_ms)
{
    int64_t now_ns = clock_monotonic_ns();
    if (!job->said_ns)
        job->said_ns = now_ns;
    if (now_ns - job->said_ns < 1000000000)
        return;
    char time[TIME_TEXT_BYTES];
    size_t len = time_format_seconds(timestamp_ms, time);
    job->said_ns = now_ns;
    fprintf(stderr, "crema %s: %llu events, up to %.*s\n", job->command, (unsigned long long)events, (int)len,
            time);
}

bool logs_lines_open(struct logs_lines *lines, const struct logs_job *job, const char *path)
{
    struct diag diag;
    *lines = (struct logs_lines){ .path = path };
    buf_init(&lines->bytes, LOGS_LINE_BYTES_MAX + READ_BYTES);
    return !gzip_open(path, &lines->file, &diag) || logs_failed(job, diag.text);
}

void logs_lines_close(struct logs_lines *lines)
{
    gzip_close(&lines->file);
    buf_fini(&lines->bytes);
    arena_fini(&lines->arena);
}

/* More bytes behind what is not taken yet. */
static bool fill(struct logs_lines *lines, const struct logs_job *job)
{
    struct diag diag;
    size_t got = 0, left = lines->bytes.len - lines->at;
    if (lines->at)
        memmove(lines->bytes.ptr, lines->bytes.ptr + lines->at, left);
    lines->bytes.len = left;
    lines->at = 0;
    char *at = buf_reserve(&lines->bytes, READ_BYTES);
    if (!at)
        return logs_failed(job, "a line is longer than an event may be");
    if (gzip_read(lines->file, at, READ_BYTES, &got, &diag))
        return logs_failed(job, diag.text);
    lines->bytes.len += got;
    lines->ended = got < READ_BYTES;
    return true;
}

static bool member_i64(const struct json *object, struct str name, int64_t *ret)
{
    const struct json *value = json_get_typed(object, name, JSON_NUMBER);
    return value && json_number_i64(value->text, ret);
}

static bool read_line(struct logs_lines *lines, const struct logs_job *job, struct str line,
                      struct logs_line *ret)
{
    struct json json;
    char text[256];
    arena_reset(&lines->arena);
    lines->number++;
    if (json_read(&lines->arena, line, 0, &json, NULL) == ERR_OK &&
        member_i64(&json, STR("timestamp"), &ret->timestamp_ms) &&
        member_i64(&json, STR("ingestionTime"), &ret->ingested_ms)) {
        ret->stream = json_get_str(&json, STR("stream"));
        ret->message = json_get_str(&json, STR("message"));
        if (!str_empty(ret->stream) && !str_empty(ret->message))
            return true;
    }
    (void)snprintf(text, sizeof(text), "%s: line %llu is no event", lines->path,
                   (unsigned long long)lines->number);
    return logs_failed(job, text);
}

bool logs_lines_next(struct logs_lines *lines, const struct logs_job *job, struct logs_line *ret,
                     bool *ret_any)
{
    size_t looked = 0;
    for (;;) {
        struct str rest = str_from_offset(buf_str(&lines->bytes), lines->at);
        size_t end = str_find_char(str_from_offset(rest, looked), '\n');
        if (end != STR_NOT_FOUND) {
            end += looked;
            lines->at += end + 1;
            *ret_any = true;
            return read_line(lines, job, str_slice(rest, 0, end), ret);
        }
        if (lines->ended) {
            *ret_any = false;
            return rest.len == 0 || logs_failed(job, "a file does not end with a whole line");
        }
        looked = rest.len;
        if (!fill(lines, job))
            return false;
    }
}
