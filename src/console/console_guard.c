#include "console/console_guard.h"

/* Without the port. An IPv6 address keeps its brackets. */
static struct str host_name(struct str host)
{
    size_t colon = host.len;
    for (size_t i = host.len; i > 0; i--) {
        char c = host.ptr[i - 1];
        if (c == ':') {
            colon = i - 1;
            break;
        }
        if (c < '0' || c > '9')
            return host;
    }
    return str_slice(host, 0, colon);
}

static bool ends_ignore_case(struct str s, struct str end)
{
    return s.len >= end.len && str_eq_ignore_case(str_from_offset(s, s.len - end.len), end);
}

/* 127.0.0.0/8, four decimal numbers. */
static bool is_loopback_v4(struct str name)
{
    struct str part;
    for (int i = 0; i < 4; i++) {
        int64_t number;
        bool more = str_cut(name, '.', &part, &name);
        if (more != (i < 3) || part.len > 3 || part.len == 0 || part.ptr[0] < '0' || part.ptr[0] > '9' ||
            !str_to_i64(part, &number) || number > 255 || (i == 0 && number != 127))
            return false;
    }
    return true;
}

static struct str without_prefix(struct str name)
{
    static const char *const prefixes[] = { "stream-", "sync-" };
    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
        struct str prefix = str_from(prefixes[i]);
        if (name.len > prefix.len && str_eq_ignore_case(str_slice(name, 0, prefix.len), prefix))
            return str_from_offset(name, prefix.len);
    }
    return name;
}

static bool name_is_local(struct str name)
{
    return str_eq_ignore_case(name, STR("localhost")) || ends_ignore_case(name, STR(".localhost")) ||
           str_eq(name, STR("[::1]")) || is_loopback_v4(name);
}

bool console_host_is_local(struct str host)
{
    return name_is_local(without_prefix(host_name(host)));
}

static bool host_allowed(const struct console_guard *guard, struct str host)
{
    struct str name = host_name(host), bare = without_prefix(name);
    if (name_is_local(bare))
        return true;
    for (size_t i = 0; i < guard->host_count; i++)
        if (str_eq_ignore_case(name, guard->hosts[i]) || str_eq_ignore_case(bare, guard->hosts[i]))
            return true;
    return false;
}

/* The origin of a page that came from this server says the host that the request names. Whether it was http or
 * https the server does not see: a proxy in front may have ended TLS. */
static bool origin_is_ours(struct str origin, struct str host)
{
    struct str rest = STR_EMPTY;
    if (str_starts(origin, STR("http://")))
        rest = str_from_offset(origin, strlen("http://"));
    else if (str_starts(origin, STR("https://")))
        rest = str_from_offset(origin, strlen("https://"));
    return !str_empty(rest) && str_eq_ignore_case(rest, host);
}

static bool origin_allowed(const struct console_guard *guard, struct str origin)
{
    for (size_t i = 0; i < guard->origin_count; i++)
        if (str_eq(origin, guard->origins[i]))
            return true;
    return false;
}

struct said {
    struct str host, origin, fetch_site;
    bool preflight;
};

/* One go over the headers: this is done for every request. */
static struct said said_of(const struct http_request *request)
{
    struct said said = { 0 };
    for (size_t i = 0; i < request->header_count; i++) {
        const struct http_header *header = &request->headers[i];
        switch (header->name.len) {
        case 4:
            if (str_eq_ignore_case(header->name, STR("Host")))
                said.host = header->value;
            break;
        case 6:
            if (!said.origin.ptr && str_eq_ignore_case(header->name, STR("Origin")))
                said.origin = header->value;
            break;
        case 14:
            if (str_eq_ignore_case(header->name, STR("Sec-Fetch-Site")))
                said.fetch_site = header->value;
            break;
        case 29:
            if (str_eq_ignore_case(header->name, STR("Access-Control-Request-Method")))
                said.preflight = true;
            break;
        default:
            break;
        }
    }
    return said;
}

enum console_verdict console_guard_check(const struct console_guard *guard,
                                         const struct http_request *request, struct str *ret_origin)
{
    struct said said = said_of(request);
    bool read = str_eq(request->method, STR("GET")) || str_eq(request->method, STR("HEAD"));
    bool browser = said.origin.ptr || said.fetch_site.ptr;
    *ret_origin = said.origin;
    if (!read && !browser)
        return CONSOLE_PASS;
    if (guard->loopback && said.host.ptr && !host_allowed(guard, said.host))
        return CONSOLE_WRONG_HOST;
    if (said.origin.ptr && origin_allowed(guard, said.origin))
        return said.preflight && str_eq(request->method, STR("OPTIONS")) ? CONSOLE_PREFLIGHT : CONSOLE_SHARED;
    if (read)
        return CONSOLE_PASS; /* without a word to the browser that its page may read the answer */
    if (said.origin.ptr)
        return origin_is_ours(said.origin, said.host) ? CONSOLE_PASS : CONSOLE_WRONG_ORIGIN;
    return str_eq(said.fetch_site, STR("same-origin")) || str_eq(said.fetch_site, STR("none"))
               ? CONSOLE_PASS
               : CONSOLE_WRONG_ORIGIN;
}
