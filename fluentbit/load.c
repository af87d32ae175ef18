/*
 * Loading: fill the variables filter_NAME_plugin before Fluent Bit copies them.
 *
 * Fluent Bit copies the variable as soon as dlopen() returns. Go's runtime, in
 * a shared object, starts in a thread of its own that dlopen() does not wait
 * for, and what a filter says of itself stands in Go. So a constructor of the
 * shared object waits for Go's package initialisation to end, then fills each
 * variable from what Register was given.
 *
 * Why that is sound:
 *
 *   - Order. Go's runtime is started by an entry of .init_array in the object
 *     file that Go's linker puts first on the link line, and entries of equal
 *     priority run in link order: when our constructor runs, Go's thread has
 *     been created.
 *   - Locks. The dynamic linker holds its lock while constructors run. Starting
 *     Go needs no such lock: it creates threads and maps memory. But a package
 *     that in its initialisation calls dlopen(), or something of the C library
 *     that does (looking up a user or a host name through NSS), would wait for
 *     us while we wait for it.
 *   - So the wait has an end. A helper thread calls into Go, which returns when
 *     all packages are initialised, and the constructor waits for the helper no
 *     longer than LOAD_TIMEOUT. After that, and also when Register was not
 *     called for a variable, Fluent Bit gets a filter of that name that refuses
 *     to start and says why. Fluent Bit neither hangs nor crashes.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <link.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "abi.h"
#include "kit.h"
#include "_cgo_export.h"

enum { LOAD_TIMEOUT = 30 }; /* seconds; Go takes milliseconds */

struct kit_plugin *kit_plugins;

static pid_t loaded_in;      /* the process that loaded us */
static int instance_started; /* in this process or the one it was forked from */

void kit_register(struct kit_plugin *plugin)
{
    /* Called during Go's initialisation, which is one thread at a time, and
     * read only after it has ended. */
    plugin->next = kit_plugins;
    kit_plugins = plugin;
}

/* ---- our own exported variables ---------------------------------------- */

#define SYMBOL_PREFIX "filter_"
#define SYMBOL_SUFFIX "_plugin"

/* The number of dynamic symbols, from whichever hash table the linker made. */
static size_t symbol_count(const uint32_t *hash, const uint32_t *gnu)
{
    if (hash != NULL) {
        return hash[1];
    }
    if (gnu == NULL) {
        return 0;
    }
    /* GNU's table does not say: the last symbol is the end of the chain that
     * starts furthest back. */
    uint32_t buckets = gnu[0], first = gnu[1], bloom_words = gnu[2];
    const uint32_t *bucket = gnu + 4 + bloom_words * (sizeof(ElfW(Addr)) / sizeof(uint32_t));
    const uint32_t *chain = bucket + buckets;
    uint32_t last = 0;
    for (uint32_t i = 0; i < buckets; i++) {
        if (bucket[i] > last) {
            last = bucket[i];
        }
    }
    if (last < first) {
        return first;
    }
    while ((chain[last - first] & 1) == 0) {
        last++;
    }
    return (size_t)last + 1;
}

/*
 * Calls found for each variable filter_NAME_plugin that this shared object
 * exports, and returns how many there are: none in a program, such as a test
 * of this package.
 */
static int each_variable(void (*found)(const char *name, size_t name_len, void *address, size_t size))
{
    Dl_info info;
    struct link_map *self = NULL;
    if (dladdr1((void *)&kit_plugins, &info, (void **)&self, RTLD_DL_LINKMAP) == 0 || self == NULL) {
        return 0;
    }
    const ElfW(Sym) *symbols = NULL;
    const char *strings = NULL;
    const uint32_t *hash = NULL, *gnu = NULL;
    for (const ElfW(Dyn) *d = self->l_ld; d->d_tag != DT_NULL; d++) {
        /* The C library has turned offsets into addresses, on most machines. */
        ElfW(Addr) at = d->d_un.d_ptr;
        const void *p = (const void *)(at < self->l_addr ? at + self->l_addr : at);
        switch (d->d_tag) {
        case DT_SYMTAB: symbols = p; break;
        case DT_STRTAB: strings = p; break;
        case DT_HASH: hash = p; break;
        case DT_GNU_HASH: gnu = p; break;
        }
    }
    if (symbols == NULL || strings == NULL) {
        return 0;
    }
    const size_t prefix = strlen(SYMBOL_PREFIX), suffix = strlen(SYMBOL_SUFFIX);
    int n = 0;
    for (size_t i = 0, count = symbol_count(hash, gnu); i < count; i++) {
        const ElfW(Sym) *s = &symbols[i];
        if (s->st_shndx == SHN_UNDEF || (s->st_info & 0xf) != STT_OBJECT) {
            continue;
        }
        const char *name = strings + s->st_name;
        size_t len = strlen(name);
        if (len > prefix + suffix && memcmp(name, SYMBOL_PREFIX, prefix) == 0 &&
            memcmp(name + len - suffix, SYMBOL_SUFFIX, suffix) == 0) {
            n++;
            if (found != NULL) {
                found(name + prefix, len - prefix - suffix, (void *)(self->l_addr + s->st_value), s->st_size);
            }
        }
    }
    return n;
}

/* ---- filling a variable -------------------------------------------------- */

/* The option list in the layout of the Fluent Bit that we are loaded into. */
static void *option_list(const struct kit_plugin *p)
{
    int v5_1 = flb_config_map_find != NULL;
    size_t entry = v5_1 ? sizeof(struct flb_option_5_1) : sizeof(struct flb_option_before_5_1);
    char *list = calloc((size_t)p->option_count + 1, entry);
    if (list == NULL) {
        return NULL;
    }
    for (int i = 0; i < p->option_count; i++) {
        const struct kit_option *from = &p->options[i];
        /* Both layouts begin with the same fields, the only ones we set. */
        struct flb_option_before_5_1 *to = (void *)(list + (size_t)i * entry);
        to->type = from->type;
        to->name = from->name;
        to->default_value = from->default_value;
        to->flags = from->multiple ? FLB_OPTION_REPEATABLE : 0;
        to->description = from->help;
    }
    return list;
}

static void fill(const char *name, size_t name_len, void *address, size_t size)
{
    if (size < sizeof(struct flb_filter_plugin)) {
        fprintf(stderr, "[filter:%.*s] the variable %s%.*s%s has %zu bytes: declare it with 256\n",
                (int)name_len, name, SYMBOL_PREFIX, (int)name_len, name, SYMBOL_SUFFIX, size);
        return;
    }
    struct flb_filter_plugin filter = {
        .event_type = FLB_EVENT_LOGS,
        .cb_filter = kit_cb_filter,
        .cb_exit = kit_cb_exit,
    };
    struct kit_plugin *p = kit_refusal != NULL ? NULL : kit_plugins;
    while (p != NULL && (strlen(p->name) != name_len || memcmp(p->name, name, name_len) != 0)) {
        p = p->next;
    }
    if (p != NULL) {
        filter.name = p->name;
        filter.description = p->description;
        filter.options = option_list(p);
        filter.cb_init = kit_cb_init;
    } else {
        filter.name = strndup(name, name_len);
        filter.description = "a filter that was not registered";
        filter.cb_init = kit_cb_refuse;
    }
    memcpy(address, &filter, sizeof(filter));
}

/* ---- waiting for Go -------------------------------------------------------- */

static pthread_mutex_t ready_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t ready_cond;
static int go_ready;

static void *wait_in_go(void *unused)
{
    (void)unused;
    flbkitReady(); /* returns when all packages are initialised */
    pthread_mutex_lock(&ready_lock);
    go_ready = 1;
    pthread_cond_signal(&ready_cond);
    pthread_mutex_unlock(&ready_lock);
    return NULL;
}

/* Returns whether Go is ready. */
static int wait_for_go(void)
{
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&ready_cond, &monotonic);
    pthread_condattr_destroy(&monotonic);

    /* Signals are for Fluent Bit's threads to take. */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    pthread_t helper;
    int err = pthread_create(&helper, NULL, wait_in_go, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (err != 0) {
        return 0;
    }
    pthread_detach(helper);

    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += LOAD_TIMEOUT;
    pthread_mutex_lock(&ready_lock);
    while (!go_ready && err != ETIMEDOUT) {
        err = pthread_cond_timedwait(&ready_cond, &ready_lock, &until);
    }
    int ready = go_ready;
    pthread_mutex_unlock(&ready_lock);
    return ready;
}

/* ---- signals ------------------------------------------------------------- */

/*
 * Go turns a nil pointer that is used into a panic, which a filter survives, by
 * its handlers of SIGSEGV, SIGBUS and SIGFPE; for faults in C they call the
 * handlers that were there before. Fluent Bit installs its own handlers anew
 * whenever it gets a signal (SIGHUP, which reloads, or SIGCONT, which prints
 * its state), and from then on a nil pointer in Go would end the process. So
 * before each call into Go we look at the one that matters most, and put Go's
 * handlers back on top where Fluent Bit's stand.
 */
static const int go_signals[] = {SIGSEGV, SIGBUS, SIGFPE};
enum { GO_SIGNALS = sizeof(go_signals) / sizeof(go_signals[0]) };
static struct sigaction before_go[GO_SIGNALS], with_go[GO_SIGNALS];
static int go_started; /* with_go is known */

/* Whether a handler is part of the program, and not of a shared object. */
static int of_program(const struct sigaction *a)
{
    Dl_info program, handler;
    return a->sa_handler != SIG_DFL && a->sa_handler != SIG_IGN &&
           dladdr((void *)getauxval(AT_ENTRY), &program) != 0 &&
           dladdr((void *)a->sa_handler, &handler) != 0 && handler.dli_fbase == program.dli_fbase;
}

/*
 * Whether Fluent Bit's handler stands where Go's should. Another shared object
 * with a Go of its own, loaded later, has put its handlers on top of ours: they
 * call ours, and stay. One loaded earlier has put its own back: ours go on top.
 */
static int replaced(int i)
{
    static void (*fine[GO_SIGNALS])(int); /* the last handler seen that may stay */
    struct sigaction now;
    if (with_go[i].sa_handler == before_go[i].sa_handler || sigaction(go_signals[i], NULL, &now) != 0 ||
        now.sa_handler == with_go[i].sa_handler) {
        return 0;
    }
    if (now.sa_handler == before_go[i].sa_handler) {
        return 1;
    }
    if (now.sa_handler == __atomic_load_n(&fine[i], __ATOMIC_RELAXED)) {
        return 0;
    }
    if (of_program(&now)) {
        return 1;
    }
    __atomic_store_n(&fine[i], now.sa_handler, __ATOMIC_RELAXED);
    return 0;
}

/*
 * Two shared objects with a Go of its own each may find Fluent Bit's handlers at the
 * same time, in two threads. If both put theirs there, the second ones replace the
 * first ones and do not know of them: one looks after the other. They have nothing in
 * common but the C library, so one of its locks is theirs: that of stdin, which
 * Fluent Bit reads by its descriptor. Whoever else holds it is not waited for long.
 */
static int lock_handlers(void)
{
    for (int n = 0; n < 1000; n++) {
        if (ftrylockfile(stdin) == 0) {
            return 1;
        }
        sched_yield();
    }
    return 0;
}

void kit_restore_signals(void)
{
    if (!go_started || !replaced(0)) {
        return;
    }
    int locked = lock_handlers();
    for (int i = 0; i < GO_SIGNALS; i++) {
        if (replaced(i)) {
            sigaction(go_signals[i], &with_go[i], NULL);
        }
    }
    if (locked) {
        funlockfile(stdin);
    }
}

static void read_signals(struct sigaction *into)
{
    for (int i = 0; i < GO_SIGNALS; i++) {
        sigaction(go_signals[i], NULL, &into[i]);
    }
}

void kit_go_started(void)
{
    read_signals(with_go);
    go_started = 1;
}

/* ---- forks --------------------------------------------------------------- */

/*
 * "Daemon on" and -d fork after the filters were loaded. Threads do not
 * survive a fork, so the child has no Go: a call into it would never return.
 */
const char kit_forked_text[] =
    "Fluent Bit went into the background after it had loaded this filter, which a filter in Go "
    "does not survive: run Fluent Bit in the foreground (without -d, Daemon off) and let systemd "
    "or another supervisor keep it";

int kit_forked(void)
{
    return getpid() != loaded_in;
}

/*
 * In the child of a fork. Fluent Bit closes its standard error before it
 * starts the filters: this is the last moment when somebody at a terminal can
 * be told. A fork after the start is somebody's child process, none of ours.
 */
static void after_fork(void)
{
    if (!instance_started) {
        struct iovec line[] = {
            {"[filter] ", 9},
            {(void *)kit_forked_text, sizeof(kit_forked_text) - 1},
            {"\n", 1},
        };
        ssize_t ignored = writev(STDERR_FILENO, line, 3);
        (void)ignored;
    }
}

void kit_instance_started(void)
{
    instance_started = 1;
}

/* ---- what is read once ----------------------------------------------------- */

/*
 * The dynamic linker has read our relocations, some 400 KB of types of Go, and nobody
 * does again. They are of the file and not changed: whoever looked at them after this
 * would get them from there.
 */
static void forget_relocations(void)
{
    Dl_info info;
    struct link_map *self = NULL;
    if (dladdr1((void *)&kit_plugins, &info, (void **)&self, RTLD_DL_LINKMAP) == 0 || self == NULL) {
        return;
    }
    ElfW(Addr) from = 0, size = 0, page = (ElfW(Addr))sysconf(_SC_PAGESIZE);
    for (const ElfW(Dyn) *d = self->l_ld; d->d_tag != DT_NULL; d++) {
        if (d->d_tag == DT_RELA) {
            from = d->d_un.d_ptr < self->l_addr ? d->d_un.d_ptr + self->l_addr : d->d_un.d_ptr;
        } else if (d->d_tag == DT_RELASZ) {
            size = d->d_un.d_val;
        }
    }
    ElfW(Addr) first = (from + page - 1) / page * page, end = (from + size) / page * page;
    if (from != 0 && first < end) {
        madvise((void *)first, end - first, MADV_DONTNEED);
    }
}

/* ---- constructors ---------------------------------------------------------- */

const char *kit_refusal;

/* Runs before Go's own entry, as an entry with a priority does. */
__attribute__((constructor(101))) static void before_go_starts(void)
{
    read_signals(before_go);
}

/* Runs after Go's own entry. */
__attribute__((constructor)) static void load(void)
{
    loaded_in = getpid();
    if (each_variable(NULL) == 0) {
        return; /* not a filter's shared object */
    }
    pthread_atfork(NULL, NULL, after_fork);
    if (!wait_for_go()) {
        kit_refusal = "Go did not start in time: a package waits in its initialisation, "
                      "perhaps for the dynamic linker (looking up a user or a host does that)";
    }
    kit_go_started();
    each_variable(fill);
    forget_relocations();
}

