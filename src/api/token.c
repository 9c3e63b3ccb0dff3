#include "api/token.h"

#include "base/base64.h"
#include "base/big_endian.h"
#include "base/map.h"

#include <stdio.h>

/* base64( check u64 | version u8 | bytes ), '+' written '-', '/' written '_', without padding.
 * The check covers operation, account and region too, so it need not carry them. It keeps honest mistakes
 * apart from tokens; it is no secret. */

enum { TOKEN_VERSION = 1, HEAD_BYTES = 9 };

static uint64_t check_of(const struct op_call *call, struct str bytes)
{
    char names[512];
    int length = snprintf(names, sizeof(names), "%s/%s/%.*s/%.*s", call->operation->service,
                          call->operation->name, STR_ARG(call->ns.account), STR_ARG(call->ns.region));
    size_t kept = (size_t)length < sizeof(names) ? (size_t)length : sizeof(names) - 1;
    return hash_bytes(bytes, hash_bytes(str_of(names, kept), TOKEN_VERSION));
}

struct str token_write(const struct op_call *call, struct str bytes)
{
    char *raw = arena_bytes(call->arena, HEAD_BYTES + bytes.len);
    uint64_t check = check_of(call, bytes);
    big_endian_put(raw, check, 8);
    raw[8] = TOKEN_VERSION;
    if (bytes.len)
        memcpy(raw + HEAD_BYTES, bytes.ptr, bytes.len);
    struct str text = base64_encode(call->arena, str_of(raw, HEAD_BYTES + bytes.len));
    char *at = arena_bytes(call->arena, text.len);
    size_t length = 0;
    for (; length < text.len && text.ptr[length] != '='; length++) {
        char c = text.ptr[length];
        at[length] = c == '+' ? '-' : c == '/' ? '_' : c;
    }
    return str_of(at, length);
}

bool token_read(const struct op_call *call, struct str token, struct str *ret_bytes)
{
    size_t padding = (4 - token.len % 4) % 4;
    char *at = arena_bytes(call->arena, token.len + padding);
    for (size_t i = 0; i < token.len; i++) {
        char c = token.ptr[i];
        if (c == '+' || c == '/' || c == '=')
            return false;
        at[i] = c == '-' ? '+' : c == '_' ? '/' : c;
    }
    if (padding)
        memset(at + token.len, '=', padding);
    struct str raw;
    if (padding == 3 || !base64_decode(call->arena, str_of(at, token.len + padding), &raw) ||
        raw.len < HEAD_BYTES || raw.ptr[8] != TOKEN_VERSION)
        return false;
    struct str bytes = str_of(raw.ptr + HEAD_BYTES, raw.len - HEAD_BYTES);
    if (big_endian_get(raw.ptr, 8) != check_of(call, bytes))
        return false;
    *ret_bytes = bytes;
    return true;
}
