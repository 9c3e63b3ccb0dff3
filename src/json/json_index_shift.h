/* json_index_shift.h - the parity of all bits up to each, for kernels without a carry-less product. */
static inline KERNEL uint64_t kernel_prefix_xor(uint64_t m)
{
    for (unsigned shift = 1; shift < 64; shift *= 2)
        m ^= m << shift;
    return m;
}
