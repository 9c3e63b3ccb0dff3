#include "io/http_send.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>

#include <curl/curl.h>
#include <uv.h>

enum { CONNECT_TIME_MAX_MS = 5000, ANSWER_HEADER_BYTES_MAX = 65536 };

struct http_sender {
    struct loop *loop;
    CURLM *multi;
    uv_timer_t timer;        /* curl's */
    uv_timer_t drain;        /* how long the end waits */
    struct http_send *first; /* under way */
    struct loop_job stop_job;
    int64_t drain_ms;
    atomic_bool closing;
    bool stopping, stopped;
};

/* A socket of curl's, watched by the loop. */
struct watch {
    uv_poll_t poll;
    struct http_sender *sender;
    curl_socket_t socket;
};

/* ---- answers ---- */

static size_t take(struct buf *into, size_t bytes_max, const char *bytes, size_t count)
{
    if (count > bytes_max - into->len)
        return 0; /* curl gives up with a write error */
    buf_add_bytes(into, bytes, count);
    return into->err ? 0 : count;
}

static size_t on_body(char *bytes, size_t size, size_t count, void *self)
{
    struct http_send *send = self;
    return take(&send->answer, send->answer_bytes_max, bytes, size * count);
}

static size_t on_header(char *bytes, size_t size, size_t count, void *self)
{
    struct http_send *send = self;
    if (size * count >= 5 && memcmp(bytes, "HTTP/", 5) == 0)
        buf_clear(&send->answer_headers); /* those before were of an interim answer */
    return take(&send->answer_headers, ANSWER_HEADER_BYTES_MAX, bytes, size * count);
}

struct str http_send_header(const struct http_send *send, struct str name)
{
    struct str rest = buf_str(&send->answer_headers), line, key, value;
    while (rest.len) {
        (void)str_cut(rest, '\n', &line, &rest);
        if (!str_cut(line, ':', &key, &value) || !str_eq_ignore_case(key, name))
            continue;
        while (value.len && (value.ptr[0] == ' ' || value.ptr[0] == '\t'))
            value = str_from_offset(value, 1);
        while (value.len && (value.ptr[value.len - 1] == '\r' || value.ptr[value.len - 1] == ' '))
            value.len--;
        return value;
    }
    return STR_EMPTY;
}

/* ---- the end of one ---- */

static void sender_finish(struct http_sender *sender)
{
    if (!sender->stopping || sender->first || sender->stopped)
        return;
    sender->stopped = true;
    curl_multi_cleanup(sender->multi);
    sender->multi = NULL;
    uv_close((uv_handle_t *)&sender->timer, NULL);
    uv_close((uv_handle_t *)&sender->drain, NULL);
}

static void send_over(struct http_send *send, enum http_send_end end)
{
    struct http_sender *sender = send->sender;
    long status = 0;
    (void)curl_easy_getinfo(send->easy, CURLINFO_RESPONSE_CODE, &status);
    send->end = end;
    send->status = (int)status;
    curl_multi_remove_handle(sender->multi, send->easy);
    curl_easy_cleanup(send->easy);
    curl_slist_free_all(send->list);
    if (send->previous)
        send->previous->next = send->next;
    else
        sender->first = send->next;
    if (send->next)
        send->next->previous = send->previous;
    struct buf headers = send->answer_headers, answer = send->answer;
    send->done(send); /* it may be gone now */
    buf_fini(&headers);
    buf_fini(&answer);
}

static enum http_send_end end_of(CURLcode code)
{
    switch (code) {
    case CURLE_OK:
        return HTTP_ANSWERED;
    case CURLE_COULDNT_CONNECT:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
        return HTTP_UNREACHABLE;
    case CURLE_OPERATION_TIMEDOUT:
        return HTTP_TIMED_OUT;
    case CURLE_WRITE_ERROR:
        return HTTP_TOO_LARGE;
    default:
        return HTTP_BROKEN;
    }
}

static void sender_reap(struct http_sender *sender)
{
    CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(sender->multi, &left))) {
        if (message->msg != CURLMSG_DONE)
            continue;
        struct http_send *send = NULL;
        curl_off_t connected_us = 0;
        CURLcode code = message->data.result;
        (void)curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&send);
        (void)curl_easy_getinfo(message->easy_handle, CURLINFO_PRETRANSFER_TIME_T, &connected_us);
        assert(send);
        if (code != CURLE_OK)
            (void)snprintf(send->why, sizeof(send->why), "%s", curl_easy_strerror(code));
        bool never = code == CURLE_OPERATION_TIMEDOUT && connected_us == 0;
        send_over(send, never ? HTTP_UNREACHABLE : end_of(code));
    }
    sender_finish(sender);
}

/* ---- curl's sockets and its timer on the loop ---- */

static void on_watch_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
    struct watch *watch = poll->data;
    struct http_sender *sender = watch->sender;
    int flags = status < 0 ? CURL_CSELECT_ERR : 0, running;
    if (events & UV_READABLE)
        flags |= CURL_CSELECT_IN;
    if (events & UV_WRITABLE)
        flags |= CURL_CSELECT_OUT;
    curl_multi_socket_action(sender->multi, watch->socket, flags, &running); /* the watch may be gone now */
    sender_reap(sender);
}

static int on_socket(CURL *easy, curl_socket_t socket, int what, void *self, void *socket_self)
{
    struct http_sender *sender = self;
    struct watch *watch = socket_self;
    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        if (watch) {
            curl_multi_assign(sender->multi, socket, NULL);
            uv_poll_stop(&watch->poll);
            uv_close((uv_handle_t *)&watch->poll, on_watch_closed);
        }
        return 0;
    }
    if (!watch) {
        watch = calloc(1, sizeof(*watch));
        if (!watch)
            abort();
        watch->sender = sender;
        watch->socket = socket;
        if (uv_poll_init_socket(loop_uv(sender->loop), &watch->poll, socket) < 0) {
            free(watch);
            return -1;
        }
        watch->poll.data = watch;
        curl_multi_assign(sender->multi, socket, watch);
    }
    int events = 0;
    if (what & CURL_POLL_IN)
        events |= UV_READABLE;
    if (what & CURL_POLL_OUT)
        events |= UV_WRITABLE;
    return uv_poll_start(&watch->poll, events, on_ready) < 0 ? -1 : 0;
}

static void on_timer(uv_timer_t *timer)
{
    struct http_sender *sender = timer->data;
    int running;
    curl_multi_socket_action(sender->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    sender_reap(sender);
}

static int on_timer_wanted(CURLM *multi, long time_ms, void *self)
{
    struct http_sender *sender = self;
    (void)multi;
    if (time_ms < 0)
        uv_timer_stop(&sender->timer);
    else
        uv_timer_start(&sender->timer, on_timer, (uint64_t)time_ms, 0);
    return 0;
}

/* ---- sending ---- */

/* What is on this machine is reached without a proxy, whatever the environment says. */
static bool is_local(const char *url)
{
    static const char *const hosts[] = { "localhost", "127.", "[::1]" };
    const char *host = strstr(url, "://");
    for (size_t i = 0; host && i < sizeof(hosts) / sizeof(hosts[0]); i++)
        if (strncmp(host + 3, hosts[i], strlen(hosts[i])) == 0)
            return true;
    return false;
}

static void send_begin(struct loop_job *job)
{
    struct http_send *send = (struct http_send *)((char *)job - offsetof(struct http_send, job));
    struct http_sender *sender = send->sender;
    CURL *easy = curl_easy_init();
    struct curl_slist *list = curl_slist_append(NULL, "Expect:"); /* the body goes out at once */
    if (!easy || !list)
        abort();
    for (const char *const *header = send->headers; header && *header; header++)
        list = curl_slist_append(list, *header);
    send->easy = easy;
    send->list = list;
    long connect_ms = send->time_max_ms < CONNECT_TIME_MAX_MS ? (long)send->time_max_ms : CONNECT_TIME_MAX_MS;
    curl_easy_setopt(easy, CURLOPT_URL, send->url);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, list);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, send->body.ptr);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)send->body.len);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)send->time_max_ms);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, connect_ms);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    if (is_local(send->url))
        curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, send);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, send);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, send);
    send->previous = NULL;
    send->next = sender->first;
    if (sender->first)
        sender->first->previous = send;
    sender->first = send;
    if (sender->stopping)
        send_over(send, HTTP_CANCELLED);
    else if (curl_multi_add_handle(sender->multi, easy) != CURLM_OK)
        abort();
}

bool http_sender_send(struct http_sender *sender, struct http_send *send)
{
    if (atomic_load(&sender->closing))
        return false;
    send->sender = sender;
    send->why[0] = 0;
    send->job.run = send_begin;
    buf_init(&send->answer_headers, 0);
    buf_init(&send->answer, 0);
    return loop_post(sender->loop, &send->job);
}

/* ---- life ---- */

enum err http_sender_open(struct http_sender **ret, struct diag *reterr)
{
    struct http_sender *sender = calloc(1, sizeof(*sender));
    if (!sender || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK || !(sender->multi = curl_multi_init()))
        abort();
    enum err err = loop_open("sender", &sender->loop, reterr);
    if (err) {
        curl_multi_cleanup(sender->multi);
        free(sender);
        return err;
    }
    uv_timer_init(loop_uv(sender->loop), &sender->timer);
    uv_timer_init(loop_uv(sender->loop), &sender->drain);
    sender->timer.data = sender;
    sender->drain.data = sender;
    curl_multi_setopt(sender->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(sender->multi, CURLMOPT_SOCKETDATA, sender);
    curl_multi_setopt(sender->multi, CURLMOPT_TIMERFUNCTION, on_timer_wanted);
    curl_multi_setopt(sender->multi, CURLMOPT_TIMERDATA, sender);
    *ret = sender;
    return loop_start(sender->loop, reterr);
}

static void on_drained(uv_timer_t *timer)
{
    struct http_sender *sender = timer->data;
    while (sender->first) {
        (void)snprintf(sender->first->why, sizeof(sender->first->why), "the server was stopped");
        send_over(sender->first, HTTP_CANCELLED);
    }
    sender_finish(sender);
}

static void sender_stop(struct loop_job *job)
{
    struct http_sender *sender = (struct http_sender *)((char *)job - offsetof(struct http_sender, stop_job));
    sender->stopping = true;
    uv_timer_start(&sender->drain, on_drained, (uint64_t)sender->drain_ms, 0);
    sender_finish(sender);
}

void http_sender_close(struct http_sender **at, int64_t time_max_ms)
{
    struct http_sender *sender = *at;
    if (!sender)
        return;
    *at = NULL;
    atomic_store(&sender->closing, true);
    sender->drain_ms = time_max_ms;
    sender->stop_job.run = sender_stop;
    bool posted = loop_post(sender->loop, &sender->stop_job);
    assert(posted);
    loop_end(sender->loop);
    loop_close(&sender->loop);
    free(sender);
}
