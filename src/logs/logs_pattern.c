#include "logs/logs_pattern_impl.h"

#include "base/utf8.h"

#include <stdlib.h>

/* ---- a matcher ---- */

struct logs_matcher *logs_matcher_new(void)
{
    struct logs_matcher *matcher = calloc(1, sizeof(*matcher));
    if (!matcher)
        abort();
    json_index_init(&matcher->index);
    return matcher;
}

void logs_matcher_free(struct logs_matcher **matcher)
{
    if (!*matcher)
        return;
    json_index_fini(&(*matcher)->index);
    arena_fini(&(*matcher)->arena);
    free((*matcher)->fields);
    free(*matcher);
    *matcher = NULL;
}

/* ---- what all parsers use ---- */

bool logs_parse_refuse(struct logs_pattern_parser *p, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct str why = arena_vprintf(p->arena, format, args);
    va_end(args);
    return fault_set(p->fault, p->arena, FAULT_INVALID_PARAMETER,
                     "Invalid filter pattern: %.*s at character %zu.", STR_ARG(why),
                     utf8_count(str_slice(p->text, 0, p->at)) + 1);
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

void logs_parse_space(struct logs_pattern_parser *p)
{
    while (p->at < p->text.len && is_space(p->text.ptr[p->at]))
        p->at++;
}

bool logs_parse_peek(const struct logs_pattern_parser *p, const char *literal)
{
    return str_starts(str_from_offset(p->text, p->at), str_from(literal));
}

bool logs_parse_take(struct logs_pattern_parser *p, const char *literal)
{
    if (!logs_parse_peek(p, literal))
        return false;
    p->at += strlen(literal);
    return true;
}

bool logs_parse_quoted(struct logs_pattern_parser *p, char quote, struct str *ret)
{
    char *room = arena_bytes(p->arena, p->text.len);
    size_t len = 0;
    for (size_t i = p->at + 1; i < p->text.len; i++) {
        char c = p->text.ptr[i];
        if (c == quote) {
            *ret = str_of(room, len);
            p->at = i + 1;
            return true;
        }
        if (c == '\\' && i + 1 < p->text.len && (p->text.ptr[i + 1] == quote || p->text.ptr[i + 1] == '\\'))
            c = p->text.ptr[++i];
        room[len++] = c;
    }
    return logs_parse_refuse(p, "a quotation mark is not closed");
}

static bool is_alphanumeric(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool is_in(char c, const char *set)
{
    return c && strchr(set, c) != NULL;
}

/* What the service takes in an expression; ret_end: where it ends. */
static bool regex_check(struct logs_pattern_parser *p, size_t *ret_end)
{
    for (p->at++; p->at < p->text.len && p->text.ptr[p->at] != '%'; p->at++) {
        char c = p->text.ptr[p->at];
        if (c == '\\') {
            char escaped = p->at + 1 < p->text.len ? p->text.ptr[p->at + 1] : 0;
            if (is_alphanumeric(escaped) && !is_in(escaped, "dDsSwWx"))
                return logs_parse_refuse(p, "'\\%c' is not supported in a regular expression", escaped);
            if (escaped == 'x' && p->at + 2 < p->text.len && !is_in(p->text.ptr[p->at + 2], "01234567"))
                return logs_parse_refuse(p,
                                         "\\x is followed by two hexadecimal digits of an ASCII character");
            if (!is_alphanumeric(escaped) && !is_in(escaped, "^$?[]{}|\\*+.:_#=@/;,- "))
                return logs_parse_refuse(p,
                                         "what follows a backslash is not supported in a regular expression");
            p->at++;
        } else if (c == '(' || c == ')') {
            return logs_parse_refuse(p, "parentheses are not supported in a regular expression");
        } else if ((unsigned char)c >= 0x80) {
            return logs_parse_refuse(p, "multi-byte characters are not supported in a regular expression");
        } else if (!is_alphanumeric(c) && !is_in(c, "^$?[]{}|*+.:_#=@/;,- ")) {
            return logs_parse_refuse(p,
                                     "'%c' is not supported in a regular expression (\\x%02X stands for it)",
                                     c, (unsigned char)c);
        }
    }
    *ret_end = p->at;
    return p->at < p->text.len || logs_parse_refuse(p, "a regular expression is not closed");
}

bool logs_parse_regex(struct logs_pattern_parser *p, const struct regex **ret, struct str *ret_text)
{
    size_t start = p->at, end = 0;
    if (!regex_check(p, &end))
        return false;
    *ret_text = str_slice(p->text, start + 1, end - start - 1);
    p->at = start;
    if (str_empty(*ret_text))
        return logs_parse_refuse(p, "a regular expression is empty");
    if (++p->form->regex_count > LOGS_PATTERN_REGEX_MAX)
        return logs_parse_refuse(p, "there are more than %d regular expressions", LOGS_PATTERN_REGEX_MAX);
    struct regex *regex;
    struct diag diag;
    if (regex_compile(p->arena, *ret_text, REGEX_SEARCH | REGEX_DOT_ALL, &regex, &diag))
        return logs_parse_refuse(p, "the regular expression is not valid: %s,", diag.text);
    *ret = regex;
    p->at = end + 1;
    return true;
}

/* ---- terms ---- */

static bool is_term(char c)
{
    return is_alphanumeric(c) || c == '_' || (unsigned char)c >= 0x80;
}

/* The text is UTF-8: it came through the JSON reader. */
static bool bad_character(struct logs_pattern_parser *p)
{
    uint32_t c;
    struct str at = str_from_offset(p->text, p->at);
    struct str character = str_slice(at, 0, utf8_valid_len(at) ? utf8_decode(at, &c) : 1);
    return fault_set(p->fault, p->arena, FAULT_INVALID_PARAMETER, "Invalid character(s) in term '%.*s'",
                     STR_ARG(character));
}

static bool blank(struct str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!is_space(text.ptr[i]))
            return false;
    return true;
}

static bool parse_term(struct logs_pattern_parser *p, struct logs_term *ret)
{
    ret->kind = LOGS_TERM_REQUIRED;
    if (logs_parse_peek(p, "-") || logs_parse_peek(p, "?")) {
        ret->kind = logs_parse_peek(p, "-") ? LOGS_TERM_EXCLUDED : LOGS_TERM_OPTIONAL;
        if (++p->at == p->text.len) {
            p->at--;
            return bad_character(p);
        }
    }
    if (logs_parse_peek(p, "%"))
        return logs_parse_refuse(p, "a regular expression stands alone, not beside terms,");
    if (logs_parse_peek(p, "\"")) {
        if (!logs_parse_quoted(p, '"', &ret->text))
            return false;
        if (blank(ret->text))
            ret->text = STR_EMPTY;
        return true;
    }
    size_t start = p->at;
    while (p->at < p->text.len && is_term(p->text.ptr[p->at]))
        p->at++;
    ret->text = str_slice(p->text, start, p->at - start);
    return p->at > start || bad_character(p);
}

static bool parse_terms(struct logs_pattern_parser *p)
{
    VEC(struct logs_term) terms = { 0 };
    bool others = false;
    while (p->at < p->text.len) {
        struct logs_term term;
        if (!parse_term(p, &term))
            return false;
        if (p->at < p->text.len && !is_space(p->text.ptr[p->at]))
            return bad_character(p);
        others |= term.kind != LOGS_TERM_OPTIONAL;
        VEC_PUSH(p->arena, &terms, term);
        logs_parse_space(p);
    }
    size_t kept = 0;
    for (size_t i = 0; i < terms.len; i++)
        if (!others || terms.at[i].kind != LOGS_TERM_OPTIONAL)
            terms.at[kept++] = terms.at[i];
    for (size_t i = 0; i < kept; i++)
        if (terms.at[i].text.len &&
            (terms.at[i].kind == LOGS_TERM_REQUIRED || (terms.at[i].kind == LOGS_TERM_OPTIONAL && kept == 1)))
            VEC_PUSH(p->arena, &p->needles, terms.at[i].text);
    p->form->kind = LOGS_FORM_TERMS;
    p->form->terms = terms.at;
    p->form->term_count = kept;
    return true;
}

static bool terms_match(const struct logs_pattern_form *form, struct str message)
{
    bool optional = false, found_optional = false;
    for (size_t i = 0; i < form->term_count; i++) {
        const struct logs_term *term = &form->terms[i];
        bool found = str_find(message, term->text) != STR_NOT_FOUND;
        if (term->kind == LOGS_TERM_OPTIONAL) {
            optional = true;
            found_optional |= found;
        } else if (found != (term->kind == LOGS_TERM_REQUIRED)) {
            return false;
        }
    }
    return !optional || found_optional;
}

/* ---- a pattern ---- */

static bool parse_lone_regex(struct logs_pattern_parser *p)
{
    struct str text;
    p->form->kind = LOGS_FORM_REGEX;
    if (!logs_parse_regex(p, &p->form->regex, &text))
        return false;
    bool literal = true;
    for (size_t i = 0; i < text.len; i++)
        literal &= !is_in(text.ptr[i], "^$?[]{}|\\*+.");
    if (literal)
        VEC_PUSH(p->arena, &p->needles, text);
    logs_parse_space(p);
    return p->at == p->text.len ||
           logs_parse_refuse(p, "a regular expression stands alone, not beside terms,");
}

bool logs_pattern_read(struct arena *arena, struct str text, struct logs_pattern *ret, struct fault *reterr)
{
    struct logs_pattern_parser p = { .arena = arena, .text = text, .fault = reterr };
    p.form = ARENA_NEW(arena, struct logs_pattern_form);
    if (text.len > LOGS_PATTERN_BYTES_MAX)
        return fault_set(reterr, arena, FAULT_INVALID_PARAMETER,
                         "Invalid filter pattern: it has more than 1024 characters.");
    logs_parse_space(&p);
    bool ok = logs_parse_peek(&p, "{")   ? logs_parse_json(&p)
              : logs_parse_peek(&p, "[") ? logs_parse_fields(&p)
              : logs_parse_peek(&p, "%") ? parse_lone_regex(&p)
                                         : parse_terms(&p);
    p.form->selectors = p.selectors.at;
    p.form->selector_count = p.selectors.len;
    p.form->needles = p.needles.at;
    p.form->needle_count = p.needles.len;
    ret->form = p.form;
    return ok;
}

bool logs_pattern_matches(const struct logs_pattern *pattern, struct logs_matcher *matcher,
                          struct str message)
{
    switch (pattern->form->kind) {
    case LOGS_FORM_TERMS:
        return terms_match(pattern->form, message);
    case LOGS_FORM_REGEX:
        return regex_match(pattern->form->regex, message);
    case LOGS_FORM_JSON:
        return logs_json_matches(pattern->form, matcher, message);
    case LOGS_FORM_FIELDS:
        break;
    }
    return logs_fields_match(pattern->form, matcher, message);
}

size_t logs_pattern_needles(const struct logs_pattern *pattern, const struct str **ret)
{
    *ret = pattern->form->needles;
    return pattern->form->needle_count;
}

bool logs_pattern_has_regex(const struct logs_pattern *pattern)
{
    return pattern->form->regex_count > 0;
}

bool logs_pattern_is_of_fields(const struct logs_pattern *pattern)
{
    return pattern->form->kind == LOGS_FORM_FIELDS;
}

bool logs_pattern_has_values(const struct logs_pattern *pattern)
{
    return pattern->form->kind == LOGS_FORM_JSON || pattern->form->kind == LOGS_FORM_FIELDS;
}

/* ---- values ---- */

static size_t field_values(const struct logs_pattern_form *form, struct logs_matcher *matcher,
                           struct arena *arena, struct str message, struct logs_value **ret)
{
    logs_fields_split(matcher, message);
    size_t count = matcher->field_count;
    struct logs_value *values = ARENA_ARRAY(arena, struct logs_value, count);
    for (size_t i = 0; i < count; i++)
        values[i] = (struct logs_value){ arena_printf(arena, "$%zu", i + 1), matcher->fields[i] };
    for (size_t i = 0; i < form->item_count; i++)
        if (form->items[i].name.len)
            values[logs_fields_place(form, matcher, i)].name =
                arena_concat(arena, STR("$"), form->items[i].name);
    *ret = values;
    return count;
}

size_t logs_pattern_values(const struct logs_pattern *pattern, struct logs_matcher *matcher,
                           struct arena *arena, struct str message, struct logs_value **ret)
{
    const struct logs_pattern_form *form = pattern->form;
    *ret = NULL;
    if (form->kind == LOGS_FORM_FIELDS)
        return field_values(form, matcher, arena, message, ret);
    size_t count = 0;
    struct logs_value *values = ARENA_ARRAY(arena, struct logs_value, form->selector_count);
    for (size_t i = 0; i < form->selector_count; i++) {
        struct str text;
        if (logs_json_value(form->selectors[i], matcher, arena, message, &text))
            values[count++] = (struct logs_value){ form->selectors[i]->text, text };
    }
    *ret = values;
    return count;
}

static bool no_value(struct arena *arena, struct str name, const char *why, struct fault *reterr)
{
    return fault_set(reterr, arena, FAULT_INVALID_PARAMETER, "'%.*s' is no value of the filter pattern: %s.",
                     STR_ARG(name), why);
}

bool logs_field_read(struct arena *arena, const struct logs_pattern *pattern, struct str name,
                     struct logs_field *ret, struct fault *reterr)
{
    const struct logs_pattern_form *form = pattern->form;
    *ret = (struct logs_field){ 0 };
    if (form->kind == LOGS_FORM_JSON) {
        struct logs_pattern_parser p = { .arena = arena, .text = name, .fault = reterr };
        p.form = ARENA_NEW(arena, struct logs_pattern_form);
        if (!(ret->selector = logs_parse_selector(&p)))
            return false;
        if (p.at < name.len)
            return logs_parse_refuse(&p, "a selector should end");
        return !ret->selector->wildcard || no_value(arena, name, "a wildcard names many", reterr);
    }
    if (form->kind != LOGS_FORM_FIELDS)
        return no_value(arena, name, "only JSON and space-delimited patterns have values", reterr);
    int64_t number;
    if (!str_starts(name, STR("$")))
        return no_value(arena, name, "names of values begin with $", reterr);
    struct str bare = str_from_offset(name, 1);
    for (ret->item = 0; ret->item < form->item_count; ret->item++)
        if (bare.len && str_eq(form->items[ret->item].name, bare))
            return true;
    if (str_to_i64(bare, &number) && number >= 1 && number <= LOGS_PATTERN_BYTES_MAX) {
        ret->number = (size_t)number;
        return true;
    }
    return no_value(arena, name, "no field has this name", reterr);
}

bool logs_field_value(const struct logs_pattern *pattern, const struct logs_field *field,
                      struct logs_matcher *matcher, struct arena *arena, struct str message, struct str *ret)
{
    if (field->selector)
        return logs_json_value(field->selector, matcher, arena, message, ret);
    logs_fields_split(matcher, message);
    size_t at = field->number ? field->number - 1 : logs_fields_place(pattern->form, matcher, field->item);
    if (at >= matcher->field_count)
        return false;
    *ret = matcher->fields[at];
    return true;
}
