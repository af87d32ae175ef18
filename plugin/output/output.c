/*
 * The output anomaly, as Fluent Bit's Go proxy finds it: functions by name.
 *
 * They stand here and not in Go for what has to happen around a call into Go:
 * a fork is noticed before it (in the child of one there is no Go, and the call
 * would never return), Go's signal handlers are put back, and log lines are
 * printed after it, by a thread of Fluent Bit's, on a stack that Go has left.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "_cgo_export.h"

#define WEAK __attribute__((weak))

/* Fluent Bit's. */
enum { FLB_ERROR = 0, FLB_LOG_ERROR = 1, FLB_LOG_INFO = 3, FLB_LOG_DEBUG = 4 };
WEAK void flb_log_print(int level, const char *file, int line, const char *format, ...);
WEAK const char *flb_output_name(void *instance);
WEAK int flb_output_log_check(void *instance, int level);

/* Of package fluentbit, in the same shared object; weak for the link that cgo
 * makes of this package alone. */
WEAK __attribute__((visibility("hidden"))) void kit_go_started(void);
WEAK __attribute__((visibility("hidden"))) void kit_restore_signals(void);

/* What FLBPluginInit gets, as far as it is used here. */
struct proxy_plugin {
    void *private;
    void *api;
    void *instance;
};

static pid_t loaded_in;

__attribute__((constructor)) static void remember_process(void)
{
    loaded_in = getpid();
}

static void print(int level, const char *text)
{
    if (flb_log_print != NULL) {
        flb_log_print(level, NULL, 0, "%s", text);
    } else {
        fprintf(stderr, "%s\n", text);
    }
}

/* Whether Go can be called. */
static int enter(void)
{
    if (getpid() != loaded_in) {
        return 0;
    }
    if (kit_restore_signals != NULL) {
        kit_restore_signals();
    }
    return 1;
}

/* Prints what Go has logged. */
static void leave(void)
{
    int level;
    char *line;
    while ((line = anomalyOutputLine(&level)) != NULL) {
        print(level, line);
        free(line);
    }
}

int FLBPluginRegister(void *definition)
{
    int result = anomalyOutputRegister(definition); /* waits until Go has started */
    if (kit_go_started != NULL) {
        kit_go_started();
    }
    return result;
}

int FLBPluginUnregister(void *definition)
{
    if (enter()) {
        anomalyOutputUnregister(definition);
    }
    return 0;
}

int FLBPluginInit(void *plugin)
{
    void *instance = ((struct proxy_plugin *)plugin)->instance;
    const char *name = flb_output_name != NULL ? flb_output_name(instance) : "anomaly";
    int level = flb_output_log_check != NULL ? 0 : FLB_LOG_INFO;

    if (!enter()) {
        print(FLB_LOG_ERROR,
              "[output:anomaly] Fluent Bit went into the background after it had loaded this output, "
              "which an output in Go does not survive: run Fluent Bit in the foreground (without -d, "
              "Daemon off) and let systemd or another supervisor keep it");
        return FLB_ERROR;
    }
    while (flb_output_log_check != NULL && level < FLB_LOG_DEBUG && flb_output_log_check(instance, level + 1)) {
        level++;
    }
    int result = anomalyOutputInit(plugin, (char *)name, level, syscall(SYS_gettid));
    leave();
    return result;
}

int FLBPluginFlushCtx(void *context, void *chunk, size_t size, char *tag)
{
    if (!enter()) {
        return FLB_ERROR;
    }
    int result = anomalyOutputFlush(context, chunk, size, tag, syscall(SYS_gettid));
    leave();
    return result;
}

int FLBPluginExitCtx(void *context)
{
    if (enter()) {
        anomalyOutputExit(context);
        leave();
    }
    return 1;
}
