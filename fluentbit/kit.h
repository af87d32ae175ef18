/* Between the C half and the Go half of this package. */
#ifndef FLUENTBIT_KIT_H
#define FLUENTBIT_KIT_H

#include <stddef.h>
#include <stdint.h>

#define KIT_HIDDEN __attribute__((visibility("hidden")))

/* An option in a form that suits both of Fluent Bit's layouts. */
struct kit_option {
    int type;
    char *name;
    char *default_value; /* NULL = none */
    char *help;
    int multiple;
};

/* A filter that Register was called for. Never freed. */
struct kit_plugin {
    struct kit_plugin *next;
    int index; /* of the Plugin in Go */
    char *name;
    char *description;
    struct kit_option *options;
    int option_count;
};

/*
 * A counter or a gauge of one instance, with its label values. Go writes value
 * at the end of a call; C hands it on to Fluent Bit after the call.
 */
struct kit_metric {
    struct kit_metric *next;
    int is_gauge;
    char *name;
    char *help;
    int label_count;
    char **keys;
    char **values;
    double value;
    double sent;
    void *handle; /* Fluent Bit's counter or gauge; NULL until the first push */
    int failed;   /* Fluent Bit would not make it */
};

/* One instance: the context that Fluent Bit passes to cb_filter and cb_exit. */
struct kit_instance;

enum { KIT_SAME = 0, KIT_IN_DST = 1, KIT_ELSEWHERE = 2 };

/* One call of cb_filter, on its way into Go and back. */
struct kit_call {
    const void *chunk;
    size_t chunk_size;
    const char *tag;
    size_t tag_len;
    void *dst; /* from malloc, dst_size bytes, for Go to append to */
    size_t dst_size;
    void *out; /* with KIT_ELSEWHERE: from kit_alloc */
    size_t out_size;
    int result;
};

/* How many threads more may be started, -1 for no limit, and which limit that is. */
struct kit_threads {
    long room, limit;
    char what[256];
};

/* The threads that Go starts at once, on any machine. */
enum { KIT_LEAST_THREADS = 8 };

/* For Go. */
KIT_HIDDEN struct kit_threads kit_thread_room(const char *root); /* by cgroups, below another root than / */
KIT_HIDDEN struct kit_threads kit_threads_here(void);
KIT_HIDDEN void kit_register(struct kit_plugin *);
KIT_HIDDEN void *kit_alloc(size_t);
KIT_HIDDEN const char *kit_property(struct kit_instance *, const char *name, int nth);
KIT_HIDDEN const char *kit_instance_name(struct kit_instance *);
KIT_HIDDEN int kit_log_level(struct kit_instance *);
KIT_HIDDEN void kit_log(struct kit_instance *, int level, const char *text, size_t len);
KIT_HIDDEN void kit_metric_add(struct kit_instance *, struct kit_metric *);

/* Between load.c and filter.c. */
struct flb_filter_instance;
KIT_HIDDEN extern struct kit_plugin *kit_plugins;
KIT_HIDDEN extern const char *kit_refusal; /* why kit_cb_refuse refuses */
KIT_HIDDEN extern const char kit_forked_text[];
KIT_HIDDEN int kit_forked(void);
KIT_HIDDEN void kit_restore_signals(void);

/* For a shared object that is no filter: to be called when a call into Go has
 * returned, before any of kit_restore_signals. A filter's does it itself. */
KIT_HIDDEN void kit_go_started(void);
KIT_HIDDEN void kit_instance_started(void);
KIT_HIDDEN int kit_cb_init(struct flb_filter_instance *, void *config, void *data);
KIT_HIDDEN int kit_cb_refuse(struct flb_filter_instance *, void *config, void *data);
KIT_HIDDEN int kit_cb_filter(const void *chunk, size_t size, const char *tag, int tag_len,
                             void **out, size_t *out_size, struct flb_filter_instance *,
                             void *input, void *context, void *config);
KIT_HIDDEN int kit_cb_exit(void *context, void *config);

#endif
