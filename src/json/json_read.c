/* The reader: one pass, no recursion. Finished children wait on a scratch stack and are copied into the arena
 * at once when their container closes:
 *
 *     {"a":[1,2  ]   frames:  object(start 0)  array(start 1)
 *                    waiting: a:?  1  2        -> "]" copies two items, and a: gets the array
 */
#include "json/json.h"
#include "json/json_scan.h"
#include "base/utf8.h"

enum { FRAMES_FIRST = 64, WAITING_FIRST = 192 };

struct frame {
    const char *open; /* its bracket */
    size_t start;     /* its first child on the stack of those that wait */
    bool object;
};

struct reader {
    struct arena *arena;
    const char *start, *at, *end;
    struct json_member *waiting; /* children of the open containers; of an array without key */
    size_t waiting_len, waiting_cap;
    struct frame *frames;
    size_t depth, frames_cap, depth_max;
    struct arena scratch; /* of the two stacks when they outgrow their first room */
    struct json_error *error;
};

/* ---- errors ---- */

void json_place(struct str text, size_t offset, unsigned *ret_line, unsigned *ret_column)
{
    struct str before = str_slice(text, 0, offset);
    size_t line_start = 0;
    unsigned line = 1;
    for (size_t i = 0; i < before.len; i++) {
        if (before.ptr[i] != '\n' &&
            (before.ptr[i] != '\r' || (i + 1 < before.len && before.ptr[i + 1] == '\n')))
            continue;
        line++;
        line_start = i + 1;
    }
    *ret_line = line;
    *ret_column = (unsigned)utf8_count_utf16(str_from_offset(before, line_start)) + 1;
}

struct str json_source(struct arena *arena, struct str text, unsigned line, unsigned column)
{
    enum { SHOWN_MAX = 500 };
    struct str shown = str_slice(text, 0, utf8_valid_len(text)), cut = STR_EMPTY;
    size_t len = utf8_count_utf16(shown);
    if (len > SHOWN_MAX) {
        size_t bytes = 0, units = 0;
        while (units < SHOWN_MAX) {
            uint32_t point;
            size_t step = utf8_decode(str_from_offset(shown, bytes), &point);
            bytes += step;
            units += step == 4 ? 2 : 1;
        }
        shown.len = bytes;
        cut = arena_printf(arena, "[truncated %zu chars]", len - units);
    }
    return arena_printf(arena, "[Source: (String)\"%.*s\"%.*s; line: %u, column: %u]", STR_ARG(shown),
                        STR_ARG(cut), line, column);
}

static struct str whole_text(const struct reader *r)
{
    return str_of(r->start, (size_t)(r->end - r->start));
}

static enum err fail_at(struct reader *r, const char *at, const char *text)
{
    if (r->error) {
        (void)snprintf(r->error->text, sizeof(r->error->text), "%s", text);
        r->error->offset = (size_t)(at - r->start);
        json_place(whole_text(r), r->error->offset, &r->error->line, &r->error->column);
        r->error->open_line = r->error->open_column = 0;
    }
    return ERR_INVALID;
}

static enum err fail_end(struct reader *r, const char *why)
{
    char text[200];
    (void)snprintf(text, sizeof(text), "Unexpected end-of-input%s", why);
    return fail_at(r, r->end, text);
}

/* The character at p is not what should stand there. */
static enum err fail_character(struct reader *r, const char *p, const char *why)
{
    char text[200];
    if (p >= r->end)
        return fail_end(r, "");
    struct str rest = str_of(p, (size_t)(r->end - p));
    unsigned char c = (unsigned char)*p;
    uint32_t point = c;
    size_t len = 1;
    if (c >= 0x80) {
        size_t sequence = c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : 2;
        if (utf8_valid_len(str_slice(rest, 0, sequence)) != sequence) {
            (void)snprintf(text, sizeof(text), "Invalid UTF-8 byte 0x%02x", c);
            return fail_at(r, p, text);
        }
        len = utf8_decode(rest, &point);
    }
    if (point < 0x20 || point == 0x7F)
        (void)snprintf(text, sizeof(text), "Unexpected character ((CTRL-CHAR, code %u)): %s", point, why);
    else if (point > 0xFF)
        (void)snprintf(text, sizeof(text), "Unexpected character ('%.*s' (code %u / 0x%x)): %s", (int)len, p,
                       point, point, why);
    else
        (void)snprintf(text, sizeof(text), "Unexpected character ('%.*s' (code %u)): %s", (int)len, p, point,
                       why);
    return fail_at(r, p, text);
}

static const char *const value_list =
    "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')";

static bool is_word_start(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$' ||
           (unsigned char)c >= 0x80;
}

/* A word that is none of the three, or a character that begins no value. */
static enum err fail_value(struct reader *r)
{
    char text[256];
    const char *p = r->at;
    if (p >= r->end)
        return fail_end(r, r->depth == 0                    ? ": was expecting a value"
                           : r->frames[r->depth - 1].object ? " within/between Object entries"
                                                            : " within/between Array entries");
    while (p < r->end && (is_word_start(*p) || (p > r->at && *p >= '0' && *p <= '9')))
        p++;
    struct str word = str_of(r->at, (size_t)(p - r->at));
    size_t valid = utf8_valid_len(word);
    if (valid < word.len)
        return fail_character(r, word.ptr + valid, "");
    if (word.len == 0) {
        (void)snprintf(text, sizeof(text), "expected a valid value %s", value_list);
        return fail_character(r, p, text);
    }
    int cut = word.len > 100 ? (int)utf8_valid_len(str_slice(word, 0, 100)) : (int)word.len;
    (void)snprintf(text, sizeof(text), "Unrecognized token '%.*s%s': was expecting %s", cut, word.ptr,
                   word.len > 100 ? "..." : "", value_list);
    return fail_at(r, p, text);
}

/* ---- the stacks ---- */

static void waiting_grow(struct reader *r)
{
    size_t cap = r->waiting_cap * 2;
    struct json_member *room = (void *)arena_bytes(&r->scratch, cap * sizeof(*room));
    memcpy(room, r->waiting, r->waiting_len * sizeof(*room));
    r->waiting = room;
    r->waiting_cap = cap;
}

static inline struct json_member *waiting_push(struct reader *r)
{
    if (r->waiting_len == r->waiting_cap)
        waiting_grow(r);
    return &r->waiting[r->waiting_len++];
}

static enum err frame_push(struct reader *r, bool object)
{
    if (r->depth == r->depth_max) {
        char text[80];
        (void)snprintf(text, sizeof(text), "Nested deeper than %zu levels", r->depth_max);
        (void)fail_at(r, r->at, text);
        return ERR_LIMIT;
    }
    if (r->depth == r->frames_cap) {
        struct frame *room = (void *)arena_bytes(&r->scratch, r->frames_cap * 2 * sizeof(*room));
        memcpy(room, r->frames, r->depth * sizeof(*room));
        r->frames = room;
        r->frames_cap *= 2;
    }
    r->frames[r->depth++] = (struct frame){ .open = r->at, .start = r->waiting_len, .object = object };
    r->at++;
    return ERR_OK;
}

/* r->at stands behind the closing bracket. */
static void frame_close(struct reader *r, struct json *ret)
{
    const struct frame *frame = &r->frames[--r->depth];
    const struct json_member *children = r->waiting + frame->start;
    size_t count = r->waiting_len - frame->start;
    ret->raw = str_of(frame->open, (size_t)(r->at - frame->open));
    ret->count = (uint32_t)count;
    if (frame->object) {
        struct json_member *members = count ? (void *)arena_bytes(r->arena, count * sizeof(*members)) : NULL;
        if (count)
            memcpy(members, children, count * sizeof(*members));
        ret->type = JSON_OBJECT;
        ret->members = members;
    } else {
        struct json *items = count ? (void *)arena_bytes(r->arena, count * sizeof(*items)) : NULL;
        for (size_t i = 0; i < count; i++)
            items[i] = children[i].value;
        ret->type = JSON_ARRAY;
        ret->items = items;
    }
    r->waiting_len = frame->start;
}

/* ---- strings ---- */

static int hex_digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

static enum err hex4(struct reader *r, const char *p, const char *end, uint32_t *ret)
{
    uint32_t value = 0;
    for (int i = 0; i < 4; i++, p++) {
        int digit = p < end ? hex_digit(*p) : -1;
        if (digit < 0)
            return fail_character(r, p, "expected a hex-digit for character escape sequence");
        value = value << 4 | (uint32_t)digit;
    }
    *ret = value;
    return ERR_OK;
}

/* *p stands on "\u"; a surrogate takes its pair with it. */
static enum err unescape_unicode(struct reader *r, const char **p, const char *end, char **out)
{
    uint32_t c = 0, low = 0;
    const char *escape = *p;
    enum err err = hex4(r, escape + 2, end, &c);
    if (err)
        return err;
    *p = escape + 6;
    if (c >= 0xD800 && c <= 0xDFFF) {
        if (c >= 0xDC00 || end - *p < 6 || (*p)[0] != '\\' || (*p)[1] != 'u')
            return fail_at(r, escape, "Unpaired surrogate in a character escape sequence");
        if ((err = hex4(r, *p + 2, end, &low)))
            return err;
        if (low < 0xDC00 || low > 0xDFFF)
            return fail_at(r, escape, "Unpaired surrogate in a character escape sequence");
        c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
        *p += 6;
    }
    *out += utf8_encode(c, *out);
    return ERR_OK;
}

static enum err unescape_one(struct reader *r, const char **p, const char *end, char **out)
{
    char text[80];
    switch ((*p)[1]) {
    case 'u':
        return unescape_unicode(r, p, end, out);
    case '"':
    case '\\':
    case '/':
        *(*out)++ = (*p)[1];
        break;
    case 'b':
        *(*out)++ = '\b';
        break;
    case 'f':
        *(*out)++ = '\f';
        break;
    case 'n':
        *(*out)++ = '\n';
        break;
    case 'r':
        *(*out)++ = '\r';
        break;
    case 't':
        *(*out)++ = '\t';
        break;
    default:
        (void)snprintf(text, sizeof(text), "Unrecognized character escape (code %u)", (unsigned char)(*p)[1]);
        return fail_at(r, *p + 1, text);
    }
    *p += 2;
    return ERR_OK;
}

/* Between the quotes p and end; every backslash has a byte behind it. Decoding never makes it longer. */
static enum err unescape(struct reader *r, const char *p, const char *end, struct str *ret)
{
    char *room = arena_bytes(r->arena, (size_t)(end - p) + 16), *out = room;
    while (p < end) {
#if defined(__SSE2__)
        /* Copies 16 at once and then looks how many of them were good; the room has 16 to spare. */
        if (end - p >= 16) {
            __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)p);
            _mm_storeu_si128((__m128i *)(void *)out, bytes);
            unsigned stop = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\')));
            int len = stop ? __builtin_ctz(stop) : 16;
            p += len;
            out += len;
            if (!stop)
                continue;
        }
#endif
        if (*p != '\\') {
            *out++ = *p++;
            continue;
        }
        enum err err = unescape_one(r, &p, end, &out);
        if (err)
            return err;
    }
    *ret = str_of(room, (size_t)(out - room));
    return ERR_OK;
}

/* r->at stands on the opening quote and is moved behind the closing one. */
static inline enum err read_string(struct reader *r, bool key, struct str *ret)
{
    const char *first = r->at + 1, *p = first;
    bool high = false, escapes = false;
    for (;;) {
        p = json_scan_plain(p, r->end, &high);
        if (p < r->end && *p == '"')
            break;
        if (r->end - p < 2)
            return fail_end(r, key ? " in field name" : ": was expecting closing quote for a string value");
        if (*p != '\\') {
            char text[120];
            (void)snprintf(
                text, sizeof(text),
                "Illegal unquoted character ((CTRL-CHAR, code %u)): has to be escaped using backslash to "
                "be included in %s",
                (unsigned char)*p, key ? "name" : "string value");
            return fail_at(r, p, text);
        }
        escapes = true;
        p += 2;
    }
    struct str between = str_of(first, (size_t)(p - first));
    if (high) {
        size_t valid = utf8_valid_len(between);
        if (valid < between.len) {
            char text[80];
            (void)snprintf(text, sizeof(text), "Invalid UTF-8 byte 0x%02x",
                           (unsigned char)between.ptr[valid]);
            return fail_at(r, between.ptr + valid, text);
        }
    }
    *ret = between;
    if (escapes) {
        enum err err = unescape(r, first, p, ret);
        if (err)
            return err;
    }
    r->at = p + 1;
    return ERR_OK;
}

/* ---- other values ---- */

static inline bool is_digit(const struct reader *r, const char *p)
{
    return p < r->end && *p >= '0' && *p <= '9';
}

static enum err read_number(struct reader *r, struct json *ret)
{
    const char *p = r->at;
    if (*p == '-' && !is_digit(r, ++p))
        return fail_character(r, p, "expected digit (0-9) to follow minus sign, for valid numeric value");
    if (*p == '0' && is_digit(r, p + 1))
        return fail_at(r, p, "Invalid numeric value: Leading zeroes not allowed");
    while (is_digit(r, p))
        p++;
    if (p < r->end && *p == '.') {
        if (!is_digit(r, ++p))
            return fail_character(r, p, "Decimal point not followed by a digit");
        while (is_digit(r, p))
            p++;
    }
    if (p < r->end && (*p == 'e' || *p == 'E')) {
        p++;
        if (p < r->end && (*p == '+' || *p == '-'))
            p++;
        if (!is_digit(r, p))
            return fail_character(r, p, "Exponent indicator not followed by a digit");
        while (is_digit(r, p))
            p++;
    }
    ret->type = JSON_NUMBER;
    ret->text = ret->raw = str_of(r->at, (size_t)(p - r->at));
    r->at = p;
    return ERR_OK;
}

static enum err read_word(struct reader *r, struct str word, enum json_type type, struct json *ret)
{
    const char *behind = r->at + word.len;
    if ((size_t)(r->end - r->at) < word.len || memcmp(r->at, word.ptr, word.len) != 0 ||
        (behind < r->end && (is_word_start(*behind) || is_digit(r, behind))))
        return fail_value(r);
    ret->type = type;
    ret->raw = str_of(r->at, word.len);
    r->at = behind;
    return ERR_OK;
}

static inline void skip_space(struct reader *r)
{
    while (r->at < r->end && (*r->at == ' ' || *r->at == '\n' || *r->at == '\t' || *r->at == '\r'))
        r->at++;
}

static enum err read_scalar(struct reader *r, struct json *ret)
{
    enum err err;
    const char *open = r->at;
    *ret = (struct json){ 0 };
    switch (r->at < r->end ? *r->at : '\0') {
    case '"':
        if ((err = read_string(r, false, &ret->text)))
            return err;
        ret->type = JSON_STRING;
        ret->raw = str_of(open, (size_t)(r->at - open));
        return ERR_OK;
    case 't':
        return read_word(r, STR("true"), JSON_TRUE, ret);
    case 'f':
        return read_word(r, STR("false"), JSON_FALSE, ret);
    case 'n':
        return read_word(r, STR("null"), JSON_NULL, ret);
    case '-':
    case '0':
    case '1':
    case '2':
    case '3':
    case '4':
    case '5':
    case '6':
    case '7':
    case '8':
    case '9':
        return read_number(r, ret);
    default:
        return fail_value(r);
    }
}

/* ---- structure ---- */

/* The input ends inside of containers: tells where the innermost began. */
static enum err fail_open(struct reader *r)
{
    const struct frame *frame = &r->frames[r->depth - 1];
    unsigned line, column;
    char text[160];
    json_place(whole_text(r), (size_t)(frame->open - r->start), &line, &column);
    (void)snprintf(text, sizeof(text),
                   ": expected close marker for %s (start marker at line: %u, column: %u)",
                   frame->object ? "Object" : "Array", line, column);
    enum err err = fail_end(r, text);
    if (r->error) {
        r->error->open_line = line;
        r->error->open_column = column;
    }
    return err;
}

/* A member's name and colon; its value goes into the place that now waits. */
static inline enum err read_key(struct reader *r)
{
    if (r->at >= r->end)
        return fail_open(r);
    if (*r->at != '"')
        return fail_character(r, r->at, "was expecting double-quote to start field name");
    struct str key;
    enum err err = read_string(r, true, &key);
    if (err)
        return err;
    waiting_push(r)->key = key;
    skip_space(r);
    if (r->at >= r->end)
        return fail_end(r, " within/between Object entries");
    if (*r->at != ':')
        return fail_character(r, r->at, "was expecting a colon to separate field name and value");
    r->at++;
    skip_space(r);
    return ERR_OK;
}

/* Opens containers until a first value that is none of them, or an empty one, is read into *ret. */
static inline enum err read_down(struct reader *r, struct json *ret)
{
    for (;;) {
        char c = r->at < r->end ? *r->at : '\0';
        if (c != '{' && c != '[')
            return read_scalar(r, ret);
        enum err err = frame_push(r, c == '{');
        if (err)
            return err;
        skip_space(r);
        if (r->at < r->end && *r->at == (c == '{' ? '}' : ']')) {
            r->at++;
            frame_close(r, ret);
            return ERR_OK;
        }
        if (r->at >= r->end)
            return fail_open(r);
        if (c == '{' && (err = read_key(r)))
            return err;
    }
}

/* *value is whole: gives it to its container, and closes containers as long as their brackets follow. Ends
 * where the next value begins (*more), or behind the root. */
static inline enum err read_up(struct reader *r, struct json *value, bool *more)
{
    while (r->depth > 0) {
        const struct frame *frame = &r->frames[r->depth - 1];
        if (frame->object)
            r->waiting[r->waiting_len - 1].value = *value;
        else
            waiting_push(r)->value = *value;
        skip_space(r);
        if (r->at >= r->end)
            return fail_open(r);
        if (*r->at == ',') {
            r->at++;
            skip_space(r);
            *more = true;
            return frame->object ? read_key(r) : ERR_OK;
        }
        if (*r->at != (frame->object ? '}' : ']'))
            return fail_character(r, r->at,
                                  frame->object ? "was expecting comma to separate Object entries"
                                                : "was expecting comma to separate Array entries");
        r->at++;
        frame_close(r, value);
    }
    *more = false;
    return ERR_OK;
}

static enum err read_root(struct reader *r, struct json *ret)
{
    struct json value;
    bool more = true;
    skip_space(r);
    while (more) {
        enum err err = read_down(r, &value);
        if (!err)
            err = read_up(r, &value, &more);
        if (err)
            return err;
    }
    skip_space(r);
    if (r->at < r->end)
        return fail_character(r, r->at, "was expecting the end of the text");
    *ret = value;
    return ERR_OK;
}

enum err json_read(struct arena *arena, struct str text, unsigned depth_max, struct json *ret,
                   struct json_error *reterr)
{
    struct frame frames[FRAMES_FIRST];
    struct json_member waiting[WAITING_FIRST];
    struct reader r = { .arena = arena,
                        .start = text.len ? text.ptr : "",
                        .waiting = waiting,
                        .waiting_cap = WAITING_FIRST,
                        .frames = frames,
                        .frames_cap = FRAMES_FIRST,
                        .depth_max = depth_max ? depth_max : JSON_DEPTH_MAX,
                        .error = reterr };
    r.at = r.start;
    r.end = r.start + text.len;
    if (text.len > UINT32_MAX) {
        (void)fail_at(&r, r.start, "The text is too long");
        return ERR_LIMIT;
    }
    enum err err = read_root(&r, ret);
    arena_fini(&r.scratch);
    return err;
}
