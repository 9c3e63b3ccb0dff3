#include "target/http_endpoint.h"

#include <string.h>

bool http_endpoint_is(struct str text)
{
    return str_find(text, STR("://")) != STR_NOT_FOUND;
}

/* Where the host begins; 0: it is no URL of http or https. */
static size_t host_at(struct str url)
{
    return str_starts(url, STR("http://"))    ? strlen("http://")
           : str_starts(url, STR("https://")) ? strlen("https://")
                                              : 0;
}

bool http_endpoint_check(struct str url, struct str *ret_why)
{
    size_t at = host_at(url);
    *ret_why = STR("the URL must begin with http:// or https:// and name a host");
    if (at == 0 || at == url.len || url.ptr[at] == '/')
        return false;
    for (size_t i = 0; i < url.len; i++)
        if ((unsigned char)url.ptr[i] <= ' ' || url.ptr[i] == 0x7f)
            return false;
    return true;
}

static struct str origin_of(struct str url)
{
    size_t end = host_at(url);
    while (end < url.len && url.ptr[end] != '/' && url.ptr[end] != '?' && url.ptr[end] != '#')
        end++;
    return str_slice(url, 0, end);
}

static bool is_all_of(struct str text, const char *characters)
{
    for (size_t i = 0; i < text.len; i++)
        if (!text.ptr[i] || !strchr(characters, text.ptr[i]))
            return false;
    return text.len > 0;
}

/* The host of an origin, without its port. False: there is something else, such as a user or a port that is none. What
 * is let through here every reader of URLs reads alike. */
static bool host_of(struct str origin, struct str *ret)
{
    struct str text = str_from_offset(origin, host_at(origin));
    size_t close = str_find_char(text, ']');
    bool in_brackets = str_starts(text, STR("[")) && close != STR_NOT_FOUND;
    size_t colon = str_find_char(str_from_offset(text, in_brackets ? close : 0), ':');
    size_t end = colon == STR_NOT_FOUND ? text.len : colon + (in_brackets ? close : 0);
    int64_t number = 1;
    *ret = str_slice(text, 0, end);
    if (end < text.len) {
        struct str port = str_from_offset(text, end + 1);
        if (!is_all_of(port, "0123456789") || !str_to_i64(port, &number))
            return false;
    }
    if (number < 1 || number > 65535)
        return false;
    if (in_brackets)
        return close + 1 == ret->len && is_all_of(str_slice(*ret, 1, close - 1), "0123456789abcdefABCDEF:.");
    return is_all_of(*ret, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._");
}

static bool origin_is_plain(struct str origin, struct str *ret_host, struct str *ret_why)
{
    *ret_why = STR("a host is a name or an address, perhaps with a port; nothing may stand before it");
    return host_of(origin, ret_host);
}

bool http_origin_check(struct str origin, struct str *ret_why)
{
    struct str host;
    if (!http_endpoint_check(origin, ret_why) || !origin_is_plain(origin_of(origin), &host, ret_why))
        return false;
    *ret_why = STR("an origin ends with the host or its port");
    return str_eq(origin_of(origin), origin);
}

/* An address of IPv4 in four numbers that begins with 127, or what is always this machine. */
static bool host_is_local(struct str host)
{
    if (str_eq(host, STR("localhost")) || str_eq(host, STR("[::1]")))
        return true;
    struct str part, rest = host;
    for (unsigned i = 0; i < 4; i++) {
        int64_t number;
        bool more = str_cut(rest, '.', &part, &rest);
        if (more != (i < 3) || part.len > 3 || !is_all_of(part, "0123456789") || !str_to_i64(part, &number) ||
            number > 255 || (part.len > 1 && part.ptr[0] == '0') || (i == 0 && number != 127))
            return false;
    }
    return true;
}

bool http_endpoint_allowed(const struct http_endpoints *endpoints, struct str url, struct str *ret_why)
{
    struct str host, origin = origin_of(url);
    if (!http_endpoint_check(url, ret_why))
        return false;
    *ret_why = STR("the URL is longer than 2048 bytes");
    if (url.len > HTTP_ENDPOINT_URL_BYTES_MAX || !origin_is_plain(origin, &host, ret_why))
        return false;
    for (size_t i = 0; i < endpoints->origin_count; i++)
        if (str_eq_ignore_case(origin, endpoints->origins[i]))
            return true;
    *ret_why = STR("the server's setting subscription_origins does not name its scheme, host and port");
    return endpoints->local && host_is_local(host);
}
