/* address.h - host and port as text, and as the system wants them. Threads: any. */
#ifndef IO_ADDRESS_H
#define IO_ADDRESS_H

#include "base/err.h"
#include "base/str.h"

#include <sys/socket.h>

/* "127.0.0.1:4566", "[::1]:0", "localhost:80". A name is looked up, its IPv4 address first.
 * ERR_INVALID: not of that form, or no such host. */
enum err address_parse(const char *text, struct sockaddr_storage *ret, socklen_t *ret_len,
                       struct diag *reterr) MUST_USE;

enum { ADDRESS_TEXT_BYTES = 64 };
/* "127.0.0.1:50000" or "[::1]:50000"; returns the length. at has ADDRESS_TEXT_BYTES. */
size_t address_format(const struct sockaddr_storage *address, char *at);
unsigned address_port(const struct sockaddr_storage *address);

#endif
