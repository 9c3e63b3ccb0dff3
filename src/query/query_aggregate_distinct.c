/* query_aggregate_distinct.c - how many different texts there are: their hashes while they are few, then a HyperLogLog
 * of the same hashes. */
#include "base/map.h"
#include "query/query_aggregate.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

enum { REGISTER_BITS = 14, REGISTERS = 1 << REGISTER_BITS, HASHES_FIRST = 16 };

static uint64_t hash_of(struct str text)
{
    uint64_t hash = hash_bytes(text, UINT64_C(0x5DEECE66D1CE4E5B));
    return hash ? hash : 1;
}

/* False: it is there already. */
static bool place(uint64_t *hashes, size_t room, uint64_t hash)
{
    size_t at = (size_t)(hash >> 20) & (room - 1);
    for (; hashes[at]; at = (at + 1) & (room - 1))
        if (hashes[at] == hash)
            return false;
    hashes[at] = hash;
    return true;
}

static bool grow(struct query_distinct *distinct, struct query_budget *budget)
{
    size_t room = distinct->room ? distinct->room * 2 : HASHES_FIRST;
    if (!query_budget_take(budget, (room - distinct->room) * sizeof(uint64_t)))
        return false;
    uint64_t *hashes = calloc(room, sizeof(uint64_t));
    assert(hashes);
    for (size_t i = 0; i < distinct->room; i++)
        if (distinct->hashes[i])
            (void)place(hashes, room, distinct->hashes[i]);
    free(distinct->hashes);
    distinct->hashes = hashes;
    distinct->room = room;
    return true;
}

static void registers_add(struct query_distinct *distinct, uint64_t hash)
{
    uint8_t *at = &distinct->registers[hash >> (64 - REGISTER_BITS)];
    uint64_t rest = hash << REGISTER_BITS;
    uint8_t zeros = (uint8_t)(rest ? __builtin_clzll(rest) + 1 : 64 - REGISTER_BITS + 1);
    if (zeros > *at)
        *at = zeros;
}

static bool to_registers(struct query_distinct *distinct, struct query_budget *budget)
{
    if (!query_budget_take(budget, REGISTERS))
        return false;
    distinct->registers = calloc(REGISTERS, 1);
    assert(distinct->registers);
    for (size_t i = 0; i < distinct->room; i++)
        if (distinct->hashes[i])
            registers_add(distinct, distinct->hashes[i]);
    query_budget_give(budget, distinct->room * sizeof(uint64_t));
    free(distinct->hashes);
    distinct->hashes = NULL;
    distinct->room = 0;
    return true;
}

static bool add_hash(struct query_distinct *distinct, uint64_t hash, struct query_budget *budget)
{
    if (distinct->registers) {
        registers_add(distinct, hash);
        return true;
    }
    if ((distinct->count + 1) * 2 > distinct->room && !grow(distinct, budget))
        return false;
    if (place(distinct->hashes, distinct->room, hash) && ++distinct->count > QUERY_DISTINCT_EXACT)
        return to_registers(distinct, budget);
    return true;
}

bool query_distinct_add(struct query_distinct *distinct, struct str text, struct query_budget *budget)
{
    return add_hash(distinct, hash_of(text), budget);
}

bool query_distinct_merge(struct query_distinct *distinct, struct query_distinct *from,
                          struct query_budget *budget)
{
    bool good = !from->registers || distinct->registers || to_registers(distinct, budget);
    if (good && from->registers)
        for (size_t i = 0; i < REGISTERS; i++)
            if (from->registers[i] > distinct->registers[i])
                distinct->registers[i] = from->registers[i];
    for (size_t i = 0; good && i < from->room; i++)
        good = !from->hashes[i] || add_hash(distinct, from->hashes[i], budget);
    query_distinct_fini(from, budget);
    return good;
}

uint64_t query_distinct_count(const struct query_distinct *distinct)
{
    if (!distinct->registers)
        return distinct->count;
    double sum = 0, empty = 0;
    for (size_t i = 0; i < REGISTERS; i++) {
        sum += ldexp(1, -distinct->registers[i]);
        empty += distinct->registers[i] == 0;
    }
    double registers = REGISTERS, estimate = 0.7213 / (1 + 1.079 / registers) * registers * registers / sum;
    if (estimate <= 2.5 * registers && empty > 0)
        estimate = registers * log(registers / empty);
    return (uint64_t)(estimate + 0.5);
}

void query_distinct_fini(struct query_distinct *distinct, struct query_budget *budget)
{
    query_budget_give(budget, distinct->room * sizeof(uint64_t) + (distinct->registers ? REGISTERS : 0));
    free(distinct->hashes);
    free(distinct->registers);
    *distinct = (struct query_distinct){ 0 };
}
