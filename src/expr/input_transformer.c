/* A template becomes pieces, each a text and what is inserted behind it:
 *
 *     {"id": <a>, "text": "<a> is <b>"}
 *     `{"id": ` a as JSON | `, "text": "` a in a string | ` is ` b in a string | `"}`
 *
 * The same variable put in the same way is one insert, however often it stands there. Whether the template is JSON is
 * asked of a copy in which strings of the same length stand for the placeholders, so that places are those of the
 * template.
 */
#include "expr/input_transformer.h"
#include "base/time.h"
#include "base/vec.h"

enum variable {
    VARIABLE_PATH,
    VARIABLE_RULE_ARN,
    VARIABLE_RULE_NAME,
    VARIABLE_INGESTION_TIME,
    VARIABLE_EVENT,      /* without its detail */
    VARIABLE_EVENT_JSON, /* all of it */
};

/* Their names are no names of paths: those have no dots. */
static const struct str own_variables[] = {
    [VARIABLE_RULE_ARN] = { "aws.events.rule-arn", 19 },
    [VARIABLE_RULE_NAME] = { "aws.events.rule-name", 20 },
    [VARIABLE_INGESTION_TIME] = { "aws.events.event.ingestion-time", 31 },
    [VARIABLE_EVENT] = { "aws.events.event", 16 },
    [VARIABLE_EVENT_JSON] = { "aws.events.event.json", 21 },
};
enum { OWN_VARIABLES_END = sizeof(own_variables) / sizeof(own_variables[0]) };

enum way { AS_JSON, AS_WHOLE_STRING, IN_STRING };

struct insert {
    enum variable variable;
    enum way way;
    const struct path *path; /* of VARIABLE_PATH */
    struct str name;         /* while it is compiled */
};

struct piece {
    struct str text;
    size_t insert;
};

struct input_transformer {
    bool strings; /* what is made need not be one JSON value */
    size_t insert_count, piece_count;
    const struct insert *inserts;
    const struct piece *pieces;
    struct str tail; /* behind the last piece */
};

/* ---- paths ---- */

static bool has_quoted_name(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] != '[')
            continue;
        struct str inside = str_trim(str_from_offset(text, i + 1));
        if (inside.len && (inside.ptr[0] == '\'' || inside.ptr[0] == '"'))
            return true;
    }
    return false;
}

bool input_path_compile(struct arena *arena, struct str text, const struct path **ret)
{
    struct path *path;
    struct diag diag;
    if (has_quoted_name(text) || path_compile(arena, text, PATH_ANY, &path, &diag) || path_of_context(path) ||
        path_has_filter(path) || !str_empty(path_variable(path)))
        return false;
    *ret = path;
    return true;
}

/* ---- compile ---- */

struct compiler {
    struct arena *arena;
    struct arena scratch; /* goes when it is compiled */
    const struct json *paths;
    struct str template;
    char first;  /* of the template, behind white space; 0: none */
    char *plain; /* the template without placeholders */
    VEC(struct insert) inserts;
    VEC(struct piece) pieces;
    size_t tail_at;
    struct input_transformer_error *error;
};

static enum err invalid(struct compiler *c, size_t offset)
{
    *c->error = (struct input_transformer_error){ .refusal = INPUT_TEMPLATE_INVALID };
    json_place(c->template, offset, &c->error->line, &c->error->column);
    return ERR_INVALID;
}

static enum err refuse(struct compiler *c, enum input_refusal refusal, struct str placeholder)
{
    *c->error = (struct input_transformer_error){ .refusal = refusal, .placeholder = placeholder };
    return ERR_INVALID;
}

static enum err check_paths(struct compiler *c)
{
    const struct path *ignored;
    for (uint32_t i = 0; c->paths && i < c->paths->count; i++)
        if (c->paths->members[i].value.type != JSON_STRING ||
            !input_path_compile(&c->scratch, c->paths->members[i].value.text, &ignored))
            return refuse(c, INPUT_PATH_INVALID, STR_EMPTY);
    return ERR_OK;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static size_t skip_space(struct str text, size_t at)
{
    while (at < text.len && is_space(text.ptr[at]))
        at++;
    return at;
}

/* The name in the angles that open at `at`; empty: it is no placeholder. */
static struct str placeholder_at(struct str template, size_t at)
{
    size_t end = at + 1;
    while (end < template.len &&
           ((template.ptr[end] >= 'a' && template.ptr[end] <= 'z') ||
            (template.ptr[end] >= 'A' && template.ptr[end] <= 'Z') ||
            (template.ptr[end] >= '0' && template.ptr[end] <= '9') || template.ptr[end] == '_' ||
            template.ptr[end] == '-' || template.ptr[end] == '.'))
        end++;
    bool closed = end < template.len && template.ptr[end] == '>';
    return closed ? str_slice(template, at + 1, end - at - 1) : STR_EMPTY;
}

static enum err insert_find(struct compiler *c, struct str name, enum way way, size_t *ret)
{
    for (size_t i = 0; i < c->inserts.len; i++)
        if (c->inserts.at[i].way == way && str_eq(c->inserts.at[i].name, name)) {
            *ret = i;
            return ERR_OK;
        }
    struct insert insert = { .way = way, .name = name };
    const struct json *path = json_get_typed(c->paths, name, JSON_STRING);
    if (path) {
        if (!input_path_compile(c->arena, path->text, &insert.path))
            return refuse(c, INPUT_PATH_INVALID, STR_EMPTY);
    } else {
        unsigned variable = VARIABLE_PATH + 1;
        while (variable < OWN_VARIABLES_END && !str_eq(own_variables[variable], name))
            variable++;
        if (variable == OWN_VARIABLES_END)
            return refuse(c, INPUT_PLACEHOLDER_UNKNOWN, name);
        if (variable >= VARIABLE_EVENT && c->first != '{')
            return refuse(c, INPUT_PLACEHOLDER_OF_JSON, name);
        insert.variable = variable;
    }
    *ret = c->inserts.len;
    VEC_PUSH(&c->scratch, &c->inserts, insert);
    return ERR_OK;
}

/* A string of the same length, or a part of one, takes its place in the copy that is asked whether it is JSON. */
static void blank(struct compiler *c, size_t at, size_t len, bool in_string)
{
    memset(c->plain + at, '_', len);
    if (!in_string)
        c->plain[at] = c->plain[at + len - 1] = '"';
}

/* string: offset of the quote that opened the string around it; 0 behind no quote. */
static enum err placeholder(struct compiler *c, size_t at, struct str name, bool in_string, size_t string)
{
    size_t end = at + name.len + 2;
    bool whole = in_string && string == at - 1 && end < c->template.len && c->template.ptr[end] == '"';
    enum way way = c->first == '"' || (in_string && !whole) ? IN_STRING : whole ? AS_WHOLE_STRING : AS_JSON;
    struct piece piece = { .text = str_slice(c->template, c->tail_at, at - c->tail_at) };
    enum err err = insert_find(c, name, way, &piece.insert);
    if (err)
        return err;
    VEC_PUSH(&c->scratch, &c->pieces, piece);
    blank(c, at, end - at, in_string);
    c->tail_at = end;
    return ERR_OK;
}

static enum err cut_pieces(struct compiler *c)
{
    struct str template = c->template;
    bool in_string = false, filled = false; /* filled: there is a placeholder in the string */
    size_t string = 0;
    for (size_t at = 0, end; at < template.len; at = end) {
        struct str name = template.ptr[at] == '<' ? placeholder_at(template, at) : STR_EMPTY;
        bool value_ends = false;
        end = at + 1;
        if (name.len) {
            enum err err = placeholder(c, at, name, in_string, string);
            if (err)
                return err;
            end = at + name.len + 2;
            filled = true;
            value_ends = !in_string;
        } else if (in_string && template.ptr[at] == '\\') {
            end = at + 2;
        } else if (template.ptr[at] == '"') {
            value_ends = in_string && filled;
            filled = false;
            in_string = !in_string;
            string = at;
        }
        size_t next = value_ends ? skip_space(template, end) : template.len;
        if (next < template.len && template.ptr[next] == ':')
            return invalid(c, at); /* it would be a member's name */
    }
    return ERR_OK;
}

/* Strings with white space between them. */
static enum err check_strings(struct compiler *c, struct str plain)
{
    for (size_t at = skip_space(plain, 0); at < plain.len; at = skip_space(plain, at)) {
        struct json ignored;
        struct json_error error;
        size_t end = at + 1;
        while (end < plain.len && plain.ptr[end] != '"')
            end += plain.ptr[end] == '\\' ? 2 : 1;
        if (plain.ptr[at] != '"')
            return invalid(c, at);
        if (json_read(&c->scratch, str_slice(plain, at, end + 1 - at), 0, &ignored, &error))
            return invalid(c, at + error.offset);
        at = end + 1;
    }
    return ERR_OK;
}

static enum err check_template(struct compiler *c, enum input_form form)
{
    struct json value = json_of_null();
    struct json_error error;
    struct str plain = str_of(c->plain, c->template.len);
    if (c->first == '"') {
        enum err err = check_strings(c, plain);
        if (err)
            return err;
    } else if (json_read(&c->scratch, plain, 0, &value, &error)) {
        return invalid(c, error.offset);
    }
    if (form == INPUT_LOG_EVENT && (value.type != JSON_OBJECT || value.count != 2 ||
                                    !json_get(&value, STR("timestamp")) || !json_get(&value, STR("message"))))
        return refuse(c, INPUT_NO_LOG_EVENT, STR_EMPTY);
    return ERR_OK;
}

static struct input_transformer *finish(struct compiler *c)
{
    struct input_transformer *ret = ARENA_NEW(c->arena, struct input_transformer);
    struct str template = arena_copy(c->arena, c->template);
    struct insert *inserts = ARENA_ARRAY(c->arena, struct insert, c->inserts.len);
    struct piece *pieces = ARENA_ARRAY(c->arena, struct piece, c->pieces.len);
    for (size_t i = 0; i < c->inserts.len; i++) {
        inserts[i] = c->inserts.at[i];
        inserts[i].name = STR_EMPTY;
    }
    for (size_t i = 0; i < c->pieces.len; i++) {
        pieces[i] = c->pieces.at[i];
        pieces[i].text.ptr = template.ptr + (pieces[i].text.ptr - c->template.ptr);
    }
    *ret = (struct input_transformer){
        .strings = c->first == '"',
        .insert_count = c->inserts.len,
        .piece_count = c->pieces.len,
        .inserts = inserts,
        .pieces = pieces,
        .tail = str_from_offset(template, c->tail_at),
    };
    return ret;
}

enum err input_transformer_compile(struct arena *arena, const struct json *paths, struct str template,
                                   enum input_form form, struct input_transformer **ret,
                                   struct input_transformer_error *reterr)
{
    struct compiler c = { .arena = arena, .paths = paths, .template = template, .error = reterr };
    size_t first = skip_space(template, 0);
    c.first = first < template.len ? template.ptr[first] : '\0';
    c.plain = arena_bytes(&c.scratch, template.len + 1);
    if (template.len)
        memcpy(c.plain, template.ptr, template.len);
    enum err err = check_paths(&c);
    if (!err)
        err = cut_pieces(&c);
    if (!err)
        err = check_template(&c, form);
    if (!err)
        *ret = finish(&c);
    else if (reterr->placeholder.len)
        reterr->placeholder = arena_copy(arena, reterr->placeholder);
    arena_fini(&c.scratch);
    return err;
}

/* ---- render ---- */

/* As the service has it: without detail, and with detail-type under another name. */
static struct json event_without_detail(struct arena *arena, const struct json *event)
{
    struct json_member *members = ARENA_ARRAY(arena, struct json_member, event->count);
    size_t count = 0;
    for (uint32_t i = 0; i < event->count; i++) {
        if (str_eq(event->members[i].key, STR("detail")))
            continue;
        members[count] = event->members[i];
        if (str_eq(members[count].key, STR("detail-type")))
            members[count].key = STR("detailType");
        count++;
    }
    return json_of_object(members, count);
}

static enum err value_of(const struct insert *insert, struct arena *arena, const struct input_scope *scope,
                         struct json *ret)
{
    struct scope paths = { .root = scope->event };
    char *time;
    switch (insert->variable) {
    case VARIABLE_PATH:
        return path_get(insert->path, arena, &paths, ret);
    case VARIABLE_RULE_ARN:
        *ret = json_of_str(scope->rule_arn);
        break;
    case VARIABLE_RULE_NAME:
        *ret = json_of_str(scope->rule_name);
        break;
    case VARIABLE_INGESTION_TIME:
        time = arena_bytes(arena, TIME_TEXT_BYTES);
        *ret = json_of_str(str_of(time, time_format_seconds(scope->ingestion_ms, time)));
        break;
    case VARIABLE_EVENT:
        *ret = event_without_detail(arena, scope->event);
        break;
    case VARIABLE_EVENT_JSON:
        *ret = *scope->event;
        break;
    }
    return ERR_OK;
}

/* Escaped quotes go with their backslash, other escapes stay: what is left may stand in a string. */
static struct str without_quotes(struct arena *arena, struct str text)
{
    char *room = arena_bytes(arena, text.len);
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '\\' && i + 1 < text.len && text.ptr[i + 1] != '"')
            room[len++] = text.ptr[i++];
        else if (text.ptr[i] == '"' || text.ptr[i] == '\\')
            continue;
        room[len++] = text.ptr[i];
    }
    return str_of(room, len);
}

static struct str text_of(const struct insert *insert, struct arena *arena, const struct json *value)
{
    bool container = value->type == JSON_OBJECT || value->type == JSON_ARRAY;
    if (value->type == JSON_STRING && insert->way != AS_JSON)
        return value->text;
    struct str text = value->raw.len ? value->raw : json_text(arena, value);
    bool quoted = insert->way != IN_STRING || !container || insert->variable >= VARIABLE_EVENT;
    return quoted ? text : without_quotes(arena, text);
}

/* Whether a text that stands in a string ends it, or is none of JSON's. */
static bool breaks_string(struct str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] == '"' || text.ptr[i] == '\\' || (unsigned char)text.ptr[i] < 0x20)
            return true;
    return false;
}

struct rendering {
    const struct input_transformer *transformer;
    struct arena *arena;
    const struct input_scope *scope;
    struct str *texts; /* of the inserts that came up so far */
    bool *known;
    bool suspect; /* what comes of it may be no JSON */
};

static enum err insert_render(struct rendering *r, size_t at, struct diag *reterr)
{
    const struct insert *insert = &r->transformer->inserts[at];
    struct json value;
    r->known[at] = true;
    enum err err = value_of(insert, r->arena, r->scope, &value);
    if (err == ERR_NOTFOUND) {
        r->texts[at] = insert->way == AS_JSON ? STR("\"\"") : STR_EMPTY;
        return ERR_OK;
    }
    if (err)
        return diag_set(reterr, err, "The path %.*s picks too much of this event.",
                        STR_ARG(path_text(insert->path)));
    r->texts[at] = text_of(insert, r->arena, &value);
    if (insert->way != AS_JSON && breaks_string(r->texts[at]))
        r->suspect = true;
    return ERR_OK;
}

/* The texts of all inserts, and how long the whole becomes. */
static enum err measure(struct rendering *r, size_t bytes_max, size_t *ret_len, struct diag *reterr)
{
    const struct input_transformer *t = r->transformer;
    size_t len = t->tail.len;
    for (size_t i = 0; i < t->piece_count && len <= bytes_max; i++) {
        size_t insert = t->pieces[i].insert;
        enum err err = r->known[insert] ? ERR_OK : insert_render(r, insert, reterr);
        if (err)
            return err;
        len += t->pieces[i].text.len + r->texts[insert].len;
    }
    if (len > bytes_max)
        return diag_set(reterr, ERR_LIMIT, "The transformed input is larger than %zu bytes.", bytes_max);
    *ret_len = len;
    return ERR_OK;
}

static char *put(char *at, struct str text)
{
    if (text.len)
        memcpy(at, text.ptr, text.len);
    return at + text.len;
}

enum err input_transformer_render(const struct input_transformer *transformer, struct arena *arena,
                                  const struct input_scope *scope, size_t bytes_max, struct str *ret,
                                  struct diag *reterr)
{
    size_t len = 0;
    struct rendering r = {
        .transformer = transformer,
        .arena = arena,
        .scope = scope,
        .texts = ARENA_ARRAY(arena, struct str, transformer->insert_count),
        .known = ARENA_ARRAY(arena, bool, transformer->insert_count),
    };
    enum err err = measure(&r, bytes_max, &len, reterr);
    if (err)
        return err;
    char *room = arena_bytes(arena, len), *at = room;
    for (size_t i = 0; i < transformer->piece_count; i++)
        at = put(put(at, transformer->pieces[i].text), r.texts[transformer->pieces[i].insert]);
    (void)put(at, transformer->tail);
    *ret = str_of(room, len);
    struct json ignored;
    struct json_error error;
    if (r.suspect && !transformer->strings && json_read(arena, *ret, 0, &ignored, &error))
        return diag_set(reterr, ERR_INVALID, "The transformed input is no JSON: %s (line %u, column %u).",
                        error.text, error.line, error.column);
    return ERR_OK;
}

static bool log_time_read(const struct json *time, int64_t *ret_ms)
{
    const int64_t latest_ms = INT64_C(253402300799999); /* of the year 9999 */
    bool read = json_is(time, JSON_NUMBER) ? json_number_i64(time->text, ret_ms)
                                           : json_is(time, JSON_STRING) && (time_parse(time->text, ret_ms) ||
                                                                            str_to_i64(time->text, ret_ms));
    return read && *ret_ms >= 0 && *ret_ms <= latest_ms;
}

enum err input_log_event_read(struct arena *arena, struct str rendered, int64_t *ret_time_ms,
                              struct str *ret_message, struct diag *reterr)
{
    struct json value;
    if (json_read(arena, rendered, 0, &value, NULL))
        return diag_set(reterr, ERR_INVALID, "The transformed input is no JSON.");
    if (!log_time_read(json_get(&value, STR("timestamp")), ret_time_ms))
        return diag_set(reterr, ERR_INVALID,
                        "The timestamp of the log event is neither a time nor a number of milliseconds.");
    *ret_message = json_get_str(&value, STR("message"));
    if (str_empty(*ret_message))
        return diag_set(reterr, ERR_INVALID, "The message of the log event is no string, or an empty one.");
    return ERR_OK;
}
