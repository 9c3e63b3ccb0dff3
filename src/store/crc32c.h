/* crc32c.h - the Castagnoli checksum, in hardware where the machine has it. Pure, thread-safe. */
#ifndef STORE_CRC32C_H
#define STORE_CRC32C_H

#include "base/str.h"

/* Goes on from crc; 0 to begin. */
uint32_t crc32c(uint32_t crc, struct str bytes);
/* The same by table, for machines without the instruction and for tests. */
uint32_t crc32c_by_table(uint32_t crc, struct str bytes);

#endif
