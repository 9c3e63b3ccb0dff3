/* digest.h - digests of OpenSSL, its objects fetched once a thread, and the CRC-32 of zlib. Threads: any. */
#ifndef IO_DIGEST_H
#define IO_DIGEST_H

#include "base/str.h"

#include <stdint.h>

enum { MD5_BYTES = 16, SHA256_BYTES = 32, SHA512_BYTES = 64 };

void digest_md5(struct str s, unsigned char ret[MD5_BYTES]);
void digest_sha256(struct str s, unsigned char ret[SHA256_BYTES]);
/* By the names MD5, SHA-1, SHA-256, SHA-384, SHA-512; the length of the digest. 0: there is none of that name. */
size_t digest_named(struct str algorithm, struct str s, unsigned char ret[SHA512_BYTES]);
void digest_hmac_sha256(struct str key, struct str s, unsigned char ret[SHA256_BYTES]);
/* Of the bytes that before is the checksum of, and then these; before the first: 0. */
uint32_t digest_crc32(uint32_t before, struct str s);
/* Takes the same time wherever the two differ. */
bool digest_equal(struct str a, struct str b);

#endif
