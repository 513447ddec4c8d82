/* What kernels translated from PTX are made of, and how the driver runs them: see run.py. */

#include <fenv.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

typedef uint8_t u8, pred;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef int64_t s64;
typedef float f32;
typedef double f64;
typedef unsigned __int128 u128;
typedef __int128 s128;

/* Addresses of the device have this bit set, so that a host that reads one is found out, and a kernel that is given one
   of the host's. */
#define DEVICE_BIT (1ull << 52)
#define ON_HOST(address) ((void *)((address) & ~DEVICE_BIT))

typedef struct { u64 low, high; } Range; /* of addresses; each place in the code remembers the last it was in */
typedef struct { u32 writer, written, reader, read; } Shadow; /* who touched 4 bytes of shared memory, and when */

typedef struct {
    u32 tid[3], number; /* numbers begin at 1 */
    int at;             /* the barrier where it waits; 0 before it begins, -1 when it has ended */
    u8 *saved;          /* its registers meanwhile */
} Thread;

typedef struct Launch Launch;
struct Launch {
    u8 *params, *shared;
    u32 ntid[3], nctaid[3], ctaid[3];
    u32 votes, voted, live; /* of the threads that come to a barrier now, of those that came to the last, and these */
    u32 shared_bytes, interval; /* from one barrier to the next, of any block, is an interval, and has a number */
    Shadow *shadow;
    const struct Kernel *kernel;
    void (*find)(Launch *, Thread *, u64 address, u32 bytes, Range *); /* the range of an address, or an error */
    void (*fail)(Launch *, Thread *, int code, const char *what, u64 address);
};

typedef struct Kernel {
    const char *name;
    int (*run)(Launch *, Thread *); /* until the next barrier, whose number it returns, or the end, -1 */
    const int *sizes;               /* of the parameters, in bytes, up to a 0 */
    int shared_bytes, saved_bytes;
    Range *places;
    int place_count;
} Kernel;

typedef struct { void *memory; u64 bytes; } Global;

/* --- memory ------------------------------------------------------------------------------------------------------- */

static inline void *global_at(Launch *launch, Thread *thread, Range *place, u64 address, u32 bytes) {
    if (__builtin_expect(address < place->low || address + bytes > place->high || address % bytes, 0))
        launch->find(launch, thread, address, bytes, place);
    return ON_HOST(address);
}

static inline void *local_at(Launch *launch, Thread *thread, u8 *depot, u64 size, u64 address, u32 bytes) {
    u64 start = address - (u64)depot;
    if (start + bytes > size || address % bytes) launch->fail(launch, thread, 700, "beyond its local memory", start);
    return (void *)address;
}

/* Between two barriers a thread may neither read what another has written, nor write what another has touched. */
static inline void *shared_at(Launch *launch, Thread *thread, int store, u64 address, u32 bytes) {
    u64 start = address - (u64)launch->shared;
    if (start + bytes > launch->shared_bytes || address % bytes)
        launch->fail(launch, thread, 700, "beyond its shared memory", start);
    for (Shadow *s = launch->shadow + start / 4; s <= launch->shadow + (start + bytes - 1) / 4; s++) {
        u32 now = launch->interval, me = thread->number;
        if ((s->written == now && s->writer != me) || (store && s->read == now && s->reader != me))
            launch->fail(launch, thread, 719, "a race in shared memory", start);
        if (store) s->writer = me, s->written = now;
        else s->reader = s->read == now && s->reader != me ? 0 : me, s->read = now; /* 0: several have read it */
    }
    return (void *)address;
}

/* --- arithmetic --------------------------------------------------------------------------------------------------- */

#define BITS(to, from) \
    static inline to to##_bits(from x) { to y; memcpy(&y, &x, sizeof y); return y; }
BITS(f32, u32) BITS(u32, f32) BITS(f64, u64) BITS(u64, f64)

#define OF(T, name, ...) static inline T name##_##T(__VA_ARGS__)

#define INTEGERS(T, U, BITS)                                                                                  \
    OF(T, div, T a, T b) { return b == 0 ? (T)-1 : (T)-1 < 0 && b == (T)-1 ? (T)-(U)a : (T)(a / b); }          \
    OF(T, rem, T a, T b) { return b == 0 ? a : (T)-1 < 0 && b == (T)-1 ? 0 : (T)(a % b); }                     \
    OF(T, min, T a, T b) { return a < b ? a : b; }                                                            \
    OF(T, max, T a, T b) { return a > b ? a : b; }                                                            \
    OF(T, abs, T a) { return a < 0 ? -a : a; }                                                                \
    OF(T, neg, T a) { return -a; }                                                                            \
    OF(T, not, T a) { return ~a; }                                                                            \
    OF(T, shr, T a, u64 n) { return n < BITS ? a >> n : (T)-1 < 0 && a < 0 ? -1 : 0; }                         \
    OF(T, shl, T a, u64 n) { return n < BITS ? (T)((U)a << n) : 0; }
INTEGERS(u16, u16, 16) INTEGERS(s16, u16, 16) INTEGERS(u32, u32, 32) INTEGERS(s32, u32, 32)
INTEGERS(u64, u64, 64) INTEGERS(s64, u64, 64)

OF(pred, not, pred a) { return !a; }
OF(u32, clz, u32 x) { return x ? __builtin_clz(x) : 32; }
OF(u64, clz, u64 x) { return x ? __builtin_clzll(x) : 64; }
OF(u64, bfi, u64 a, u64 b, u32 start, u32 length) {
    u64 mask = start > 63 ? 0 : (length > 63 ? ~0ull : (1ull << length) - 1) << start;
    return (b & ~mask) | (a << (start & 63) & mask);
}
OF(u32, bfi, u32 a, u32 b, u32 start, u32 length) { return bfi_u64(a, b, start, length); }

/* Of two numbers one of which is NaN, min and max give the other, and -0 is less than 0. Conversions to integers give
   the nearest there is, and 0 for NaN, or with 64 bits the least. */
#define FLOATS(T, F, SMALLEST)                                                                                \
    OF(T, neg, T a) { return -a; }                                                                            \
    OF(T, abs, T a) { return fabs##F(a); }                                                                    \
    OF(T, div, T a, T b) { return a / b; }                                                                    \
    OF(T, fma, T a, T b, T c) { return fma##F(a, b, c); }                                                     \
    OF(T, copysign, T a, T b) { return copysign##F(b, a); }                                                   \
    OF(T, rcp, T a) { return 1 / a; }                                                                         \
    OF(T, sqrt, T a) { return sqrt##F(a); }                                                                   \
    OF(T, ex2, T a) { return exp2##F(a); }                                                                    \
    OF(T, lg2, T a) { return log2##F(a); }                                                                    \
    OF(T, min, T a, T b) { return a != a ? b : b != b ? a : a == b ? (signbit(a) ? a : b) : a < b ? a : b; }   \
    OF(T, max, T a, T b) { return a != a ? b : b != b ? a : a == b ? (signbit(a) ? b : a) : a > b ? a : b; }   \
    OF(T, sat, T a) { return a > 0 ? (a < 1 ? a : 1) : 0; }                                                   \
    OF(T, ftz, T a) { return fabs##F(a) < SMALLEST ? copysign##F(0, a) : a; }
FLOATS(f32, f, 0x1p-126f) FLOATS(f64, , 0x1p-1022)
#undef OF

static inline s32 s32_of(f64 a) { return a != a ? 0 : a >= 0x1p31 ? INT32_MAX : a < -0x1p31 ? INT32_MIN : (s32)a; }
static inline u32 u32_of(f64 a) { return a != a || a <= 0 ? 0 : a >= 0x1p32 ? UINT32_MAX : (u32)a; }
static inline s64 s64_of(f64 a) { return a != a || a < -0x1p63 ? INT64_MIN : a >= 0x1p63 ? INT64_MAX : (s64)a; }
static inline u64 u64_of(f64 a) { return a != a ? 1ull << 63 : a <= 0 ? 0 : a >= 0x1p64 ? UINT64_MAX : (u64)a; }
static inline f64 coarse(f64 x) { return f64_bits(u64_bits(x) & ~0xffffffffull); } /* rcp.approx keeps the upper half */

/* An expression rounded in another direction; its operands are opaque, so that it is not computed before. */
#define ROUNDED(mode, T, value) ({ fesetround(mode); volatile T y_ = value; fesetround(FE_TONEAREST); (T)y_; })
#define OPAQUE(T, value) ({ volatile T x_ = value; (T)x_; })
