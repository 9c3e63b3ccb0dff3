#include "io/digest.h"

#include <pthread.h>
#include <stdlib.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <zlib.h>

/* Fetching an algorithm costs ten times what a short digest does: each thread keeps its own. */
struct digest_tools {
    EVP_MD *md5, *sha256;
    EVP_MD_CTX *context;
    EVP_MAC *hmac;
    EVP_MAC_CTX *hmac_context;
};

static pthread_key_t digest_key;
static pthread_once_t digest_key_once = PTHREAD_ONCE_INIT;
static _Thread_local struct digest_tools *digest_mine;

/* Without its digests the server can neither verify a signature nor name a thing: it stops. */
static void digest_require(bool ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "crema: OpenSSL cannot %s; is its default provider installed?\n", what);
    abort();
}

static void digest_tools_free(void *at)
{
    struct digest_tools *tools = at;
    EVP_MAC_CTX_free(tools->hmac_context);
    EVP_MAC_free(tools->hmac);
    EVP_MD_CTX_free(tools->context);
    EVP_MD_free(tools->sha256);
    EVP_MD_free(tools->md5);
    free(tools);
}

static void digest_key_make(void)
{
    digest_require(pthread_key_create(&digest_key, digest_tools_free) == 0, "get a thread key");
}

static struct digest_tools *digest_tools_of_thread(void)
{
    if (digest_mine)
        return digest_mine;
    pthread_once(&digest_key_once, digest_key_make);
    struct digest_tools *tools = calloc(1, sizeof(*tools));
    digest_require(tools != NULL, "get memory");
    tools->md5 = EVP_MD_fetch(NULL, "MD5", NULL);
    tools->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    tools->context = EVP_MD_CTX_new();
    tools->hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    tools->hmac_context = tools->hmac ? EVP_MAC_CTX_new(tools->hmac) : NULL;
    digest_require(tools->md5 && tools->sha256 && tools->context && tools->hmac_context,
                   "fetch MD5, SHA-256 and HMAC");
    digest_require(pthread_setspecific(digest_key, tools) == 0, "set a thread key");
    digest_mine = tools;
    return tools;
}

static void digest_of(struct digest_tools *tools, const EVP_MD *kind, struct str s, unsigned char *ret)
{
    digest_require(EVP_DigestInit_ex2(tools->context, kind, NULL) == 1 &&
                       EVP_DigestUpdate(tools->context, s.ptr, s.len) == 1 &&
                       EVP_DigestFinal_ex(tools->context, ret, NULL) == 1,
                   "digest");
}

void digest_md5(struct str s, unsigned char ret[MD5_BYTES])
{
    struct digest_tools *tools = digest_tools_of_thread();
    digest_of(tools, tools->md5, s, ret);
}

void digest_sha256(struct str s, unsigned char ret[SHA256_BYTES])
{
    struct digest_tools *tools = digest_tools_of_thread();
    digest_of(tools, tools->sha256, s, ret);
}

size_t digest_named(struct str algorithm, struct str s, unsigned char ret[SHA512_BYTES])
{
    static const struct {
        const char *name;
        const EVP_MD *(*get)(void);
    } algorithms[] = {
        { "MD5", EVP_md5 },        { "SHA-1", EVP_sha1 },     { "SHA-256", EVP_sha256 },
        { "SHA-384", EVP_sha384 }, { "SHA-512", EVP_sha512 },
    };
    unsigned len = 0;
    for (size_t i = 0; i < sizeof(algorithms) / sizeof(algorithms[0]); i++) {
        if (!str_eq(algorithm, str_from(algorithms[i].name)))
            continue;
        digest_require(EVP_Digest(s.ptr ? s.ptr : "", s.len, ret, &len, algorithms[i].get(), NULL) == 1,
                       "compute a digest by name");
        break;
    }
    return len;
}

void digest_hmac_sha256(struct str key, struct str s, unsigned char ret[SHA256_BYTES])
{
    struct digest_tools *tools = digest_tools_of_thread();
    char name[] = "SHA256";
    OSSL_PARAM params[] = { OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0),
                            OSSL_PARAM_construct_end() };
    /* A NULL key would mean "the last one again". */
    const unsigned char *key_bytes = (const unsigned char *)(key.ptr ? key.ptr : "");
    size_t len;
    digest_require(EVP_MAC_init(tools->hmac_context, key_bytes, key.len, params) == 1 &&
                       EVP_MAC_update(tools->hmac_context, (const unsigned char *)s.ptr, s.len) == 1 &&
                       EVP_MAC_final(tools->hmac_context, ret, &len, SHA256_BYTES) == 1 &&
                       len == SHA256_BYTES,
                   "compute an HMAC");
}

uint32_t digest_crc32(uint32_t before, struct str s)
{
    return (uint32_t)crc32_z(before, (const unsigned char *)s.ptr, s.len);
}

bool digest_equal(struct str a, struct str b)
{
    return a.len == b.len && (a.len == 0 || CRYPTO_memcmp(a.ptr, b.ptr, a.len) == 0);
}
