/*
 * The callbacks that Fluent Bit calls, and what they need around the one
 * crossing into Go that each of them makes: memory, log lines, metrics.
 *
 * Fluent Bit may call from a coroutine with a small stack. Go's part of a call
 * needs some of it, and so does printing to Fluent Bit's log, so the two do not
 * stand on each other: lines that Go logs during cb_filter wait in a queue and
 * are printed after Go has returned.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <syslog.h>
#include <time.h>

#include "abi.h"
#include "kit.h"
#include "_cgo_export.h"

enum {
    QUEUED_LINES = 256,        /* most log lines that wait */
    SPARE_SLACK = 1024,        /* bytes reserved for output beyond the estimate */
    SPARE_LARGEST = 8 << 20,   /* bytes of unused output memory that an instance keeps */
    MAX_PROPERTIES = 100000    /* more means that it is not the list we think it is */
};

/* A log line that waits for the end of the call. */
struct line {
    struct line *next;
    int level;
    char text[];
};

struct kit_instance {
    struct flb_filter_instance *ins;
    struct kit_plugin *plugin;
    uintptr_t handle;        /* runtime/cgo.Handle of the Instance in Go */
    int properties_known;    /* the list of properties can be walked */

    pthread_mutex_t call;    /* one call at a time */
    char *spare;             /* memory for the next output, or NULL */
    size_t spare_size;
    double growth;           /* output bytes to expect for each byte of input */

    char *subsystem;         /* in the metrics' names: filter_hello */
    struct kit_metric *metrics;

    pthread_mutex_t log;     /* protects what follows */
    struct line *lines, **lines_end;
    int line_count;          /* also read without the lock */
    unsigned long lines_lost;
};

/* ---- log ----------------------------------------------------------------- */

/*
 * Set while the thread is in cb_init or cb_exit, which run on large stacks:
 * lines are printed at once. Initial-exec, as Go's own thread-local variable
 * is, because the general model would allocate memory on first use.
 */
static __thread int print_at_once __attribute__((tls_model("initial-exec")));

static void print(int level, const char *text)
{
    if (flb_log_print != NULL) {
        flb_log_print(level, NULL, 0, "%s", text);
    } else {
        fprintf(stderr, "%s\n", text);
    }
}

void kit_log(struct kit_instance *k, int level, const char *text, size_t len)
{
    struct line *line = malloc(sizeof(*line) + len + 1);
    if (line == NULL) {
        return;
    }
    line->next = NULL;
    line->level = level;
    memcpy(line->text, text, len);
    line->text[len] = '\0';
    if (print_at_once) {
        print(level, line->text);
        free(line);
        return;
    }
    pthread_mutex_lock(&k->log);
    if (k->line_count < QUEUED_LINES) {
        *k->lines_end = line;
        k->lines_end = &line->next;
        __atomic_store_n(&k->line_count, k->line_count + 1, __ATOMIC_RELAXED);
        line = NULL;
    } else {
        k->lines_lost++;
    }
    pthread_mutex_unlock(&k->log);
    free(line);
}

static void print_queued(struct kit_instance *k)
{
    if (__atomic_load_n(&k->line_count, __ATOMIC_RELAXED) == 0) {
        return;
    }
    pthread_mutex_lock(&k->log);
    struct line *line = k->lines;
    unsigned long lost = k->lines_lost;
    k->lines = NULL;
    k->lines_end = &k->lines;
    k->lines_lost = 0;
    __atomic_store_n(&k->line_count, 0, __ATOMIC_RELAXED);
    pthread_mutex_unlock(&k->log);

    while (line != NULL) {
        struct line *next = line->next;
        print(line->level, line->text);
        free(line);
        line = next;
    }
    if (lost != 0) {
        char text[256];
        snprintf(text, sizeof(text), "[filter:%s:%s] %lu log lines were lost: too many at once",
                 k->plugin->name, kit_instance_name(k), lost);
        print(FLB_WARN, text);
    }
}

/* An error about an instance that has no Go side. */
static void refuse(struct flb_filter_instance *ins, const char *why)
{
    const char *name = flb_filter_name != NULL ? flb_filter_name(ins) : "?";
    char text[512];
    snprintf(text, sizeof(text), "[filter:%s] %s", name, why);
    print(FLB_ERROR, text);
}

/* ---- what Go asks of an instance ------------------------------------------ */

void *kit_alloc(size_t size)
{
    return malloc(size);
}

const char *kit_instance_name(struct kit_instance *k)
{
    return flb_filter_name(k->ins);
}

int kit_log_level(struct kit_instance *k)
{
    return k->ins->log_level;
}

static struct flb_property *property_of(struct flb_link *link)
{
    return (void *)((char *)link - offsetof(struct flb_property, link));
}

/*
 * Fluent Bit's own function finds only the first line of a name; for options
 * that may be repeated we walk the list. This checks that it is the list that
 * we think it is: links that agree, and for each name the same first value as
 * Fluent Bit's function finds.
 */
static int properties_known(struct flb_filter_instance *ins)
{
    struct flb_link *head = &ins->properties, *link = head;
    for (int n = 0; n < MAX_PROPERTIES; n++) {
        if (link->next == NULL || link->next->prev != link) {
            return 0;
        }
        link = link->next;
        if (link == head) {
            return 1;
        }
        struct flb_property *p = property_of(link);
        int first = 1;
        for (struct flb_link *l = head->next; l != link && first; l = l->next) {
            first = strcasecmp(property_of(l)->key, p->key) != 0;
        }
        if (first && flb_filter_get_property(p->key, ins) != p->value) {
            return 0;
        }
    }
    return 0;
}

const char *kit_property(struct kit_instance *k, const char *name, int nth)
{
    if (!k->properties_known) {
        return nth == 0 ? flb_filter_get_property(name, k->ins) : NULL;
    }
    struct flb_link *head = &k->ins->properties;
    for (struct flb_link *link = head->next; link != head; link = link->next) {
        struct flb_property *p = property_of(link);
        if (strcasecmp(p->key, name) == 0 && nth-- == 0) {
            return p->value;
        }
    }
    return NULL;
}

/* ---- metrics --------------------------------------------------------------- */

void kit_metric_add(struct kit_instance *k, struct kit_metric *m)
{
    struct kit_metric **end = &k->metrics;
    while (*end != NULL) {
        end = &(*end)->next;
    }
    m->next = NULL;
    *end = m;
}

static int same_metric(const struct kit_metric *a, const struct kit_metric *b)
{
    return a->is_gauge == b->is_gauge && strcmp(a->name, b->name) == 0;
}

static void make_metric(struct kit_instance *k, struct kit_metric *m)
{
    void *cmt = k->ins->cmt;
    if (cmt == NULL || cmt_counter_create == NULL || cmt_counter_add == NULL ||
        cmt_gauge_create == NULL || cmt_gauge_set == NULL) {
        m->failed = 1;
        return;
    }
    /* Metrics that differ in the values of their labels share a handle. */
    for (struct kit_metric *other = k->metrics; other != NULL; other = other->next) {
        if (other->handle != NULL && same_metric(m, other) && other->label_count == m->label_count) {
            m->handle = other->handle;
            return;
        }
    }
    void *(*create)(void *, char *, char *, char *, char *, int, char **) =
        m->is_gauge ? cmt_gauge_create : cmt_counter_create;
    m->handle = create(cmt, "fluentbit", k->subsystem, m->name, m->help, m->label_count, m->keys);
    m->failed = m->handle == NULL;
}

static void push_metrics(struct kit_instance *k)
{
    uint64_t now = 0;
    for (struct kit_metric *m = k->metrics; m != NULL; m = m->next) {
        int first = m->handle == NULL;
        if (m->failed || (!first && m->value == m->sent)) {
            continue;
        }
        if (first) {
            make_metric(k, m);
            if (m->failed) {
                continue;
            }
        }
        if (now == 0) {
            struct timespec t;
            clock_gettime(CLOCK_REALTIME, &t);
            now = (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
        }
        if (m->is_gauge) {
            cmt_gauge_set(m->handle, now, m->value, m->label_count, m->values);
        } else {
            cmt_counter_add(m->handle, now, m->value - m->sent, m->label_count, m->values);
        }
        m->sent = m->value;
    }
}

/* ---- an instance's life ------------------------------------------------------ */

static void free_strings(char **strings, int count)
{
    for (int i = 0; i < count; i++) {
        free(strings[i]);
    }
    free(strings);
}

static void instance_free(struct kit_instance *k)
{
    while (k->metrics != NULL) {
        struct kit_metric *m = k->metrics;
        k->metrics = m->next;
        free_strings(m->keys, m->label_count);
        free_strings(m->values, m->label_count);
        free(m->name);
        free(m->help);
        free(m);
    }
    while (k->lines != NULL) {
        struct line *line = k->lines;
        k->lines = line->next;
        free(line);
    }
    pthread_mutex_destroy(&k->call);
    pthread_mutex_destroy(&k->log);
    free(k->subsystem);
    free(k->spare);
    free(k);
}

static struct kit_instance *instance_new(struct flb_filter_instance *ins, struct kit_plugin *plugin)
{
    struct kit_instance *k = calloc(1, sizeof(*k));
    if (k == NULL) {
        return NULL;
    }
    k->ins = ins;
    k->plugin = plugin;
    k->growth = 1.25;
    k->lines_end = &k->lines;
    pthread_mutex_init(&k->call, NULL);
    pthread_mutex_init(&k->log, NULL);
    k->properties_known = properties_known(ins);
    if (asprintf(&k->subsystem, "filter_%s", plugin->name) < 0) {
        k->subsystem = NULL;
        instance_free(k);
        return NULL;
    }
    for (char *c = k->subsystem; *c != '\0'; c++) {
        if (!((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9'))) {
            *c = '_'; /* the rest is not allowed in a metric's name */
        }
    }
    return k;
}

int kit_cb_refuse(struct flb_filter_instance *ins, void *config, void *data)
{
    (void)config;
    (void)data;
    refuse(ins, kit_refusal != NULL ? kit_refusal
                                    : "the shared object declares this filter, but no init "
                                      "function calls fluentbit.Register with its name");
    return -1;
}

/* Whether the instance's layout is the one that abi.h declares. */
static int layout_known(struct flb_filter_instance *ins)
{
    static char probe;
    flb_filter_set_context(ins, &probe);
    int known = ins->context == (void *)&probe;
    flb_filter_set_context(ins, NULL);
    return known && ins->plugin != NULL;
}

int kit_cb_init(struct flb_filter_instance *ins, void *config, void *data)
{
    (void)config;
    (void)data;
    if (kit_forked()) {
        refuse(ins, kit_forked_text);
        syslog(LOG_ERR | LOG_DAEMON, "fluent-bit: %s", kit_forked_text);
        return -1;
    }
    if (flb_filter_set_context == NULL || flb_filter_get_property == NULL || flb_filter_name == NULL) {
        refuse(ins, "this Fluent Bit does not export the functions that a filter needs");
        return -1;
    }
    if (!layout_known(ins)) {
        refuse(ins, "this version of Fluent Bit lays out a filter's instance in a way that this "
                    "filter does not know: use another version of either");
        return -1;
    }
    struct kit_plugin *plugin = kit_plugins;
    while (plugin != NULL && plugin->name != ins->plugin->name) {
        plugin = plugin->next;
    }
    struct kit_instance *k = plugin != NULL ? instance_new(ins, plugin) : NULL;
    if (k == NULL) {
        refuse(ins, plugin == NULL ? "Fluent Bit asks for a filter that was not registered"
                                   : "out of memory");
        return -1;
    }
    kit_restore_signals();

    print_at_once = 1;
    k->handle = flbkitInit(k, plugin->index);
    print_at_once = 0;
    if (k->handle == 0) { /* Go has logged why */
        instance_free(k);
        return -1;
    }
    kit_instance_started();
    push_metrics(k);
    flb_filter_set_context(ins, k);
    return 0;
}

int kit_cb_exit(void *context, void *config)
{
    (void)config;
    struct kit_instance *k = context;
    if (k == NULL) {
        return 0;
    }
    kit_restore_signals();
    print_queued(k);
    print_at_once = 1;
    flbkitExit(k->handle);
    print_at_once = 0;
    print_queued(k);
    instance_free(k);
    return 0;
}

/* ---- a chunk's way ----------------------------------------------------------- */

/* Memory for the output, as large as the recent outputs let expect. */
static void reserve(struct kit_instance *k, size_t chunk_size)
{
    size_t want = (size_t)((double)chunk_size * k->growth) + SPARE_SLACK;
    if (k->spare_size >= want) {
        return;
    }
    free(k->spare);
    k->spare = malloc(want);
    k->spare_size = k->spare != NULL ? want : 0;
}

/* Follows the ratio of output to input: at once when it rises, slowly when it
 * falls, so that a mixture of chunks rarely outgrows its memory. */
static void learn_growth(struct kit_instance *k, size_t chunk_size, size_t out_size)
{
    if (chunk_size == 0) {
        return;
    }
    double seen = 1.1 * (double)out_size / (double)chunk_size;
    if (seen > 16) {
        seen = 16;
    }
    if (seen > k->growth) {
        k->growth = seen;
    } else {
        k->growth -= (k->growth - seen) / 64;
    }
}

int kit_cb_filter(const void *chunk, size_t size, const char *tag, int tag_len,
                  void **out, size_t *out_size, struct flb_filter_instance *ins,
                  void *input, void *context, void *config)
{
    (void)ins;
    (void)input;
    (void)config;
    struct kit_instance *k = context;
    int result = FLB_FILTER_SAME;

    pthread_mutex_lock(&k->call);
    kit_restore_signals();
    reserve(k, size);
    struct kit_call call = {
        .chunk = chunk,
        .chunk_size = size,
        .tag = tag,
        .tag_len = tag_len > 0 ? (size_t)tag_len : 0,
        .dst = k->spare,
        .dst_size = k->spare_size,
        .result = KIT_SAME,
    };
    flbkitFilter(k->handle, &call);

    if (call.result != KIT_SAME) {
        result = FLB_FILTER_CHANGED;
        *out_size = call.out_size;
        if (call.out_size == 0) {
            *out = NULL;
        } else if (call.result == KIT_IN_DST) {
            *out = k->spare;
            k->spare = NULL;
            k->spare_size = 0;
        } else {
            *out = call.out;
        }
        learn_growth(k, size, call.out_size);
    }
    if (k->spare_size > SPARE_LARGEST) {
        free(k->spare);
        k->spare = NULL;
        k->spare_size = 0;
    }
    push_metrics(k);
    pthread_mutex_unlock(&k->call);
    print_queued(k);
    return result;
}
