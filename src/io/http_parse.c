#include "io/http_parse.h"

/* The characters of RFC 9110's token. */
static const unsigned char http_token_char[256] = {
    ['!'] = 1, ['#'] = 1, ['$'] = 1, ['%'] = 1, ['&'] = 1, ['\''] = 1, ['*'] = 1, ['+'] = 1, ['-'] = 1,
    ['.'] = 1, ['^'] = 1, ['_'] = 1, ['`'] = 1, ['|'] = 1, ['~'] = 1,  ['0'] = 1, ['1'] = 1, ['2'] = 1,
    ['3'] = 1, ['4'] = 1, ['5'] = 1, ['6'] = 1, ['7'] = 1, ['8'] = 1,  ['9'] = 1, ['A'] = 1, ['B'] = 1,
    ['C'] = 1, ['D'] = 1, ['E'] = 1, ['F'] = 1, ['G'] = 1, ['H'] = 1,  ['I'] = 1, ['J'] = 1, ['K'] = 1,
    ['L'] = 1, ['M'] = 1, ['N'] = 1, ['O'] = 1, ['P'] = 1, ['Q'] = 1,  ['R'] = 1, ['S'] = 1, ['T'] = 1,
    ['U'] = 1, ['V'] = 1, ['W'] = 1, ['X'] = 1, ['Y'] = 1, ['Z'] = 1,  ['a'] = 1, ['b'] = 1, ['c'] = 1,
    ['d'] = 1, ['e'] = 1, ['f'] = 1, ['g'] = 1, ['h'] = 1, ['i'] = 1,  ['j'] = 1, ['k'] = 1, ['l'] = 1,
    ['m'] = 1, ['n'] = 1, ['o'] = 1, ['p'] = 1, ['q'] = 1, ['r'] = 1,  ['s'] = 1, ['t'] = 1, ['u'] = 1,
    ['v'] = 1, ['w'] = 1, ['x'] = 1, ['y'] = 1, ['z'] = 1,
};

enum { BAD_REQUEST = 400, EXPECTATION_FAILED = 417, HEADERS_TOO_LARGE = 431, VERSION_NOT_SUPPORTED = 505 };

static int refuse(int status, const char **why, const char *text)
{
    *why = text;
    return status;
}

static bool is_token(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (!http_token_char[(unsigned char)s.ptr[i]])
            return false;
    return s.len > 0;
}

/* No early exit, so that the compiler may take many bytes at once. */
static bool is_field_value(struct str s)
{
    unsigned bad = 0;
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        bad |= (unsigned)((c < 0x20) & (c != '\t')) | (unsigned)(c == 0x7F);
    }
    return !bad;
}

static bool is_target(struct str s)
{
    unsigned bad = 0;
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        bad |= (unsigned)(c <= 0x20) | (unsigned)(c >= 0x7F) | (unsigned)(c == '#');
    }
    return !bad && s.len;
}

static struct str trim(struct str s)
{
    while (s.len && (*s.ptr == ' ' || *s.ptr == '\t')) {
        s.ptr++;
        s.len--;
    }
    while (s.len && (s.ptr[s.len - 1] == ' ' || s.ptr[s.len - 1] == '\t'))
        s.len--;
    return s;
}

/* A host with an optional port, by its characters; empty is allowed (RFC 9112, 3.2). */
static bool is_host(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        bool alphanumeric = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!alphanumeric && (c == 0 || !strchr("-._~%!$&'()*+,;=:[]", c)))
            return false;
    }
    return true;
}

/* Path and query of an origin-form, absolute-form or (OPTIONS) asterisk-form target. */
static int parse_target(struct str target, struct http_request *request, const char **why)
{
    if (!is_target(target))
        return refuse(BAD_REQUEST, why, "the request target holds a character that is not allowed");
    if (*target.ptr == '/') {
        str_cut(target, '?', &request->path, &request->query);
        return 0;
    }
    if (str_eq(target, STR("*")) && str_eq(request->method, STR("OPTIONS"))) {
        request->path = target;
        request->query = STR_EMPTY;
        return 0;
    }
    size_t scheme_len = 0;
    if (target.len >= 7 && str_eq_ignore_case(str_of(target.ptr, 7), STR("http://")))
        scheme_len = 7;
    else if (target.len >= 8 && str_eq_ignore_case(str_of(target.ptr, 8), STR("https://")))
        scheme_len = 8;
    if (!scheme_len)
        return refuse(BAD_REQUEST, why, "the request target is neither a path nor an http URL");
    struct str rest = str_from_offset(target, scheme_len);
    size_t host_len = 0;
    while (host_len < rest.len && rest.ptr[host_len] != '/' && rest.ptr[host_len] != '?')
        host_len++;
    if (!host_len || !is_host(str_of(rest.ptr, host_len)))
        return refuse(BAD_REQUEST, why, "the request target is a URL without a valid host");
    rest = str_from_offset(rest, host_len);
    str_cut(rest, '?', &request->path, &request->query);
    if (!request->path.len)
        request->path = STR("/");
    return 0;
}

static int parse_request_line(struct str line, struct http_head *head, const char **why)
{
    struct str rest, target, version;
    if (!str_cut(line, ' ', &head->request.method, &rest) || !is_token(head->request.method))
        return refuse(BAD_REQUEST, why, "the request line does not begin with a method");
    if (!str_cut(rest, ' ', &target, &version))
        return refuse(BAD_REQUEST, why,
                      "the request line is not method, target and version with one space each");
    if (version.len != 8 || memcmp(version.ptr, "HTTP/", 5) != 0 || version.ptr[6] != '.' ||
        version.ptr[5] < '0' || version.ptr[5] > '9' || version.ptr[7] < '0' || version.ptr[7] > '9')
        return refuse(BAD_REQUEST, why, "the request line does not end with an HTTP version");
    if (version.ptr[5] != '1' || version.ptr[7] > '1')
        return refuse(VERSION_NOT_SUPPORTED, why, "only HTTP/1.1 and HTTP/1.0 are spoken here");
    head->version_minor = (unsigned)(version.ptr[7] - '0');
    return parse_target(target, &head->request, why);
}

static bool parse_length(struct str text, uint64_t *ret)
{
    uint64_t value = 0;
    if (!text.len)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
        unsigned digit = (unsigned)(text.ptr[i] - '0');
        if (value > ((uint64_t)INT64_MAX - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    *ret = value;
    return true;
}

/* One length, or a list of equal ones, over one header or several. */
static int parse_content_length(struct str value, struct http_head *head, const char **why)
{
    bool more = true;
    while (more) {
        struct str item;
        uint64_t length;
        more = str_cut(value, ',', &item, &value);
        if (!parse_length(trim(item), &length))
            return refuse(BAD_REQUEST, why, "Content-Length is not a number of bytes");
        if (head->has_length && head->content_length != length)
            return refuse(BAD_REQUEST, why, "Content-Length is given twice and differs");
        head->has_length = true;
        head->content_length = length;
    }
    return 0;
}

/* What the headers say so far that decides how the request is read. */
struct head_facts {
    unsigned hosts;
    bool close, keep_alive;
};

static int parse_connection(struct str value, struct head_facts *facts)
{
    bool more = true;
    while (more) {
        struct str item;
        more = str_cut(value, ',', &item, &value);
        item = trim(item);
        facts->close = facts->close || str_eq_ignore_case(item, STR("close"));
        facts->keep_alive = facts->keep_alive || str_eq_ignore_case(item, STR("keep-alive"));
    }
    return 0;
}

static int parse_known_header(struct http_header header, struct http_head *head, struct head_facts *facts,
                              const char **why)
{
    switch (header.name.len) {
    case 4:
        if (!str_eq_ignore_case(header.name, STR("host")))
            return 0;
        if (facts->hosts++)
            return refuse(BAD_REQUEST, why, "there is more than one Host header");
        return is_host(header.value) ? 0 : refuse(BAD_REQUEST, why, "the Host header is not a host");
    case 6:
        if (!str_eq_ignore_case(header.name, STR("expect")) || head->version_minor == 0)
            return 0;
        if (!str_eq_ignore_case(header.value, STR("100-continue")))
            return refuse(EXPECTATION_FAILED, why, "only 100-continue may be expected");
        head->expect_continue = true;
        return 0;
    case 10:
        if (!str_eq_ignore_case(header.name, STR("connection")))
            return 0;
        return parse_connection(header.value, facts);
    case 14:
        if (!str_eq_ignore_case(header.name, STR("content-length")))
            return 0;
        return parse_content_length(header.value, head, why);
    case 17:
        if (!str_eq_ignore_case(header.name, STR("transfer-encoding")))
            return 0;
        if (head->chunked || !str_eq_ignore_case(header.value, STR("chunked")))
            return refuse(BAD_REQUEST, why, "Transfer-Encoding is not exactly chunked");
        head->chunked = true;
        return 0;
    default:
        return 0;
    }
}

static int parse_header_line(struct str line, struct http_header *ret, const char **why)
{
    if (*line.ptr == ' ' || *line.ptr == '\t')
        return refuse(BAD_REQUEST, why, "a header continues on a second line");
    size_t name_len = 0;
    while (name_len < line.len && http_token_char[(unsigned char)line.ptr[name_len]])
        name_len++;
    if (name_len == line.len || line.ptr[name_len] != ':' || name_len == 0)
        return refuse(BAD_REQUEST, why, "a header has no valid name followed by a colon");
    ret->name = str_of(line.ptr, name_len);
    ret->value = trim(str_from_offset(line, name_len + 1));
    if (!is_field_value(ret->value))
        return refuse(BAD_REQUEST, why, "a header holds a control character");
    return 0;
}

/* How the body is framed and whether the connection stays, once all headers are known. */
static int parse_framing(struct http_head *head, const struct head_facts *facts, const char **why)
{
    if (head->version_minor == 1 && !facts->hosts)
        return refuse(BAD_REQUEST, why, "the Host header is missing");
    if (head->chunked && head->has_length)
        return refuse(BAD_REQUEST, why, "both Content-Length and Transfer-Encoding are given");
    if (head->chunked && head->version_minor == 0)
        return refuse(BAD_REQUEST, why, "HTTP/1.0 has no Transfer-Encoding");
    head->keep_alive = !facts->close && (head->version_minor == 1 || facts->keep_alive);
    return 0;
}

/* All lines are known to end with CR LF and to be as many as the scan counted. */
static int parse_lines(struct str lines, unsigned line_count, struct arena *arena, struct http_head *head,
                       const char **why)
{
    struct head_facts facts = { 0 };
    struct http_header *headers = ARENA_ARRAY(arena, struct http_header, line_count);
    size_t header_count = 0;
    for (bool first = true; lines.len; first = false) {
        size_t line_len = (size_t)((const char *)memchr(lines.ptr, '\n', lines.len) - lines.ptr) - 1;
        struct str line = str_of(lines.ptr, line_len);
        lines.ptr += line_len + 2;
        lines.len -= line_len + 2;
        int status;
        if (first) {
            status = parse_request_line(line, head, why);
        } else {
            struct http_header *header = &headers[header_count++];
            status = parse_header_line(line, header, why);
            if (!status)
                status = parse_known_header(*header, head, &facts, why);
        }
        if (status)
            return status;
    }
    head->request.headers = headers;
    head->request.header_count = header_count;
    return parse_framing(head, &facts, why);
}

int http_head_parse(struct http_head_scan *scan, struct str bytes, const struct http_parse_limits *limits,
                    struct arena *arena, struct http_head *ret, size_t *ret_len, const char **why)
{
    if (scan->scanned == 0 && bytes.len && *bytes.ptr != '\r' && !http_token_char[(unsigned char)*bytes.ptr])
        return refuse(BAD_REQUEST, why, "the request does not begin with a method");
    while (scan->scanned < bytes.len) {
        const char *end = memchr(bytes.ptr + scan->scanned, '\n', bytes.len - scan->scanned);
        size_t line_end = end ? (size_t)(end - bytes.ptr) : bytes.len;
        if (line_end - scan->skipped >= limits->header_bytes_max)
            return refuse(HEADERS_TOO_LARGE, why, "the request's headers are too large");
        scan->scanned = end ? line_end + 1 : line_end;
        if (!end)
            break;
        if (line_end == scan->line_start || bytes.ptr[line_end - 1] != '\r')
            return refuse(BAD_REQUEST, why, "a line ends without a carriage return");
        bool empty = line_end == scan->line_start + 1;
        size_t line_start = scan->line_start;
        scan->line_start = scan->scanned;
        if (!empty) {
            if (++scan->lines > limits->header_count_max + 1)
                return refuse(HEADERS_TOO_LARGE, why, "the request has too many headers");
            continue;
        }
        if (!scan->lines) {
            if (scan->skipped)
                return refuse(BAD_REQUEST, why, "the request begins with empty lines");
            scan->skipped = scan->scanned;
            continue;
        }
        *ret = (struct http_head){ 0 };
        int status = parse_lines(str_of(bytes.ptr + scan->skipped, line_start - scan->skipped), scan->lines,
                                 arena, ret, why);
        if (status)
            return status;
        *ret_len = scan->scanned;
        return HTTP_HEAD_WHOLE;
    }
    return HTTP_HEAD_MORE;
}

struct str http_header_find(const struct http_request *request, struct str name)
{
    for (size_t i = 0; i < request->header_count; i++)
        if (str_eq_ignore_case(request->headers[i].name, name))
            return request->headers[i].value.ptr ? request->headers[i].value : STR("");
    return STR_EMPTY;
}

enum chunk_state {
    CHUNK_SIZE,      /* in the digits */
    CHUNK_SPACE,     /* between them and a semicolon */
    CHUNK_EXTENSION, /* after that, to the end of the line */
    CHUNK_SIZE_LF,
    CHUNK_DATA,
    CHUNK_DATA_CR,
    CHUNK_DATA_LF,
    TRAILER_START, /* of a line */
    TRAILER_NAME,
    TRAILER_VALUE,
    TRAILER_LF,
    TRAILER_END_LF,
    CHUNK_ENDED,
};

static int hex_digit(unsigned char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* In the line of a chunk's size. NULL, or what is wrong. */
static const char *chunk_size_byte(struct http_chunked *chunked, unsigned char c)
{
    if (++chunked->line_bytes > HTTP_CHUNK_LINE_BYTES_MAX)
        return "the line of a chunk's size is too long";
    int digit = chunked->state == CHUNK_SIZE ? hex_digit(c) : -1;
    if (digit >= 0) {
        if (chunked->left >> 58) /* another digit and the sum with other sizes stay within 63 bits */
            return "a chunk's size is too large";
        chunked->left = chunked->left << 4 | (unsigned)digit;
        chunked->digits++;
        return NULL;
    }
    if (!chunked->digits)
        return "a chunk has no size";
    if (c == '\r' && chunked->state != CHUNK_SPACE) {
        chunked->state = CHUNK_SIZE_LF;
        return NULL;
    }
    bool space = c == ' ' || c == '\t';
    if (chunked->state != CHUNK_EXTENSION && c != ';' && !space)
        return "a chunk's size is not hexadecimal";
    if ((c < 0x20 && c != '\t') || c == 0x7F)
        return "a chunk's extension holds a control character";
    if (++chunked->extension_bytes > HTTP_CHUNK_EXTENSION_BYTES_MAX)
        return "the extensions of the chunks are too large";
    if (chunked->state != CHUNK_EXTENSION)
        chunked->state = space ? CHUNK_SPACE : CHUNK_EXTENSION;
    return NULL;
}

static const char *trailer_byte(struct http_chunked *chunked, unsigned char c)
{
    if (++chunked->trailer_bytes > HTTP_TRAILER_BYTES_MAX)
        return "the trailer is too large";
    switch (chunked->state) {
    case TRAILER_START:
        if (c == '\r') {
            chunked->state = TRAILER_END_LF;
            return NULL;
        }
        chunked->state = TRAILER_NAME;
        return http_token_char[c] ? NULL : "a trailer has no valid name";
    case TRAILER_NAME:
        if (c == ':')
            chunked->state = TRAILER_VALUE;
        else if (!http_token_char[c])
            return "a trailer has no valid name";
        return NULL;
    default:
        if (c == '\r')
            chunked->state = TRAILER_LF;
        else if ((c < 0x20 && c != '\t') || c == 0x7F)
            return "a trailer holds a control character";
        return NULL;
    }
}

/* One byte that is not data. NULL, or what is wrong. */
static const char *chunk_byte(struct http_chunked *chunked, unsigned char c)
{
    switch (chunked->state) {
    case CHUNK_SIZE:
    case CHUNK_SPACE:
    case CHUNK_EXTENSION:
        return chunk_size_byte(chunked, c);
    case CHUNK_DATA_CR:
        chunked->state = CHUNK_DATA_LF;
        return c == '\r' ? NULL : "a chunk is longer than its size";
    case TRAILER_START:
    case TRAILER_NAME:
    case TRAILER_VALUE:
        return trailer_byte(chunked, c);
    default:
        break;
    }
    if (c != '\n')
        return "a carriage return stands alone";
    switch (chunked->state) {
    case CHUNK_SIZE_LF:
        chunked->state = chunked->left ? CHUNK_DATA : TRAILER_START;
        break;
    case TRAILER_LF:
        chunked->state = TRAILER_START;
        break;
    case TRAILER_END_LF:
        chunked->state = CHUNK_ENDED;
        break;
    default: /* after the data */
        chunked->state = CHUNK_SIZE;
        chunked->left = chunked->digits = 0;
        chunked->line_bytes = 0;
        break;
    }
    return NULL;
}

enum http_chunk http_chunked_next(struct http_chunked *chunked, struct str *bytes, struct str *data,
                                  const char **why)
{
    while (bytes->len) {
        if (chunked->state == CHUNK_DATA) {
            size_t len = chunked->left < bytes->len ? (size_t)chunked->left : bytes->len;
            *data = str_of(bytes->ptr, len);
            bytes->ptr += len;
            bytes->len -= len;
            chunked->left -= len;
            if (!chunked->left)
                chunked->state = CHUNK_DATA_CR;
            return HTTP_CHUNK_DATA;
        }
        const char *wrong = chunk_byte(chunked, (unsigned char)*bytes->ptr);
        if (wrong) {
            *why = wrong;
            return HTTP_CHUNK_BAD;
        }
        bytes->ptr++;
        bytes->len--;
        if (chunked->state == CHUNK_ENDED)
            return HTTP_CHUNK_END;
    }
    return HTTP_CHUNK_MORE;
}
