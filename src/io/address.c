#include "io/address.h"

#include "io/http.h"

#include <assert.h>
#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>

/* Splits at the last colon; an IPv6 address stands in brackets. */
static bool address_split(struct str text, struct str *host, struct str *port)
{
    size_t colon = text.len;
    while (colon && text.ptr[colon - 1] != ':')
        colon--;
    if (!colon)
        return false;
    *port = str_from_offset(text, colon);
    *host = str_of(text.ptr, colon - 1);
    if (host->len >= 2 && host->ptr[0] == '[' && host->ptr[host->len - 1] == ']') {
        *host = str_of(host->ptr + 1, host->len - 2);
        return str_find_char(*host, ':') != STR_NOT_FOUND;
    }
    return host->len && str_find_char(*host, ':') == STR_NOT_FOUND;
}

static enum err address_lookup(const char *host, struct sockaddr_storage *ret, socklen_t *ret_len,
                               struct diag *reterr)
{
    struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM };
    struct addrinfo *found, *best;
    int code = getaddrinfo(host, NULL, &hints, &found);
    if (code)
        return diag_set(reterr, ERR_INVALID, "no address is known for the host %s: %s", host,
                        gai_strerror(code));
    best = found;
    for (struct addrinfo *each = found; each; each = each->ai_next) {
        if (each->ai_family == AF_INET) {
            best = each;
            break;
        }
    }
    assert(best); /* success has at least one */
    memcpy(ret, best->ai_addr, best->ai_addrlen);
    *ret_len = best->ai_addrlen;
    freeaddrinfo(found);
    return ERR_OK;
}

enum err address_parse(const char *text, struct sockaddr_storage *ret, socklen_t *ret_len,
                       struct diag *reterr)
{
    struct str host, port_text;
    int64_t port;
    char name[256];
    if (!address_split(str_from(text), &host, &port_text) || host.len >= sizeof(name))
        return diag_set(
            reterr, ERR_INVALID,
            "%s is not an address to listen on; write 127.0.0.1:4566, [::1]:4566 or localhost:4566", text);
    if (!port_text.len || *port_text.ptr == '-' || *port_text.ptr == '+' || !str_to_i64(port_text, &port) ||
        port > 65535)
        return diag_set(reterr, ERR_INVALID, "the port in %s is not a number from 0 to 65535", text);
    memcpy(name, host.ptr, host.len);
    name[host.len] = 0;
    memset(ret, 0, sizeof(*ret));
    struct sockaddr_in *v4 = (struct sockaddr_in *)ret;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)ret;
    enum err err = ERR_OK;
    if (str_eq(host, STR("localhost"))) { /* always this machine, whatever a resolver says (RFC 6761) */
        v4->sin_family = AF_INET;
        v4->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        *ret_len = sizeof(*v4);
    } else if (inet_pton(AF_INET, name, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        *ret_len = sizeof(*v4);
    } else if (inet_pton(AF_INET6, name, &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        *ret_len = sizeof(*v6);
    } else if (str_find_char(host, ':') != STR_NOT_FOUND) {
        return diag_set(reterr, ERR_INVALID, "[%s] is not an IPv6 address", name);
    } else {
        err = address_lookup(name, ret, ret_len, reterr);
    }
    if (err)
        return err;
    *(ret->ss_family == AF_INET ? &v4->sin_port : &v6->sin6_port) = htons((uint16_t)port);
    return ERR_OK;
}

unsigned address_port(const struct sockaddr_storage *address)
{
    if (address->ss_family == AF_INET)
        return ntohs(((const struct sockaddr_in *)address)->sin_port);
    if (address->ss_family == AF_INET6)
        return ntohs(((const struct sockaddr_in6 *)address)->sin6_port);
    return 0;
}

size_t address_format(const struct sockaddr_storage *address, char *at)
{
    char host[INET6_ADDRSTRLEN] = "";
    bool v6 = address->ss_family == AF_INET6;
    if (v6)
        inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)address)->sin6_addr, host, sizeof(host));
    else if (address->ss_family == AF_INET)
        inet_ntop(AF_INET, &((const struct sockaddr_in *)address)->sin_addr, host, sizeof(host));
    return (size_t)snprintf(at, ADDRESS_TEXT_BYTES, v6 ? "[%s]:%u" : "%s:%u", host, address_port(address));
}

enum err http_listen_check(const char *listen, bool *ret_loopback, struct diag *reterr)
{
    struct sockaddr_storage address;
    socklen_t len;
    enum err err = address_parse(listen, &address, &len, reterr);
    if (err)
        return err;
    *ret_loopback = address.ss_family == AF_INET6
                        ? IN6_IS_ADDR_LOOPBACK(&((struct sockaddr_in6 *)&address)->sin6_addr)
                        : ntohl(((struct sockaddr_in *)&address)->sin_addr.s_addr) >> 24 == 127;
    return ERR_OK;
}
