/*
 * What Fluent Bit does with a native filter: load it by its file's name, copy
 * its description, check the options, start, call and stop instances; and the
 * functions that the fluent-bit executable exports to filters.
 */
#define _GNU_SOURCE
#define FLB_ABI_PROVIDER
#include <dlfcn.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "../abi.h"
#include "host.h"

enum abi host_abi = ABI_5_1;
int host_log_level = FLB_INFO;

/* ---- log ----------------------------------------------------------------------- */

/*
 * Written with little stack, so that a call on a small one shows what the
 * filter needs, not what stdio does.
 */
static void log_line(int level, const char *format, va_list args)
{
    static const char *const names[] = {"  off", "error", " warn", " info", "debug", "trace"};
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static char text[4096];
    pthread_mutex_lock(&lock);
    int n = snprintf(text, sizeof(text), "[%s] ", names[level < 0 || level > 5 ? 0 : level]);
    n += vsnprintf(text + n, sizeof(text) - (size_t)n, format, args);
    n = n > (int)sizeof(text) - 1 ? (int)sizeof(text) - 1 : n;
    text[n++] = '\n';
    for (int at = 0, wrote; at < n; at += wrote) {
        wrote = (int)write(STDERR_FILENO, text + at, (size_t)(n - at));
        if (wrote <= 0) {
            break;
        }
    }
    pthread_mutex_unlock(&lock);
}

void host_log(int level, const char *format, ...)
{
    if (level > host_log_level) {
        return;
    }
    va_list args;
    va_start(args, format);
    log_line(level, format, args);
    va_end(args);
}

/* ---- plugins --------------------------------------------------------------------- */

struct plugin {
    struct plugin *next;
    struct flb_filter_plugin filter; /* our copy, as Fluent Bit makes one */
};

static struct plugin *plugins;

static struct plugin *load_error(const char *path, const char *why)
{
    host_log(FLB_ERROR, "[plugin] %s: %s", path, why);
    return NULL;
}

struct plugin *plugin_load(const char *path)
{
    const char *file = strrchr(path, '/');
    file = file != NULL ? file + 1 : path;
    size_t len = strlen(file);
    if (strncmp(file, "flb-filter_", 11) != 0 || len <= 14 || strcmp(file + len - 3, ".so") != 0) {
        return load_error(path, "the file's name is not flb-filter_NAME.so");
    }
    char symbol[256];
    if (snprintf(symbol, sizeof(symbol), "%.*s_plugin", (int)(len - 7), file + 4) >= (int)sizeof(symbol)) {
        return load_error(path, "the file's name is too long");
    }
    void *handle = dlopen(path, RTLD_LAZY);
    if (handle == NULL) {
        return load_error(path, dlerror());
    }
    void *filter = dlsym(handle, symbol);
    if (filter == NULL) {
        return load_error(path, dlerror());
    }
    struct plugin *p = calloc(1, sizeof(*p));
    if (p == NULL) {
        return load_error(path, "out of memory");
    }
    memcpy(&p->filter, filter, sizeof(p->filter));
    if (p->filter.name == NULL || p->filter.cb_init == NULL || p->filter.cb_filter == NULL) {
        free(p);
        return load_error(path, "the filter's description was not filled in when dlopen() returned");
    }
    p->next = plugins;
    plugins = p;
    return p;
}

struct plugin *plugin_find(const char *name)
{
    struct plugin *p = plugins;
    while (p != NULL && strcasecmp(p->filter.name, name) != 0) {
        p = p->next;
    }
    return p;
}

/* The nth option, or NULL. Both layouts begin alike and differ in size. */
static const struct flb_option_before_5_1 *option_at(const struct plugin *p, size_t n)
{
    size_t size = host_abi != ABI_BEFORE_5_1 ? sizeof(struct flb_option_5_1) : sizeof(struct flb_option_before_5_1);
    if (p->filter.options == NULL) {
        return NULL;
    }
    const struct flb_option_before_5_1 *o = (const void *)((const char *)p->filter.options + n * size);
    return o->name != NULL ? o : NULL;
}

void plugin_print_options(const struct plugin *p, FILE *to)
{
    static const char *const types[] = {"string", "", "integer", "boolean", "double", "size", "time"};
    fprintf(to, "%s: %s\n", p->filter.name, p->filter.description != NULL ? p->filter.description : "");
    const struct flb_option_before_5_1 *o;
    for (size_t i = 0; (o = option_at(p, i)) != NULL; i++) {
        fprintf(to, "  %-16s %s\n  %16s > %s", o->name, o->description != NULL ? o->description : "", "",
                o->type >= 0 && o->type <= 6 ? types[o->type] : "?");
        if (o->default_value != NULL) {
            fprintf(to, ", default: %s", o->default_value);
        }
        fprintf(to, "%s\n", o->flags & FLB_OPTION_REPEATABLE ? ", may be repeated" : "");
    }
}

/* ---- instances --------------------------------------------------------------------- */

struct metric;

struct filter {
    struct flb_filter_instance ins; /* first: Fluent Bit's functions get its address */
    char rest[256];                 /* where Fluent Bit's instance goes on */
    struct plugin *plugin;
    void *elsewhere;                /* the context, with ABI_UNKNOWN */
};

/* Stands for Fluent Bit's struct cmt: the metrics of one instance. */
struct metrics {
    pthread_mutex_t lock;
    struct metric *list;
};

static void link_init(struct flb_link *head)
{
    head->prev = head->next = head;
}

static void link_add(struct flb_link *head, struct flb_link *link)
{
    link->prev = head->prev;
    link->next = head;
    head->prev->next = link;
    head->prev = link;
}

static struct flb_property *property_of(struct flb_link *link)
{
    return (struct flb_property *)((char *)link - offsetof(struct flb_property, link));
}

static void add_property(struct filter *f, const char *key, const char *value)
{
    struct flb_property *p = calloc(1, sizeof(*p));
    p->key = strdup(key);
    p->value = strdup(value);
    link_add(&f->ins.properties, &p->link);
}

struct filter *filter_new(struct plugin *p, int id)
{
    struct filter *f = calloc(1, sizeof(*f));
    if (f == NULL) {
        return NULL;
    }
    f->plugin = p;
    f->ins.event_type = FLB_EVENT_LOGS;
    f->ins.id = id;
    f->ins.log_level = host_log_level;
    f->ins.plugin = &p->filter;
    snprintf(f->ins.name, sizeof(f->ins.name), "%.20s.%d", p->filter.name, f->ins.id);
    link_init(&f->ins.properties);
    link_init(&f->ins.link);
    return f;
}

static int level_of(const char *name)
{
    static const char *const names[] = {"off", "error", "warn", "info", "debug", "trace"};
    for (int i = 0; i < 6; i++) {
        if (strcasecmp(name, names[i]) == 0) {
            return i;
        }
    }
    return -1;
}

bool filter_set(struct filter *f, const char *property)
{
    const char *equals = strchr(property, '=');
    if (equals == NULL) {
        host_log(FLB_ERROR, "[config] %s: '%s' is not key=value", f->plugin->filter.name, property);
        return false;
    }
    char *key = strndup(property, (size_t)(equals - property));
    const char *value = equals + 1;
    bool ok = true;
    if (strcasecmp(key, "alias") == 0) {
        free(f->ins.alias);
        f->ins.alias = strdup(value);
    } else if (strcasecmp(key, "match") == 0) {
        free(f->ins.match);
        f->ins.match = strdup(value);
    } else if (strcasecmp(key, "log_level") == 0) {
        f->ins.log_level = level_of(value);
        ok = f->ins.log_level >= 0;
    } else {
        add_property(f, key, value);
    }
    free(key);
    return ok;
}

struct filter *filter_copy(const struct filter *from, int id)
{
    struct filter *f = filter_new(from->plugin, id);
    f->ins.log_level = from->ins.log_level;
    if (from->ins.alias != NULL) {
        f->ins.alias = strdup(from->ins.alias);
    }
    for (struct flb_link *l = from->ins.properties.next; l != &from->ins.properties; l = l->next) {
        add_property(f, property_of(l)->key, property_of(l)->value);
    }
    return f;
}

/* Every property must be an option, and stand once unless it may be repeated. */
static bool check_options(struct filter *f)
{
    const char *name = f->plugin->filter.name;
    if (f->plugin->filter.options == NULL) {
        return true;
    }
    struct flb_link *head = &f->ins.properties;
    for (struct flb_link *l = head->next; l != head; l = l->next) {
        const char *key = property_of(l)->key;
        const struct flb_option_before_5_1 *o;
        size_t i = 0;
        while ((o = option_at(f->plugin, i)) != NULL && strcasecmp(o->name, key) != 0) {
            i++;
        }
        if (o == NULL) {
            host_log(FLB_ERROR, "[config] %s: unknown configuration property '%s'", name, key);
            return false;
        }
        int times = 0;
        for (struct flb_link *m = head->next; m != head; m = m->next) {
            times += strcasecmp(property_of(m)->key, key) == 0;
        }
        if (times > 1 && !(o->flags & FLB_OPTION_REPEATABLE)) {
            host_log(FLB_ERROR, "[config] %s: configuration property '%s' is set %d times", name, key, times);
            return false;
        }
    }
    return true;
}

bool filter_start(struct filter *f)
{
    struct metrics *m = calloc(1, sizeof(*m));
    pthread_mutex_init(&m->lock, NULL);
    f->ins.cmt = m;
    if (!check_options(f)) {
        return false;
    }
    if (f->plugin->filter.cb_init(&f->ins, NULL, NULL) != 0) {
        host_log(FLB_ERROR, "[filter] %s did not start", flb_filter_name(&f->ins));
        return false;
    }
    return true;
}

static void metrics_free(struct metrics *);

void filter_stop(struct filter *f)
{
    if (f->ins.context != NULL && f->plugin->filter.cb_exit != NULL) {
        f->plugin->filter.cb_exit(f->ins.context, NULL);
    }
    f->ins.context = NULL;
    metrics_free(f->ins.cmt);
    f->ins.cmt = NULL;
}

void filter_free(struct filter *f)
{
    metrics_free(f->ins.cmt);
    struct flb_link *head = &f->ins.properties, *l = head->next;
    while (l != head) {
        struct flb_property *p = property_of(l);
        l = l->next;
        free(p->key);
        free(p->value);
        free(p);
    }
    free(f->ins.alias);
    free(f->ins.match);
    free(f);
}

bool filter_call(struct filter *f, const void *chunk, size_t len, const char *tag, void **out, size_t *out_len)
{
    *out = NULL;
    *out_len = 0;
    return f->plugin->filter.cb_filter(chunk, len, tag, (int)strlen(tag), out, out_len, &f->ins, NULL,
                                       f->ins.context, NULL) == FLB_FILTER_CHANGED;
}

/* ---- metrics -------------------------------------------------------------------------- */

struct sample {
    struct sample *next;
    char **values;
    double value;
};

struct metric {
    struct metric *next;
    struct metrics *of;
    bool gauge;
    char *name, *help;
    int labels;
    char **keys;
    struct sample *samples;
};

static char **copy_strings(char **from, int n)
{
    char **to = calloc((size_t)n + 1, sizeof(*to));
    for (int i = 0; i < n; i++) {
        to[i] = strdup(from[i]);
    }
    return to;
}

static void free_strings(char **s)
{
    for (char **p = s; *p != NULL; p++) {
        free(*p);
    }
    free(s);
}

static struct metric *metric_create(void *cmt, bool gauge, const char *ns, const char *subsystem,
                                    const char *name, const char *help, int labels, char **keys)
{
    struct metrics *of = cmt;
    struct metric *m = calloc(1, sizeof(*m));
    if (asprintf(&m->name, "%s_%s_%s", ns, subsystem, name) < 0) {
        abort();
    }
    m->of = of;
    m->gauge = gauge;
    m->help = strdup(help);
    m->labels = labels;
    m->keys = copy_strings(keys, labels);
    pthread_mutex_lock(&of->lock);
    struct metric **end = &of->list;
    while (*end != NULL) {
        end = &(*end)->next;
    }
    *end = m;
    pthread_mutex_unlock(&of->lock);
    return m;
}

/* Sets a sample, or adds to it. */
static int metric_update(struct metric *m, bool add, double value, int labels, char **values)
{
    if (labels != m->labels) {
        return -1;
    }
    pthread_mutex_lock(&m->of->lock);
    struct sample **s = &m->samples;
    for (; *s != NULL; s = &(*s)->next) {
        int i = 0;
        while (i < labels && strcmp((*s)->values[i], values[i]) == 0) {
            i++;
        }
        if (i == labels) {
            break;
        }
    }
    if (*s == NULL) {
        *s = calloc(1, sizeof(**s));
        (*s)->values = copy_strings(values, labels);
    }
    (*s)->value = add ? (*s)->value + value : value;
    pthread_mutex_unlock(&m->of->lock);
    return 0;
}

static void metrics_free(struct metrics *of)
{
    if (of == NULL) {
        return;
    }
    for (struct metric *m = of->list, *next; m != NULL; m = next) {
        next = m->next;
        for (struct sample *s = m->samples, *after; s != NULL; s = after) {
            after = s->next;
            free_strings(s->values);
            free(s);
        }
        free_strings(m->keys);
        free(m->name);
        free(m->help);
        free(m);
    }
    pthread_mutex_destroy(&of->lock);
    free(of);
}

void filter_print_metrics(struct filter *f, FILE *to)
{
    struct metrics *of = f->ins.cmt;
    if (of == NULL) {
        return;
    }
    for (struct metric *m = of->list; m != NULL; m = m->next) {
        fprintf(to, "# HELP %s %s\n# TYPE %s %s\n", m->name, m->help, m->name, m->gauge ? "gauge" : "counter");
        for (struct sample *s = m->samples; s != NULL; s = s->next) {
            fprintf(to, "%s{", m->name);
            for (int i = 0; i < m->labels; i++) {
                fprintf(to, "%s%s=\"%s\"", i > 0 ? "," : "", m->keys[i], s->values[i]);
            }
            fprintf(to, "} %.15g\n", s->value);
        }
    }
}

/* ---- what the fluent-bit executable exports --------------------------------------------- */

void flb_filter_set_context(struct flb_filter_instance *ins, void *context)
{
    if (host_abi == ABI_UNKNOWN) {
        ((struct filter *)ins)->elsewhere = context;
    } else {
        ins->context = context;
    }
}

const char *flb_filter_get_property(const char *key, struct flb_filter_instance *ins)
{
    for (struct flb_link *l = ins->properties.next; l != &ins->properties; l = l->next) {
        if (strcasecmp(property_of(l)->key, key) == 0) {
            return property_of(l)->value;
        }
    }
    return NULL;
}

const char *flb_filter_name(struct flb_filter_instance *ins)
{
    return ins->alias != NULL ? ins->alias : ins->name;
}

void flb_log_print(int level, const char *file, int line, const char *format, ...)
{
    (void)file;
    (void)line;
    va_list args;
    va_start(args, format);
    log_line(level, format, args);
    va_end(args);
}

void *cmt_counter_create(void *cmt, char *ns, char *subsystem, char *name, char *help, int labels, char **keys)
{
    return metric_create(cmt, false, ns, subsystem, name, help, labels, keys);
}

int cmt_counter_add(void *counter, uint64_t time, double value, int labels, char **values)
{
    (void)time;
    return metric_update(counter, true, value, labels, values);
}

void *cmt_gauge_create(void *cmt, char *ns, char *subsystem, char *name, char *help, int labels, char **keys)
{
    return metric_create(cmt, true, ns, subsystem, name, help, labels, keys);
}

int cmt_gauge_set(void *gauge, uint64_t time, double value, int labels, char **values)
{
    (void)time;
    return metric_update(gauge, false, value, labels, values);
}

/*
 * The symbol by which a filter knows the layout of an option: there from 5.1
 * on. As an indirect function it is resolved while a filter is loaded, and
 * resolves to nothing when the host plays an older Fluent Bit. Nothing calls it.
 */
static void *find_nothing(struct flb_link *options, const char *name)
{
    (void)options;
    (void)name;
    return NULL;
}

typedef void *find_function(struct flb_link *, const char *);

__attribute__((no_sanitize("address", "undefined"))) static find_function *resolve_find(void)
{
    return host_abi != ABI_BEFORE_5_1 ? find_nothing : NULL;
}

void *flb_config_map_find(struct flb_link *options, const char *name) __attribute__((ifunc("resolve_find")));
