/*
 * The threads that Go needs, and those that the system allows. Go ends the process
 * when it cannot start a thread that it needs, at once or at some later hour: what
 * is too low is told before.
 */
#define _GNU_SOURCE
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "kit.h"

/* Reads a number from a file; "max" is LONG_MAX. Returns whether there was one. */
static int read_number(const char *path, long *number)
{
    FILE *f = fopen(path, "re");
    if (f == NULL) {
        return 0;
    }
    char text[64] = "";
    int ok = fgets(text, sizeof(text), f) != NULL;
    fclose(f);
    if (!ok) {
        return 0;
    }
    if (strncmp(text, "max", 3) == 0) {
        *number = LONG_MAX;
        return 1;
    }
    char *end;
    *number = strtol(text, &end, 10);
    return end != text && *number >= 0;
}

/* Takes the limit of one cgroup into account. */
static void in_cgroup(const char *dir, struct kit_threads *t)
{
    char path[PATH_MAX];
    long most, now;
    if (snprintf(path, sizeof(path), "%s/pids.max", dir) >= (int)sizeof(path) || !read_number(path, &most) || most == LONG_MAX) {
        return;
    }
    if (snprintf(path, sizeof(path), "%s/pids.current", dir) >= (int)sizeof(path) || !read_number(path, &now)) {
        return;
    }
    long room = most > now ? most - now : 0;
    if (t->room < 0 || room < t->room) {
        t->room = room;
        t->limit = most;
        snprintf(t->what, sizeof(t->what), "pids.max in %.200s", dir);
    }
}

/* A cgroup and all above it, of which any may have a limit. In a container the path
 * may be the host's, which is not there: what is mounted at its top is the
 * container's then. */
static void in_cgroups(const char *mount, const char *path, struct kit_threads *t)
{
    char dir[PATH_MAX];
    size_t top = strlen(mount);
    if (snprintf(dir, sizeof(dir), "%s%s", mount, path) >= (int)sizeof(dir)) {
        return;
    }
    size_t end = strlen(dir);
    if (end > top && dir[end - 1] == '/') {
        dir[end - 1] = '\0';
    }
    for (;;) {
        in_cgroup(dir, t);
        char *slash = strrchr(dir, '/');
        if (slash == NULL || (size_t)(slash - dir) < top) {
            return;
        }
        *slash = '\0';
    }
}

/* Whether a list such as "cpu,pids" has pids in it. */
static int has_pids(const char *list, size_t len)
{
    for (size_t i = 0; i + 4 <= len; i++) {
        if (memcmp(list + i, "pids", 4) == 0 && (i == 0 || list[i - 1] == ',') && (i + 4 == len || list[i + 4] == ',')) {
            return 1;
        }
    }
    return 0;
}

struct kit_threads kit_thread_room(const char *root)
{
    struct kit_threads t = {.room = -1};
    char path[PATH_MAX], mount[PATH_MAX], line[PATH_MAX];
    snprintf(path, sizeof(path), "%s/proc/self/cgroup", root);
    FILE *f = fopen(path, "re");
    while (f != NULL && fgets(line, sizeof(line), f) != NULL) { /* number:controllers:path */
        line[strcspn(line, "\n")] = '\0';
        char *controllers = strchr(line, ':'), *at = controllers != NULL ? strchr(controllers + 1, ':') : NULL;
        if (at == NULL) {
            continue;
        }
        size_t len = (size_t)(at - controllers) - 1;
        if (len == 0) { /* version 2, alone or beside version 1 */
            snprintf(mount, sizeof(mount), "%s/sys/fs/cgroup", root);
            in_cgroups(mount, at + 1, &t);
            snprintf(mount, sizeof(mount), "%s/sys/fs/cgroup/unified", root);
            in_cgroups(mount, at + 1, &t);
        } else if (has_pids(controllers + 1, len)) {
            snprintf(mount, sizeof(mount), "%s/sys/fs/cgroup/pids", root);
            in_cgroups(mount, at + 1, &t);
        }
    }
    if (f != NULL) {
        fclose(f);
    }
    return t;
}

/* The limit of the user (ulimit -u), which does not hold for root. Others' threads
 * are not counted here: there is at most this room. */
static void of_user(struct kit_threads *t)
{
    struct rlimit most;
    if (geteuid() == 0 || getrlimit(RLIMIT_NPROC, &most) != 0 || most.rlim_cur == RLIM_INFINITY || most.rlim_cur > LONG_MAX) {
        return;
    }
    long own = 0;
    char line[256];
    FILE *f = fopen("/proc/self/status", "re");
    while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
        if (sscanf(line, "Threads: %ld", &own) == 1) {
            break;
        }
    }
    if (f != NULL) {
        fclose(f);
    }
    long room = (long)most.rlim_cur > own ? (long)most.rlim_cur - own : 0;
    if (t->room < 0 || room < t->room) {
        t->room = room;
        t->limit = (long)most.rlim_cur;
        snprintf(t->what, sizeof(t->what), "the user's limit of processes (ulimit -u)");
    }
}

struct kit_threads kit_threads_here(void)
{
    struct kit_threads t = kit_thread_room("");
    of_user(&t);
    return t;
}

/* Runs before Go's own entry, whose threads may be one too many: nobody could be
 * told afterwards. */
__attribute__((constructor(102))) static void before_go_threads(void)
{
    struct kit_threads t = kit_threads_here();
    if (t.room >= 0 && t.room < KIT_LEAST_THREADS) {
        fprintf(stderr,
                "[filter] %ld threads more can be started here (%s is %ld), and a plugin in Go needs at least %d: "
                "Go ends the process when it cannot start one; raise the limit\n",
                t.room, t.what, t.limit, KIT_LEAST_THREADS);
    }
}
