/* json_index_block.h - the algorithm of the index over what a kernel defines before it includes this:
 *
 *     KERNEL                  attributes of every function: the instructions it may use
 *     kernel_masks(p, *ret)   classes of the 64 bytes at p
 *     kernel_prefix_xor(m)    bit n: the parity of bits 0..n
 *     kernel_list(out, base, m, count)    base + number of each set bit; may write up to 64 places
 *     KERNEL_FULL             the same attributes, and whether read_full is inlined
 *     KERNEL_GLANCE           if it has what follows
 *     kernel_glance(p, len, first, *ret)  the same of up to 64 bytes, less of them and faster, and of bytes with the
 *                             one or two before them (unless first); true: it cannot tell
 *
 * All rules are relations of neighbours, so they are checked for 64 bytes at once, with what a block leaves to the
 * next in struct carry. "Flowing" over a class: adding a bit at the start of a run of ones moves it behind
 * the run.
 */
#include "json/json_index_kernel.h"

#include "base/utf8.h"

/* From the first block that is not all ASCII to the end of the last. */
struct high {
    size_t start, end;
};

static inline KERNEL void high_add(struct high *high, size_t base)
{
    if (high->end == 0)
        high->start = base;
    high->end = base + BLOCK;
}

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
    uint64_t space;                      /* the last byte was white space outside of strings */
    uint64_t wrong;
    size_t low_at;
    struct high high;
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

/* The length of the literal at p; 0: there is none. */
static inline KERNEL unsigned literal_at(const unsigned char *p, size_t left)
{
    if (left >= 5 && memcmp(p, "fals", 4) == 0 && p[4] == 'e')
        return 5;
    return left >= 4 && (memcmp(p, "true", 4) == 0 || memcmp(p, "null", 4) == 0) ? 4 : 0;
}

/* The bytes of literals whose first bytes are the bits of starts; *spill: of the next block. */
static inline KERNEL bool literals(struct str text, size_t base, uint64_t starts, uint64_t *ret,
                                   uint64_t *spill)
{
    for (; starts; starts &= starts - 1) {
        unsigned bit = (unsigned)__builtin_ctzll(starts);
        size_t offset = base + bit;
        unsigned len = literal_at((const unsigned char *)text.ptr + offset, text.len - offset);
        if (len == 0)
            return false;
        uint64_t bytes = ((uint64_t)1 << len) - 1;
        *ret |= bytes << bit;
        if (bit + len > BLOCK)
            *spill = bytes >> (BLOCK - bit);
    }
    return true;
}

/* What is listed of a block, and what is told about it. */
struct marks {
    uint64_t ops, open, close, keyed;
};

/* A block, whatever is in it. */
static KERNEL_FULL void read_full(struct json_index *index, const unsigned char *p, size_t base,
                                  struct carry *carry, struct marks *ret)
{
    struct json_index_masks m;
    kernel_masks(p, &m);
    if (__builtin_expect(m.high != 0, 0))
        high_add(&carry->high, base);
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
        if (!literals(index->text, base, words, &literal, &spill))
            wrong |= 1;
        literal |= carry->literal;
        carry->literal = spill;
        number &= ~literal;
        wrong |= behind(literal, &carry->literal_last) & number;
    }
    carry->wrong |= wrong | numbers(&m, number, starts & number, carry);
    carry->space = space >> 63;
    *ret = (struct marks){ .ops = ops, .open = open, .close = close, .keyed = (m.colon | m.curly) & out };
}

/* Of the last block, which is followed by spaces, at least one: they end whatever was left open. */
static KERNEL void read_full_tail(struct json_index *index, const unsigned char *p, size_t len, size_t base,
                                  struct carry *carry, struct marks *ret)
{
    unsigned char block[BLOCK];
    memset(block, ' ', sizeof(block));
    if (len > 0)
        memcpy(block, p, len);
    read_full(index, block, base, carry, ret);
}

/* Where it goes. */
struct list {
    uint32_t *offsets;
    struct json_index_block *blocks;
    size_t count;
};

static inline KERNEL void list_block(const struct kernel_constants *c, struct list *list, size_t base,
                                     const struct marks *marks)
{
    struct json_index_block *block = &list->blocks[base / BLOCK];
    size_t ops = (size_t)__builtin_popcountll(marks->ops);
    block->first = (uint32_t)list->count;
    block->opened = (uint8_t)__builtin_popcountll(marks->open);
    block->closed = (uint8_t)__builtin_popcountll(marks->close);
    block->flat = marks->keyed == 0;
    kernel_list(c, list->offsets + list->count, (uint32_t)base, marks->ops, ops);
    list->count += ops;
}

#ifdef KERNEL_GLANCE

/* What plain blocks keep for the next. */
struct plain {
    uint64_t in_string, fraction_run, wrong;
    struct high high;
    bool can;  /* what the block before left can be seen at a glance */
    bool last; /* the block before was plain */
};

/* Words outside of strings: literals, if a block is plain, whole and with delimiters around. *ret: their bytes. */
static inline KERNEL bool plain_words(const unsigned char *p, size_t left, uint64_t words, bool first,
                                      uint64_t *ret)
{
    uint64_t bytes = 0;
    while (words) {
        unsigned bit = (unsigned)__builtin_ctzll(words), len = literal_at(p + bit, left - bit);
        unsigned char before = bit == 0 && first ? ':' : p[(ptrdiff_t)bit - 1], after;
        if (len == 0 || bit + len >= BLOCK || bit + len >= left)
            return false;
        after = p[bit + len];
        if ((before != ':' && before != ',' && before != '[') ||
            (after != ',' && after != '}' && after != ']'))
            return false;
        bytes |= (((uint64_t)1 << len) - 1) << bit;
        words &= ~bytes;
    }
    *ret = bytes;
    return true;
}

/* A block that is plain: of strings without escapes, numbers without exponents, literals, and no space between them.
 * Its rules are about neighbours, which the kernel looks at. left: bytes of text from p on. False: it is not plain. */
static inline KERNEL bool read_plain(const struct kernel_constants *c, const unsigned char *p, size_t left,
                                     bool whole, bool first, size_t base, struct plain *plain,
                                     struct marks *ret)
{
    struct json_index_glance g;
    if (__builtin_expect(kernel_glance(c, p, whole ? BLOCK : left, first, &g), 0))
        return false;
    uint64_t in = kernel_prefix_xor(g.quote) ^ plain->in_string, out = ~(in | g.quote), words = g.other & out,
             sum;
    if (__builtin_expect(words != 0, 0)) {
        if (!plain_words(p, left, words, first, &words))
            return false;
        out &= ~words;
        g.wrong &= ~(words | words << 1);
    }
    uint64_t ops = g.ops & out, dot = g.dot & out, digit = out & ~(ops | dot);
    plain->in_string = (uint64_t)((int64_t)in >> 63);
    /* Behind the digits behind a dot stands no other dot. */
    bool over = __builtin_add_overflow(digit, (dot << 1 & digit) | plain->fraction_run, &sum);
    plain->fraction_run = (uint64_t)over | dot >> 63;
    plain->wrong |= (g.wrong & ~(in ^ g.quote)) | (sum & ~digit & dot);
    plain->last = true;
    if (__builtin_expect(g.high != 0, 0))
        high_add(&plain->high, base);
    *ret = (struct marks){ .ops = ops, .open = g.open & out, .close = g.close & out, .keyed = g.keyed & out };
    return true;
}

/* What a plain block before p leaves to one that is read in full. */
static KERNEL void carry_from_plain(struct carry *carry, const struct plain *plain, const unsigned char *p)
{
    carry->in_string = plain->in_string;
    carry->fraction_run = plain->fraction_run;
    carry->wrong |= plain->wrong;
    carry->high = plain->high;
    if (!plain->last)
        return;
    bool out = !carry->in_string, digit = out && p[-1] >= '0' && p[-1] <= '9';
    carry->digit = digit;
    carry->dot = out && p[-1] == '.';
    carry->sign = carry->minus_first = out && p[-1] == '-';
    carry->zero = digit && p[-1] == '0' && p[-2] != '.' && (p[-2] < '0' || p[-2] > '9');
    carry->scalar = digit | carry->dot | carry->sign;
    carry->separated = out && (p[-1] == ',' || p[-1] == ':');
    carry->ended = carry->scalar | (uint64_t)(out && (p[-1] == ']' || p[-1] == '}' || p[-1] == '"'));
}

static KERNEL void carry_to_plain(const struct carry *carry, struct plain *plain)
{
    plain->in_string = carry->in_string;
    plain->fraction_run = carry->fraction_run | carry->dot;
    plain->wrong = carry->wrong;
    plain->high = carry->high;
    plain->last = false;
    plain->can = !(carry->escaped | carry->literal | carry->literal_last | carry->exponent |
                   carry->exponent_sign | carry->exponent_run | carry->space);
}

/* Whether a plain block may be the last. */
static KERNEL bool plain_ends(const struct plain *plain, struct str text)
{
    char c = text.ptr[text.len - 1];
    return !plain->in_string && ((c >= '0' && c <= '9') || c == '"' || c == ']' || c == '}');
}

/* Plain blocks as long as there are any, which is most of a text. No function is called and nothing is written to
 * but the list, so that all of it stays in registers. */
static inline KERNEL size_t plain_blocks(const struct kernel_constants *c, struct str text, size_t base,
                                         struct plain *plain, struct list *list)
{
    const unsigned char *start = (const unsigned char *)text.ptr;
    struct plain now = *plain;
    struct list listed = *list;
    for (; text.len - base >= BLOCK; base += BLOCK) {
        struct marks marks;
        if (!read_plain(c, start + base, text.len - base, true, false, base, &now, &marks))
            break;
        list_block(c, &listed, base, &marks);
    }
    *plain = now;
    *list = listed;
    return base;
}

static KERNEL void kernel_blocks(struct json_index *index, struct carry *carry, struct list *list)
{
    struct str text = index->text;
    const unsigned char *start = (const unsigned char *)text.ptr;
    struct plain plain = { .can = true };
    struct kernel_constants constants;
    size_t len = BLOCK;
    kernel_begin(&constants);
    for (size_t base = 0; len == BLOCK; base += BLOCK) {
        struct marks marks;
        if (base > 0 && plain.can)
            base = plain_blocks(&constants, text, base, &plain, list);
        len = text.len - base < BLOCK ? text.len - base : BLOCK;
        bool border = base == 0 || len < BLOCK, read = false;
        if (border && len > 0 && plain.can)
            read = read_plain(&constants, start + base, len, false, base == 0, base, &plain, &marks);
        if (read && len < BLOCK) {
            carry->wrong |= plain.wrong;
            carry->high = plain.high;
            carry->in_string = plain.in_string;
            carry->ended = plain_ends(&plain, text);
        } else if (!read) {
            carry_from_plain(carry, &plain, start + base);
            if (len == BLOCK)
                read_full(index, start + base, base, carry, &marks);
            else
                read_full_tail(index, start + base, len, base, carry, &marks);
            carry_to_plain(carry, &plain);
        }
        list_block(&constants, list, base, &marks);
    }
}

#else

static KERNEL void kernel_blocks(struct json_index *index, struct carry *carry, struct list *list)
{
    const unsigned char *start = (const unsigned char *)index->text.ptr;
    struct kernel_constants constants;
    struct marks marks;
    size_t base = 0;
    kernel_begin(&constants);
    for (; index->text.len - base >= BLOCK; base += BLOCK) {
        read_full(index, start + base, base, carry, &marks);
        list_block(&constants, list, base, &marks);
    }
    read_full_tail(index, start + base, index->text.len - base, base, carry, &marks);
    list_block(&constants, list, base, &marks);
}

#endif

static KERNEL bool kernel_read(struct json_index *index)
{
    struct carry carry = { .low_at = SIZE_MAX };
    struct list list = { .offsets = index->offsets, .blocks = index->blocks };
    kernel_blocks(index, &carry, &list);
    size_t count = index->count = list.count;
    for (size_t i = 0; i < JSON_INDEX_BEHIND; i++)
        index->offsets[count + i] = count > 0 ? index->offsets[0] : 0;
    index->block_count = index->text.len / BLOCK + 1;
    index->blocks[index->block_count] = (struct json_index_block){ .first = (uint32_t)count };
    if (carry.wrong || carry.in_string || !carry.ended)
        return false;
    /* What stands around the blocks is ASCII: no sequence leads into them or out of them. */
    struct str high = str_slice(index->text, carry.high.start, carry.high.end - carry.high.start);
    return carry.high.end == 0 || utf8_valid_len(high) == high.len;
}
