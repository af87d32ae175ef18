/* An output of Fluent Bit's Go proxy that has no Go in it and does nothing. */
#include <stddef.h>

struct definition {
    int type, proxy, flags;
    const char *name, *description;
};

int FLBPluginRegister(struct definition *d)
{
    d->type = 2;   /* an output */
    d->proxy = 11; /* of the Go proxy */
    d->flags = 0;
    d->name = "plain";
    d->description = "does nothing";
    return 0;
}

int FLBPluginInit(void *plugin)
{
    (void)plugin;
    return 1;
}

int FLBPluginFlushCtx(void *context, const void *chunk, size_t size, char *tag)
{
    (void)context, (void)chunk, (void)size, (void)tag;
    return 1;
}

int FLBPluginExitCtx(void *context)
{
    (void)context;
    return 1;
}
