#include "io/http_client.h"

#include <curl/curl.h>

static size_t take(char *bytes, size_t size, size_t count, void *self)
{
    struct buf *body = self;
    buf_add_bytes(body, bytes, size * count);
    return body->err ? 0 : size * count;
}

static CURLcode call_with(CURL *curl, const struct http_call *call, struct curl_slist *headers,
                          struct buf *body)
{
    char provider[128], user[512];
    curl_easy_setopt(curl, CURLOPT_URL, call->url);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, call->body.ptr);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)call->body.len);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, call->time_max_ms);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, body);
    if (call->key) {
        snprintf(provider, sizeof(provider), "aws:amz:%s:%s", call->sign_region, call->sign_service);
        snprintf(user, sizeof(user), "%s:%s", call->key, call->secret);
        curl_easy_setopt(curl, CURLOPT_AWS_SIGV4, provider);
        curl_easy_setopt(curl, CURLOPT_USERPWD, user);
    }
    return curl_easy_perform(curl);
}

enum err http_post(const struct http_call *call, long *ret_status, struct buf *ret_body, struct diag *reterr)
{
    CURL *curl = curl_easy_init();
    struct curl_slist *headers = NULL;
    for (const char *const *header = call->headers; header && *header; header++)
        headers = curl_slist_append(headers, *header);
    CURLcode code = curl ? call_with(curl, call, headers, ret_body) : CURLE_OUT_OF_MEMORY;
    if (code == CURLE_OK)
        curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, ret_status);
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
    if (code != CURLE_OK)
        return diag_set(reterr, ERR_IO, "%s: %s", call->url, curl_easy_strerror(code));
    return ERR_OK;
}
