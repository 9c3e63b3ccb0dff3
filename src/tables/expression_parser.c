#include "tables/expression_parser.h"

#include "base/vec.h"

#include <stdarg.h>

/* ---- scope ---- */

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* '#' or ':' and at least one letter, digit or underscore. */
static bool placeholder_key_ok(struct str key, char head)
{
    if (key.len < 2 || key.ptr[0] != head)
        return false;
    for (size_t i = 1; i < key.len; i++) {
        if (!is_letter(key.ptr[i]) && !is_digit(key.ptr[i]))
            return false;
    }
    return true;
}

/* Shared by names and values: the keys, each once (the last of duplicates counts). */
static bool placeholders_init(struct scope *scope, const struct json *from, char head, const char *parameter,
                              struct placeholder **ret, uint32_t *ret_count)
{
    *ret = NULL;
    *ret_count = 0;
    if (!from)
        return true;
    if (!json_is(from, JSON_OBJECT) || from->count == 0)
        return fault_set(scope->fault, scope->arena, FAULT_VALIDATION, "%s must not be empty", parameter);
    *ret = ARENA_ARRAY(scope->arena, struct placeholder, from->count);
    for (uint32_t i = 0; i < from->count; i++) {
        struct str key = from->members[i].key;
        if (!placeholder_key_ok(key, head))
            return fault_set(scope->fault, scope->arena, FAULT_VALIDATION,
                             "%s contains invalid key: Syntax error; key: \"%.*s\"", parameter, STR_ARG(key));
        if (key.len > EXPRESSION_NAME_BYTES_MAX)
            return fault_set(
                scope->fault, scope->arena, FAULT_VALIDATION,
                "%s contains invalid key: The expression attribute map contains a key that is too long",
                parameter);
        (*ret)[(*ret_count)++].key = key;
    }
    return true;
}

bool scope_init(struct scope *scope, struct arena *arena, const struct json *names, const struct json *values,
                struct fault *fault)
{
    *scope = (struct scope){ .arena = arena, .fault = fault };
    if (!placeholders_init(scope, names, '#', "ExpressionAttributeNames", &scope->names,
                           &scope->name_count) ||
        !placeholders_init(scope, values, ':', "ExpressionAttributeValues", &scope->values,
                           &scope->value_count))
        return false;
    for (uint32_t i = 0; i < scope->name_count; i++) {
        if (!json_is(&names->members[i].value, JSON_STRING) || names->members[i].value.text.len == 0)
            return fault_set(
                fault, arena, FAULT_VALIDATION,
                "ExpressionAttributeNames contains invalid value: Empty attribute name; key: \"%.*s\"",
                STR_ARG(scope->names[i].key));
        scope->names[i].name = names->members[i].value.text;
    }
    for (uint32_t i = 0; i < scope->value_count; i++) {
        struct str why;
        if (!value_read(arena, &values->members[i].value, &scope->values[i].value, &why))
            return fault_set(fault, arena, FAULT_VALIDATION,
                             "ExpressionAttributeValues contains invalid value: %.*s for key %.*s",
                             STR_ARG(why), STR_ARG(scope->values[i].key));
    }
    return true;
}

static bool all_used(struct scope *scope, const char *parameter, const struct placeholder *placeholders,
                     uint32_t count)
{
    struct str unused = STR_EMPTY;
    for (uint32_t i = 0; i < count; i++) {
        if (!placeholders[i].used)
            unused = arena_printf(scope->arena, "%.*s%s%.*s", STR_ARG(unused), unused.len ? ", " : "",
                                  STR_ARG(placeholders[i].key));
    }
    if (unused.len)
        return fault_set(scope->fault, scope->arena, FAULT_VALIDATION,
                         "Value provided in %s unused in expressions: keys: {%.*s}", parameter,
                         STR_ARG(unused));
    return true;
}

bool scope_all_used(struct scope *scope)
{
    return all_used(scope, "ExpressionAttributeNames", scope->names, scope->name_count) &&
           all_used(scope, "ExpressionAttributeValues", scope->values, scope->value_count);
}

static struct placeholder *placeholder_find(struct placeholder *placeholders, uint32_t count, struct str key)
{
    for (uint32_t i = count; i > 0; i--) {
        if (str_eq(placeholders[i - 1].key, key)) {
            placeholders[i - 1].used = true;
            return &placeholders[i - 1];
        }
    }
    return NULL;
}

/* ---- tokens ---- */

static bool is_white(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

static size_t word_end(struct str text, size_t at)
{
    while (at < text.len && (is_letter(text.ptr[at]) || is_digit(text.ptr[at])))
        at++;
    return at;
}

static struct token token_at(struct str text, size_t at)
{
    struct token token = { 0 };
    while (at < text.len && is_white(text.ptr[at]))
        at++;
    token.from = at;
    token.end = at;
    if (at == text.len)
        return token;
    char c = text.ptr[at];
    token.kind = TOKEN_SIGN;
    token.end = at + 1;
    if (is_letter(c)) {
        token.kind = TOKEN_WORD;
        token.end = word_end(text, at);
    } else if (is_digit(c)) {
        token.kind = TOKEN_NUMBER;
        while (token.end < text.len && is_digit(text.ptr[token.end]))
            token.end++;
    } else if (c == '#' || c == ':') {
        token.end = word_end(text, at + 1);
        token.kind = token.end == at + 1 ? TOKEN_OTHER : c == '#' ? TOKEN_NAME : TOKEN_VALUE;
    } else if (c == '<' || c == '>') {
        char next = at + 1 < text.len ? text.ptr[at + 1] : '\0';
        token.end += next == '=' || (c == '<' && next == '>');
    } else if (!memchr("()[],.+-=", c, 9)) {
        token.kind = TOKEN_OTHER;
        /* A character of several bytes is one token. */
        while (token.end < text.len && ((unsigned char)text.ptr[token.end] & 0xC0) == 0x80)
            token.end++;
    }
    token.text = str_slice(text, token.from, token.end - token.from);
    return token;
}

void parser_advance(struct parser *parser)
{
    parser->before = parser->token;
    parser->token = parser->after;
    if (parser->token.kind != TOKEN_END)
        parser->after = token_at(parser->text, parser->token.end);
}

bool parser_init(struct parser *parser, struct scope *scope, const char *kind, struct str text)
{
    *parser = (struct parser){ .scope = scope, .kind = kind, .text = text };
    if (text.len > EXPRESSION_BYTES_MAX)
        return parser_refuse(parser, "Expression size has exceeded the maximum allowed size;");
    parser->token = token_at(text, 0);
    if (parser->token.kind == TOKEN_END)
        return parser_refuse(parser, "The expression can not be empty;");
    parser->before = (struct token){ .from = parser->token.from, .end = parser->token.from };
    parser->after = token_at(text, parser->token.end);
    return true;
}

bool parser_finish(struct parser *parser)
{
    if (!parser->broken && parser->token.kind != TOKEN_END)
        parser_syntax_error(parser);
    if (parser->broken)
        return false;
    if (parser->operators > EXPRESSION_OPERATORS_MAX)
        return parser_refuse(parser, "The expression contains too many operators; operator count: %u",
                             parser->operators);
    if (parser->senseless.len)
        return parser_refuse(parser, "%.*s", STR_ARG(parser->senseless));
    return true;
}

bool parser_at_sign(const struct parser *parser, const char *sign)
{
    return parser->token.kind == TOKEN_SIGN && str_eq(parser->token.text, str_from(sign));
}

bool parser_at_word(const struct parser *parser, const char *word)
{
    return parser->token.kind == TOKEN_WORD && str_eq_ignore_case(parser->token.text, str_from(word));
}

bool parser_take_sign(struct parser *parser, const char *sign)
{
    bool there = parser_at_sign(parser, sign);
    if (there)
        parser_advance(parser);
    return there;
}

bool parser_take_word(struct parser *parser, const char *word)
{
    bool there = parser_at_word(parser, word);
    if (there)
        parser_advance(parser);
    return there;
}

bool parser_need_sign(struct parser *parser, const char *sign)
{
    return parser_take_sign(parser, sign) || parser_syntax_error(parser);
}

/* ---- faults ---- */

bool parser_refuse(struct parser *parser, const char *format, ...)
{
    char text[2048];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    parser->broken = true;
    return fault_set(parser->scope->fault, parser->scope->arena, FAULT_VALIDATION, "Invalid %s: %s",
                     parser->kind, text);
}

bool parser_syntax_error(struct parser *parser)
{
    struct str token = parser->token.kind == TOKEN_END ? STR("<EOF>") : parser->token.text;
    size_t end = parser->token.kind == TOKEN_END ? parser->token.end : parser->after.end;
    struct str near = str_slice(parser->text, parser->before.from, end - parser->before.from);
    return parser_refuse(parser, "Syntax error; token: \"%.*s\", near: \"%.*s\"",
                         STR_ARG(str_slice(token, 0, 512)), STR_ARG(str_slice(near, 0, 1024)));
}

void parser_senseless(struct parser *parser, const char *format, ...)
{
    char text[2048];
    if (parser->senseless.len)
        return;
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    parser->senseless = arena_copy(parser->scope->arena, str_from(text));
}

bool parser_enter(struct parser *parser)
{
    if (++parser->depth > EXPRESSION_DEPTH_MAX)
        return parser_refuse(parser, "The expression is nested too deeply; levels supported: %d",
                             (int)EXPRESSION_DEPTH_MAX);
    return true;
}

void parser_leave(struct parser *parser)
{
    parser->depth--;
}

void parser_count_operator(struct parser *parser)
{
    parser->operators++;
}

/* ---- paths and values ---- */

static bool parse_path_name(struct parser *parser, struct path_step *ret)
{
    struct scope *scope = parser->scope;
    struct str text = parser->token.text;
    *ret = (struct path_step){ .name = text };
    if (parser->token.kind == TOKEN_NAME) {
        const struct placeholder *placeholder = placeholder_find(scope->names, scope->name_count, text);
        if (placeholder)
            ret->name = placeholder->name;
        else
            parser_senseless(
                parser,
                "An expression attribute name used in the document path is not defined; attribute name: "
                "%.*s",
                STR_ARG(text));
    } else if (parser->token.kind == TOKEN_WORD) {
        if (reserved_word(text))
            parser_senseless(parser, "Attribute name is a reserved keyword; reserved keyword: %.*s",
                             STR_ARG(text));
    } else {
        return parser_syntax_error(parser);
    }
    parser_advance(parser);
    return true;
}

static bool parse_path_index(struct parser *parser, struct path_step *ret)
{
    int64_t index;
    if (parser->token.kind != TOKEN_NUMBER)
        return parser_syntax_error(parser);
    if (!str_to_i64(parser->token.text, &index) || index >= UINT32_MAX) {
        parser_senseless(parser, "List index is not within the allowable range; index: [%.*s]",
                         STR_ARG(str_slice(parser->token.text, 0, 64)));
        index = 0;
    }
    *ret = (struct path_step){ .index = (uint32_t)index, .is_index = true };
    parser_advance(parser);
    return parser_need_sign(parser, "]");
}

bool parse_path(struct parser *parser, struct path *ret)
{
    VEC(struct path_step) steps = { 0 };
    struct path_step step;
    if (!parse_path_name(parser, &step))
        return false;
    VEC_PUSH(parser->scope->arena, &steps, step);
    while (parser_at_sign(parser, ".") || parser_at_sign(parser, "[")) {
        bool is_index = parser_at_sign(parser, "[");
        parser_advance(parser);
        if (is_index ? !parse_path_index(parser, &step) : !parse_path_name(parser, &step))
            return false;
        VEC_PUSH(parser->scope->arena, &steps, step);
    }
    if (steps.len > VALUE_DEPTH_MAX)
        parser_senseless(parser, "The document path has too many nesting elements; nesting levels: %zu",
                         steps.len);
    *ret = (struct path){ .steps = steps.at, .count = (uint32_t)steps.len };
    return true;
}

bool parse_value(struct parser *parser, const struct value **ret)
{
    static const struct value nothing = { .type = VALUE_NULL, .flag = true };
    struct scope *scope = parser->scope;
    if (parser->token.kind != TOKEN_VALUE)
        return parser_syntax_error(parser);
    const struct placeholder *placeholder =
        placeholder_find(scope->values, scope->value_count, parser->token.text);
    if (!placeholder)
        parser_senseless(
            parser, "An expression attribute value used in expression is not defined; attribute value: %.*s",
            STR_ARG(parser->token.text));
    *ret = placeholder ? &placeholder->value : &nothing;
    parser_advance(parser);
    return true;
}
