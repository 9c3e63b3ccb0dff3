/* query_function_address.c - addresses of the Internet Protocol, and the subnets that they lie in. */
#include "match/pattern_clause.h"
#include "query/query_function.h"

struct address {
    unsigned char bytes[16];
    uint8_t bits; /* 32, 128 */
};

static bool read_address(struct str text, struct address *ret)
{
    return pattern_address_read(text, ret->bytes, &ret->bits);
}

/* bits: of an address of that version; 0: either */
static struct query_value is_valid(const struct query_call *call, unsigned bits)
{
    struct address address;
    return query_of_bool(read_address(query_text(call->arena, &call->args[0]), &address) &&
                         (bits == 0 || address.bits == bits));
}

static struct query_value in_subnet(const struct query_call *call, unsigned bits)
{
    struct address address, subnet;
    struct str network, prefix_text;
    int64_t prefix;
    if (!read_address(query_text(call->arena, &call->args[0]), &address) ||
        !str_cut(query_text(call->arena, &call->args[1]), '/', &network, &prefix_text) ||
        !read_address(network, &subnet) || !str_to_i64(prefix_text, &prefix) || prefix < 0 ||
        prefix > subnet.bits || subnet.bits != address.bits || (bits && address.bits != bits))
        return query_of_bool(false);
    size_t whole = (size_t)prefix / 8, rest = (size_t)prefix % 8;
    return query_of_bool(memcmp(address.bytes, subnet.bytes, whole) == 0 &&
                         (rest == 0 || (address.bytes[whole] ^ subnet.bytes[whole]) >> (8 - rest) == 0));
}

static struct query_value call_is_valid_ip(const struct query_call *call)
{
    return is_valid(call, 0);
}

static struct query_value call_is_valid_ipv4(const struct query_call *call)
{
    return is_valid(call, 32);
}

static struct query_value call_is_valid_ipv6(const struct query_call *call)
{
    return is_valid(call, 128);
}

static struct query_value call_is_ip_in_subnet(const struct query_call *call)
{
    return in_subnet(call, 0);
}

static struct query_value call_is_ipv4_in_subnet(const struct query_call *call)
{
    return in_subnet(call, 32);
}

static struct query_value call_is_ipv6_in_subnet(const struct query_call *call)
{
    return in_subnet(call, 128);
}

const struct query_function query_functions_address[] = {
    { "isvalidip", 1, 1, false, call_is_valid_ip },
    { "isvalidipv4", 1, 1, false, call_is_valid_ipv4 },
    { "isvalidipv6", 1, 1, false, call_is_valid_ipv6 },
    { "isipinsubnet", 2, 2, false, call_is_ip_in_subnet },
    { "isipv4insubnet", 2, 2, false, call_is_ipv4_in_subnet },
    { "isipv6insubnet", 2, 2, false, call_is_ipv6_in_subnet },
    { .name = NULL },
};
