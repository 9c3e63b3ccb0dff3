#include "expr/expression.h"

enum err expression_compile(struct arena *arena, struct str text, struct expression *ret, struct diag *reterr)
{
    enum err err;
    while (text.len && (text.ptr[0] == ' ' || text.ptr[0] == '\t'))
        text = str_from_offset(text, 1);
    while (text.len && (text.ptr[text.len - 1] == ' ' || text.ptr[text.len - 1] == '\t'))
        text.len--;
    *ret = (struct expression){ .text = arena_copy(arena, text),
                                .context = str_find(text, STR("$$")) != STR_NOT_FOUND };
    if (str_starts(text, STR("$"))) {
        struct path *path = NULL;
        err = path_compile(arena, ret->text, PATH_ANY, &path, reterr);
        ret->path = path;
    } else {
        struct intrinsic *intrinsic = NULL;
        err = intrinsic_compile(arena, ret->text, &intrinsic, reterr);
        ret->intrinsic = intrinsic;
    }
    return err;
}

enum err expression_get(const struct expression *expression, struct arena *arena, const struct scope *scope,
                        struct json *ret, struct expression_failure *reterr)
{
    struct str why = STR_EMPTY;
    enum err err = expression->path ? path_get(expression->path, arena, scope, ret)
                                    : intrinsic_call(expression->intrinsic, arena, scope, ret, &why);
    if (err && reterr) {
        *reterr = (struct expression_failure){ 0 };
        if (expression->path)
            reterr->path = expression->text;
        else
            reterr->function = expression->text;
        if (expression->intrinsic && err == ERR_NOTFOUND)
            reterr->path = why;
        else
            reterr->why = err == ERR_LIMIT ? STR("it picks too many values") : why;
    }
    return err;
}
