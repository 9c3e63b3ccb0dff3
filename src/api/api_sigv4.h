/* api_sigv4.h - who sent a request: AWS Signature Version 4, in the Authorization header or in the query.
 *
 * Always read, for region and access key; verified where keys are configured. Pure but for the digests.
 * Truths: 1. Signatures are compared in constant time, and only after everything else has held.
 *         2. The body is hashed at most once, and only to verify.
 * Threads: any.
 */
#ifndef API_API_SIGV4_H
#define API_API_SIGV4_H

#include "base/fault.h"
#include "io/http.h"

struct sigv4_key {
    struct str id, secret;
    struct str account; /* 12 digits; empty: the default account */
};

/* What a request says about its signer; slices of the request or its arena. */
struct sigv4 {
    bool present;   /* else nothing else is set */
    bool presigned; /* in the query */
    struct str algorithm;
    struct str key_id, date, region, service, terminator; /* the credential and its scope */
    struct str signed_headers;                            /* "host;x-amz-date" */
    struct str signature;                                 /* hexadecimal */
    struct str time;                                      /* "20240101T000000Z" */
    int64_t expires_s;                                    /* presigned; else 0 */
};

enum { SIGV4_SKEW_MS_MAX = 5 * 60 * 1000, SIGV4_EXPIRES_S_MAX = 7 * 24 * 3600 };

/* Reads the request's signature. Without one: true, and ret->present is false. One that cannot be read:
 * FAULT_SIGNATURE_INCOMPLETE. */
bool sigv4_read(const struct http_request *request, struct arena *arena, struct sigv4 *ret,
                struct fault *fault);
/* The Authorization header alone, for tests: header begins with "AWS4-". */
bool sigv4_read_header(struct str header, struct arena *arena, struct sigv4 *ret, struct fault *fault);

/* False with the fault set when the signature is not the key's, is too old, or is for another service.
 * service: as signers name it, "events"; empty: not looked at. */
bool sigv4_verify(const struct http_request *request, const struct sigv4 *signature,
                  const struct sigv4_key *key, struct str service, int64_t now_ms, struct arena *arena,
                  struct fault *fault);

/* The canonical request, for tests. body_hash: hexadecimal. */
struct str sigv4_canonical(const struct http_request *request, const struct sigv4 *signature,
                           struct str body_hash, struct arena *arena);

#endif
