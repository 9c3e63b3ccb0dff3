#include "api/api_sigv4.h"
#include "base/time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

static struct arena arena;

static const struct sigv4_key key = { { "AKIDEXAMPLE", 11 },
                                      { "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", 40 },
                                      { NULL, 0 } };

enum { HEADERS_MAX = 8 };

struct example {
    const char *name, *method, *path, *query;
    const char *headers[HEADERS_MAX]; /* name, value, ... without the date and the host's */
    const char *body, *service, *signed_headers, *signature;
};

/* Of AWS's published test suite for Signature Version 4, and others that botocore signed. */
static const struct example examples[] = {
    { "get-vanilla",
      "GET",
      "/",
      "",
      { 0 },
      "",
      "service",
      "host;x-amz-date",
      "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31" },
    { "get-vanilla-query-order-key-case",
      "GET",
      "/",
      "Param2=value2&Param1=value1",
      { 0 },
      "",
      "service",
      "host;x-amz-date",
      "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500" },
    { "get-header-key-duplicate",
      "GET",
      "/",
      "",
      { "My-Header1", "value2", "My-Header1", "value2", "My-Header1", "value1" },
      "",
      "service",
      "host;my-header1;x-amz-date",
      "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea" },
    { "get-header-value-trim",
      "GET",
      "/",
      "",
      { "My-Header1", " value1", "My-Header2", " \"a   b   c\"" },
      "",
      "service",
      "host;my-header1;my-header2;x-amz-date",
      "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736" },
    { "get-utf8",
      "GET",
      "/\xe1\x88\xb4",
      "",
      { 0 },
      "",
      "service",
      "host;x-amz-date",
      "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85" },
    { "get-space",
      "GET",
      "/example space/",
      "",
      { 0 },
      "",
      "service",
      "host;x-amz-date",
      "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741" },
    { "get-unreserved",
      "GET",
      "/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
      "",
      { 0 },
      "",
      "service",
      "host;x-amz-date",
      "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f" },
    { "get-relative-relative",
      "GET",
      "/example1/example2/../..",
      "",
      { 0 },
      "",
      "service",
      "host;x-amz-date",
      "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31" },
    { "get-slash-pointless-dot",
      "GET",
      "/./example",
      "",
      { 0 },
      "",
      "service",
      "host;x-amz-date",
      "ef75d96142cf21edca26f06005da7988e4f8dc83a165a80865db7089db637ec5" },
    { "get-slashes",
      "GET",
      "//example//",
      "",
      { 0 },
      "",
      "service",
      "host;x-amz-date",
      "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84" },
    { "post-x-www-form-urlencoded",
      "POST",
      "/",
      "",
      { "Content-Type", "application/x-www-form-urlencoded" },
      "Param1=value1",
      "service",
      "content-type;host;x-amz-date",
      "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a" },
    { "encoded path",
      "GET",
      "/%E1%88%B4",
      "",
      { 0 },
      "",
      "service",
      "host;x-amz-date",
      "697b34846207a3f72246f99d74ae1ee4fe54f44bb06730c58a0d339eb079596d" },
    { "odd path and query",
      "GET",
      "/a//b/../c%20d/",
      "x=%2F&x=a%20b&y=&z",
      { 0 },
      "",
      "service",
      "host;x-amz-date",
      "cc6fcf096d2fb3899446d9012153fceae0d9a5642b9e3e35f9daa2af5777a87d" },
};

static int64_t signed_ms(void)
{
    int64_t ms;
    assert_true(time_parse(STR("2015-08-30T12:36:00Z"), &ms));
    return ms;
}

static struct http_request request_of(const struct example *e, const char *host, struct http_header *headers)
{
    size_t count = 0;
    headers[count++] = (struct http_header){ STR("Host"), str_from(host) };
    headers[count++] = (struct http_header){ STR("X-Amz-Date"), STR("20150830T123600Z") };
    for (size_t i = 0; i + 1 < HEADERS_MAX && e->headers[i]; i += 2)
        headers[count++] = (struct http_header){ str_from(e->headers[i]), str_from(e->headers[i + 1]) };
    if (e->signature)
        headers[count++] = (struct http_header){
            STR("Authorization"),
            arena_printf(&arena,
                         "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/%s/aws4_request, "
                         "SignedHeaders=%s, Signature=%s",
                         e->service, e->signed_headers, e->signature)
        };
    return (struct http_request){ .method = str_from(e->method),
                                  .path = str_from(e->path),
                                  .query = str_from(e->query),
                                  .headers = headers,
                                  .header_count = count,
                                  .body = str_from(e->body) };
}

/* FAULT_NONE when it is verified. */
static enum fault_code outcome(const struct http_request *request, const struct sigv4_key *with,
                               struct str service, int64_t now_ms, struct str *ret_text)
{
    struct fault fault = { 0 };
    struct sigv4 signature;
    if (sigv4_read(request, &arena, &signature, &fault)) {
        assert_true(signature.present);
        sigv4_verify(request, &signature, with, service, now_ms, &arena, &fault);
    }
    if (ret_text)
        *ret_text = fault.text;
    return fault.code;
}

static void test_verifies_published_examples(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
        struct http_header headers[16];
        struct http_request request = request_of(&examples[i], "example.amazonaws.com", headers);
        struct str text;
        if (outcome(&request, &key, STR("service"), signed_ms(), &text) != FAULT_NONE)
            fail_msg("%s: %.*s", examples[i].name, STR_ARG(text));
    }
}

static const struct example put_events = {
    "PutEvents",
    "POST",
    "/",
    "",
    { "Content-Type", "application/x-amz-json-1.1", "X-Amz-Target", "AWSEvents.PutEvents", "my-header",
      "  a   b  c " },
    "{\"Entries\":[{\"Source\":\"s\",\"DetailType\":\"t\",\"Detail\":\"{}\"}]}",
    "events",
    "content-type;host;my-header;x-amz-date;x-amz-target",
    "f0112213d9cf5cae2d4b3ba93759ecd7b431f1453e1e798c383bfeea8fff2806"
};

static void test_refuses_every_change(void **state)
{
    struct http_header headers[16];
    struct str text;
    (void)state;
    struct http_request good = request_of(&put_events, "127.0.0.1:4566", headers);
    assert_int_equal(outcome(&good, &key, STR("events"), signed_ms(), NULL), FAULT_NONE);

    struct http_request request = good;
    request.body = STR("{\"Entries\":[{\"Source\":\"S\",\"DetailType\":\"t\",\"Detail\":\"{}\"}]}");
    assert_int_equal(outcome(&request, &key, STR("events"), signed_ms(), &text), FAULT_SIGNATURE_WRONG);
    assert_true(
        str_starts(text, STR("The request signature we calculated does not match the signature you provided. "
                             "Check your AWS Secret Access Key and signing method. ")));
    request = good;
    request.method = STR("PUT");
    assert_int_equal(outcome(&request, &key, STR("events"), signed_ms(), NULL), FAULT_SIGNATURE_WRONG);
    request = good;
    request.path = STR("/x");
    assert_int_equal(outcome(&request, &key, STR("events"), signed_ms(), NULL), FAULT_SIGNATURE_WRONG);
    request = good;
    request.query = STR("a=b");
    assert_int_equal(outcome(&request, &key, STR("events"), signed_ms(), NULL), FAULT_SIGNATURE_WRONG);
    for (size_t i = 0; i < good.header_count; i++) {
        struct str kept = headers[i].value;
        if (str_eq(headers[i].name, STR("Authorization")))
            continue;
        headers[i].value = arena_concat(&arena, kept, STR("x"));
        assert_int_not_equal(outcome(&good, &key, STR("events"), signed_ms(), NULL), FAULT_NONE);
        headers[i].value = kept;
    }
    struct sigv4_key wrong = { key.id, STR("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEZ"), { 0 } };
    assert_int_equal(outcome(&good, &wrong, STR("events"), signed_ms(), NULL), FAULT_SIGNATURE_WRONG);
    assert_int_equal(outcome(&good, &key, STR("logs"), signed_ms(), &text), FAULT_SIGNATURE_WRONG);
    assert_true(str_eq(text, STR("Credential should be scoped to correct service: 'logs'.")));
    assert_int_equal(outcome(&good, &key, STR("events"), signed_ms(), NULL), FAULT_NONE);
}

static void test_looks_at_the_clock(void **state)
{
    struct http_header headers[16];
    struct str text;
    (void)state;
    struct http_request request = request_of(&put_events, "127.0.0.1:4566", headers);
    int64_t five = 5 * 60 * 1000;
    assert_int_equal(outcome(&request, &key, STR("events"), signed_ms() + five, NULL), FAULT_NONE);
    assert_int_equal(outcome(&request, &key, STR("events"), signed_ms() - five, NULL), FAULT_NONE);
    assert_int_equal(outcome(&request, &key, STR("events"), signed_ms() + five + 60000, &text),
                     FAULT_SIGNATURE_WRONG);
    assert_string_equal(arena_cstr(&arena, text), "Signature expired: 20150830T123600Z is now earlier than "
                                                  "20150830T123700Z (20150830T124200Z - 5 min.)");
    assert_int_equal(outcome(&request, &key, STR("events"), signed_ms() - five - 60000, &text),
                     FAULT_SIGNATURE_WRONG);
    assert_string_equal(arena_cstr(&arena, text),
                        "Signature not yet current: 20150830T123600Z is still later than "
                        "20150830T123500Z (20150830T123000Z + 5 min.)");
}

static void test_verifies_presigned_requests(void **state)
{
    struct http_header headers[1] = { { STR("Host"), STR("127.0.0.1:4566") } };
    struct http_request request = {
        .method = STR("GET"),
        .path = STR("/"),
        .query = STR(
            "Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential="
            "AKIDEXAMPLE%2F20150830%2Fus-east-1%2Fsts%2Faws4_request&X-Amz-Date=20150830T123600Z&X-Amz-"
            "Expires="
            "900&X-Amz-SignedHeaders=host&X-Amz-Signature="
            "f7d08dbd3424503caaa67aab91ebb0cb63c39ec2c9427b0a2107846ce8efdc2c"),
        .headers = headers,
        .header_count = 1,
    };
    (void)state;
    assert_int_equal(outcome(&request, &key, STR("sts"), signed_ms(), NULL), FAULT_NONE);
    assert_int_equal(outcome(&request, &key, STR("sts"), signed_ms() + 899000, NULL), FAULT_NONE);
    assert_int_equal(outcome(&request, &key, STR("sts"), signed_ms() + 901000, NULL), FAULT_SIGNATURE_WRONG);
    request.query = STR("Action=GetCallerIdentity&X-Amz-Algorithm=AWS4-HMAC-SHA256");
    assert_int_equal(outcome(&request, &key, STR("sts"), signed_ms(), NULL), FAULT_SIGNATURE_INCOMPLETE);
}

static void test_reads_headers(void **state)
{
    static const struct {
        const char *header, *text; /* text NULL: it is read */
    } cases[] = {
        { "AWS4-HMAC-SHA256 "
          "Credential=K/20150830/eu-west-1/events/aws4_request,SignedHeaders=host,Signature=ab",
          NULL },
        { "AWS4-HMAC-SHA256 SignedHeaders=host, Signature=ab,   "
          "Credential=K/20150830/eu-west-1/events/aws4_request",
          NULL },
        { "AWS4-HMAC-SHA256",
          "Authorization header requires 'Credential' parameter. Authorization header requires "
          "'Signature' parameter. Authorization header requires 'SignedHeaders' parameter. "
          "Authorization=AWS4-HMAC-SHA256" },
        { "AWS4-HMAC-SHA256 Credential=K/20150830/eu-west-1/events/aws4_request, SignedHeaders=host",
          "Authorization header requires 'Signature' parameter. Authorization=AWS4-HMAC-SHA256" },
        { "AWS4-HMAC-SHA256 Credential=K/x, SignedHeaders=host, Signature=ab",
          "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got "
          "'K/x'" },
        { "AWS4-HMAC-SHA256 Credential=K/1/2/3/4/5, SignedHeaders=host, Signature=ab",
          "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got "
          "'K/1/2/3/4/5'" },
        { "AWS4-HMAC-SHA256 nonsense",
          "'nonsense' not a valid key=value pair (missing equal-sign) in Authorization "
          "header: 'AWS4-HMAC-SHA256 nonsense'." },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fault fault = { 0 };
        struct sigv4 signature;
        bool read = sigv4_read_header(str_from(cases[i].header), &arena, &signature, &fault);
        assert_int_equal(read, cases[i].text == NULL);
        if (read) {
            assert_true(str_eq(signature.key_id, STR("K")) && str_eq(signature.region, STR("eu-west-1")));
            assert_true(str_eq(signature.service, STR("events")) && str_eq(signature.signature, STR("ab")));
        } else {
            assert_int_equal(fault.code, FAULT_SIGNATURE_INCOMPLETE);
            assert_string_equal(arena_cstr(&arena, fault.text), cases[i].text);
        }
    }
}

static void test_takes_requests_without_a_signature(void **state)
{
    struct http_header headers[1] = { { STR("Authorization"), STR("Basic abc") } };
    struct http_request request = {
        .method = STR("POST"), .path = STR("/"), .headers = headers, .header_count = 1
    };
    struct sigv4 signature;
    struct fault fault = { 0 };
    (void)state;
    assert_true(sigv4_read(&request, &arena, &signature, &fault));
    assert_false(signature.present);
    request.header_count = 0;
    assert_true(sigv4_read(&request, &arena, &signature, &fault));
    assert_false(signature.present);
}

static int teardown(void **state)
{
    (void)state;
    arena_fini(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_verifies_published_examples),
        cmocka_unit_test(test_refuses_every_change),
        cmocka_unit_test(test_looks_at_the_clock),
        cmocka_unit_test(test_verifies_presigned_requests),
        cmocka_unit_test(test_reads_headers),
        cmocka_unit_test(test_takes_requests_without_a_signature),
    };
    return cmocka_run_group_tests(tests, NULL, teardown);
}
