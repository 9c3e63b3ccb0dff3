#include "console/console.h"

#include "console/console_pack.h"

struct console {
    struct arena arena; /* holds all of it, this struct too */
    struct console_guard guard;
    struct console_pack pack;
    const struct console_file *index; /* NULL: there is no console */
    struct http_handler next;
};

/* No script but the files' own, nothing from elsewhere, and no page may frame it. */
#define POLICY                                                                                         \
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " \
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

static struct str *copy_list(struct arena *arena, const struct str *list, size_t count)
{
    struct str *copy = ARENA_ARRAY(arena, struct str, count + 1);
    for (size_t i = 0; i < count; i++)
        copy[i] = arena_copy(arena, list[i]);
    return copy;
}

enum err console_open(const struct console_settings *settings, struct console **ret, struct diag *reterr)
{
    struct arena arena = { 0 };
    struct console *console = ARENA_NEW(&arena, struct console);
    console->guard = settings->guard;
    console->guard.hosts = copy_list(&arena, settings->guard.hosts, settings->guard.host_count);
    console->guard.origins = copy_list(&arena, settings->guard.origins, settings->guard.origin_count);
    console->next = settings->next;
    bool read = console_pack_read(&arena, settings->pack, &console->pack);
    console->index = read ? console_pack_find(&console->pack, STR("/index.html")) : NULL;
    if (!read || (!console->index && settings->pack.len)) {
        arena_fini(&arena);
        return diag_set(reterr, ERR_CORRUPT, "the web console in this program cannot be read");
    }
    console->arena = arena;
    *ret = console;
    return ERR_OK;
}

void console_close(struct console **console)
{
    if (!*console)
        return;
    struct arena arena = (*console)->arena;
    *console = NULL;
    arena_fini(&arena);
}

/* ---- files ---- */

static bool accepts_html(const struct http_request *request)
{
    struct str accept = http_header_find(request, STR("Accept"));
    return str_find(accept, STR("text/html")) != STR_NOT_FOUND;
}

/* Names that no page of the console has and that somebody tries: nothing is decoded here, and nothing climbs. */
static bool path_is_plain(struct str path)
{
    for (size_t i = 0; i < path.len; i++) {
        char c = path.ptr[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                     c == '_' || c == '.' || c == '/';
        if (!plain)
            return false;
    }
    return str_find(path, STR("..")) == STR_NOT_FOUND && str_find(path, STR("//")) == STR_NOT_FOUND;
}

/* "W/" and lists as RFC 9110 has them: entity tags hold no commas of ours. */
static bool tag_is_among(struct str list, struct str tag)
{
    return str_find(list, tag) != STR_NOT_FOUND || str_eq(list, STR("*"));
}

static void answer_file(struct http_exchange *exchange, const struct console_file *file)
{
    const struct http_request *request = http_request_of(exchange);
    struct arena *arena = http_arena(exchange);
    enum console_form form;
    struct buf body;
    buf_init(&body, 0);
    if (!console_form_choose(file, http_header_find(request, STR("Accept-Encoding")), &form)) {
        struct http_header header = { STR("Content-Type"), STR("text/plain; charset=utf-8") };
        buf_add(&body, STR("This is here as gzip and as br (Accept-Encoding).\n"));
        http_answer(exchange, 406, &header, 1, &body);
        buf_fini(&body);
        return;
    }
    struct str encoding = console_form_name(form);
    struct str tag = arena_printf(arena, "\"%.*s%s%.*s\"", STR_ARG(file->digest), encoding.len ? "-" : "",
                                  STR_ARG(encoding));
    struct http_header headers[] = {
        { STR("Content-Type"), file->type },
        { STR("ETag"), tag },
        { STR("Cache-Control"), file->hashed ? STR("public, max-age=31536000, immutable") : STR("no-cache") },
        { STR("Vary"), STR("Accept-Encoding") },
        { STR("Content-Security-Policy"), STR(POLICY) },
        { STR("X-Content-Type-Options"), STR("nosniff") },
        { STR("Referrer-Policy"), STR("no-referrer") },
        { STR("X-Frame-Options"), STR("DENY") },
        { STR("Cross-Origin-Opener-Policy"), STR("same-origin") },
        { STR("Cross-Origin-Resource-Policy"), STR("same-origin") },
        { STR("Content-Encoding"), encoding },
    };
    size_t count = sizeof(headers) / sizeof(headers[0]) - (encoding.len ? 0 : 1);
    bool known = tag_is_among(http_header_find(request, STR("If-None-Match")), tag);
    if (!known)
        buf_add(&body, file->forms[form]);
    http_answer(exchange, known ? 304 : 200, headers, count, &body);
    buf_fini(&body);
}

/* The file that a read asks for; NULL: it is the API's. */
static const struct console_file *file_of(const struct console *console, const struct http_request *request)
{
    struct str path = request->path;
    if (!console->index || str_eq(path, STR("/healthz")) || str_eq(path, STR("/metrics")) ||
        !path_is_plain(path))
        return NULL;
    bool root = str_empty(path) || str_eq(path, STR("/"));
    if (root && request->query.len) /* the query protocol's */
        return str_find(request->query, STR("Action=")) == STR_NOT_FOUND && accepts_html(request)
                   ? console->index
                   : NULL;
    const struct console_file *file = root ? NULL : console_pack_find(&console->pack, path);
    if (file)
        return file;
    return accepts_html(request) && !str_starts(path, STR("/assets/")) ? console->index : NULL;
}

/* ---- the guard's answers ---- */

static void refuse(const struct console *console, struct http_exchange *exchange, int status, struct str why)
{
    const struct http_request *request = http_request_of(exchange);
    struct str type = STR("text/plain; charset=utf-8");
    struct buf body;
    buf_init(&body, 0);
    if (console->next.refuse && str_eq(request->method, STR("POST")))
        console->next.refuse(console->next.self, request, status, arena_cstr(http_arena(exchange), why),
                             &type, &body);
    else
        buf_printf(&body, "%.*s\n", STR_ARG(why));
    struct http_header header = { STR("Content-Type"), type };
    http_answer(exchange, status, &header, 1, &body);
    buf_fini(&body);
}

static void share(struct http_exchange *exchange, struct str origin)
{
    struct http_header headers[] = {
        { STR("Access-Control-Allow-Origin"), origin },
        { STR("Access-Control-Expose-Headers"),
          STR("x-amzn-RequestId, x-amzn-ErrorType, x-amz-crc32, Date") },
        { STR("Vary"), STR("Origin") },
    };
    http_answer_also(exchange, headers, sizeof(headers) / sizeof(headers[0]));
}

static void answer_preflight(struct http_exchange *exchange, struct str origin)
{
    const struct http_request *request = http_request_of(exchange);
    struct str wanted = http_header_find(request, STR("Access-Control-Request-Headers"));
    struct http_header headers[] = {
        { STR("Access-Control-Allow-Origin"), origin },
        { STR("Access-Control-Allow-Methods"), STR("GET, HEAD, POST") },
        { STR("Access-Control-Max-Age"), STR("600") },
        { STR("Vary"), STR("Origin, Access-Control-Request-Headers") },
        { STR("Access-Control-Allow-Headers"), wanted }, /* the origin may do all that clients do */
    };
    struct buf body;
    buf_init(&body, 0);
    http_answer(exchange, 204, headers, sizeof(headers) / sizeof(headers[0]) - (wanted.len ? 0 : 1), &body);
    buf_fini(&body);
}

/* ---- requests ---- */

static void handle(void *self, struct http_exchange *exchange)
{
    const struct console *console = self;
    const struct http_request *request = http_request_of(exchange);
    struct str origin;
    switch (console_guard_check(&console->guard, request, &origin)) {
    case CONSOLE_WRONG_HOST:
        refuse(
            console, exchange, 421,
            STR("This server is on a loopback address and does not go by the name in the Host header. If it "
                "should, start it with --host NAME."));
        return;
    case CONSOLE_WRONG_ORIGIN:
        refuse(
            console, exchange, 403,
            STR("Pages of other origins may not use this server from a browser. If this one should, start it "
                "with --origin ORIGIN."));
        return;
    case CONSOLE_PREFLIGHT:
        answer_preflight(exchange, origin);
        return;
    case CONSOLE_SHARED:
        share(exchange, origin);
        break;
    case CONSOLE_PASS:
        break;
    }
    if (str_eq(request->method, STR("GET")) || str_eq(request->method, STR("HEAD"))) {
        const struct console_file *file = file_of(console, request);
        if (file) {
            answer_file(exchange, file);
            return;
        }
    }
    console->next.handle(console->next.self, exchange);
}

static size_t body_max(void *self, const struct http_request *head)
{
    const struct console *console = self;
    return console->next.body_max(console->next.self, head);
}

static void refuse_http(void *self, const struct http_request *head, int status, const char *why,
                        struct str *content_type, struct buf *body)
{
    const struct console *console = self;
    console->next.refuse(console->next.self, head, status, why, content_type, body);
}

struct http_handler console_http_handler(struct console *console)
{
    return (struct http_handler){
        .self = console,
        .handle = handle,
        .body_max = console->next.body_max ? body_max : NULL,
        .refuse = console->next.refuse ? refuse_http : NULL,
    };
}
