/* A JSON object, straight into msgpack. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"

struct parser {
    const uint8_t *at;
    const uint8_t *end;
    struct buf *out;
    struct buf scratch; /* a string without its escapes, or a number's text */
    int depth;
};

static bool value(struct parser *);

static void space(struct parser *p)
{
    while (p->at < p->end && (*p->at == ' ' || *p->at == '\t' || *p->at == '\n' || *p->at == '\r')) {
        p->at++;
    }
}

/* Takes c if it comes next. */
static bool take(struct parser *p, uint8_t c)
{
    if (p->at < p->end && *p->at == c) {
        p->at++;
        return true;
    }
    return false;
}

static bool word(struct parser *p, const char *w)
{
    size_t n = strlen(w);
    if ((size_t)(p->end - p->at) < n || memcmp(p->at, w, n) != 0) {
        return false;
    }
    p->at += n;
    return true;
}

/* The four digits of \uXXXX; -1 when they are not. */
static int32_t hex4(struct parser *p)
{
    if (p->end - p->at < 4) {
        return -1;
    }
    int32_t code = 0;
    for (int i = 0; i < 4; i++) {
        uint8_t c = *p->at++;
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;
        if (digit < 0) {
            return -1;
        }
        code = code << 4 | digit;
    }
    return code;
}

static void add_utf8(struct buf *b, uint32_t c)
{
    if (c < 0x80) {
        buf_byte(b, (uint8_t)c);
        return;
    }
    if (c < 0x800) {
        buf_byte(b, (uint8_t)(0xc0 | c >> 6));
    } else {
        if (c < 0x10000) {
            buf_byte(b, (uint8_t)(0xe0 | c >> 12));
        } else {
            buf_byte(b, (uint8_t)(0xf0 | c >> 18));
            buf_byte(b, (uint8_t)(0x80 | (c >> 12 & 0x3f)));
        }
        buf_byte(b, (uint8_t)(0x80 | (c >> 6 & 0x3f)));
    }
    buf_byte(b, (uint8_t)(0x80 | (c & 0x3f)));
}

static bool escape(struct parser *p)
{
    static const char names[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
    if (p->at == p->end) {
        return false;
    }
    uint8_t c = *p->at++;
    if (c != 'u') {
        const char *name = c != '\0' ? strchr(names, c) : NULL;
        if (name == NULL) {
            return false;
        }
        buf_byte(&p->scratch, (uint8_t)meanings[name - names]);
        return true;
    }
    int32_t code = hex4(p);
    if (code < 0 || (code >= 0xdc00 && code <= 0xdfff)) {
        return false;
    }
    if (code >= 0xd800 && code <= 0xdbff) { /* the first half of a pair */
        int32_t low = take(p, '\\') && take(p, 'u') ? hex4(p) : -1;
        if (low < 0xdc00 || low > 0xdfff) {
            return false;
        }
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    }
    add_utf8(&p->scratch, (uint32_t)code);
    return true;
}

static bool string(struct parser *p)
{
    if (!take(p, '"')) {
        return false;
    }
    p->scratch.len = 0;
    while (p->at < p->end) {
        uint8_t c = *p->at;
        if (c == '"') {
            p->at++;
            msgpack_string(p->out, p->scratch.data, p->scratch.len);
            return true;
        }
        if (c == '\\') {
            p->at++;
            if (!escape(p)) {
                return false;
            }
            continue;
        }
        size_t n = utf8_length(p->at, (size_t)(p->end - p->at));
        if (c < 0x20 || n == 0) {
            return false;
        }
        buf_add(&p->scratch, p->at, n);
        p->at += n;
    }
    return false;
}

static bool digits(struct parser *p)
{
    const uint8_t *start = p->at;
    while (p->at < p->end && *p->at >= '0' && *p->at <= '9') {
        p->at++;
    }
    return p->at > start;
}

/* A whole number that fits in 64 bits stays one, any other is a double. */
static bool number(struct parser *p)
{
    const uint8_t *start = p->at;
    bool negative = take(p, '-'), whole = true;
    if (!take(p, '0') && !digits(p)) {
        return false;
    }
    if (take(p, '.')) {
        whole = false;
        if (!digits(p)) {
            return false;
        }
    }
    if (take(p, 'e') || take(p, 'E')) {
        whole = false;
        if (!take(p, '+')) {
            take(p, '-');
        }
        if (!digits(p)) {
            return false;
        }
    }
    p->scratch.len = 0;
    buf_add(&p->scratch, start, (size_t)(p->at - start));
    buf_byte(&p->scratch, '\0');
    const char *text = (const char *)p->scratch.data;
    errno = 0;
    if (whole && negative) {
        long long v = strtoll(text, NULL, 10);
        if (errno == 0) {
            msgpack_int(p->out, v);
            return true;
        }
    } else if (whole) {
        unsigned long long v = strtoull(text, NULL, 10);
        if (errno == 0) {
            msgpack_uint(p->out, v);
            return true;
        }
    }
    msgpack_double(p->out, strtod(text, NULL));
    return true;
}

/*
 * msgpack says how many members there are before the members: they are written
 * first, and moved to make room for the header.
 */
static void put_header(struct buf *out, size_t start, bool map, uint32_t members)
{
    struct buf header = {0};
    if (map) {
        msgpack_map(&header, members);
    } else {
        msgpack_array(&header, members);
    }
    buf_reserve(out, header.len);
    memmove(out->data + start + header.len, out->data + start, out->len - start);
    memcpy(out->data + start, header.data, header.len);
    out->len += header.len;
    buf_free(&header);
}

static bool members(struct parser *p, bool map)
{
    const uint8_t close = map ? '}' : ']';
    size_t start = p->out->len;
    uint32_t n = 0;
    p->at++;
    if (++p->depth > JSON_NESTING) {
        return false;
    }
    space(p);
    if (!take(p, close)) {
        do {
            space(p);
            if (map) {
                if (!string(p)) {
                    return false;
                }
                space(p);
                if (!take(p, ':')) {
                    return false;
                }
                space(p);
            }
            if (!value(p)) {
                return false;
            }
            n++;
            space(p);
        } while (take(p, ','));
        if (!take(p, close)) {
            return false;
        }
    }
    p->depth--;
    put_header(p->out, start, map, n);
    return true;
}

static bool value(struct parser *p)
{
    if (p->at == p->end) {
        return false;
    }
    switch (*p->at) {
    case '{': return members(p, true);
    case '[': return members(p, false);
    case '"': return string(p);
    case 't': return word(p, "true") && (msgpack_bool(p->out, true), true);
    case 'f': return word(p, "false") && (msgpack_bool(p->out, false), true);
    case 'n': return word(p, "null") && (msgpack_nil(p->out), true);
    default: return number(p);
    }
}

bool json_object_to_msgpack(const char *text, size_t len, struct buf *out)
{
    struct parser p = {.at = (const uint8_t *)text, .end = (const uint8_t *)text + len, .out = out};
    size_t start = out->len;
    space(&p);
    bool ok = p.at < p.end && *p.at == '{' && value(&p);
    space(&p);
    ok = ok && p.at == p.end;
    if (!ok) {
        out->len = start;
    }
    buf_free(&p.scratch);
    return ok;
}
