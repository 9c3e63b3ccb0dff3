#include "expr/intrinsic_function.h"

#include <stdarg.h>

#include "base/vec.h"

enum argument_kind { ARGUMENT_LITERAL, ARGUMENT_PATH, ARGUMENT_CALL };

struct argument {
    enum argument_kind kind;
    union {
        struct json literal;
        const struct path *path;
        const struct intrinsic *call;
    };
};

struct intrinsic {
    const struct intrinsic_function *function;
    bool escaped_literal;
    uint32_t count;
    const struct argument *arguments;
};

/* ---- compile ---- */

struct reader {
    struct arena *arena;
    struct str text;
    char *scratch; /* room for a string, however long */
    size_t at;
    unsigned calls;
    struct diag *error;
};

static enum err read_fail(struct reader *r, const char *why)
{
    return diag_set(r->error, ERR_INVALID, "Invalid intrinsic function '%.*s' at position %zu: %s",
                    STR_ARG(str_slice(r->text, 0, 200)), r->at, why);
}

static int peek(const struct reader *r)
{
    return r->at < r->text.len ? (unsigned char)r->text.ptr[r->at] : -1;
}

static void skip_space(struct reader *r)
{
    while (peek(r) == ' ' || peek(r) == '\t' || peek(r) == '\n' || peek(r) == '\r')
        r->at++;
}

/* escaped: the escapes are checked, and kept. */
static enum err read_string(struct reader *r, bool escaped, struct json *ret)
{
    char *room = r->scratch, *out = room;
    r->at++;
    for (int letter = peek(r); letter != '\''; letter = peek(r)) {
        if (letter < 0)
            return read_fail(r, "the closing apostrophe is missing");
        r->at++;
        if (letter == '\\') {
            int next = peek(r);
            if (next < 0 || !strchr("'{}\\", next))
                return read_fail(r, "a backslash stands before ' { } or another one");
            if (escaped)
                *out++ = '\\';
            letter = next;
            r->at++;
        }
        *out++ = (char)letter;
    }
    r->at++;
    *ret = json_of_str(arena_copy(r->arena, str_of(room, (size_t)(out - room))));
    return ERR_OK;
}

/* From $ to the comma or parenthesis that ends the argument. */
static enum err read_path(struct reader *r, struct argument *ret)
{
    size_t start = r->at;
    unsigned open = 0;
    int quote = 0;
    for (int letter = peek(r); letter >= 0; letter = peek(r)) {
        if (!quote && open == 0 && (letter == ',' || letter == ')'))
            break;
        if (letter == '\\' && r->at + 1 < r->text.len)
            r->at++;
        else if (quote ? letter == quote : open > 0 && (letter == '\'' || letter == '"'))
            quote = quote ? 0 : letter;
        else if (!quote && (letter == '[' || letter == '('))
            open++;
        else if (!quote && open > 0 && (letter == ']' || letter == ')'))
            open--;
        r->at++;
    }
    struct path *path = NULL;
    ret->kind = ARGUMENT_PATH;
    enum err err =
        path_compile(r->arena, str_slice(r->text, start, r->at - start), PATH_ANY, &path, r->error);
    ret->path = path;
    return err;
}

static bool is_word(int c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-' || c == '+';
}

static enum err read_call(struct reader *r, struct str name, struct intrinsic **ret);

/* A number, true, false, null, or a call. */
static enum err read_word(struct reader *r, struct argument *ret)
{
    size_t start = r->at;
    while (is_word(peek(r)))
        r->at++;
    struct str word = str_slice(r->text, start, r->at - start);
    if (peek(r) == '(') {
        struct intrinsic *call = NULL;
        enum err err = read_call(r, word, &call);
        ret->kind = ARGUMENT_CALL;
        ret->call = call;
        return err;
    }
    ret->kind = ARGUMENT_LITERAL;
    if (word.len == 0 || json_read(r->arena, arena_copy(r->arena, word), 1, &ret->literal, NULL) != ERR_OK)
        return read_fail(r,
                         "expected a string in apostrophes, a number, true, false, null, a path or a call");
    return ERR_OK;
}

static enum err read_argument(struct reader *r, bool escaped, struct argument *ret)
{
    if (peek(r) == '\'')
        return read_string(r, escaped, &ret->literal);
    return peek(r) == '$' ? read_path(r, ret) : read_word(r, ret);
}

/* At the opening parenthesis. */
static enum err read_call(struct reader *r, struct str name, struct intrinsic **ret)
{
    const struct intrinsic_function *function =
        str_starts(name, STR("States.")) ? intrinsic_function_find(str_from_offset(name, 7)) : NULL;
    VEC(struct argument) list = { 0 };
    if (!function)
        return read_fail(r, "there is no such function");
    if (++r->calls > INTRINSIC_CALLS_MAX)
        return read_fail(r, "there are more than 10 calls");
    bool escaped_literal = false;
    r->at++;
    skip_space(r);
    for (bool more = peek(r) != ')'; more;) {
        struct argument argument = { 0 };
        bool escaped = function->escaped_literal && list.len == 0;
        enum err err = read_argument(r, escaped, &argument);
        if (err)
            return err;
        escaped_literal |= escaped && argument.kind == ARGUMENT_LITERAL;
        VEC_PUSH(r->arena, &list, argument);
        skip_space(r);
        more = peek(r) == ',';
        if (more)
            r->at++;
        skip_space(r);
    }
    if (peek(r) != ')')
        return read_fail(r, "expected a comma or the closing parenthesis");
    r->at++;
    if (list.len < function->arguments_min || list.len > function->arguments_max)
        return read_fail(r, "the number of arguments is wrong");
    struct intrinsic *call = ARENA_NEW(r->arena, struct intrinsic);
    *call = (struct intrinsic){ function, escaped_literal, (uint32_t)list.len, list.at };
    *ret = call;
    return ERR_OK;
}

enum err intrinsic_compile(struct arena *arena, struct str text, struct intrinsic **ret, struct diag *reterr)
{
    struct reader r = { .arena = arena, .text = text, .error = reterr };
    r.scratch = arena_bytes(arena, text.len + 1);
    skip_space(&r);
    size_t start = r.at;
    while (is_word(peek(&r)))
        r.at++;
    if (peek(&r) != '(')
        return read_fail(&r, "expected the name of a function and its arguments in parentheses");
    enum err err = read_call(&r, str_slice(text, start, r.at - start), ret);
    skip_space(&r);
    if (!err && r.at < text.len)
        return read_fail(&r, "nothing may follow the call");
    return err;
}

/* ---- call ---- */

enum { WEIGHT_A_VALUE = 16 }; /* bytes that take as long as a value that a path looks at */

enum err call_fail(struct call *call, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    call->why = arena_vprintf(call->arena, format, args);
    va_end(args);
    return ERR_INVALID;
}

/* Takes the value's bytes off the budget. Parts that were read know their own, so shared ones count as often
 * as they stand there and cost nothing. */
static bool weigh(const struct json *value, size_t *budget)
{
    size_t own = value->raw.len > 0 ? value->raw.len : 2;
    if (value->raw.len == 0 && value->type != JSON_ARRAY && value->type != JSON_OBJECT)
        own += value->text.len;
    if (own > *budget)
        return false;
    *budget -= own;
    if (value->raw.len > 0)
        return true;
    for (uint32_t i = 0; i < value->count && value->type == JSON_ARRAY; i++) {
        if (!weigh(&value->items[i], budget))
            return false;
    }
    for (uint32_t i = 0; i < value->count && value->type == JSON_OBJECT; i++) {
        if (value->members[i].key.len > *budget)
            return false;
        *budget -= value->members[i].key.len;
        if (!weigh(&value->members[i].value, budget))
            return false;
    }
    return true;
}

/* Recursion is INTRINSIC_CALLS_MAX deep. */
enum err intrinsic_call(const struct intrinsic *intrinsic, struct arena *arena, const struct scope *scope,
                        struct json *ret, struct str *ret_why)
{
    struct json *args = (void *)arena_bytes(arena, (intrinsic->count + 1) * sizeof(*args));
    size_t budget = INTRINSIC_WEIGHT_MAX, work = 0;
    struct call call = { arena, scope, intrinsic->function->name, intrinsic->escaped_literal, STR_EMPTY };
    for (uint32_t i = 0; i < intrinsic->count; i++) {
        const struct argument *argument = &intrinsic->arguments[i];
        enum err err = ERR_OK;
        if (argument->kind == ARGUMENT_LITERAL) {
            args[i] = argument->literal;
        } else if (argument->kind == ARGUMENT_CALL) {
            err = intrinsic_call(argument->call, arena, scope, &args[i], ret_why);
        } else {
            err = path_get(argument->path, arena, scope, &args[i]);
            *ret_why = err == ERR_NOTFOUND ? path_text(argument->path) : STR("a path picks too many values");
        }
        if (err)
            return err == ERR_LIMIT ? ERR_INVALID : err;
        work += args[i].count;
        if (!intrinsic->function->light && !weigh(&args[i], &budget)) {
            *ret_why = STR("the arguments are too large");
            return ERR_INVALID;
        }
    }
    if (!scope_work(scope, work + (INTRINSIC_WEIGHT_MAX - budget) / WEIGHT_A_VALUE)) {
        *ret_why = STR("with what was looked through before, the arguments are too large");
        return ERR_INVALID;
    }
    enum err err = intrinsic->function->run(&call, args, intrinsic->count, ret);
    if (err)
        *ret_why = call.why;
    return err;
}
