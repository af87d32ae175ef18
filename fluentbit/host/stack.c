/*
 * Calls on a small stack, as Fluent Bit makes from the coroutines in which some
 * inputs collect. The stack is painted, so that its high-water mark shows, and
 * has pages below it that fault, so that an overflow does not go unnoticed.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include "host.h"

enum { PAINT = 0xa5, GUARD = 64 << 10 };

struct small_stack {
    uint8_t *map;
    size_t size;
    ucontext_t caller, inside;
    void (*f)(void *);
    void *arg;
};

struct small_stack *small_stack_new(size_t size)
{
    struct small_stack *s = calloc(1, sizeof(*s));
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    if (s == NULL) {
        return NULL;
    }
    s->size = (size + page - 1) / page * page;
    s->map = mmap(NULL, GUARD + s->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (s->map == MAP_FAILED) {
        free(s);
        return NULL;
    }
    mprotect(s->map, GUARD, PROT_NONE);
    memset(s->map + GUARD, PAINT, s->size);
    return s;
}

/* makecontext passes ints: a pointer goes in two halves. */
static void enter(unsigned high, unsigned low)
{
    struct small_stack *s = (struct small_stack *)((uintptr_t)high << 32 | low);
    s->f(s->arg);
}

void small_stack_run(struct small_stack *s, void (*f)(void *), void *arg)
{
    s->f = f;
    s->arg = arg;
    getcontext(&s->inside);
    s->inside.uc_stack.ss_sp = s->map + GUARD;
    s->inside.uc_stack.ss_size = s->size;
    s->inside.uc_link = &s->caller;
    makecontext(&s->inside, (void (*)(void))enter, 2, (unsigned)((uintptr_t)s >> 32), (unsigned)(uintptr_t)s);
    swapcontext(&s->caller, &s->inside);
}

size_t small_stack_used(const struct small_stack *s)
{
    size_t untouched = 0;
    while (untouched < s->size && s->map[GUARD + untouched] == PAINT) {
        untouched++;
    }
    return s->size - untouched;
}

void small_stack_free(struct small_stack *s)
{
    if (s != NULL) {
        munmap(s->map, GUARD + s->size);
        free(s);
    }
}
