#include "console/console_pack.h"

/* ---- reading ---- */

static bool length_read(struct str text, size_t *ret)
{
    int64_t number;
    if (!str_to_i64(text, &number) || number < 0)
        return false;
    *ret = (size_t)number;
    return true;
}

static bool line_read(struct str line, struct console_file *ret, size_t lengths[CONSOLE_FORMS])
{
    struct str kind, text;
    if (!str_cut(line, ' ', &ret->path, &line) || !str_cut(line, ' ', &kind, &line) ||
        !str_cut(line, ' ', &ret->digest, &line))
        return false;
    for (int i = 0; i < CONSOLE_FORMS; i++)
        if (!str_cut(line, ' ', &text, &line) || !length_read(text, &lengths[i]))
            return false;
    ret->type = line;
    ret->hashed = str_eq(kind, STR("hashed"));
    return str_starts(ret->path, STR("/")) && (ret->hashed || str_eq(kind, STR("named"))) &&
           !str_empty(ret->digest) && !str_empty(ret->type);
}

static bool head_read(struct str bytes, struct console_file *files, size_t (*lengths)[CONSOLE_FORMS],
                      size_t *ret_count, struct str *ret_rest)
{
    struct str line;
    if (!str_cut(bytes, '\n', &line, &bytes) || !str_eq(line, STR("crema console 1")))
        return false;
    for (size_t count = 0; str_cut(bytes, '\n', &line, &bytes); count++) {
        if (str_empty(line)) {
            *ret_count = count;
            *ret_rest = bytes;
            return true;
        }
        if (count == CONSOLE_FILES_MAX || !line_read(line, &files[count], lengths[count]))
            return false;
    }
    return false;
}

bool console_pack_read(struct arena *arena, struct str bytes, struct console_pack *ret)
{
    struct console_pack pack = { 0 };
    struct str rest;
    if (str_empty(bytes)) {
        *ret = pack;
        return true;
    }
    size_t lines = 0;
    for (size_t i = 0; i + 1 < bytes.len && !(bytes.ptr[i] == '\n' && bytes.ptr[i + 1] == '\n'); i++)
        lines += bytes.ptr[i] == '\n';
    if (lines > CONSOLE_FILES_MAX)
        return false;
    pack.files = ARENA_ARRAY(arena, struct console_file, lines + 1);
    size_t(*lengths)[CONSOLE_FORMS] = arena_alloc(arena, sizeof(*lengths) * (lines + 1));
    if (!head_read(bytes, pack.files, lengths, &pack.count, &rest))
        return false;
    for (size_t i = 0; i < pack.count; i++) {
        for (int form = 0; form < CONSOLE_FORMS; form++) {
            if (lengths[i][form] > rest.len)
                return false;
            pack.files[i].forms[form] = str_slice(rest, 0, lengths[i][form]);
            rest = str_from_offset(rest, lengths[i][form]);
        }
    }
    if (!str_empty(rest))
        return false;
    *ret = pack;
    return true;
}

const struct console_file *console_pack_find(const struct console_pack *pack, struct str path)
{
    for (size_t i = 0; i < pack->count; i++)
        if (str_eq(pack->files[i].path, path))
            return &pack->files[i];
    return NULL;
}

/* ---- choosing ---- */

/* Whether the parameters say that it is not wanted: q=0, 0.0 and so on. */
static bool weight_is_zero(struct str parameters)
{
    struct str parameter;
    for (bool more = true; more;) {
        more = str_cut(parameters, ';', &parameter, &parameters);
        parameter = str_trim(parameter);
        if (parameter.len < 2 || (parameter.ptr[0] | 0x20) != 'q' || parameter.ptr[1] != '=')
            continue;
        for (size_t i = 2; i < parameter.len; i++)
            if (parameter.ptr[i] != '0' && parameter.ptr[i] != '.')
                return false;
        return parameter.len > 2;
    }
    return false;
}

struct str console_form_name(enum console_form form)
{
    static const char *const names[CONSOLE_FORMS] = { "", "br", "gzip" };
    return str_from(names[form]);
}

bool console_form_choose(const struct console_file *file, struct str accept_encoding, enum console_form *ret)
{
    enum { UNSAID, REFUSED, TAKEN } said[CONSOLE_FORMS] = { UNSAID, UNSAID, UNSAID }, any = UNSAID;
    struct str item, name, parameters;
    bool said_nothing = !accept_encoding.ptr;
    if (said_nothing)
        any = TAKEN;
    for (bool more = accept_encoding.len > 0; more;) {
        more = str_cut(accept_encoding, ',', &item, &accept_encoding);
        (void)str_cut(item, ';', &name, &parameters);
        name = str_trim(name);
        bool refused = weight_is_zero(parameters);
        if (str_eq(name, STR("*")))
            any = refused ? REFUSED : TAKEN;
        for (int form = 0; form < CONSOLE_FORMS; form++)
            if (str_eq_ignore_case(name, form == CONSOLE_PLAIN ? STR("identity")
                                                               : console_form_name((enum console_form)form)))
                said[form] = refused ? REFUSED : TAKEN;
    }
    static const enum console_form order[CONSOLE_FORMS] = { CONSOLE_BROTLI, CONSOLE_GZIP, CONSOLE_PLAIN };
    /* Without a word on encodings: the plain form where there is one, else what every client can read. */
    static const enum console_form order_silent[CONSOLE_FORMS] = { CONSOLE_PLAIN, CONSOLE_GZIP,
                                                                   CONSOLE_BROTLI };
    for (int i = 0; i < CONSOLE_FORMS; i++) {
        enum console_form form = said_nothing ? order_silent[i] : order[i];
        bool taken = said[form] == TAKEN ||
                     (said[form] == UNSAID && (any == TAKEN || (form == CONSOLE_PLAIN && any == UNSAID)));
        if (!str_empty(file->forms[form]) && taken) {
            *ret = form;
            return true;
        }
    }
    return false;
}
