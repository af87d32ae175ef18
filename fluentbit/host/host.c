/*
 * flb-host: runs lines of text or JSON through native Fluent Bit filters, for
 * demonstrations and tests on machines without Fluent Bit. See README.md.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <getopt.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "host.h"

static const char usage[] =
    "Usage: flb-host -e FILE -F NAME [-p KEY=VALUE]... [option]... [FILE | -]\n"
    "\n"
    "Runs each line through native Fluent Bit filters and prints what comes out, one\n"
    "JSON object a line. A line that is a JSON object is a record, any other becomes\n"
    "{\"log\": line}. Without FILE, or with -, reads standard input.\n"
    "\n"
    "  -e FILE            load flb-filter_NAME.so (may be repeated)\n"
    "  -F NAME            add a filter; the -p that follow are its options (may be repeated)\n"
    "  -p KEY=VALUE       an option of the filter, or alias, log_level, match\n"
    "      --help-options print the options of the filters given by -F, and end\n"
    "      --abi VERSION  be Fluent Bit 3.2 or 5.1 (default: 5.1); unknown is a version\n"
    "                     that lays things out as no filter knows\n"
    "  -t, --tag TAG      the records' tag (default: host.0)\n"
    "  -n, --chunk-records N  records in a chunk (default: 100)\n"
    "      --legacy       write records as [time, body], as older senders do\n"
    "      --time SECONDS time of the first record, since the epoch (default: now)\n"
    "      --step MS      time from one record to the next (default: the clock's, or\n"
    "                     with --time 1)\n"
    "      --date         print each record's time as its first field, date\n"
    "      --raw-in FILE  read chunks: each a length of 4 bytes, little endian, then msgpack\n"
    "      --raw-out FILE write the chunks that come out in the same form\n"
    "      --threads N    N copies of the filters at once, each in a thread with all the\n"
    "                     input; only the first one's records are printed\n"
    "      --repeat N     pass the input N times\n"
    "      --reload N     stop the filters and start new ones, N times, passing the input\n"
    "                     after each\n"
    "      --stack SIZE   call on a stack of SIZE bytes (16k, 24k) and print how much of it\n"
    "                     was used\n"
    "      --fork         go on in a child process after loading, as a daemon does\n"
    "      --metrics      print the filters' metrics at the end, to standard error\n"
    "  -q, --quiet        print no records\n"
    "  -s, --summary      print counts and the time per record at the end, to standard error\n"
    "  -v, --verbose      log what debuggers want to know\n"
    "\n"
    "Exit status: 0; 1 when a filter refuses to start or something fails; 2 for a wrong\n"
    "command line.\n";

struct options {
    const char *tag, *raw_in, *raw_out, *input;
    size_t chunk_records, stack;
    long threads, repeat, reload;
    int64_t time, step; /* nanoseconds; -1 = the clock's */
    bool legacy, date, fork, metrics, quiet, summary;
};

static struct options opt = {
    .tag = "host.0", .chunk_records = 100, .threads = 1, .repeat = 1, .time = -1, .step = -1,
};

struct chunk {
    uint8_t *data;
    size_t len;
};

/* The filters of the command line, and those that run. */
enum { MOST_FILTERS = 64 };
static struct filter *wanted[MOST_FILTERS];
static size_t filters;

/* One run of the filters in a row: a thread's. */
struct line {
    struct filter *filters[MOST_FILTERS];
    struct small_stack *stack;
    bool prints;
    FILE *raw_out;
    uint64_t records_in, records_out, invalid;
    double seconds; /* in the filters */
    struct buf text;
};

static void fail(const char *what, const char *why)
{
    fprintf(stderr, "flb-host: %s: %s\n", what, why);
    exit(1);
}

static double clock_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- passing a chunk ----------------------------------------------------------- */

static uint64_t count_records(const uint8_t *data, size_t len)
{
    uint64_t n = 0;
    for (size_t at = 0, size; at < len && (size = msgpack_size(data + at, len - at)) > 0; at += size) {
        n++;
    }
    return n;
}

/* Prints the records of a chunk. What is not msgpack is counted, not printed. */
static void print_records(struct line *l, const uint8_t *data, size_t len)
{
    struct buf *text = &l->text;
    text->len = 0;
    for (size_t at = 0, size; at < len; at += size) {
        double time;
        const uint8_t *body;
        size_t body_len;
        size = msgpack_size(data + at, len - at);
        if (size == 0) {
            fprintf(stderr, "flb-host: a chunk is not msgpack from byte %zu of %zu on\n", at, len);
            l->invalid++;
            break;
        }
        l->records_out++;
        if (!l->prints) {
            continue;
        }
        if (!msgpack_event(data + at, size, &time, &body, &body_len)) {
            body = data + at;
            body_len = size;
            time = 0;
        }
        size_t start = text->len;
        msgpack_to_json(body, body_len, text);
        if (opt.date && text->data[start] == '{') {
            char date[64];
            bool empty = text->data[start + 1] == '}';
            int n = snprintf(date, sizeof(date), "{\"date\":%.9f%s", time, empty ? "" : ",");
            buf_reserve(text, (size_t)n);
            memmove(text->data + start + n, text->data + start + 1, text->len - start - 1);
            memcpy(text->data + start, date, (size_t)n);
            text->len += (size_t)n - 1;
        }
        buf_byte(text, '\n');
    }
    if (text->len > 0 && fwrite(text->data, 1, text->len, stdout) != text->len) {
        fail("standard output", strerror(errno));
    }
}

static void write_raw(FILE *to, const void *data, size_t len)
{
    uint8_t prefix[4] = {(uint8_t)len, (uint8_t)(len >> 8), (uint8_t)(len >> 16), (uint8_t)(len >> 24)};
    if (fwrite(prefix, 1, 4, to) != 4 || fwrite(data, 1, len, to) != len) {
        fail(opt.raw_out, strerror(errno));
    }
}

struct call {
    struct filter *filter;
    const void *in;
    size_t in_len;
    void *out;
    size_t out_len;
    bool changed;
};

static void make_call(void *arg)
{
    struct call *c = arg;
    c->changed = filter_call(c->filter, c->in, c->in_len, opt.tag, &c->out, &c->out_len);
}

static void pass_chunk(struct line *l, const struct chunk *chunk)
{
    void *data = chunk->data;
    size_t len = chunk->len;
    l->records_in += count_records(data, len);
    for (size_t i = 0; i < filters && len > 0; i++) {
        struct call c = {.filter = l->filters[i], .in = data, .in_len = len};
        double before = clock_seconds();
        if (l->stack != NULL) {
            small_stack_run(l->stack, make_call, &c);
        } else {
            make_call(&c);
        }
        l->seconds += clock_seconds() - before;
        if (c.changed) {
            if (data != chunk->data) {
                free(data);
            }
            data = c.out;
            len = c.out_len;
        }
    }
    print_records(l, data, len);
    if (l->raw_out != NULL) {
        write_raw(l->raw_out, data, len);
    }
    if (data != chunk->data) {
        free(data);
    }
}

/* ---- a run of the filters ---------------------------------------------------------- */

/* Numbered as Fluent Bit does: from 0 in the order of the configuration. */
static bool start_filters(struct line *l, long thread)
{
    for (size_t i = 0; i < filters; i++) {
        l->filters[i] = filter_copy(wanted[i], (int)(thread * (long)filters + (long)i));
        if (!filter_start(l->filters[i])) {
            return false;
        }
    }
    return true;
}

static void stop_filters(struct line *l)
{
    for (size_t i = 0; i < filters && l->filters[i] != NULL; i++) {
        filter_stop(l->filters[i]);
        filter_free(l->filters[i]);
        l->filters[i] = NULL;
    }
}

/* All chunks of the input, unless they are passed as they are read. */
static struct chunk *chunks;
static size_t chunk_count, chunk_room;

static void *run_line(void *arg)
{
    struct line *l = arg;
    for (long r = 0; r < opt.repeat; r++) {
        for (size_t i = 0; i < chunk_count; i++) {
            pass_chunk(l, &chunks[i]);
        }
    }
    return NULL;
}

/* ---- reading ------------------------------------------------------------------------- */

/* Where chunks go as they are read: a line, or the list when NULL. */
static struct line *direct;

static void add_chunk(struct buf *b)
{
    if (b->len == 0) {
        return;
    }
    if (direct != NULL) {
        struct chunk c = {b->data, b->len};
        pass_chunk(direct, &c);
        b->len = 0;
        return;
    }
    if (chunk_count == chunk_room) {
        chunk_room = chunk_room == 0 ? 64 : 2 * chunk_room;
        chunks = realloc(chunks, chunk_room * sizeof(*chunks));
        if (chunks == NULL) {
            fail("input", strerror(errno));
        }
    }
    chunks[chunk_count++] = (struct chunk){b->data, b->len};
    *b = (struct buf){0};
}

static void read_lines(FILE *from)
{
    struct buf chunk = {0};
    char *text = NULL;
    size_t room = 0, records = 0;
    int64_t now = opt.time;
    for (ssize_t n; (n = getline(&text, &room, from)) >= 0;) {
        if (n > 0 && text[n - 1] == '\n') {
            n--;
        }
        if (n > 0 && text[n - 1] == '\r') {
            n--;
        }
        if (n == 0) {
            continue;
        }
        if (opt.step < 0) {
            struct timespec t;
            clock_gettime(CLOCK_REALTIME, &t);
            now = (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
        }
        msgpack_array(&chunk, 2);
        if (!opt.legacy) {
            msgpack_array(&chunk, 2);
        }
        msgpack_time(&chunk, now);
        if (!opt.legacy) {
            msgpack_map(&chunk, 0);
        }
        if (!json_object_to_msgpack(text, (size_t)n, &chunk)) {
            msgpack_map(&chunk, 1);
            msgpack_string(&chunk, "log", 3);
            msgpack_string(&chunk, text, (size_t)n);
        }
        now += opt.step;
        if (++records % opt.chunk_records == 0) {
            add_chunk(&chunk);
        }
    }
    add_chunk(&chunk);
    buf_free(&chunk);
    free(text);
}

static void read_raw(FILE *from)
{
    uint8_t prefix[4];
    size_t n;
    while ((n = fread(prefix, 1, 4, from)) == 4) {
        size_t len = prefix[0] | (size_t)prefix[1] << 8 | (size_t)prefix[2] << 16 | (size_t)prefix[3] << 24;
        struct buf chunk = {0};
        buf_reserve(&chunk, len + 1);
        if (fread(chunk.data, 1, len, from) != len) {
            fail(opt.raw_in, "cut short");
        }
        chunk.len = len;
        add_chunk(&chunk);
        buf_free(&chunk);
    }
    if (n != 0) {
        fail(opt.raw_in, "cut short");
    }
}

static void read_input(void)
{
    const char *path = opt.raw_in != NULL ? opt.raw_in : opt.input;
    FILE *from = stdin;
    if (path != NULL && strcmp(path, "-") != 0 && (from = fopen(path, "r")) == NULL) {
        fail(path, strerror(errno));
    }
    if (opt.raw_in != NULL) {
        read_raw(from);
    } else {
        read_lines(from);
    }
    if (ferror(from)) {
        fail(path != NULL ? path : "standard input", strerror(errno));
    }
    if (from != stdin) {
        fclose(from);
    }
}

/* ---- the command line ------------------------------------------------------------------ */

static void wrong_usage(const char *what, const char *value)
{
    fprintf(stderr, "flb-host: %s: %s\nTry flb-host --help.\n", what, value);
    exit(2);
}

static long positive(const char *name, const char *value)
{
    char *end;
    errno = 0;
    long n = strtol(value, &end, 10);
    if (errno != 0 || end == value || *end != '\0' || n < 0) {
        wrong_usage(name, value);
    }
    return n;
}

static size_t size_of(const char *name, const char *value)
{
    char number[32];
    size_t len = strlen(value), unit = 1;
    if (len > 0 && (value[len - 1] == 'k' || value[len - 1] == 'K')) {
        unit = 1024;
        len--;
    }
    if (len == 0 || len >= sizeof(number)) {
        wrong_usage(name, value);
    }
    memcpy(number, value, len);
    number[len] = '\0';
    return unit * (size_t)positive(name, number);
}

enum { ABI = 256, LEGACY, TIME, STEP, DATE, RAW_IN, RAW_OUT, THREADS, REPEAT, RELOAD, STACK, FORK, METRICS, HELP_OPTIONS };

static const struct option long_options[] = {
    {"help", no_argument, NULL, 'h'},
    {"help-options", no_argument, NULL, HELP_OPTIONS},
    {"abi", required_argument, NULL, ABI},
    {"tag", required_argument, NULL, 't'},
    {"chunk-records", required_argument, NULL, 'n'},
    {"legacy", no_argument, NULL, LEGACY},
    {"time", required_argument, NULL, TIME},
    {"step", required_argument, NULL, STEP},
    {"date", no_argument, NULL, DATE},
    {"raw-in", required_argument, NULL, RAW_IN},
    {"raw-out", required_argument, NULL, RAW_OUT},
    {"threads", required_argument, NULL, THREADS},
    {"repeat", required_argument, NULL, REPEAT},
    {"reload", required_argument, NULL, RELOAD},
    {"stack", required_argument, NULL, STACK},
    {"fork", no_argument, NULL, FORK},
    {"metrics", no_argument, NULL, METRICS},
    {"quiet", no_argument, NULL, 'q'},
    {"summary", no_argument, NULL, 's'},
    {"verbose", no_argument, NULL, 'v'},
    {NULL, 0, NULL, 0},
};

/* Loads and names things in two passes: every -e comes before the first -F. */
static void read_command_line(int argc, char **argv)
{
    static const char letters[] = "e:F:p:t:n:qsvh";
    bool help_options = false;
    for (int c; (c = getopt_long(argc, argv, letters, long_options, NULL)) != -1;) {
        switch (c) {
        case ABI:
            if (strcmp(optarg, "5.1") == 0) {
                host_abi = ABI_5_1;
            } else if (strcmp(optarg, "3.2") == 0) {
                host_abi = ABI_BEFORE_5_1;
            } else if (strcmp(optarg, "unknown") == 0) {
                host_abi = ABI_UNKNOWN;
            } else {
                wrong_usage("--abi is 3.2, 5.1 or unknown, not", optarg);
            }
            break;
        case 't': opt.tag = optarg; break;
        case 'n': opt.chunk_records = (size_t)positive("--chunk-records", optarg); break;
        case LEGACY: opt.legacy = true; break;
        case TIME: opt.time = (int64_t)positive("--time", optarg) * 1000000000; break;
        case STEP: opt.step = (int64_t)positive("--step", optarg) * 1000000; break;
        case DATE: opt.date = true; break;
        case RAW_IN: opt.raw_in = optarg; break;
        case RAW_OUT: opt.raw_out = optarg; break;
        case THREADS: opt.threads = positive("--threads", optarg); break;
        case REPEAT: opt.repeat = positive("--repeat", optarg); break;
        case RELOAD: opt.reload = positive("--reload", optarg); break;
        case STACK: opt.stack = size_of("--stack", optarg); break;
        case FORK: opt.fork = true; break;
        case METRICS: opt.metrics = true; break;
        case HELP_OPTIONS: help_options = true; break;
        case 'q': opt.quiet = true; break;
        case 's': opt.summary = true; break;
        case 'v': host_log_level = 4; break;
        case 'h': fputs(usage, stdout); exit(0);
        case 'e': case 'F': case 'p': break;
        default: fputs("Try flb-host --help.\n", stderr); exit(2);
        }
    }
    if (optind < argc) {
        opt.input = argv[optind++];
    }
    if (optind < argc) {
        wrong_usage("one input file at most", argv[optind]);
    }
    if (opt.chunk_records == 0 || opt.threads == 0) {
        wrong_usage("--chunk-records and --threads are at least", "1");
    }
    if (opt.time >= 0 && opt.step < 0) {
        opt.step = 1000000;
    } else if (opt.time < 0 && opt.step >= 0) {
        opt.time = (int64_t)time(NULL) * 1000000000;
    }

    optind = 0; /* again, now that the ABI is known */
    for (int c; (c = getopt_long(argc, argv, letters, long_options, NULL)) != -1;) {
        if (c == 'e') {
            if (plugin_load(optarg) == NULL) {
                exit(1);
            }
        } else if (c == 'F') {
            struct plugin *p = plugin_find(optarg);
            if (p == NULL) {
                wrong_usage("no filter of this name was loaded (-e comes before -F)", optarg);
            }
            if (filters == MOST_FILTERS) {
                wrong_usage("too many filters", optarg);
            }
            if (help_options) {
                plugin_print_options(p, stdout);
            }
            wanted[filters] = filter_new(p, (int)filters);
            filters++;
        } else if (c == 'p') {
            if (filters == 0) {
                wrong_usage("-p comes after the -F that it belongs to", optarg);
            }
            if (!filter_set(wanted[filters - 1], optarg)) {
                exit(1);
            }
        }
    }
    if (help_options) {
        exit(0);
    }
}

/* As Fluent Bit does with "Daemon on", but for the terminal that it lets go of. */
static void go_on_in_a_child(void)
{
    pid_t pid = fork();
    if (pid < 0) {
        fail("fork", strerror(errno));
    }
    if (pid > 0) {
        int status = 0;
        waitpid(pid, &status, 0);
        exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
    }
}

static int run(void)
{
    struct line *lines = calloc((size_t)opt.threads, sizeof(*lines));
    pthread_t *threads = calloc((size_t)opt.threads, sizeof(*threads));
    if (lines == NULL || threads == NULL) {
        fail("threads", strerror(errno));
    }
    lines[0].prints = !opt.quiet;
    if (opt.raw_out != NULL && (lines[0].raw_out = fopen(opt.raw_out, "w")) == NULL) {
        fail(opt.raw_out, strerror(errno));
    }
    for (long t = 0; t < opt.threads; t++) {
        if (opt.stack > 0 && (lines[t].stack = small_stack_new(opt.stack)) == NULL) {
            fail("--stack", strerror(errno));
        }
    }

    /* One pass by one line needs no list of chunks: records leave as they come. */
    bool streams = opt.threads == 1 && opt.repeat == 1 && opt.reload == 0;
    if (!streams) {
        read_input();
    }
    bool started = true;
    for (long r = 0; r <= opt.reload && started; r++) {
        for (long t = 0; t < opt.threads && started; t++) {
            started = start_filters(&lines[t], t);
        }
        if (!started) {
            /* Stopped below. */
        } else if (streams) {
            direct = &lines[0];
            read_input();
        } else {
            for (long t = 1; t < opt.threads; t++) {
                if (pthread_create(&threads[t], NULL, run_line, &lines[t]) != 0) {
                    fail("--threads", "no more threads can be made");
                }
            }
            run_line(&lines[0]);
            for (long t = 1; t < opt.threads; t++) {
                pthread_join(threads[t], NULL);
            }
        }
        fflush(stdout);
        for (long t = 0; t < opt.threads; t++) {
            for (size_t i = 0; opt.metrics && started && r == opt.reload && i < filters; i++) {
                filter_print_metrics(lines[t].filters[i], stderr);
            }
            stop_filters(&lines[t]);
        }
    }

    uint64_t invalid = 0;
    for (long t = 0; t < opt.threads; t++) {
        struct line *l = &lines[t];
        invalid += l->invalid;
        if (opt.summary && started) {
            fprintf(stderr, "thread %ld: %llu records in, %llu out, %.3f us per record in the filters\n", t,
                    (unsigned long long)l->records_in, (unsigned long long)l->records_out,
                    l->records_in > 0 ? l->seconds * 1e6 / (double)l->records_in : 0);
        }
        if (l->stack != NULL) {
            fprintf(stderr, "thread %ld: stack of %zu bytes, %zu used at most\n", t, opt.stack,
                    small_stack_used(l->stack));
            small_stack_free(l->stack);
        }
        buf_free(&l->text);
    }
    if (lines[0].raw_out != NULL && fclose(lines[0].raw_out) != 0) {
        fail(opt.raw_out, strerror(errno));
    }
    for (size_t i = 0; i < filters; i++) {
        filter_free(wanted[i]);
    }
    for (size_t i = 0; i < chunk_count; i++) {
        free(chunks[i].data);
    }
    free(chunks);
    free(threads);
    free(lines);
    return started && invalid == 0 ? 0 : 1;
}

static void *run_engine(void *status)
{
    *(int *)status = run();
    return NULL;
}

/*
 * Everything behind the command line happens in a thread of its own, as in
 * Fluent Bit, whose engine is not the process's first thread either.
 */
int main(int argc, char **argv)
{
    read_command_line(argc, argv);
    if (opt.fork) {
        go_on_in_a_child();
    }
    int status = 1;
    pthread_t engine;
    if (pthread_create(&engine, NULL, run_engine, &status) != 0) {
        fail("threads", strerror(errno));
    }
    pthread_join(engine, NULL);
    return status;
}
