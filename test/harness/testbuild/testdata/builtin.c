/* For a host that has a filter built in: to load one is to find that. */
#include <stddef.h>

void *__real_dlopen(const char *path, int flags);

void *__wrap_dlopen(const char *path, int flags)
{
    (void)path;
    return __real_dlopen(NULL, flags);
}
