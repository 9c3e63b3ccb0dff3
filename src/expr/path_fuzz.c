/* A line is a path, the rest a document. What is set is there afterwards; the form in brackets picks the
 * same. The document is a template as well. */
#include "expr/template.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void try_set(struct arena *arena, struct str text, const struct json *root)
{
    struct path *path;
    struct json value = json_of_str(STR("set")), made, got;
    if (path_compile(arena, text, PATH_REFERENCE, &path, NULL) || path_of_context(path) ||
        !str_empty(path_variable(path)))
        return;
    if (path_set(path, arena, root, &value, &made) == ERR_OK) {
        must(path_get(path, arena, &(struct scope){ .root = &made }, &got) == ERR_OK);
        must(json_equal(&value, &got));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = { 0 };
    struct str text, document;
    struct path *path, *again;
    struct template *template;
    struct json root, value, value_again;
    (void)str_cut(str_of((const char *)data, size), '\n', &text, &document);
    if (json_read(&arena, document, 0, &root, NULL))
        root = json_of_null();
    struct diag why = { .text = "" };
    struct scope scope = { .root = &root, .context = &root };
    if (path_compile(&arena, text, PATH_ANY, &path, &why)) {
        must(why.text[0]);
    } else {
        enum err err = path_get(path, &arena, &scope, &value);
        must(err == ERR_OK ||
             (err == ERR_NOTFOUND && (path_is_definite(path) || !str_empty(path_variable(path)))) ||
             err == ERR_LIMIT);
        if (path_compile(&arena, path_bracketed(path, &arena), PATH_ANY, &again, NULL) == ERR_OK) {
            must(path_get(again, &arena, &scope, &value_again) == err);
            must(err || json_equal(&value, &value_again));
        } else {
            abort();
        }
        try_set(&arena, text, &root);
    }
    if (template_compile(&arena, &root, &template, NULL) == ERR_OK &&
        template_render(template, &arena, &scope, &value, NULL) == ERR_OK)
        (void)json_text(&arena, &value);
    arena_fini(&arena);
    return 0;
}
