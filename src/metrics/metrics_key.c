#include "metrics/metrics_key.h"

#include "base/big_endian.h"
#include "io/digest.h"

#include <stdlib.h>

void metrics_key_series(struct key *key, uint16_t partition, struct ns ns, struct str space, struct str name)
{
    key_begin(key, KEY_METRICS, partition, 's');
    key_text(key, ns.account);
    key_text(key, ns.region);
    if (space.len)
        key_text(key, space);
    if (space.len && name.len)
        key_text(key, name);
}

void metrics_key_series_whole(struct key *key, uint16_t partition, struct ns ns, const struct metrics_id *id,
                              struct str dimensions, struct str unit)
{
    unsigned char digest[SHA256_BYTES];
    digest_sha256(dimensions, digest);
    metrics_key_series(key, partition, ns, id->space, id->name);
    key_bytes(key, str_of((const char *)digest, METRICS_DIGEST_BYTES));
    key_bytes(key, unit);
}

void metrics_key_point(struct key *key, uint16_t partition, uint64_t series, int64_t minute_ms)
{
    key_begin(key, KEY_METRICS, partition, 'p');
    key_u64(key, series);
    key_time(key, minute_ms);
}

void metrics_key_total(struct key *key, uint16_t partition, uint64_t series)
{
    key_begin(key, KEY_METRICS, partition, 't');
    key_u64(key, series);
}

void metrics_key_count(struct key *key, uint16_t partition, struct ns ns, struct str space, struct str name)
{
    key_begin(key, KEY_METRICS, partition, 'c');
    key_text(key, ns.account);
    key_text(key, ns.region);
    key_text(key, space);
    key_bytes(key, name);
}

void metrics_key_sweep(struct key *key, uint16_t partition)
{
    key_begin(key, KEY_METRICS, partition, 'w');
}

/* ---- values ---- */

static int compare_names(const void *a, const void *b)
{
    return str_compare(((const struct metrics_dimension *)a)->name,
                       ((const struct metrics_dimension *)b)->name);
}

struct str metrics_dimensions_write(struct arena *arena, const struct metrics_id *id)
{
    struct metrics_dimension *sorted = ARENA_ARRAY(arena, struct metrics_dimension, id->dimension_count);
    struct buf out;
    buf_init(&out, 0);
    for (size_t i = 0; i < id->dimension_count; i++)
        sorted[i] = id->dimensions[i];
    if (id->dimension_count > 1)
        qsort(sorted, id->dimension_count, sizeof(*sorted), compare_names);
    buf_add_char(&out, (char)id->dimension_count);
    for (size_t i = 0; i < id->dimension_count; i++) {
        const struct str texts[] = { sorted[i].name, sorted[i].value };
        for (size_t j = 0; j < 2; j++) {
            char len[4];
            big_endian_put(len, texts[j].len, sizeof(len));
            buf_add_bytes(&out, len, sizeof(len));
            buf_add(&out, texts[j]);
        }
    }
    struct str written = arena_copy(arena, buf_str(&out));
    buf_fini(&out);
    return written;
}

struct str metrics_series_write(struct arena *arena, uint64_t id, struct str dimensions)
{
    char bytes[8];
    big_endian_put(bytes, id, sizeof(bytes));
    return arena_concat(arena, str_of(bytes, sizeof(bytes)), dimensions);
}

static bool read_text(struct str *rest, struct str *ret)
{
    uint32_t len;
    if (!key_read_u32(rest, &len) || len > rest->len)
        return false;
    *ret = str_slice(*rest, 0, len);
    *rest = str_from_offset(*rest, len);
    return true;
}

bool metrics_series_read(struct arena *arena, struct str key, struct str value, struct metrics_series *ret)
{
    struct str rest = str_from_offset(key, KEY_HEAD_BYTES);
    uint8_t count;
    *ret = (struct metrics_series){ .id = 0 };
    if (!key_read_text(arena, &rest, &ret->ns.account) || !key_read_text(arena, &rest, &ret->ns.region) ||
        !key_read_text(arena, &rest, &ret->metric.space) || !key_read_text(arena, &rest, &ret->metric.name) ||
        rest.len < METRICS_DIGEST_BYTES)
        return false;
    ret->digest = arena_copy(arena, str_slice(rest, 0, METRICS_DIGEST_BYTES));
    ret->unit = arena_copy(arena, str_from_offset(rest, METRICS_DIGEST_BYTES));
    value = arena_copy(arena, value);
    if (!key_read_u64(&value, &ret->id) || !key_read_u8(&value, &count) || count > METRICS_DIMENSIONS_MAX)
        return false;
    ret->metric.dimensions = ARENA_ARRAY(arena, struct metrics_dimension, count);
    ret->metric.dimension_count = count;
    for (size_t i = 0; i < count; i++)
        if (!read_text(&value, &ret->metric.dimensions[i].name) ||
            !read_text(&value, &ret->metric.dimensions[i].value))
            return false;
    return value.len == 0;
}

static void write_doubles(const double *numbers, size_t count, char *ret)
{
    for (size_t i = 0; i < count; i++) {
        uint64_t bits;
        memcpy(&bits, &numbers[i], sizeof(bits));
        big_endian_put(ret + 8 * i, bits, 8);
    }
}

static bool read_doubles(struct str value, double *const *numbers, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint64_t bits;
        if (!key_read_u64(&value, &bits))
            return false;
        memcpy(numbers[i], &bits, sizeof(bits));
    }
    return value.len == 0;
}

void metrics_point_write(const struct metrics_values *values, char ret[METRICS_POINT_BYTES])
{
    const double numbers[] = { values->count, values->sum, values->least, values->most };
    write_doubles(numbers, 4, ret);
}

bool metrics_point_read(struct str value, struct metrics_values *ret)
{
    double *const numbers[] = { &ret->count, &ret->sum, &ret->least, &ret->most };
    return read_doubles(value, numbers, 4);
}

void metrics_total_write(const struct metrics_total *total, char ret[METRICS_TOTAL_BYTES])
{
    const double numbers[] = { total->count, total->sum };
    write_doubles(numbers, 2, ret);
}

bool metrics_total_read(struct str value, struct metrics_total *ret)
{
    double *const numbers[] = { &ret->count, &ret->sum };
    return read_doubles(value, numbers, 2);
}

void metrics_values_merge(struct metrics_values *to, const struct metrics_values *more)
{
    if (to->count == 0) {
        *to = *more;
        return;
    }
    to->count += more->count;
    to->sum += more->sum;
    to->least = more->least < to->least ? more->least : to->least;
    to->most = more->most > to->most ? more->most : to->most;
}
