/* A line is the path of <x>, what follows up to a zero byte a template, the rest the event. What a template in JSON
 * makes is JSON; what is made fits exactly into the room that it takes. */
#include "expr/input_transformer.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void render(struct arena *arena, const struct input_transformer *transformer, struct str template,
                   enum input_form form, const struct json *event)
{
    const struct input_scope scope = { .event = event, .rule_arn = STR("arn:r"), .rule_name = STR("r") };
    struct str made, again;
    struct diag why = { .text = "" };
    struct json value;
    int64_t time_ms;
    enum err err = input_transformer_render(transformer, arena, &scope, 1 << 20, &made, &why);
    if (err) {
        must(why.text[0]);
        return;
    }
    while (template.len && strchr(" \t\r\n", template.ptr[0]))
        template = str_from_offset(template, 1);
    must(template.ptr[0] == '"' || json_read(arena, made, 2 * JSON_DEPTH_MAX, &value, NULL) == ERR_OK);
    must(input_transformer_render(transformer, arena, &scope, made.len, &again, &why) == ERR_OK);
    must(str_eq(made, again));
    must(made.len == 0 ||
         input_transformer_render(transformer, arena, &scope, made.len - 1, &again, &why) == ERR_LIMIT);
    if (form == INPUT_LOG_EVENT && input_log_event_read(arena, made, &time_ms, &again, &why))
        must(why.text[0]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = { 0 };
    struct str path, rest, template, document;
    struct json event;
    (void)str_cut(str_of((const char *)data, size), '\n', &path, &rest);
    (void)str_cut(rest, '\0', &template, &document);
    if (json_read(&arena, document, 0, &event, NULL) || event.type != JSON_OBJECT)
        event = json_of_object(NULL, 0);
    struct json_member member = { .key = STR("x"), .value = json_of_str(path) };
    struct json paths = json_of_object(&member, 1);
    for (int form = INPUT_ANY; form <= INPUT_LOG_EVENT; form++) {
        struct input_transformer *transformer;
        struct input_transformer_error error = { 0 };
        if (input_transformer_compile(&arena, &paths, template, (enum input_form)form, &transformer, &error))
            must(error.refusal != INPUT_TEMPLATE_INVALID || (error.line && error.column));
        else
            render(&arena, transformer, template, (enum input_form)form, &event);
    }
    arena_fini(&arena);
    return 0;
}
