/* json_index_block.h - the algorithm of the index over what a kernel defines before it includes this:
 *
 *     KERNEL                  attributes of every function: the instructions it may use
 *     kernel_masks(p, *ret)   classes of the 64 bytes at p
 *     kernel_prefix_xor(m)    bit n: the parity of bits 0..n
 *     kernel_list(out, base, m, count)    base + number of each set bit; may write up to 64 places
 *
 * All rules are relations of neighbours, so they are checked for 64 bytes at once, with what a block leaves to the
 * next in struct carry. "Flowing" over a class: adding a bit at the start of a run of ones moves it behind
 * the run.
 */
#include "json/json_index_kernel.h"

#include "base/utf8.h"

struct carry {
    uint64_t in_string;         /* all ones or none */
    uint64_t escaped;           /* the next byte stands behind a backslash */
    uint64_t scalar;            /* the last byte belongs to a number or literal */
    uint64_t ended, separated;  /* the last thing was the end of a value; a comma or colon */
    uint64_t literal;           /* bytes of the next block that belong to a literal */
    uint64_t literal_last;      /* the last byte was of a literal */
    uint64_t digit, dot, sign;  /* the last byte was */
    uint64_t minus_first, zero; /* ... the number's first, a minus; the integer part's first digit, a zero */
    uint64_t exponent;          /* the last byte was e or E */
    uint64_t exponent_sign;     /* ... its sign */
    uint64_t fraction_run, exponent_run; /* digits behind a dot, or of an exponent, reach the end */
    size_t low_at;
    uint64_t wrong;
};

/* The bits behind those of m, of the block before too. */
static inline KERNEL uint64_t behind(uint64_t m, uint64_t *carry)
{
    uint64_t ret = m << 1 | *carry;
    *carry = m >> 63;
    return ret;
}

/* The first byte behind each bit of m that is not in run. */
static inline KERNEL uint64_t behind_run(uint64_t m, uint64_t run, uint64_t *carry)
{
    uint64_t next = m << 1 | *carry, sum;
    bool over = __builtin_add_overflow(run, next & run, &sum);
    *carry = (uint64_t)over | m >> 63;
    return (next | sum) & ~run;
}

static inline KERNEL uint64_t find_escaped(uint64_t backslash, struct carry *carry)
{
    const uint64_t even = UINT64_C(0x5555555555555555);
    backslash &= ~carry->escaped;
    uint64_t follows = backslash << 1 | carry->escaped, sum;
    uint64_t odd_starts = backslash & ~even & ~follows;
    carry->escaped = __builtin_add_overflow(odd_starts, backslash, &sum);
    return (even ^ sum << 1) & follows;
}

/* Exponents are rare. prev_digit: behind digits. */
static KERNEL uint64_t exponents(const struct json_index_masks *m, uint64_t number, uint64_t prev_digit,
                                 struct carry *carry)
{
    uint64_t digit = m->digit & number, exponent = m->exponent & number;
    uint64_t sign = (m->minus | m->plus) & number, sum;
    uint64_t prev = behind(exponent, &carry->exponent);
    uint64_t wrong = (prev & ~(digit | sign)) | (exponent & ~prev_digit) | (m->plus & number & ~prev);
    uint64_t starts = (prev | behind(sign & prev, &carry->exponent_sign)) & digit;
    carry->exponent_run = __builtin_add_overflow(digit, starts | carry->exponent_run, &sum);
    return wrong | (sum & ~digit & ((m->dot & number) | exponent));
}

static inline KERNEL uint64_t numbers(const struct json_index_masks *m, uint64_t number, uint64_t starts,
                                      struct carry *carry)
{
    uint64_t digit = m->digit & number, minus = m->minus & number, dot = m->dot & number;
    uint64_t rare = (m->exponent | m->plus) & number, signs = minus, prev_exponent = carry->exponent, sum;
    uint64_t wrong = number & ~(digit | minus | dot | rare);
    uint64_t prev_digit = behind(digit, &carry->digit);
    if (rare | carry->exponent | carry->exponent_sign | carry->exponent_run) {
        prev_exponent |= (m->exponent & number) << 1;
        signs |= m->plus & number;
        wrong |= exponents(m, number, prev_digit, carry);
    }
    wrong |= minus & ~(starts | prev_exponent);
    wrong |= behind(signs, &carry->sign) & ~digit;
    wrong |= dot & ~prev_digit;
    uint64_t zero = m->zero & number & (starts | behind(minus & starts, &carry->minus_first));
    wrong |= behind(zero, &carry->zero) & digit;
    uint64_t prev_dot = behind(dot, &carry->dot);
    wrong |= prev_dot & ~digit;
    carry->fraction_run = __builtin_add_overflow(digit, (prev_dot & digit) | carry->fraction_run, &sum);
    return wrong | (sum & ~digit & dot);
}

static inline KERNEL void read_block(struct json_index *index, const unsigned char *p, size_t base,
                                     struct carry *carry, uint64_t *high)
{
    struct json_index_masks m;
    kernel_masks(p, &m);
    *high |= m.high;
    uint64_t quote = m.quote;
    if (__builtin_expect((m.backslash | carry->escaped) != 0, 0)) {
        uint64_t escaped = find_escaped(m.backslash, carry);
        quote &= ~escaped;
        index->escapes = true;
        /* Backslashes that are not escaped themselves begin an escape. */
        if (!json_index_escapes_valid(index->text, base, m.backslash & ~escaped, &carry->low_at))
            carry->wrong |= 1;
    }
    uint64_t in = kernel_prefix_xor(quote) ^ carry->in_string;
    carry->in_string = (uint64_t)((int64_t)in >> 63);
    uint64_t out = ~(in | quote);
    uint64_t separators = (m.comma | m.colon) & out, open = m.open & out, close = m.close & out;
    uint64_t space = m.space & out, ops = separators | open | close;
    uint64_t scalar = out & ~(space | ops);
    uint64_t starts = scalar & ~behind(scalar, &carry->scalar);
    uint64_t after_end = behind_run(scalar | (quote & ~in) | close, space, &carry->ended);
    uint64_t after_separator = behind_run(separators, space, &carry->separated);
    uint64_t wrong = (in & m.control) | (((quote & in) | starts | open) & after_end);
    wrong |= (separators & ~after_end) | (close & after_separator);

    uint64_t number = scalar, words = starts & ~(m.digit | m.minus);
    if (__builtin_expect((words | carry->literal | carry->literal_last) != 0, 0)) {
        uint64_t literal = 0, spill = 0;
        if (!json_index_literals(index->text, base, words, &literal, &spill))
            wrong |= 1;
        literal |= carry->literal;
        carry->literal = spill;
        number &= ~literal;
        wrong |= behind(literal, &carry->literal_last) & number;
    }
    wrong |= numbers(&m, number, starts & number, carry);
    carry->wrong |= wrong;

    struct json_index_block *block = &index->blocks[base / BLOCK];
    block->first = (uint32_t)index->count;
    block->opened = (uint8_t)__builtin_popcountll(open);
    block->closed = (uint8_t)__builtin_popcountll(close);
    block->flat = ((m.colon | m.curly) & out) == 0;
    size_t count = (size_t)__builtin_popcountll(ops);
    kernel_list(index->offsets + index->count, (uint32_t)base, ops, count);
    index->count += count;
}

static KERNEL bool kernel_read(struct json_index *index)
{
    struct carry carry = { .low_at = SIZE_MAX };
    struct str text = index->text;
    unsigned char tail[BLOCK];
    uint64_t high = 0;
    size_t base = 0;
    for (; text.len - base >= BLOCK; base += BLOCK)
        read_block(index, (const unsigned char *)text.ptr + base, base, &carry, &high);
    /* Behind the last byte come spaces, at least one, which end whatever was left open. */
    memset(tail, ' ', sizeof(tail));
    if (text.len > base)
        memcpy(tail, text.ptr + base, text.len - base);
    read_block(index, tail, base, &carry, &high);
    index->block_count = base / BLOCK + 1;
    index->blocks[index->block_count] = (struct json_index_block){ .first = (uint32_t)index->count };
    return !carry.wrong && !carry.in_string && carry.ended && (!high || utf8_valid_len(text) == text.len);
}
