/* cli_tail_print.c - events as lines. JSON in a message is folded to one line; on a terminal it has colours, unless
 * NO_COLOR says otherwise, and what would steer the terminal is shown instead. */
#include "cli/cli_tail.h"

#include "base/time.h"

#include <stdio.h>

#define DIM "\x1b[2m"
#define CYAN "\x1b[36m"
#define BLUE "\x1b[34m"
#define GREEN "\x1b[32m"
#define YELLOW "\x1b[33m"
#define PLAIN "\x1b[0m"

struct str tail_group_name(struct str identifier)
{
    size_t at =
        str_starts(identifier, STR("arn:")) ? str_find(identifier, STR(":log-group:")) : STR_NOT_FOUND;
    return at == STR_NOT_FOUND ? identifier : str_from_offset(identifier, at + sizeof(":log-group:") - 1);
}

static void print_json(const struct tail_event *event)
{
    struct buf line;
    struct json_writer json;
    buf_init(&line, 0);
    json_writer_init(&json, &line);
    json_begin_object(&json);
    json_put_member_str(&json, STR("group"), event->group);
    json_put_member_str(&json, STR("stream"), event->stream);
    json_put_member_i64(&json, STR("timestamp"), event->timestamp_ms);
    json_put_member_i64(&json, STR("ingestionTime"), event->ingested_ms);
    json_put_member_str(&json, STR("message"), event->message);
    json_end_object(&json);
    buf_add_char(&line, '\n');
    (void)fwrite(line.ptr, 1, line.len, stdout);
    buf_fini(&line);
}

/* What a terminal would obey is written out. */
static void add_harmless(struct buf *out, struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if ((c < 0x20 && c != '\t' && c != '\n') || c == 0x7F)
            buf_printf(out, "\\x%02x", c);
        else if (c == 0xC2 && i + 1 < text.len &&
                 (unsigned char)text.ptr[i + 1] < 0xA0) /* U+0080 to U+009F */
            buf_printf(out, "\\x%02x", (unsigned char)text.ptr[++i]);
        else
            buf_add_char(out, (char)c);
    }
}

/* Of compact JSON: names, texts and all else. */
static void add_coloured(struct buf *out, struct str json)
{
    for (size_t i = 0; i < json.len;) {
        size_t end = i + 1;
        if (json.ptr[i] == '"') {
            while (end < json.len && json.ptr[end] != '"')
                end += json.ptr[end] == '\\' ? 2 : 1;
            end++;
            bool name = end < json.len && json.ptr[end] == ':';
            buf_add(out, name ? STR(BLUE) : STR(GREEN));
        } else if (str_find_char(STR("{}[],:"), json.ptr[i]) == STR_NOT_FOUND) {
            while (end < json.len && str_find_char(STR("{}[],:"), json.ptr[end]) == STR_NOT_FOUND)
                end++;
            buf_add(out, STR(YELLOW));
        } else {
            buf_add_char(out, json.ptr[i++]);
            continue;
        }
        add_harmless(out, str_slice(json, i, end - i));
        buf_add(out, STR(PLAIN));
        i = end;
    }
}

static void add_message(struct buf *out, struct str message, const struct tail *tail)
{
    struct arena arena = { 0 };
    struct json json;
    bool folds = !str_empty(message) && (message.ptr[0] == '{' || message.ptr[0] == '[') &&
                 json_read(&arena, message, 0, &json, NULL) == ERR_OK;
    struct str text = folds ? json_text(&arena, &json) : message;
    if (folds && tail->colour)
        add_coloured(out, text);
    else if (tail->terminal)
        add_harmless(out, text);
    else
        buf_add(out, text);
    arena_fini(&arena);
}

void tail_print(struct tail *tail, const struct tail_event *event)
{
    tail->events_shown++;
    if (tail->json) {
        print_json(event);
        return;
    }
    char time[TIME_TEXT_BYTES];
    size_t time_len = time_format_milliseconds(event->timestamp_ms, time);
    struct buf line;
    buf_init(&line, 0);
    buf_printf(&line, "%s%.*s%s ", tail->colour ? DIM : "", (int)time_len, time, tail->colour ? PLAIN : "");
    if (tail->group_count > 1)
        buf_printf(&line, "%.*s ", STR_ARG(event->group));
    buf_add(&line, tail->colour ? STR(CYAN) : STR_EMPTY);
    if (tail->terminal)
        add_harmless(&line, event->stream);
    else
        buf_add(&line, event->stream);
    buf_add(&line, tail->colour ? STR(PLAIN " ") : STR(" "));
    add_message(&line, event->message, tail);
    if (line.ptr[line.len - 1] != '\n')
        buf_add_char(&line, '\n');
    (void)fwrite(line.ptr, 1, line.len, stdout);
    buf_fini(&line);
}

void tail_flush(void)
{
    (void)fflush(stdout);
}
