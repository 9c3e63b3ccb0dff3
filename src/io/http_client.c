#include "io/http_client.h"

#include <stdlib.h>

#include <curl/curl.h>

static size_t take(char *bytes, size_t size, size_t count, void *self)
{
    struct buf *body = self;
    buf_add_bytes(body, bytes, size * count);
    return body->err ? 0 : size * count;
}

static void prepare(CURL *curl, const struct http_call *call, struct curl_slist *headers, struct buf *body)
{
    char provider[128], user[512];
    curl_easy_setopt(curl, CURLOPT_URL, call->url);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, call->body.ptr);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)call->body.len);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, body);
    if (call->key) {
        snprintf(provider, sizeof(provider), "aws:amz:%s:%s", call->sign_region, call->sign_service);
        snprintf(user, sizeof(user), "%s:%s", call->key, call->secret);
        curl_easy_setopt(curl, CURLOPT_AWS_SIGV4, provider);
        curl_easy_setopt(curl, CURLOPT_USERPWD, user);
    }
}

static struct curl_slist *header_list(const struct http_call *call)
{
    struct curl_slist *headers = NULL;
    for (const char *const *header = call->headers; header && *header; header++)
        headers = curl_slist_append(headers, *header);
    return headers;
}

enum err http_post(const struct http_call *call, long *ret_status, struct buf *ret_body, struct diag *reterr)
{
    CURL *curl = curl_easy_init();
    struct curl_slist *headers = header_list(call);
    CURLcode code = CURLE_OUT_OF_MEMORY;
    if (curl) {
        prepare(curl, call, headers, ret_body);
        curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, call->time_max_ms);
        code = curl_easy_perform(curl);
    }
    if (code == CURLE_OK)
        curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, ret_status);
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
    if (code != CURLE_OK)
        return diag_set(reterr, ERR_IO, "%s: %s", call->url, curl_easy_strerror(code));
    return ERR_OK;
}

struct http_download {
    CURLM *multi;
    CURL *curl;
    struct curl_slist *headers;
    struct buf *body; /* of the read that is under way */
    const char *url;
};

static size_t take_part(char *bytes, size_t size, size_t count, void *self)
{
    struct http_download *download = self;
    return take(bytes, size, count, download->body);
}

void http_download_open(const struct http_call *call, struct http_download **ret)
{
    struct http_download *download = calloc(1, sizeof(*download));
    if (!download)
        abort();
    download->url = call->url;
    download->headers = header_list(call);
    download->curl = curl_easy_init();
    download->multi = curl_multi_init();
    if (!download->curl || !download->multi)
        abort();
    prepare(download->curl, call, download->headers, NULL);
    curl_easy_setopt(download->curl, CURLOPT_CONNECTTIMEOUT_MS, call->time_max_ms);
    curl_easy_setopt(download->curl, CURLOPT_WRITEFUNCTION, take_part);
    curl_easy_setopt(download->curl, CURLOPT_WRITEDATA, download);
    curl_multi_add_handle(download->multi, download->curl);
    *ret = download;
}

enum err http_download_read(struct http_download *download, int wait_ms, struct buf *body, bool *ret_over,
                            struct diag *reterr)
{
    size_t before = body->len;
    int running, left;
    download->body = body;
    CURLMcode code = curl_multi_perform(download->multi, &running);
    if (code == CURLM_OK && running && body->len == before) {
        code = curl_multi_poll(download->multi, NULL, 0, wait_ms, NULL);
        if (code == CURLM_OK)
            code = curl_multi_perform(download->multi, &running);
    }
    download->body = NULL;
    if (code != CURLM_OK)
        return diag_set(reterr, ERR_IO, "%s: %s", download->url, curl_multi_strerror(code));
    const CURLMsg *message = running ? NULL : curl_multi_info_read(download->multi, &left);
    if (message && message->msg == CURLMSG_DONE && message->data.result != CURLE_OK)
        return diag_set(reterr, ERR_IO, "%s: %s", download->url, curl_easy_strerror(message->data.result));
    *ret_over = !running;
    return ERR_OK;
}

long http_download_status(const struct http_download *download)
{
    long status = 0;
    curl_easy_getinfo(download->curl, CURLINFO_RESPONSE_CODE, &status);
    return status;
}

void http_download_close(struct http_download **at)
{
    struct http_download *download = *at;
    if (!download)
        return;
    *at = NULL;
    if (download->multi && download->curl)
        curl_multi_remove_handle(download->multi, download->curl);
    curl_easy_cleanup(download->curl);
    curl_multi_cleanup(download->multi);
    curl_slist_free_all(download->headers);
    free(download);
}
