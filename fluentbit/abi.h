/*
 * What Fluent Bit's native loader and a filter agree on, declared by
 * ourselves: no header of Fluent Bit is needed to build a filter.
 *
 * The layouts are those of 64 bit Linux and hold from Fluent Bit 2.2 to 5.1,
 * but for the option entry, which grew by one pointer in 5.1. What cannot be
 * known at build time is checked when an instance starts (see filter.c).
 *
 * Two naming rules of the loader:
 *   - the file is called flb-filter_NAME.so;
 *   - it exports the variable filter_NAME_plugin, a struct flb_filter_plugin,
 *     which Fluent Bit copies right after dlopen() returned.
 */
#ifndef FLUENTBIT_ABI_H
#define FLUENTBIT_ABI_H

#include <stddef.h>
#include <stdint.h>

/* A node of a doubly linked ring; the list's head is a node as well. */
struct flb_link {
    struct flb_link *prev;
    struct flb_link *next;
};

/* One "key value" line of a section, as a member of a ring of such lines. */
struct flb_property {
    char *key;
    char *value;
    struct flb_link link;
};

enum { FLB_EVENT_LOGS = 1 };                       /* flb_filter_plugin.event_type */
enum { FLB_FILTER_CHANGED = 1, FLB_FILTER_SAME = 2 };  /* what cb_filter returns */
enum { FLB_ERROR = 1, FLB_WARN, FLB_INFO, FLB_DEBUG, FLB_TRACE }; /* log levels */

/* Types and flags of an option. */
enum {
    FLB_OPTION_STRING = 0,
    FLB_OPTION_INT = 2,
    FLB_OPTION_BOOL = 3,
    FLB_OPTION_DOUBLE = 4,
    FLB_OPTION_SIZE = 5,
    FLB_OPTION_TIME = 6
};
enum { FLB_OPTION_REPEATABLE = 1 };

/*
 * An option, as filters list them. The list ends with a zeroed entry. The part
 * behind the description is Fluent Bit's own, zero in a filter's list; only
 * its size matters here, and it is the size that changed:
 *
 *   until 5.0: an 8 byte value, one pointer,  a link, and the entry's own link
 *   from 5.1:  an 8 byte value, two pointers, a link, and the entry's own link
 */
#define FLB_OPTION_FIELDS   \
    int type;               \
    char *name;             \
    char *default_value;    \
    int flags;              \
    int set_property;       \
    uintptr_t offset;       \
    char *description

struct flb_option_before_5_1 {
    FLB_OPTION_FIELDS;
    uint64_t value;
    void *pointer;
    struct flb_link values;
    struct flb_link link;
};

struct flb_option_5_1 {
    FLB_OPTION_FIELDS;
    uint64_t value;
    void *pointers[2];
    struct flb_link values;
    struct flb_link link;
};

struct flb_filter_instance;

/*
 * A filter, as the loader copies it.
 *
 * cb_init     0 = ready, -1 = refuse to start.
 * cb_filter   FLB_FILTER_CHANGED with *out from malloc(), which Fluent Bit
 *             frees (NULL and 0 bytes drop every record), or FLB_FILTER_SAME.
 * cb_exit     only called when a context was set.
 */
struct flb_filter_plugin {
    int event_type;
    int flags;
    char *name;
    char *description;
    void *options; /* one of the two flb_option arrays, or NULL */
    int (*cb_pre_run)(struct flb_filter_instance *, void *config, void *data);
    int (*cb_init)(struct flb_filter_instance *, void *config, void *data);
    int (*cb_filter)(const void *chunk, size_t size, const char *tag, int tag_len,
                     void **out, size_t *out_size, struct flb_filter_instance *,
                     void *input, void *context, void *config);
    int (*cb_exit)(void *context, void *config);
    int (*cb_notification)(struct flb_filter_instance *, void *config, void *);
    struct flb_link link; /* Fluent Bit's own */
};

/* An instance: one filter section, or one filter used as a processor. */
struct flb_filter_instance {
    int event_type;
    int id;
    int log_level;
    int log_suppress_interval;
    char name[32];             /* numbered name: hello.0 */
    char *alias;
    char *match;
    void *match_regex;
    void *parent_processor;
    void *context;             /* what flb_filter_set_context() sets */
    void *data;
    struct flb_filter_plugin *plugin;
    struct flb_link properties;
    struct flb_link *option_list;
    struct flb_link link;
    void *cmt;                 /* metrics of this instance */
    /* more follows; nothing that a filter needs */
};

_Static_assert(sizeof(void *) == 8, "Fluent Bit's layouts are declared for 64 bit only");
_Static_assert(offsetof(struct flb_filter_instance, log_level) == 8, "log_level");
_Static_assert(offsetof(struct flb_filter_instance, context) == 80, "context");
_Static_assert(offsetof(struct flb_filter_instance, plugin) == 96, "plugin");
_Static_assert(offsetof(struct flb_filter_instance, properties) == 104, "properties");
_Static_assert(offsetof(struct flb_filter_instance, cmt) == 144, "cmt");
_Static_assert(sizeof(struct flb_filter_plugin) == 88, "flb_filter_plugin");
_Static_assert(sizeof(struct flb_option_5_1) == sizeof(struct flb_option_before_5_1) + 8, "option");

/*
 * Functions that the fluent-bit executable exports. A filter refers to them
 * weakly, so that it also loads where one is missing, and tests the address.
 * The program that provides them defines FLB_ABI_PROVIDER.
 */
#ifdef FLB_ABI_PROVIDER
#define FLB_WEAK
#else
#define FLB_WEAK __attribute__((weak))
#endif

FLB_WEAK void flb_filter_set_context(struct flb_filter_instance *, void *context);
/* The value as written, environment variables resolved; NULL when not set. */
FLB_WEAK const char *flb_filter_get_property(const char *key, struct flb_filter_instance *);
/* The alias, or else the numbered name. */
FLB_WEAK const char *flb_filter_name(struct flb_filter_instance *);
/* Does not look at the level: the caller does. */
FLB_WEAK void flb_log_print(int level, const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* Only there from 5.1 on: tells the two layouts of an option apart. */
FLB_WEAK void *flb_config_map_find(struct flb_link *options, const char *name);

/* Metrics. time is in nanoseconds since the epoch; 0 = done, -1 = not. */
FLB_WEAK void *cmt_counter_create(void *cmt, char *ns, char *subsystem, char *name, char *help,
                                  int labels, char **keys);
FLB_WEAK int cmt_counter_add(void *counter, uint64_t time, double value, int labels, char **values);
FLB_WEAK void *cmt_gauge_create(void *cmt, char *ns, char *subsystem, char *name, char *help,
                                int labels, char **keys);
FLB_WEAK int cmt_gauge_set(void *gauge, uint64_t time, double value, int labels, char **values);

#endif
