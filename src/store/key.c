#include "store/key.h"

#include "base/big_endian.h"

#include <assert.h>

static void add(struct key *key, const void *bytes, size_t len)
{
    if (key->overflow || len > sizeof(key->bytes) - key->len) {
        key->overflow = true;
        return;
    }
    if (len)
        memcpy(key->bytes + key->len, bytes, len);
    key->len += len;
}

/* Big-endian, the last width bytes of value. */
static void add_number(struct key *key, uint64_t value, size_t width)
{
    char bytes[8];
    big_endian_put(bytes, value, width);
    add(key, bytes, width);
}

void key_begin(struct key *key, enum key_space space, uint16_t partition, char kind)
{
    key->len = 0;
    key->overflow = false;
    key_u8(key, (uint8_t)space);
    add_number(key, partition, 2);
    key_u8(key, (uint8_t)kind);
}

void key_u8(struct key *key, uint8_t value)
{
    add_number(key, value, 1);
}

void key_u32(struct key *key, uint32_t value)
{
    add_number(key, value, 4);
}

void key_u64(struct key *key, uint64_t value)
{
    add_number(key, value, 8);
}

void key_time(struct key *key, int64_t time_ms)
{
    add_number(key, (uint64_t)time_ms ^ (uint64_t)1 << 63, 8);
}

void key_time_down(struct key *key, int64_t time_ms)
{
    add_number(key, ~((uint64_t)time_ms ^ (uint64_t)1 << 63), 8);
}

void key_text(struct key *key, struct str text)
{
    while (text.len) {
        size_t zero = str_find_char(text, '\0');
        if (zero == STR_NOT_FOUND) {
            add(key, text.ptr, text.len);
            break;
        }
        add(key, text.ptr, zero);
        add(key, "\0\xff", 2);
        text = str_from_offset(text, zero + 1);
    }
    add(key, "\0\0", 2);
}

void key_bytes(struct key *key, struct str bytes)
{
    add(key, bytes.ptr, bytes.len);
}

struct str key_str(const struct key *key)
{
    assert(!key->overflow);
    return str_of(key->bytes, key->len);
}

void key_after_prefix(struct str prefix, struct key *end)
{
    while (prefix.len && (unsigned char)prefix.ptr[prefix.len - 1] == 0xff)
        prefix.len--;
    assert(prefix.len); /* spaces are letters: something always follows */
    end->len = 0;
    end->overflow = false;
    add(end, prefix.ptr, prefix.len);
    assert(!end->overflow);
    end->bytes[end->len - 1] = (char)((unsigned char)end->bytes[end->len - 1] + 1);
}

bool key_read_u8(struct str *key, uint8_t *ret)
{
    uint64_t value;
    if (!big_endian_take(key, 1, &value))
        return false;
    *ret = (uint8_t)value;
    return true;
}

bool key_read_u32(struct str *key, uint32_t *ret)
{
    uint64_t value;
    if (!big_endian_take(key, 4, &value))
        return false;
    *ret = (uint32_t)value;
    return true;
}

bool key_read_u64(struct str *key, uint64_t *ret)
{
    return big_endian_take(key, 8, ret);
}

bool key_read_time(struct str *key, int64_t *ret_ms)
{
    uint64_t value;
    if (!big_endian_take(key, 8, &value))
        return false;
    *ret_ms = (int64_t)(value ^ (uint64_t)1 << 63);
    return true;
}

bool key_read_time_down(struct str *key, int64_t *ret_ms)
{
    uint64_t value;
    if (!big_endian_take(key, 8, &value))
        return false;
    *ret_ms = (int64_t)(~value ^ (uint64_t)1 << 63);
    return true;
}

bool key_read_text(struct arena *arena, struct str *key, struct str *ret)
{
    /* Where it ends, and how many zeros stand within. */
    size_t at = 0, zeros = 0;
    for (;; at += 2) {
        const char *zero = at < key->len ? memchr(key->ptr + at, 0, key->len - at) : NULL;
        if (!zero)
            return false;
        at = (size_t)(zero - key->ptr);
        if (at + 1 >= key->len)
            return false;
        if (zero[1] == '\0')
            break;
        if ((unsigned char)zero[1] != 0xff)
            return false;
        zeros++;
    }
    if (zeros == 0) {
        *ret = arena_copy(arena, str_of(key->ptr, at));
    } else {
        char *text = arena_bytes(arena, at - zeros);
        size_t len = 0;
        for (size_t i = 0; i < at; i++) {
            text[len++] = key->ptr[i];
            if (key->ptr[i] == '\0')
                i++;
        }
        *ret = str_of(text, len);
    }
    *key = str_of(key->ptr + at + 2, key->len - at - 2);
    return true;
}
