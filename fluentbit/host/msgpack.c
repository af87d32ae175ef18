/* msgpack: writing what the host needs, walking and printing anything. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"

/* ---- writing ----------------------------------------------------------------- */

static void big_endian(struct buf *b, uint64_t v, int bytes)
{
    for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
        buf_byte(b, (uint8_t)(v >> shift));
    }
}

static void typed(struct buf *b, uint8_t type, uint64_t v, int bytes)
{
    buf_byte(b, type);
    big_endian(b, v, bytes);
}

void msgpack_array(struct buf *b, uint32_t n)
{
    if (n < 16) {
        buf_byte(b, (uint8_t)(0x90 | n));
    } else if (n <= UINT16_MAX) {
        typed(b, 0xdc, n, 2);
    } else {
        typed(b, 0xdd, n, 4);
    }
}

void msgpack_map(struct buf *b, uint32_t n)
{
    if (n < 16) {
        buf_byte(b, (uint8_t)(0x80 | n));
    } else if (n <= UINT16_MAX) {
        typed(b, 0xde, n, 2);
    } else {
        typed(b, 0xdf, n, 4);
    }
}

void msgpack_string(struct buf *b, const void *s, size_t len)
{
    if (len < 32) {
        buf_byte(b, (uint8_t)(0xa0 | len));
    } else if (len <= UINT8_MAX) {
        typed(b, 0xd9, len, 1);
    } else if (len <= UINT16_MAX) {
        typed(b, 0xda, len, 2);
    } else {
        typed(b, 0xdb, len, 4);
    }
    buf_add(b, s, len);
}

void msgpack_uint(struct buf *b, uint64_t v)
{
    if (v < 128) {
        buf_byte(b, (uint8_t)v);
    } else if (v <= UINT8_MAX) {
        typed(b, 0xcc, v, 1);
    } else if (v <= UINT16_MAX) {
        typed(b, 0xcd, v, 2);
    } else if (v <= UINT32_MAX) {
        typed(b, 0xce, v, 4);
    } else {
        typed(b, 0xcf, v, 8);
    }
}

void msgpack_int(struct buf *b, int64_t v)
{
    if (v >= 0) {
        msgpack_uint(b, (uint64_t)v);
    } else if (v >= -32) {
        buf_byte(b, (uint8_t)v);
    } else if (v >= INT8_MIN) {
        typed(b, 0xd0, (uint64_t)v, 1);
    } else if (v >= INT16_MIN) {
        typed(b, 0xd1, (uint64_t)v, 2);
    } else if (v >= INT32_MIN) {
        typed(b, 0xd2, (uint64_t)v, 4);
    } else {
        typed(b, 0xd3, (uint64_t)v, 8);
    }
}

void msgpack_double(struct buf *b, double v)
{
    uint64_t bits;
    memcpy(&bits, &v, sizeof(bits));
    typed(b, 0xcb, bits, 8);
}

void msgpack_nil(struct buf *b)
{
    buf_byte(b, 0xc0);
}

void msgpack_bool(struct buf *b, bool v)
{
    buf_byte(b, v ? 0xc3 : 0xc2);
}

void msgpack_time(struct buf *b, int64_t nanoseconds)
{
    buf_byte(b, 0xd7); /* fixext 8 */
    buf_byte(b, 0);
    big_endian(b, (uint64_t)(nanoseconds / 1000000000), 4);
    big_endian(b, (uint64_t)(nanoseconds % 1000000000), 4);
}

/* ---- walking ----------------------------------------------------------------- */

enum kind { NIL, BOOL, UINT, INT, FLOAT, STRING, BINARY, EXT, ARRAY, MAP };

/* The head of a value: what stands before its bytes, or before its members. */
struct head {
    enum kind kind;
    size_t size;       /* of the head itself */
    uint64_t n;        /* bytes of STRING, BINARY, EXT; elements; pairs */
    uint64_t u;        /* BOOL, UINT, and the bits of INT */
    double f;
    int8_t ext_type;
};

static uint64_t read_big_endian(const uint8_t *p, int bytes)
{
    uint64_t v = 0;
    for (int i = 0; i < bytes; i++) {
        v = v << 8 | p[i];
    }
    return v;
}

/* Reads a head. False when it, or the bytes that it announces, are cut short. */
static bool read_head(const uint8_t *p, size_t len, struct head *h)
{
    if (len == 0) {
        return false;
    }
    uint8_t c = p[0];
    int number = 0; /* bytes of the number behind the type byte */
    *h = (struct head){0};
    if (c <= 0x7f) {
        h->kind = UINT, h->u = c;
    } else if (c <= 0x8f) {
        h->kind = MAP, h->n = c & 0x0f;
    } else if (c <= 0x9f) {
        h->kind = ARRAY, h->n = c & 0x0f;
    } else if (c <= 0xbf) {
        h->kind = STRING, h->n = c & 0x1f;
    } else if (c >= 0xe0) {
        h->kind = INT, h->u = (uint64_t)(int64_t)(int8_t)c;
    } else {
        switch (c) {
        case 0xc0: h->kind = NIL; break;
        case 0xc2: case 0xc3: h->kind = BOOL, h->u = c & 1; break;
        case 0xc4: case 0xc5: case 0xc6: h->kind = BINARY, number = 1 << (c - 0xc4); break;
        case 0xc7: case 0xc8: case 0xc9: h->kind = EXT, number = 1 << (c - 0xc7); break;
        case 0xca: case 0xcb: h->kind = FLOAT, number = 4 << (c - 0xca); break;
        case 0xcc: case 0xcd: case 0xce: case 0xcf: h->kind = UINT, number = 1 << (c - 0xcc); break;
        case 0xd0: case 0xd1: case 0xd2: case 0xd3: h->kind = INT, number = 1 << (c - 0xd0); break;
        case 0xd4: case 0xd5: case 0xd6: case 0xd7: case 0xd8:
            h->kind = EXT, h->n = (uint64_t)1 << (c - 0xd4);
            break;
        case 0xd9: case 0xda: case 0xdb: h->kind = STRING, number = 1 << (c - 0xd9); break;
        case 0xdc: case 0xdd: h->kind = ARRAY, number = 2 << (c - 0xdc); break;
        case 0xde: case 0xdf: h->kind = MAP, number = 2 << (c - 0xde); break;
        default: return false; /* 0xc1 is never used */
        }
    }
    h->size = 1 + (size_t)number + (h->kind == EXT ? 1 : 0);
    if (len < h->size) {
        return false;
    }
    uint64_t v = read_big_endian(p + 1, number);
    switch (h->kind) {
    case FLOAT:
        if (number == 4) {
            uint32_t bits = (uint32_t)v;
            float f;
            memcpy(&f, &bits, sizeof(f));
            h->f = f;
        } else {
            memcpy(&h->f, &v, sizeof(h->f));
        }
        break;
    case UINT:
        h->u = number != 0 ? v : h->u;
        break;
    case INT:
        if (number != 0) { /* extend the sign */
            int unused = 64 - 8 * number;
            h->u = (uint64_t)((int64_t)(v << unused) >> unused);
        }
        break;
    case STRING: case BINARY: case EXT: case ARRAY: case MAP:
        h->n = number != 0 ? v : h->n;
        break;
    default:
        break;
    }
    if (h->kind == EXT) {
        h->ext_type = (int8_t)p[h->size - 1];
    }
    if (h->kind == STRING || h->kind == BINARY || h->kind == EXT) {
        return h->n <= len - h->size;
    }
    return true;
}

size_t msgpack_size(const uint8_t *data, size_t len)
{
    size_t at = 0;
    uint64_t left = 1; /* values still to come: no recursion, so any depth */
    while (left > 0) {
        struct head h;
        if (!read_head(data + at, len - at, &h)) {
            return 0;
        }
        at += h.size;
        left--;
        if (h.kind == ARRAY) {
            left += h.n;
        } else if (h.kind == MAP) {
            left += 2 * h.n;
        } else {
            at += h.n;
        }
        if (left > len - at) { /* each takes a byte at least */
            return 0;
        }
    }
    return at;
}

/* ---- printing ------------------------------------------------------------------ */

static void json_string(struct buf *out, const uint8_t *s, size_t len)
{
    buf_byte(out, '"');
    while (len > 0) {
        size_t n = utf8_length(s, len);
        char escaped[8];
        if (n == 0) {
            buf_text(out, "\xef\xbf\xbd");
            n = 1;
        } else if (n > 1) {
            buf_add(out, s, n);
        } else if (*s == '"' || *s == '\\') {
            buf_byte(out, '\\');
            buf_byte(out, *s);
        } else if (*s == '\n') {
            buf_text(out, "\\n");
        } else if (*s == '\t') {
            buf_text(out, "\\t");
        } else if (*s == '\r') {
            buf_text(out, "\\r");
        } else if (*s < 0x20 || *s == 0x7f) {
            snprintf(escaped, sizeof(escaped), "\\u%04x", *s);
            buf_text(out, escaped);
        } else {
            buf_byte(out, *s);
        }
        s += n;
        len -= n;
    }
    buf_byte(out, '"');
}

static void json_hex(struct buf *out, const uint8_t *s, size_t len)
{
    static const char digits[] = "0123456789abcdef";
    buf_text(out, "\"0x");
    for (size_t i = 0; i < len; i++) {
        buf_byte(out, (uint8_t)digits[s[i] >> 4]);
        buf_byte(out, (uint8_t)digits[s[i] & 0xf]);
    }
    buf_byte(out, '"');
}

/* The shortest text that reads back as the same number. */
static void json_double(struct buf *out, double v)
{
    char text[40];
    if (!isfinite(v)) {
        buf_text(out, "null");
        return;
    }
    for (int precision = 15; precision <= 17; precision++) {
        snprintf(text, sizeof(text), "%.*g", precision, v);
        if (strtod(text, NULL) == v) {
            break;
        }
    }
    buf_text(out, text);
    if (strpbrk(text, ".e") == NULL) {
        buf_text(out, ".0");
    }
}

/* Prints the value at p, which is known to be whole, and returns its size. */
static size_t print_value(const uint8_t *p, size_t len, struct buf *out, int depth)
{
    struct head h;
    char text[32];
    if (!read_head(p, len, &h)) {
        return 0;
    }
    if ((h.kind == ARRAY || h.kind == MAP) && depth >= JSON_NESTING) {
        buf_text(out, "null");
        return msgpack_size(p, len);
    }
    const uint8_t *bytes = p + h.size;
    size_t at = h.size;
    switch (h.kind) {
    case NIL:
        buf_text(out, "null");
        break;
    case BOOL:
        buf_text(out, h.u ? "true" : "false");
        break;
    case UINT:
        snprintf(text, sizeof(text), "%llu", (unsigned long long)h.u);
        buf_text(out, text);
        break;
    case INT:
        snprintf(text, sizeof(text), "%lld", (long long)h.u);
        buf_text(out, text);
        break;
    case FLOAT:
        json_double(out, h.f);
        break;
    case STRING:
        json_string(out, bytes, h.n);
        at += h.n;
        break;
    case BINARY:
        json_hex(out, bytes, h.n);
        at += h.n;
        break;
    case EXT:
        snprintf(text, sizeof(text), "{\"ext\":%d,\"data\":", h.ext_type);
        buf_text(out, text);
        json_hex(out, bytes, h.n);
        buf_byte(out, '}');
        at += h.n;
        break;
    case ARRAY:
        buf_byte(out, '[');
        for (uint64_t i = 0; i < h.n; i++) {
            if (i > 0) {
                buf_byte(out, ',');
            }
            at += print_value(p + at, len - at, out, depth + 1);
        }
        buf_byte(out, ']');
        break;
    case MAP:
        buf_byte(out, '{');
        for (uint64_t i = 0; i < h.n; i++) {
            if (i > 0) {
                buf_byte(out, ',');
            }
            struct head key;
            if (read_head(p + at, len - at, &key) && key.kind == STRING) {
                at += print_value(p + at, len - at, out, depth + 1);
            } else {
                struct buf as_json = {0};
                at += print_value(p + at, len - at, &as_json, depth + 1);
                json_string(out, as_json.data, as_json.len);
                buf_free(&as_json);
            }
            buf_byte(out, ':');
            at += print_value(p + at, len - at, out, depth + 1);
        }
        buf_byte(out, '}');
        break;
    }
    return at;
}

void msgpack_to_json(const uint8_t *data, size_t len, struct buf *out)
{
    if (msgpack_size(data, len) == 0) {
        buf_text(out, "null");
        return;
    }
    print_value(data, len, out, 0);
}

/* ---- events ---------------------------------------------------------------------- */

static bool read_time(const uint8_t *p, size_t len, double *time)
{
    struct head h;
    if (!read_head(p, len, &h)) {
        return false;
    }
    switch (h.kind) {
    case UINT: *time = (double)h.u; return true;
    case INT: *time = (double)(int64_t)h.u; return true;
    case FLOAT: *time = h.f; return true;
    case EXT:
        if (h.n != 8) {
            return false;
        }
        *time = (double)(int32_t)read_big_endian(p + h.size, 4) +
                (double)read_big_endian(p + h.size + 4, 4) / 1e9;
        return true;
    default: return false;
    }
}

bool msgpack_event(const uint8_t *data, size_t len, double *time, const uint8_t **body, size_t *body_len)
{
    struct head outer, inner;
    size_t size = msgpack_size(data, len);
    *time = 0;
    if (size == 0 || !read_head(data, size, &outer) || outer.kind != ARRAY || outer.n != 2) {
        return false;
    }
    size_t at = outer.size, head_size = msgpack_size(data + at, size - at);
    if (read_head(data + at, size - at, &inner) && inner.kind == ARRAY) {
        if (inner.n == 0) {
            return false;
        }
        read_time(data + at + inner.size, size - at - inner.size, time);
    } else {
        read_time(data + at, size - at, time);
    }
    *body = data + at + head_size;
    *body_len = size - at - head_size;
    return true;
}
