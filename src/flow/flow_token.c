#include "flow/flow_token.h"

#include "base/base64.h"
#include "base/big_endian.h"
#include "base/map.h"

enum {
    TOKEN_VERSION = 1,
    TOKEN_BODY_BYTES = FLOW_ADDRESS_BYTES + TASK_SECRET_BYTES,
    TOKEN_BYTES = TOKEN_BODY_BYTES + 4,
};

static char *put_u32(char *at, uint32_t value)
{
    big_endian_put(at, value, 4);
    return at + 4;
}

static char *put_u64(char *at, uint64_t value)
{
    big_endian_put(at, value, 8);
    return at + 8;
}

static uint32_t get_u32(const char *at)
{
    return (uint32_t)big_endian_get(at, 4);
}

static uint64_t get_u64(const char *at)
{
    return big_endian_get(at, 8);
}

void flow_address_write(const struct flow_address *address, char at[FLOW_ADDRESS_BYTES])
{
    *at++ = (char)address->purpose;
    at = put_u64(at, address->ref.machine_id);
    at = put_u64(at, (uint64_t)address->ref.start_ms);
    at = put_u64(at, address->ref.nonce);
    at = put_u32(at, address->branch);
    (void)put_u32(at, address->entry);
}

bool flow_address_read(struct str bytes, struct flow_address *ret)
{
    if (bytes.len != FLOW_ADDRESS_BYTES)
        return false;
    ret->purpose = (uint8_t)bytes.ptr[0];
    ret->ref.machine_id = get_u64(bytes.ptr + 1);
    ret->ref.start_ms = (int64_t)get_u64(bytes.ptr + 9);
    ret->ref.nonce = get_u64(bytes.ptr + 17);
    ret->branch = get_u32(bytes.ptr + 25);
    ret->entry = get_u32(bytes.ptr + 29);
    return true;
}

static uint32_t token_check(const char *body)
{
    return (uint32_t)hash_bytes(str_of(body, TOKEN_BODY_BYTES), 0x63726d61);
}

struct str task_token_write(struct arena *arena, const struct task_token *token)
{
    char bytes[TOKEN_BYTES];
    struct flow_address address = { TOKEN_VERSION, token->ref, token->branch, token->entry };
    flow_address_write(&address, bytes);
    memcpy(bytes + FLOW_ADDRESS_BYTES, token->secret, TASK_SECRET_BYTES);
    (void)put_u32(bytes + TOKEN_BODY_BYTES, token_check(bytes));
    return base64_encode(arena, str_of(bytes, sizeof(bytes)));
}

bool task_token_read(struct arena *arena, struct str text, struct task_token *ret)
{
    struct str bytes;
    struct flow_address address;
    if (text.len > 128 || !base64_decode(arena, text, &bytes) || bytes.len != TOKEN_BYTES)
        return false;
    if (get_u32(bytes.ptr + TOKEN_BODY_BYTES) != token_check(bytes.ptr) ||
        !flow_address_read(str_slice(bytes, 0, FLOW_ADDRESS_BYTES), &address) ||
        address.purpose != TOKEN_VERSION)
        return false;
    ret->ref = address.ref;
    ret->branch = address.branch;
    ret->entry = address.entry;
    memcpy(ret->secret, bytes.ptr + FLOW_ADDRESS_BYTES, TASK_SECRET_BYTES);
    return true;
}
