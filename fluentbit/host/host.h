/* The embedded host: plays the part of Fluent Bit that loads native filters. */
#ifndef HOST_H
#define HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* ---- buf.c: bytes that grow ------------------------------------------------ */

struct buf {
    uint8_t *data;
    size_t len;
    size_t cap;
};

void buf_reserve(struct buf *, size_t more); /* exits the program when memory ends */
void buf_add(struct buf *, const void *data, size_t len);
void buf_byte(struct buf *, uint8_t);
void buf_text(struct buf *, const char *);
void buf_free(struct buf *);

/* The length of the UTF-8 character at s, 0 when there is none. */
size_t utf8_length(const uint8_t *s, size_t len);

/* ---- json.c ------------------------------------------------------------------ */

/*
 * Appends the JSON object in text to out as a msgpack map. Returns false, and
 * leaves out as it was, when text is anything but one object: RFC 8259, UTF-8,
 * at most JSON_NESTING levels deep. Duplicate keys are kept.
 */
enum { JSON_NESTING = 200 };
bool json_object_to_msgpack(const char *text, size_t len, struct buf *out);

/* ---- msgpack.c ------------------------------------------------------------- */

void msgpack_array(struct buf *, uint32_t elements);
void msgpack_map(struct buf *, uint32_t pairs);
void msgpack_string(struct buf *, const void *s, size_t len);
void msgpack_int(struct buf *, int64_t);
void msgpack_uint(struct buf *, uint64_t);
void msgpack_double(struct buf *, double);
void msgpack_nil(struct buf *);
void msgpack_bool(struct buf *, bool);
/* Time as Fluent Bit writes it: ext type 0, seconds and nanoseconds. */
void msgpack_time(struct buf *, int64_t nanoseconds);

/* The size of the value at data, 0 when it is cut short or invalid. Any depth. */
size_t msgpack_size(const uint8_t *data, size_t len);

/*
 * Appends a value as JSON. What JSON has no form for: binary is "0x..." in
 * hexadecimal, ext is {"ext": type, "data": "0x..."}, NaN and infinities are
 * null, bytes that are not UTF-8 are U+FFFD, keys that are not strings are
 * their JSON as a string, and what is nested deeper than 200 levels is null.
 */
void msgpack_to_json(const uint8_t *data, size_t len, struct buf *out);

/*
 * Splits an event: its body, and its time in seconds (0 when there is none).
 * Returns false when it is not [[time, metadata], body] or [time, body].
 */
bool msgpack_event(const uint8_t *data, size_t len, double *time, const uint8_t **body, size_t *body_len);

/* ---- filters.c: what Fluent Bit does with filters --------------------------- */

/* ABI_UNKNOWN lays out an instance as no filter knows it. */
enum abi { ABI_BEFORE_5_1, ABI_5_1, ABI_UNKNOWN };

/* Which Fluent Bit to be: set before anything is loaded. */
extern enum abi host_abi;
extern int host_log_level;

struct plugin;
struct filter; /* an instance */

/* Loads flb-filter_NAME.so. NULL after an error, which is logged. */
struct plugin *plugin_load(const char *path);
struct plugin *plugin_find(const char *name);
void plugin_print_options(const struct plugin *, FILE *);

/* An instance named NAME.id until it gets an alias. */
struct filter *filter_new(struct plugin *, int id);
/* One "key=value", as in a configuration. */
bool filter_set(struct filter *, const char *property);
struct filter *filter_copy(const struct filter *, int id); /* same plugin and properties, not started */
bool filter_start(struct filter *);                /* checks the options, then cb_init */
void filter_stop(struct filter *);                 /* cb_exit */
void filter_free(struct filter *);
void filter_print_metrics(struct filter *, FILE *);

/*
 * Passes a chunk. Returns whether it changed; *out is then to be freed, and
 * NULL when nothing is left.
 */
bool filter_call(struct filter *, const void *chunk, size_t len, const char *tag,
                 void **out, size_t *out_len);

void host_log(int level, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ---- stack.c: calls on a small stack ------------------------------------------- */

struct small_stack;

/* A stack of size bytes, with unmapped pages below it and paint on it. */
struct small_stack *small_stack_new(size_t size);
void small_stack_run(struct small_stack *, void (*f)(void *), void *arg);
/* The most bytes that any call has used. */
size_t small_stack_used(const struct small_stack *);
void small_stack_free(struct small_stack *);

#endif
