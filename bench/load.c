/* crema-load: puts a measured load on a server of this machine and says how it did.
 *
 * It speaks to the loopback alone, and is bounded in time and count.
 */
#include "load_run.h"

#include "io/address.h"
#include "io/clock.h"
#include "io/rand.h"

#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <stdlib.h>

static const char usage_text[] =
    "usage: crema-load MODE [options]\n"
    "modes:\n"
    "  put-events       --bus NAME --detail-type TEXT --entries N --entry-bytes N [--shop]\n"
    "  start-execution  --machine ARN\n"
    "  start-sync-execution  --machine ARN   (and each must succeed)\n"
    "  put-log-events   --group NAME --streams N --entries N --entry-bytes N\n"
    "                   (streams are named RUN-00000000 on from --stream-first; they must exist)\n"
    "  create-log-streams  --group NAME --streams N\n"
    "  get-log-events   --group NAME --names FILE\n"
    "                   (names of streams, one a line, all of one length)\n"
    "  get              --target NAME --body FILE\n"
    "options:\n"
    "  --address HOST:PORT   of the loopback; 127.0.0.1:4566\n"
    "  --connections N       each with one request under way; 64\n"
    "  --threads N           1\n"
    "  --rate N              requests a second; without it as fast as answers come\n"
    "  --warm-up SECONDS     before the measuring; 0\n"
    "  --duration SECONDS    5\n"
    "  --requests N          stop after as many\n"
    "  --errors-max N        stop after as many errors; 100\n"
    "  --run NAME            part of names and ids; a random one\n"
    "  --access-key KEY      test\n"
    "  --json                print the result as JSON\n";

struct load_options {
    struct load_plan plan;
    const char *address, *body_file;
    char run[33];
    bool json;
};

static int usage_error(const char *what, const char *value)
{
    fprintf(stderr, "crema-load: %s%s%s\n%s", what, value ? ": " : "", value ? value : "", usage_text);
    return 2;
}

static bool number_between(const char *text, double low, double high, double *ret)
{
    char *end;
    errno = 0;
    *ret = strtod(text, &end);
    return !errno && end != text && !*end && *ret >= low && *ret <= high;
}

/* Options with a number: its bounds, and where it goes. */
static bool take_number(struct load_options *options, int option, const char *text)
{
    struct load_plan *plan = &options->plan;
    double value;
    switch (option) {
    case 'c':
        return number_between(text, 1, 4096, &value) && (plan->connections = (unsigned)value);
    case 't':
        return number_between(text, 1, 16, &value) && (plan->threads = (unsigned)value);
    case 'r':
        return number_between(text, 0.001, 1e7, &value) && (plan->rate = value) > 0;
    case 'w':
        return number_between(text, 0, 600, &value) && (plan->warm_up_ns = (int64_t)(value * 1e9)) >= 0;
    case 'd':
        return number_between(text, 0.01, 3600, &value) && (plan->duration_ns = (int64_t)(value * 1e9));
    case 'n':
        return number_between(text, 1, 1e9, &value) && (plan->requests_max = (uint64_t)value);
    case 'x':
        return number_between(text, 0, 1e9, &value) && ((plan->errors_max = (uint64_t)value) || true);
    case 'e':
        return number_between(text, 1, LOAD_ENTRIES_MAX, &value) && (plan->what.entries = (unsigned)value);
    case 'E':
        return number_between(text, 1, 262144, &value) && (plan->what.entry_bytes = (size_t)value);
    case 'S':
        return number_between(text, 0, 9e7, &value) && ((plan->what.stream_first = (unsigned)value) || true);
    default: /* 's' */
        return number_between(text, 1, 9e7, &value) && (plan->what.streams = (unsigned)value);
    }
}

static bool take_option(struct load_options *options, int option, const char *text)
{
    struct load_what *what = &options->plan.what;
    switch (option) {
    case 'a':
        options->address = text;
        return true;
    case 'b':
        what->bus = text;
        return true;
    case 'D':
        what->detail_type = text;
        return true;
    case 'm':
        what->machine = text;
        return true;
    case 'g':
        what->group = text;
        return true;
    case 'T':
        what->target = text;
        return true;
    case 'B':
    case 'N':
        options->body_file = text;
        return true;
    case 'k':
        what->access_key = text;
        return strlen(text) <= 128;
    case 'R':
        return snprintf(options->run, sizeof(options->run), "%s", text) < (int)sizeof(options->run);
    case 'o':
        return what->shop = true;
    case 'j':
        return options->json = true;
    case '?':
        return false;
    default:
        return take_number(options, option, text);
    }
}

static bool is_loopback(const struct sockaddr_storage *address)
{
    if (address->ss_family == AF_INET)
        return ntohl(((const struct sockaddr_in *)address)->sin_addr.s_addr) >> 24 == 127;
    return address->ss_family == AF_INET6 &&
           IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)address)->sin6_addr);
}

static bool read_body(const char *path, struct buf *ret)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return false;
    char room[65536];
    size_t got;
    buf_init(ret, 16 << 20);
    while ((got = fread(room, 1, sizeof(room), file)) > 0)
        buf_add_bytes(ret, room, got);
    bool good = !ferror(file) && !ret->err;
    fclose(file);
    return good;
}

static void print_result(const struct load_options *options, const struct load_result *result)
{
    static const struct {
        const char *name;
        double percent;
    } points[] = { { "p50", 50 }, { "p90", 90 }, { "p99", 99 }, { "p99.9", 99.9 } };
    double seconds = (double)result->measured_ns / 1e9;
    double requests_per_s = seconds > 0 ? (double)result->requests / seconds : 0,
           events_per_s = seconds > 0 ? (double)result->events / seconds : 0;
    const char *latency_from = options->plan.rate > 0 ? "due" : "sent";
    if (options->json) {
        printf("{\"run\":\"%s\",\"connections\":%u,\"seconds\":%.3f,\"requests_per_s\":%.1f,\"events_per_s\":"
               "%.1f,"
               "\"requests\":%llu,\"events\":%llu,\"requests_all\":%llu,\"events_all\":%llu,\"errors\":%llu,"
               "\"generator_cpu_s\":%.3f,\"latency_from\":\"%s\",\"latency_ms\":{",
               options->run, options->plan.connections, seconds, requests_per_s, events_per_s,
               (unsigned long long)result->requests, (unsigned long long)result->events,
               (unsigned long long)result->requests_all, (unsigned long long)result->events_all,
               (unsigned long long)result->errors, result->cpu_s, latency_from);
        for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++)
            printf("\"%s\":%.4f,", points[i].name,
                   (double)load_percentile_ns(&result->latency, points[i].percent) / 1e6);
        printf("\"max\":%.4f}}\n", (double)result->latency.max_ns / 1e6);
    } else {
        printf("%.0f requests/s, %.0f events/s over %.2f s, %u connections, %llu errors, generator %.2f s of "
               "CPU\n",
               requests_per_s, events_per_s, seconds, options->plan.connections,
               (unsigned long long)result->errors, result->cpu_s);
        printf("latency from when it was %s, ms:", latency_from);
        for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++)
            printf(" %s %.3f", points[i].name,
                   (double)load_percentile_ns(&result->latency, points[i].percent) / 1e6);
        printf(" max %.3f\n", (double)result->latency.max_ns / 1e6);
    }
    if (result->errors)
        fprintf(stderr, "crema-load: first error: %s\n", result->first_error);
}

static int run(struct load_options *options)
{
    static struct load_result result;
    struct load_plan *plan = &options->plan;
    struct diag diag;
    struct buf body = { 0 };
    if (address_parse(options->address, &plan->address, &plan->address_len, &diag))
        return usage_error(diag.text, NULL);
    if (!is_loopback(&plan->address))
        return usage_error("only addresses of the loopback get a load", options->address);
    if (load_starts(plan->what.mode) && !plan->what.machine)
        return usage_error("--machine is missing", NULL);
    bool of_logs = plan->what.mode == LOAD_PUT_LOG_EVENTS || plan->what.mode == LOAD_CREATE_LOG_STREAMS ||
                   plan->what.mode == LOAD_GET_LOG_EVENTS;
    if (of_logs && !plan->what.group)
        return usage_error("--group is missing", NULL);
    if (plan->what.mode == LOAD_GET_LOG_EVENTS) {
        if (!options->body_file || !read_body(options->body_file, &body) ||
            str_find_char(buf_str(&body), '\n') == STR_NOT_FOUND)
            return usage_error("cannot read the names", options->body_file);
        plan->what.names = buf_str(&body);
    }
    if (plan->what.mode == LOAD_GET) {
        if (!plan->what.target || !options->body_file)
            return usage_error("--target or --body is missing", NULL);
        if (!read_body(options->body_file, &body))
            return usage_error("cannot read the body", options->body_file);
        plan->what.body = buf_str(&body);
    }
    if (plan->threads > plan->connections)
        plan->threads = plan->connections;
    plan->what.host = options->address;
    plan->what.run = options->run;
    enum err err = load_run(plan, &result, &diag);
    buf_fini(&body);
    if (err) {
        fprintf(stderr, "crema-load: %s\n", diag.text);
        return 1;
    }
    print_result(options, &result);
    return result.errors || !result.requests_all;
}

int main(int argc, char **argv)
{
    static const struct option names[] = {
        { "address", required_argument, NULL, 'a' },
        { "bus", required_argument, NULL, 'b' },
        { "detail-type", required_argument, NULL, 'D' },
        { "machine", required_argument, NULL, 'm' },
        { "group", required_argument, NULL, 'g' },
        { "streams", required_argument, NULL, 's' },
        { "stream-first", required_argument, NULL, 'S' },
        { "names", required_argument, NULL, 'N' },
        { "target", required_argument, NULL, 'T' },
        { "body", required_argument, NULL, 'B' },
        { "entries", required_argument, NULL, 'e' },
        { "entry-bytes", required_argument, NULL, 'E' },
        { "connections", required_argument, NULL, 'c' },
        { "threads", required_argument, NULL, 't' },
        { "rate", required_argument, NULL, 'r' },
        { "warm-up", required_argument, NULL, 'w' },
        { "duration", required_argument, NULL, 'd' },
        { "requests", required_argument, NULL, 'n' },
        { "errors-max", required_argument, NULL, 'x' },
        { "run", required_argument, NULL, 'R' },
        { "access-key", required_argument, NULL, 'k' },
        { "shop", no_argument, NULL, 'o' },
        { "json", no_argument, NULL, 'j' },
        { NULL, 0, NULL, 0 },
    };
    static const char *const modes[] = { "put-events",
                                         "start-execution",
                                         "start-sync-execution",
                                         "put-log-events",
                                         "create-log-streams",
                                         "get-log-events",
                                         "get" };
    enum { MODES = sizeof(modes) / sizeof(modes[0]) };
    struct load_options options = {
        .plan = { .what = { .access_key = "test",
                            .bus = "default",
                            .detail_type = "OrderManager.WaitingCompletion",
                            .streams = 1,
                            .entries = 1,
                            .entry_bytes = 500 },
                  .connections = 64,
                  .threads = 1,
                  .duration_ns = 5000000000,
                  .errors_max = 100 },
        .address = "127.0.0.1:4566",
    };
    snprintf(options.run, sizeof(options.run), "load-%016llx", (unsigned long long)rand_u64());
    size_t mode = 0;
    if (argc < 2)
        return usage_error("a mode is missing", NULL);
    while (mode < MODES && strcmp(argv[1], modes[mode]) != 0)
        mode++;
    if (mode == MODES)
        return usage_error("not a mode", argv[1]);
    options.plan.what.mode = (enum load_mode)mode;
    int option;
    optind = 2;
    while ((option = getopt_long(argc, argv, "", names, NULL)) != -1)
        if (!take_option(&options, option, optarg))
            return usage_error(option == '?' ? "not an option" : "not a value for its option", optarg);
    if (optind != argc)
        return usage_error("one argument too many", argv[optind]);
    return run(&options);
}
