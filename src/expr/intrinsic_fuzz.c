/* A line is a call of an intrinsic function, the rest a document: root, context, and its members variables.
 * What is taken has a value or says why not, twice the same. */
#include "expr/expression.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
    if (!holds)
        abort();
}

static const struct json *variable(void *self, struct str name)
{
    return json_get(self, name);
}

static void chance(void *at, size_t len)
{
    memset(at, 7, len);
}

static size_t digest(struct str algorithm, struct str bytes, unsigned char ret[DIGEST_BYTES_MAX])
{
    memset(ret, (int)(bytes.len & 255), DIGEST_BYTES_MAX);
    return str_eq(algorithm, STR("MD5")) ? 16 : 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = { 0 };
    struct str text, document;
    struct expression expression;
    struct json root, value, again;
    struct diag why = { .text = "" };
    (void)str_cut(str_of((const char *)data, size), '\n', &text, &document);
    if (json_read(&arena, document, 0, &root, NULL))
        root = json_of_null();
    struct scope scope = { .root = &root,
                           .context = &root,
                           .variable = variable,
                           .self = &root,
                           .random = chance,
                           .digest = digest };
    if (expression_compile(&arena, text, &expression, &why)) {
        must(why.text[0]);
    } else {
        struct expression_failure failure = { 0 };
        enum err err = expression_get(&expression, &arena, &scope, &value, &failure);
        must(err == ERR_OK || err == ERR_NOTFOUND || err == ERR_INVALID || err == ERR_LIMIT);
        must(err != ERR_NOTFOUND || !str_empty(failure.path));
        must(err != ERR_INVALID || !str_empty(failure.why));
        must(expression_get(&expression, &arena, &scope, &again, NULL) == err);
        must(err || json_equal(&value, &again));
    }
    arena_fini(&arena);
    return 0;
}
