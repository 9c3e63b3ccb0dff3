#include "api/api_sigv4.h"

#include "api/api_query.h"
#include "base/time.h"
#include "base/vec.h"
#include "io/digest.h"

#include <stdlib.h>

/* ---- read ---- */

static bool read_credential(struct str credential, bool has_region, struct sigv4 *ret)
{
    struct str rest = credential;
    struct str parts[5];
    size_t wanted = has_region ? 5 : 4, count = 0;
    while (count < 5) {
        bool more = str_cut(rest, '/', &parts[count++], &rest);
        if (!more)
            break;
        if (count == wanted)
            return false;
    }
    if (count != wanted)
        return false;
    ret->key_id = parts[0];
    ret->date = parts[1];
    ret->region = has_region ? parts[2] : STR_EMPTY;
    ret->service = parts[wanted - 2];
    ret->terminator = parts[wanted - 1];
    return !str_empty(ret->key_id) && !str_empty(ret->date) && !str_empty(ret->service);
}

/* Of AWS4-ECDSA-P256-SHA256 the credential has no region: it may be for several. */
static bool algorithm_has_region(struct str algorithm)
{
    return !str_starts(algorithm, STR("AWS4-ECDSA-"));
}

static bool bad_credential(struct arena *arena, struct fault *fault, const struct sigv4 *signature,
                           struct str credential)
{
    return fault_set(
        fault, arena, FAULT_SIGNATURE_INCOMPLETE,
        "Credential must have exactly %d slash-delimited elements, e.g. keyid/date/%sservice/term, got "
        "'%.*s'",
        algorithm_has_region(signature->algorithm) ? 5 : 4,
        algorithm_has_region(signature->algorithm) ? "region/" : "", STR_ARG(credential));
}

bool sigv4_read_header(struct str header, struct arena *arena, struct sigv4 *ret, struct fault *fault)
{
    struct str rest, credential = STR_EMPTY;
    *ret = (struct sigv4){ .present = true };
    str_cut(header, ' ', &ret->algorithm, &rest);
    while (!str_empty(rest)) {
        struct str part, name, value;
        str_cut(rest, ',', &part, &rest);
        part = str_trim(part);
        if (str_empty(part))
            continue;
        if (!str_cut(part, '=', &name, &value))
            return fault_set(
                fault, arena, FAULT_SIGNATURE_INCOMPLETE,
                "'%.*s' not a valid key=value pair (missing equal-sign) in Authorization header: "
                "'%.*s'.",
                STR_ARG(part), STR_ARG(header));
        if (str_eq(name, STR("Credential")))
            credential = value;
        else if (str_eq(name, STR("SignedHeaders")))
            ret->signed_headers = value;
        else if (str_eq(name, STR("Signature")))
            ret->signature = value;
    }
    if (str_empty(credential) || str_empty(ret->signed_headers) || str_empty(ret->signature)) {
        bool said = false;
        struct buf text;
        buf_init(&text, 0);
        const struct {
            const char *name;
            struct str value;
        } needed[] = { { "Credential", credential },
                       { "Signature", ret->signature },
                       { "SignedHeaders", ret->signed_headers } };
        for (size_t i = 0; i < 3; i++) {
            if (!str_empty(needed[i].value))
                continue;
            buf_printf(&text, "%sAuthorization header requires '%s' parameter.", said ? " " : "",
                       needed[i].name);
            said = true;
        }
        fault_set(fault, arena, FAULT_SIGNATURE_INCOMPLETE, "%.*s Authorization=%.*s",
                  STR_ARG(buf_str(&text)), STR_ARG(ret->algorithm));
        buf_fini(&text);
        return false;
    }
    if (!read_credential(credential, algorithm_has_region(ret->algorithm), ret))
        return bad_credential(arena, fault, ret, credential);
    return true;
}

static bool read_presigned(const struct http_request *request, struct arena *arena, struct sigv4 *ret,
                           struct fault *fault)
{
    struct str credential = STR_EMPTY, expires = STR_EMPTY;
    *ret = (struct sigv4){ .present = true, .presigned = true };
    api_query_parameter(arena, request->query, STR("X-Amz-Algorithm"), &ret->algorithm);
    api_query_parameter(arena, request->query, STR("X-Amz-Credential"), &credential);
    api_query_parameter(arena, request->query, STR("X-Amz-SignedHeaders"), &ret->signed_headers);
    api_query_parameter(arena, request->query, STR("X-Amz-Signature"), &ret->signature);
    api_query_parameter(arena, request->query, STR("X-Amz-Date"), &ret->time);
    api_query_parameter(arena, request->query, STR("X-Amz-Expires"), &expires);
    if (str_empty(credential) || str_empty(ret->signed_headers) || str_empty(ret->signature) ||
        str_empty(ret->time))
        return fault_set(
            fault, arena, FAULT_SIGNATURE_INCOMPLETE,
            "AWS query-string parameters must include 'X-Amz-Algorithm', 'X-Amz-Credential', "
            "'X-Amz-Signature', 'X-Amz-SignedHeaders' and 'X-Amz-Date'. Re-examine the query-string "
            "parameters.");
    if (!read_credential(credential, algorithm_has_region(ret->algorithm), ret))
        return bad_credential(arena, fault, ret, credential);
    if (!str_empty(expires) &&
        (!str_to_i64(expires, &ret->expires_s) || ret->expires_s < 0 || ret->expires_s > SIGV4_EXPIRES_S_MAX))
        return fault_set(fault, arena, FAULT_SIGNATURE_INCOMPLETE,
                         "X-Amz-Expires must be a number of seconds from 0 to %d, got '%.*s'",
                         SIGV4_EXPIRES_S_MAX, STR_ARG(expires));
    return true;
}

bool sigv4_read(const struct http_request *request, struct arena *arena, struct sigv4 *ret,
                struct fault *fault)
{
    struct str header = http_header_find(request, STR("Authorization"));
    *ret = (struct sigv4){ 0 };
    if (str_starts(header, STR("AWS4-"))) {
        if (!sigv4_read_header(header, arena, ret, fault))
            return false;
        ret->time = http_header_find(request, STR("X-Amz-Date"));
        return true;
    }
    if (str_empty(header) && str_find(request->query, STR("X-Amz-Algorithm=")) != STR_NOT_FOUND)
        return read_presigned(request, arena, ret, fault);
    return true;
}

/* ---- the canonical request ---- */

/* Written as RFC 3986 wants it: only unreserved characters stand for themselves,
 * hexadecimal digits are capitals. */
static void add_encoded(struct buf *out, struct str text, bool keep_slash)
{
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        bool plain = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
                     c == '_' || c == '.' || c == '~' || (c == '/' && keep_slash);
        if (plain) {
            buf_add_char(out, (char)c);
        } else {
            char hex[3] = { '%', digits[c >> 4], digits[c & 15] };
            buf_add_bytes(out, hex, 3);
        }
    }
}

/* The path as it came, without dot segments and doubled slashes, encoded once more. */
static void add_path(struct buf *out, struct str path, struct arena *arena)
{
    VEC(struct str) segments = { 0 };
    struct str rest = path, segment = STR_EMPTY;
    bool more = !str_empty(rest);
    while (more) {
        more = str_cut(rest, '/', &segment, &rest);
        if (str_eq(segment, STR("..")) && segments.len)
            segments.len--;
        else if (!str_empty(segment) && !str_eq(segment, STR(".")) && !str_eq(segment, STR("..")))
            VEC_PUSH(arena, &segments, segment);
    }
    for (size_t i = 0; i < segments.len; i++) {
        buf_add_char(out, '/');
        add_encoded(out, segments.at[i], false);
    }
    if (segments.len == 0 || str_ends(path, STR("/")))
        buf_add_char(out, '/');
}

struct parameter {
    struct str name, value; /* encoded */
};

static int compare_parameters(const void *a, const void *b)
{
    const struct parameter *x = a, *y = b;
    int order = str_compare(x->name, y->name);
    return order ? order : str_compare(x->value, y->value);
}

static struct str encoded_again(struct str raw, struct arena *arena)
{
    struct str plain;
    struct buf out;
    if (!api_query_decode(arena, raw, false, &plain))
        plain = raw;
    buf_init(&out, 0);
    add_encoded(&out, plain, false);
    struct str kept = arena_copy(arena, buf_str(&out));
    buf_fini(&out);
    return kept;
}

static void add_query(struct buf *out, struct str query, bool presigned, struct arena *arena)
{
    VEC(struct parameter) parameters = { 0 };
    struct str rest = query;
    while (!str_empty(rest)) {
        struct str pair;
        struct parameter p;
        str_cut(rest, '&', &pair, &rest);
        if (str_empty(pair))
            continue;
        str_cut(pair, '=', &p.name, &p.value);
        p.name = encoded_again(p.name, arena);
        p.value = encoded_again(p.value, arena);
        if (!presigned || !str_eq(p.name, STR("X-Amz-Signature")))
            VEC_PUSH(arena, &parameters, p);
    }
    if (parameters.len > 1)
        qsort(parameters.at, parameters.len, sizeof(*parameters.at), compare_parameters);
    for (size_t i = 0; i < parameters.len; i++) {
        if (i)
            buf_add_char(out, '&');
        buf_add(out, parameters.at[i].name);
        buf_add_char(out, '=');
        buf_add(out, parameters.at[i].value);
    }
}

static void add_header_value(struct buf *out, struct str value)
{
    bool space = false;
    value = str_trim(value);
    for (size_t i = 0; i < value.len; i++) {
        if (value.ptr[i] == ' ' && space)
            continue;
        space = value.ptr[i] == ' ';
        buf_add_char(out, value.ptr[i]);
    }
}

static void add_headers(struct buf *out, const struct http_request *request, struct str names)
{
    struct str rest = names;
    while (!str_empty(rest)) {
        struct str name;
        bool found = false;
        str_cut(rest, ';', &name, &rest);
        buf_add(out, name);
        buf_add_char(out, ':');
        for (size_t i = 0; i < request->header_count; i++) {
            if (!str_eq_ignore_case(request->headers[i].name, name))
                continue;
            if (found)
                buf_add_char(out, ',');
            add_header_value(out, request->headers[i].value);
            found = true;
        }
        buf_add_char(out, '\n');
    }
}

struct str sigv4_canonical(const struct http_request *request, const struct sigv4 *signature,
                           struct str body_hash, struct arena *arena)
{
    struct buf out;
    buf_init(&out, 0);
    buf_add(&out, request->method);
    buf_add_char(&out, '\n');
    add_path(&out, request->path, arena);
    buf_add_char(&out, '\n');
    add_query(&out, request->query, signature->presigned, arena);
    buf_add_char(&out, '\n');
    add_headers(&out, request, signature->signed_headers);
    buf_add_char(&out, '\n');
    buf_add(&out, signature->signed_headers);
    buf_add_char(&out, '\n');
    buf_add(&out, body_hash);
    struct str canonical = arena_copy(arena, buf_str(&out));
    buf_fini(&out);
    return canonical;
}

/* ---- verify ---- */

static struct str hex_of(const unsigned char *bytes, size_t count, struct arena *arena)
{
    static const char digits[] = "0123456789abcdef";
    char *at = arena_bytes(arena, count * 2);
    for (size_t i = 0; i < count; i++) {
        at[2 * i] = digits[bytes[i] >> 4];
        at[2 * i + 1] = digits[bytes[i] & 15];
    }
    return str_of(at, count * 2);
}

static struct str sha256_hex(struct str s, struct arena *arena)
{
    unsigned char digest[SHA256_BYTES];
    digest_sha256(s, digest);
    return hex_of(digest, sizeof(digest), arena);
}

/* "20240131T235959Z" */
static bool read_time(struct str text, int64_t *ret_ms)
{
    static const char form[] = "dddddddd\0dddddd";
    if (text.len != 16 || text.ptr[8] != 'T' || text.ptr[15] != 'Z')
        return false;
    for (size_t i = 0; i < 15; i++) {
        if (form[i] && (text.ptr[i] < '0' || text.ptr[i] > '9'))
            return false;
    }
    char iso[20] = "0000-00-00T00:00:00Z"; /* exactly: no NUL */
    memcpy(iso, text.ptr, 4);
    memcpy(iso + 5, text.ptr + 4, 2);
    memcpy(iso + 8, text.ptr + 6, 2);
    memcpy(iso + 11, text.ptr + 9, 2);
    memcpy(iso + 14, text.ptr + 11, 2);
    memcpy(iso + 17, text.ptr + 13, 2);
    return time_parse(str_of(iso, sizeof(iso)), ret_ms);
}

static struct str time_text(int64_t time_ms, struct arena *arena)
{
    struct time_fields t = time_fields_of(time_ms);
    return arena_printf(arena, "%04d%02d%02dT%02d%02d%02dZ", t.year, t.month, t.day, t.hour, t.minute,
                        t.second);
}

static bool check_time(const struct sigv4 *signature, int64_t now_ms, struct arena *arena,
                       struct fault *fault)
{
    int64_t signed_ms;
    if (str_empty(signature->time))
        return fault_set(fault, arena, FAULT_SIGNATURE_INCOMPLETE,
                         "Authorization header requires existence of a 'X-Amz-Date' header.");
    if (!read_time(signature->time, &signed_ms))
        return fault_set(fault, arena, FAULT_SIGNATURE_INCOMPLETE,
                         "Date must be in ISO-8601 'basic format'. Got '%.*s'. See "
                         "http://en.wikipedia.org/wiki/ISO_8601",
                         STR_ARG(signature->time));
    if (!str_eq(str_slice(signature->time, 0, 8), signature->date))
        return fault_set(
            fault, arena, FAULT_SIGNATURE_WRONG,
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
            "'%.*s' != '%.*s', from '%.*s'.",
            STR_ARG(signature->date), STR_ARG(str_slice(signature->time, 0, 8)), STR_ARG(signature->time));
    int64_t life_ms = signature->presigned ? signature->expires_s * 1000 : 0;
    int64_t oldest_ms = now_ms - (life_ms > SIGV4_SKEW_MS_MAX ? life_ms : SIGV4_SKEW_MS_MAX);
    if (signed_ms < oldest_ms)
        return fault_set(fault, arena, FAULT_SIGNATURE_WRONG,
                         "Signature expired: %.*s is now earlier than %.*s (%.*s - %lld min.)",
                         STR_ARG(signature->time), STR_ARG(time_text(oldest_ms, arena)),
                         STR_ARG(time_text(now_ms, arena)), (long long)((now_ms - oldest_ms) / 60000));
    if (signed_ms > now_ms + SIGV4_SKEW_MS_MAX)
        return fault_set(fault, arena, FAULT_SIGNATURE_WRONG,
                         "Signature not yet current: %.*s is still later than %.*s (%.*s + 5 min.)",
                         STR_ARG(signature->time), STR_ARG(time_text(now_ms + SIGV4_SKEW_MS_MAX, arena)),
                         STR_ARG(time_text(now_ms, arena)));
    return true;
}

static bool signs(struct str signed_headers, struct str name)
{
    struct str rest = signed_headers, one;
    while (!str_empty(rest)) {
        str_cut(rest, ';', &one, &rest);
        if (str_eq(one, name))
            return true;
    }
    return false;
}

/* What a signature must cover to mean anything: where the request goes, what it asks for, and when. */
static bool check_scope(const struct http_request *request, const struct sigv4 *signature, struct str service,
                        struct arena *arena, struct fault *fault)
{
    if (!str_eq(signature->algorithm, STR("AWS4-HMAC-SHA256")))
        return fault_set(fault, arena, FAULT_SIGNATURE_INCOMPLETE, "Unsupported AWS 'algorithm': '%.*s'",
                         STR_ARG(signature->algorithm));
    if (!str_eq(signature->terminator, STR("aws4_request")))
        return fault_set(fault, arena, FAULT_SIGNATURE_WRONG,
                         "Credential should be scoped with a valid terminator: 'aws4_request', not '%.*s'.",
                         STR_ARG(signature->terminator));
    if (!str_empty(service) && !str_eq(signature->service, service))
        return fault_set(fault, arena, FAULT_SIGNATURE_WRONG,
                         "Credential should be scoped to correct service: '%.*s'.", STR_ARG(service));
    const struct str needed[] = { STR("host"), STR("x-amz-target"), STR("x-amz-date") };
    for (size_t i = 0; i < 3; i++) {
        bool there = i == 0 || http_header_find(request, needed[i]).ptr != NULL;
        if (there && !signs(signature->signed_headers, needed[i]))
            return fault_set(fault, arena, FAULT_SIGNATURE_WRONG,
                             "'%.*s' must be a 'SignedHeader' in the AWS Authorization.", STR_ARG(needed[i]));
    }
    return true;
}

bool sigv4_verify(const struct http_request *request, const struct sigv4 *signature,
                  const struct sigv4_key *key, struct str service, int64_t now_ms, struct arena *arena,
                  struct fault *fault)
{
    if (!check_scope(request, signature, service, arena, fault) ||
        !check_time(signature, now_ms, arena, fault))
        return false;
    struct str body_hash = sha256_hex(request->body, arena);
    struct str canonical = sigv4_canonical(request, signature, body_hash, arena);
    struct str scope = arena_printf(arena, "%.*s/%.*s/%.*s/aws4_request", STR_ARG(signature->date),
                                    STR_ARG(signature->region), STR_ARG(signature->service));
    struct str to_sign = arena_printf(arena, "AWS4-HMAC-SHA256\n%.*s\n%.*s\n%.*s", STR_ARG(signature->time),
                                      STR_ARG(scope), STR_ARG(sha256_hex(canonical, arena)));
    unsigned char digest[SHA256_BYTES];
    const struct str steps[] = { signature->date, signature->region, signature->service, STR("aws4_request"),
                                 to_sign };
    struct str secret = arena_concat(arena, STR("AWS4"), key->secret);
    for (size_t i = 0; i < 5; i++) {
        unsigned char next[SHA256_BYTES];
        digest_hmac_sha256(i ? str_of((const char *)digest, sizeof(digest)) : secret, steps[i], next);
        memcpy(digest, next, sizeof(digest));
    }
    if (digest_equal(hex_of(digest, sizeof(digest), arena), signature->signature))
        return true;
    return fault_set(
        fault, arena, FAULT_SIGNATURE_WRONG,
        "The request signature we calculated does not match the signature you provided. Check your AWS "
        "Secret Access Key and signing method. Consult the service documentation for details.\n\nThe "
        "Canonical String for this request should have been\n'%.*s'\n\nThe String-to-Sign should have "
        "been\n'%.*s'\n",
        STR_ARG(canonical), STR_ARG(to_sign));
}
