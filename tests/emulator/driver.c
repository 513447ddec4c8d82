/* A CUDA driver without a GPU: see run.py.

   What a stream is given waits in its queue for as long as nobody asks for it, so that a program that forgets to wait
   finds nothing done; then it runs, in the thread that asks. One lock is held in every function. */

#define _GNU_SOURCE
#include "kernel.h"
#include <dlfcn.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { OK, INVALID_VALUE, OUT_OF_MEMORY, NOT_INITIALIZED, INVALID_CONTEXT = 201, INVALID_PTX = 218,
       NOT_FOUND = 500, NOT_READY = 600, ILLEGAL_ADDRESS = 700, OUT_OF_RESOURCES, MISALIGNED = 716, LAUNCH_FAILED = 719,
       NOT_SUPPORTED = 801 };

typedef struct { u64 address, bytes; } Allocation;
typedef struct { const Kernel *kernels; const Global *globals; } Library;
typedef struct { const Kernel *kernel; Library *library; } Entry; /* what stands for a kernel and for its function */
typedef struct Stream Stream;
typedef struct Work Work;
struct Work { /* a kernel, a wait for another stream, a fill, or a copy */
    Work *next;
    Entry *entry;
    u8 *data; /* parameters, or what is copied from the host */
    u32 grid[3], block[3], dynamic;
    u64 to, from, bytes;
    int fill; /* the byte, or -1 */
    Stream *other;
    u64 until;
};
struct Stream { Work *first, **last; u64 given, done; Stream *next; int flags; };
typedef struct { Stream *stream; u64 until; struct timespec at; } Event;

static pthread_mutex_t mutex = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
static Allocation *allocations;
static int allocation_count, initialized, failure, reported; /* what a kernel failed with, until it is reported */
static u64 in_use;
static Stream *streams;
static char context[64];
static __thread void *stack[16];
static __thread int depth;
static jmp_buf failed;

#define API(...) __attribute__((visibility("default"))) int __VA_ARGS__
#define LOCKED __attribute__((cleanup(unlock))) int locked_ = lock(); (void)locked_;
#define IN_CONTEXT LOCKED if (!depth || !stack[depth - 1]) return INVALID_CONTEXT; if (stuck()) return failure;

static int lock(void) { return pthread_mutex_lock(&mutex); }
static void unlock(int *locked) { pthread_mutex_unlock(&mutex); }
static u64 option(const char *name, u64 otherwise) {
    const char *value = getenv(name);
    return value ? strtoull(value, 0, 0) : otherwise;
}
static int sticky(void) { return option("EMULATOR_STICKY", 0); }
static int stuck(void) { return failure && reported && sticky(); }
static int report(void) {
    int code = failure;
    if (sticky()) reported = 1;
    else failure = 0;
    return code;
}

/* --- kernels ----------------------------------------------------------------------------------------------------- */

static void fail(Launch *launch, Thread *thread, int code, const char *what, u64 address) {
    const u32 *b = launch->ctaid, *t = thread->tid;
    fprintf(stderr, "emulator: %s, %#llx: block (%u, %u, %u), thread (%u, %u, %u) of %s\n", what,
            (unsigned long long)address, b[0], b[1], b[2], t[0], t[1], t[2], launch->kernel->name);
    longjmp(failed, code);
}

static Allocation *allocation_of(u64 address) {
    for (int i = 0; i < allocation_count; i++)
        if (address - allocations[i].address < allocations[i].bytes) return &allocations[i];
    return 0;
}

static Range given[512]; /* the arrays that the running kernel was given */
static int given_count;

static void find(Launch *launch, Thread *thread, u64 address, u32 bytes, Range *range) {
    if (address % bytes) fail(launch, thread, MISALIGNED, "a misaligned address", address);
    for (int i = 0; i < given_count; i++)
        if (address >= given[i].low && address + bytes <= given[i].high) {
            *range = given[i];
            return;
        }
    fail(launch, thread, ILLEGAL_ADDRESS, "an address in none of the arrays that the kernel was given", address);
}

static int next_offset(int offset, int size) { return offset + (size - offset % size) % size; }

/* Numba passes an array of one dimension as seven parameters: 0, 0, size, itemsize, pointer, size, itemsize. So it is
   known how far it goes, which may be less than its allocation. Other pointers may go as far as that. */
static void find_arrays(const Work *work) {
    u64 value[1024] = {0};
    int n = 4, offset = 0;
    for (const int *size = work->entry->kernel->sizes; *size && n < 1000; size++, n++) {
        offset = next_offset(offset, *size);
        memcpy(&value[n], work->data + offset, *size);
        offset += *size;
    }
    given_count = 0;
    for (u64 *v = value + 4; v < value + n && given_count < 256; v++) {
        Allocation *found = *v & DEVICE_BIT ? allocation_of(*v) : 0;
        if (!found) continue;
        if (!v[-4] && !v[-3] && v[1] == v[-2] && v[2] == v[-1]) given[given_count++] = (Range){*v, *v + v[1] * v[2]};
        else given[given_count++] = (Range){found->address, found->address + found->bytes};
    }
    for (const Global *g = work->entry->library->globals; g->memory && given_count < 512; g++)
        given[given_count++] = (Range){(u64)g->memory | DEVICE_BIT, ((u64)g->memory | DEVICE_BIT) + g->bytes};
}

static void run_block(Launch *launch, Thread *threads, u32 count, int backwards) {
    for (u32 i = 0; i < count; i++) threads[i].at = 0;
    for (u32 live = count; live;) {
        Thread *before = 0;
        launch->interval++, launch->voted = launch->votes, launch->votes = 0, launch->live = live;
        for (u32 n = 0; n < count; n++) {
            Thread *thread = &threads[backwards ? count - 1 - n : n];
            if (thread->at < 0) continue;
            thread->at = launch->kernel->run(launch, thread);
            if (before && thread->at != before->at)
                fail(launch, thread, LAUNCH_FAILED, "not at the barrier where others are", thread->at);
            before = thread;
            live -= thread->at < 0;
        }
    }
}

static void coordinates(u64 i, const u32 *size, u32 *out) {
    out[0] = i % size[0], out[1] = i / size[0] % size[1], out[2] = i / size[0] / size[1];
}

static void run_kernel(const Work *work) {
    const Kernel *kernel = work->entry->kernel;
    u64 blocks = (u64)work->grid[0] * work->grid[1] * work->grid[2], saved_bytes = (kernel->saved_bytes + 63) / 64 * 64;
    u32 count = work->block[0] * work->block[1] * work->block[2], shared = kernel->shared_bytes + work->dynamic;
    int backwards = option("EMULATOR_BACKWARDS", 0);
    u8 *memory = aligned_alloc(64, shared / 64 * 64 + 64), *saved = aligned_alloc(64, saved_bytes * count + 64);
    Shadow *shadow = calloc(shared / 4 + 1, sizeof *shadow);
    Thread *threads = calloc(count, sizeof *threads);
    Launch launch = {.kernel = kernel, .params = work->data, .shared = memory, .shared_bytes = shared, .shadow = shadow,
                     .find = find, .fail = fail};
    memcpy(launch.ntid, work->block, 12), memcpy(launch.nctaid, work->grid, 12);
    for (u32 i = 0; i < count; i++) {
        threads[i] = (Thread){.number = i + 1, .saved = saved + saved_bytes * i};
        coordinates(i, work->block, threads[i].tid);
    }
    find_arrays(work);
    memset(kernel->places, 0, kernel->place_count * sizeof(Range));
    int code = setjmp(failed);
    for (u64 n = 0; !code && n < blocks; n++) {
        coordinates(backwards ? blocks - 1 - n : n, work->grid, launch.ctaid);
        memset(memory, 0xff, shared);
        run_block(&launch, threads, count, backwards);
    }
    if (code) failure = code;
    free(memory), free(saved), free(shadow), free(threads);
}

/* --- streams ----------------------------------------------------------------------------------------------------- */

static void run_until(Stream *stream, u64 until) {
    while (stream->done < until && stream->first) {
        Work *work = stream->first;
        stream->first = work->next;
        if (!stream->first) stream->last = &stream->first;
        stream->done++;
        if (failure || option("EMULATOR_IDLE", 0)) {} /* after a failure nothing runs until it has been reported */
        else if (work->entry) run_kernel(work);
        else if (work->other) run_until(work->other, work->until);
        else if (work->fill >= 0) memset(ON_HOST(work->to), work->fill, work->bytes);
        else memmove(ON_HOST(work->to), work->data ? work->data : ON_HOST(work->from), work->bytes);
        free(work->data), free(work);
    }
}

static void run_all(int also_free) {
    for (Stream *s = streams; s; s = s->next)
        if (also_free || !(s->flags & 1)) run_until(s, s->given);
}

static Stream *stream_of(u64 handle) { /* the default stream, 0 to 2, waits for all others and is never behind */
    static Stream usual;
    if (handle > 2) return (Stream *)handle;
    if (!usual.last) usual.last = &usual.first;
    run_all(0);
    return &usual;
}

static int give(u64 handle, Work work) {
    Stream *stream = stream_of(handle);
    Work *kept = malloc(sizeof work);
    *kept = work, kept->next = 0;
    *stream->last = kept, stream->last = &kept->next, stream->given++;
    if (handle <= 2 || !option("EMULATOR_ASYNC", 1)) run_until(stream, stream->given);
    return handle <= 2 ? report() : OK;
}

API(cuStreamCreate(u64 *out, u32 flags)) {
    IN_CONTEXT
    Stream *s = calloc(1, sizeof *s);
    s->last = &s->first, s->flags = flags, s->next = streams, streams = s, *out = (u64)s;
    return OK;
}
API(cuStreamCreateWithPriority(u64 *out, u32 flags, int priority)) { return cuStreamCreate(out, flags); }
API(cuStreamDestroy(u64 handle)) {
    LOCKED
    run_until(stream_of(handle), stream_of(handle)->given);
    return OK;
}
API(cuStreamSynchronize(u64 handle)) {
    IN_CONTEXT
    run_until(stream_of(handle), stream_of(handle)->given);
    return report();
}
API(cuStreamQuery(u64 handle)) { IN_CONTEXT return stream_of(handle)->first ? NOT_READY : report(); }
API(cuStreamGetFlags(u64 handle, u32 *out)) { *out = handle > 2 ? ((Stream *)handle)->flags : 0; return OK; }
API(cuStreamGetPriority(u64 handle, int *out)) { *out = 0; return OK; }
API(cuStreamGetCtx(u64 handle, void **out)) { *out = context; return OK; }
API(cuStreamIsCapturing(u64 handle, int *out)) { *out = 0; return OK; }
API(cuStreamWaitEvent(u64 handle, Event *event, u32 flags)) {
    IN_CONTEXT
    return event->stream ? give(handle, (Work){.other = event->stream, .until = event->until, .fill = -1}) : OK;
}
API(cuEventCreate(Event **out, u32 flags)) { IN_CONTEXT *out = calloc(1, sizeof **out); return OK; }
API(cuEventDestroy(Event *event)) { LOCKED free(event); return OK; }
API(cuEventRecord(Event *event, u64 handle)) {
    IN_CONTEXT
    event->stream = stream_of(handle), event->until = event->stream->given;
    clock_gettime(CLOCK_MONOTONIC, &event->at);
    return OK;
}
API(cuEventSynchronize(Event *event)) {
    IN_CONTEXT
    if (event->stream) run_until(event->stream, event->until);
    return report();
}
API(cuEventQuery(Event *event)) {
    IN_CONTEXT
    return event->stream && event->stream->done < event->until ? NOT_READY : report();
}
API(cuEventElapsedTime(float *out, Event *a, Event *b)) {
    *out = 1e3f * (b->at.tv_sec - a->at.tv_sec) + 1e-6f * (b->at.tv_nsec - a->at.tv_nsec);
    return OK;
}
API(cuCtxSynchronize(void)) { IN_CONTEXT run_all(1); return report(); }

/* --- memory ------------------------------------------------------------------------------------------------------ */

static u64 total(void) { return option("EMULATOR_MEMORY", 2ull << 30); }

API(cuMemAlloc(u64 *out, size_t bytes)) {
    IN_CONTEXT
    if (!bytes) return INVALID_VALUE;
    if (in_use + bytes > total()) return OUT_OF_MEMORY;
    void *memory = mmap(0, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return OUT_OF_MEMORY;
    memset(memory, 0xff, bytes); /* NaN, for those who read before they write */
    allocations = realloc(allocations, (allocation_count + 1) * sizeof *allocations);
    *out = (u64)memory | DEVICE_BIT;
    allocations[allocation_count++] = (Allocation){*out, bytes}, in_use += bytes;
    return OK;
}
API(cuMemFree(u64 address)) {
    LOCKED
    Allocation *found = allocation_of(address);
    if (!found || found->address != address) return INVALID_VALUE;
    run_all(1);
    in_use -= found->bytes;
    munmap(ON_HOST(address), found->bytes);
    *found = allocations[--allocation_count];
    return OK;
}
API(cuMemGetInfo(size_t *available, size_t *out)) {
    IN_CONTEXT
    *available = total() - in_use, *out = total();
    return OK;
}
API(cuMemGetAddressRange(u64 *base, size_t *size, u64 address)) {
    LOCKED
    Allocation *found = allocation_of(address);
    if (!found) return NOT_FOUND;
    if (base) *base = found->address;
    if (size) *size = found->bytes;
    return OK;
}
API(cuPointerGetAttribute(void *out, int attribute, u64 address)) {
    LOCKED
    Allocation *found = allocation_of(address);
    if (!found) return INVALID_VALUE;
    switch (attribute) {
    case 1: *(void **)out = context; return OK;
    case 2: *(u32 *)out = 2; return OK; /* of the device */
    case 3: *(u64 *)out = address; return OK;
    case 8: case 9: *(int *)out = 0; return OK; /* not managed; the first device */
    }
    return NOT_SUPPORTED;
}

static int inside(u64 address, u64 bytes) {
    Allocation *found = allocation_of(address);
    return !bytes || (found && address + bytes <= found->address + found->bytes);
}
/* The host's memory is not pinned: what is copied from there is taken at once, and a copy to there waits. */
API(cuMemcpyHtoDAsync(u64 to, const void *from, size_t bytes, u64 stream)) {
    IN_CONTEXT
    if (!inside(to, bytes)) return INVALID_VALUE;
    return give(stream, (Work){.to = to, .data = memcpy(malloc(bytes + 1), from, bytes), .bytes = bytes, .fill = -1});
}
API(cuMemcpyDtoHAsync(void *to, u64 from, size_t bytes, u64 stream)) {
    IN_CONTEXT
    if (!inside(from, bytes)) return INVALID_VALUE;
    run_until(stream_of(stream), stream_of(stream)->given);
    memcpy(to, ON_HOST(from), bytes);
    return report();
}
API(cuMemcpyDtoDAsync(u64 to, u64 from, size_t bytes, u64 stream)) {
    IN_CONTEXT
    if (!inside(to, bytes) || !inside(from, bytes)) return INVALID_VALUE;
    return give(stream, (Work){.to = to, .from = from, .bytes = bytes, .fill = -1});
}
API(cuMemsetD8Async(u64 to, u8 byte, size_t bytes, u64 stream)) {
    IN_CONTEXT
    return inside(to, bytes) ? give(stream, (Work){.to = to, .bytes = bytes, .fill = byte}) : INVALID_VALUE;
}
API(cuMemcpyHtoD(u64 to, const void *from, size_t bytes)) { return cuMemcpyHtoDAsync(to, from, bytes, 0); }
API(cuMemcpyDtoH(void *to, u64 from, size_t bytes)) { return cuMemcpyDtoHAsync(to, from, bytes, 0); }
API(cuMemcpyDtoD(u64 to, u64 from, size_t bytes)) { return cuMemcpyDtoDAsync(to, from, bytes, 0); }
API(cuMemsetD8(u64 to, u8 byte, size_t bytes)) { return cuMemsetD8Async(to, byte, bytes, 0); }

/* --- modules and launches ---------------------------------------------------------------------------------------- */

API(cuLibraryLoadData(Library **out, const char *image, void *o, void *p, u32 n, void *q, void *r, u32 m)) {
    IN_CONTEXT
    const char *folder = getenv("EMULATOR_FOLDER");
    u64 hash = 14695981039346656037ull, size = strlen(image);
    char ptx[4096], compiled[4096], command[16384];
    for (u64 i = 0; i < size; i++) hash = (hash ^ (u8)image[i]) * 1099511628211ull;
    snprintf(ptx, sizeof ptx, "%s/kernels/%016llx.ptx", folder, (unsigned long long)hash);
    snprintf(compiled, sizeof compiled, "%s/kernels/%016llx.so", folder, (unsigned long long)hash);
    if (access(compiled, F_OK)) {
        FILE *file = fopen(ptx, "w");
        if (!file) return INVALID_VALUE;
        fwrite(image, 1, size, file), fclose(file);
        snprintf(command, sizeof command, "env -u LD_PRELOAD '%s' '%s/translate.py' '%s' '%s'",
                 getenv("EMULATOR_PYTHON"), getenv("EMULATOR_SOURCE"), ptx, compiled);
        if (system(command)) return INVALID_PTX;
    }
    void *library = dlopen(compiled, RTLD_NOW | RTLD_LOCAL);
    if (!library) return fprintf(stderr, "emulator: %s\n", dlerror()), INVALID_PTX;
    *out = malloc(sizeof **out);
    **out = (Library){dlsym(library, "kernels"), dlsym(library, "globals")};
    return OK;
}
API(cuLibraryUnload(Library *library)) { return OK; } /* what is still in a queue may need it */

API(cuLibraryGetKernel(Entry **out, Library *library, const char *name)) {
    for (const Kernel *k = library->kernels; k->name; k++)
        if (!strcmp(k->name, name)) {
            *out = malloc(sizeof **out), **out = (Entry){k, library};
            return OK;
        }
    return NOT_FOUND;
}
API(cuKernelGetFunction(Entry **out, Entry *kernel)) { *out = kernel; return OK; }
API(cuKernelGetLibrary(Library **out, Entry *kernel)) { *out = kernel->library; return OK; }
API(cuFuncGetAttribute(int *out, int attribute, Entry *entry)) {
    int known[] = {1024, entry->kernel->shared_bytes, 0, 0, 32, 90, 90, 0, 232448, -1};
    *out = attribute < 10 ? known[attribute] : 0;
    return OK;
}
API(cuKernelGetAttribute(int *out, int attribute, Entry *entry, int device)) {
    return cuFuncGetAttribute(out, attribute, entry);
}
API(cuKernelGetParamInfo(Entry *entry, size_t i, size_t *at, size_t *bytes)) {
    int offset = 0;
    for (const int *size = entry->kernel->sizes; *size; offset += *size++) {
        offset = next_offset(offset, *size);
        if (!i--) return *at = offset, *bytes = *size, OK;
    }
    return INVALID_VALUE;
}

typedef struct { u32 grid[3], block[3], shared; u64 stream; void *attributes; u32 attribute_count; } Config;

/* A launch as Work: its parameters are copied. */
static int work_of(Work *out, const u32 *g, const u32 *b, u32 shared, Entry *entry, void **values, void **extra) {
    u64 count = (u64)b[0] * b[1] * b[2];
    int offset = 0, bytes = 0;
    if (extra || !g[0] || !g[1] || !g[2] || g[0] > 0x7fffffff || g[1] > 65535 || g[2] > 65535) return INVALID_VALUE;
    if (!count || count > 1024 || b[2] > 64) return INVALID_VALUE;
    if (entry->kernel->shared_bytes + shared > 49152) return OUT_OF_RESOURCES;
    for (const int *size = entry->kernel->sizes; *size; size++) bytes += 2 * *size;
    *out = (Work){.entry = entry, .data = calloc(1, bytes + 1), .bytes = bytes, .dynamic = shared, .fill = -1};
    memcpy(out->grid, g, 12), memcpy(out->block, b, 12);
    for (const int *size = entry->kernel->sizes; *size; offset += *size++) {
        offset = next_offset(offset, *size);
        memcpy(out->data + offset, *values++, *size);
    }
    return OK;
}
API(cuLaunchKernelEx(const Config *config, Entry *entry, void **values, void **extra)) {
    IN_CONTEXT
    Work work;
    int code = work_of(&work, config->grid, config->block, config->shared, entry, values, extra);
    return code ? code : give(config->stream, work);
}
API(cuLaunchKernel(Entry *entry, u32 gx, u32 gy, u32 gz, u32 bx, u32 by, u32 bz, u32 shared, u64 stream, void **values,
                   void **extra)) {
    Config config = {{gx, gy, gz}, {bx, by, bz}, shared, stream};
    return cuLaunchKernelEx(&config, entry, values, extra);
}

/* --- graphs: chains of kernels ------------------------------------------------------------------------------------ */

typedef struct { Entry *function; u32 grid[3], block[3], shared; void **values, **extra; Entry *kernel; void *in; } Node;
typedef struct { Work *work; u64 *node, count; } Graph; /* a node is known by a number, which an executable graph keeps */

static int node_work(Work *out, const Node *node) {
    Entry *entry = node->function ? node->function : node->kernel;
    return work_of(out, node->grid, node->block, node->shared, entry, node->values, node->extra);
}
static Work with_own_data(Work work) {
    work.data = memcpy(malloc(work.bytes + 1), work.data, work.bytes);
    return work;
}
API(cuGraphCreate(Graph **out, u32 flags)) {
    IN_CONTEXT
    if (!option("EMULATOR_GRAPHS", 1)) return NOT_SUPPORTED;
    return flags ? INVALID_VALUE : (*out = calloc(1, sizeof **out), OK);
}
API(cuGraphAddKernelNode_v2(u64 *out, Graph *graph, const u64 *after, size_t count, const Node *node)) {
    IN_CONTEXT
    static u64 next = 1;
    if (count != (graph->count > 0) || (count && *after != graph->node[graph->count - 1])) return NOT_SUPPORTED;
    Work work;
    int code = node_work(&work, node);
    if (code) return code;
    graph->work = realloc(graph->work, (graph->count + 1) * sizeof work);
    graph->node = realloc(graph->node, (graph->count + 1) * sizeof *out);
    graph->work[graph->count] = work, graph->node[graph->count++] = *out = next++ << 4;
    return OK;
}
API(cuGraphInstantiateWithFlags(Graph **out, const Graph *graph, u64 flags)) {
    IN_CONTEXT
    *out = malloc(sizeof **out), **out = *graph;
    (*out)->work = malloc(graph->count * sizeof(Work) + 1);
    (*out)->node = memcpy(malloc(graph->count * sizeof(u64) + 1), graph->node, graph->count * sizeof(u64));
    for (u64 i = 0; i < graph->count; i++) (*out)->work[i] = with_own_data(graph->work[i]);
    return OK;
}
API(cuGraphExecKernelNodeSetParams_v2(Graph *graph, u64 node, const Node *params)) {
    IN_CONTEXT
    for (u64 i = 0; i < graph->count; i++)
        if (graph->node[i] == node) {
            free(graph->work[i].data);
            return node_work(&graph->work[i], params);
        }
    return INVALID_VALUE;
}
API(cuGraphLaunch(const Graph *graph, u64 stream)) {
    IN_CONTEXT
    for (u64 i = 0; i < graph->count; i++) {
        int code = give(stream, with_own_data(graph->work[i]));
        if (code) return code;
    }
    return OK;
}
API(cuGraphDestroy(Graph *graph)) {
    LOCKED
    for (u64 i = 0; i < graph->count; i++) free(graph->work[i].data);
    free(graph->work), free(graph->node), free(graph);
    return OK;
}
API(cuGraphExecDestroy(Graph *graph)) { return cuGraphDestroy(graph); }

/* --- the device, its context, and errors ------------------------------------------------------------------------- */

API(cuInit(u32 flags)) { initialized = 1; return OK; }
API(cuDriverGetVersion(int *out)) { *out = option("EMULATOR_VERSION", 13050); return OK; }
API(cuDeviceGetCount(int *out)) { if (!initialized) return NOT_INITIALIZED; *out = 1; return OK; }
API(cuDeviceGet(int *out, int number)) { *out = 0; return number ? 101 : OK; }
API(cuDeviceGetName(char *out, int size, int device)) { snprintf(out, size, "Emulated H100"); return OK; }
API(cuDeviceGetUuid(char *out, int device)) { memset(out, 7, 16); return OK; }
API(cuDeviceTotalMem(size_t *out, int device)) { *out = total(); return OK; }
API(cuDeviceGetAttribute(int *out, int attribute, int device)) {
    static const int known[][2] = {
        {1, 1024}, {2, 1024}, {3, 1024}, {4, 64}, {5, 0x7fffffff}, {6, 65535}, {7, 65535}, /* threads and blocks */
        {8, 49152}, {9, 65536}, {10, 32}, {12, 65536}, {13, 1980000}, {16, 132}, {39, 2048}, {81, 233472}, {82, 65536},
        {97, 232448}, {19, 1}, {31, 1}, {41, 1}, {83, 1}, {75, 9}, {76, 0} /* compute capability */
    };
    *out = 0;
    for (int i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i][0] == attribute) *out = known[i][1];
    return OK;
}
API(cuDevicePrimaryCtxRetain(void **out, int device)) { *out = context; return OK; }
API(cuDevicePrimaryCtxRelease(int device)) { return OK; }
API(cuDevicePrimaryCtxGetState(int device, u32 *flags, int *active)) { *flags = 0, *active = 1; return OK; }
API(cuDevicePrimaryCtxReset(int device)) { return OK; }
API(cuCtxGetCurrent(void **out)) { *out = depth ? stack[depth - 1] : 0; return OK; }
API(cuCtxSetCurrent(void *to)) { depth += !depth, stack[depth - 1] = to; return OK; }
API(cuCtxPushCurrent(void *to)) { stack[depth++] = to; return OK; }
API(cuCtxPopCurrent(void **out)) { if (!depth) return INVALID_CONTEXT; *out = stack[--depth]; return OK; }
API(cuCtxGetDevice(int *out)) { *out = 0; return depth && stack[depth - 1] ? OK : INVALID_CONTEXT; }
API(cuCtxGetApiVersion(void *of, u32 *out)) { *out = 13000; return OK; }

API(cuGetErrorName(int code, const char **out)) {
    static const struct { const char *name; int code; } names[] = {
        {"CUDA_SUCCESS", 0}, {"CUDA_ERROR_INVALID_VALUE", 1}, {"CUDA_ERROR_OUT_OF_MEMORY", 2},
        {"CUDA_ERROR_NOT_INITIALIZED", 3}, {"CUDA_ERROR_INVALID_CONTEXT", 201}, {"CUDA_ERROR_INVALID_PTX", 218},
        {"CUDA_ERROR_NOT_FOUND", 500}, {"CUDA_ERROR_NOT_READY", 600},
        {"CUDA_ERROR_ILLEGAL_ADDRESS", 700}, {"CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES", 701},
        {"CUDA_ERROR_MISALIGNED_ADDRESS", 716}, {"CUDA_ERROR_LAUNCH_FAILED", 719}, {"CUDA_ERROR_NOT_SUPPORTED", 801}};
    *out = "CUDA_ERROR_UNKNOWN";
    for (int i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].code == code) *out = names[i].name;
    return OK;
}
API(cuGetErrorString(int code, const char **out)) { return cuGetErrorName(code, out); }

API(cuGetProcAddress_v2(const char *name, void **out, int version, u64 flags, int *status)) {
    Dl_info self;
    dladdr((void *)cuInit, &self);
    if (!strcmp(name, "cuGetProcAddress")) name = "cuGetProcAddress_v2";
    *out = dlsym(dlopen(self.dli_fname, RTLD_NOW | RTLD_NOLOAD), name);
    if (!*out && option("EMULATOR_TRACE", 0)) fprintf(stderr, "emulator: there is no %s\n", name);
    if (status) *status = !*out;
    return *out || status ? OK : NOT_FOUND;
}

/* --- nvJitLink: the real one, stopped at PTX, which takes the place of the machine code --------------------------- */

typedef struct { void *real; char *text; size_t size; } Linked;

static int real(const char *name, void *a, void *b, void *c, void *d, void *e) {
    static void *library;
    if (!library) library = dlopen(getenv("EMULATOR_NVJITLINK"), RTLD_NOW | RTLD_LOCAL);
    int (*function)(void *, void *, void *, void *, void *) = library ? dlsym(library, name) : 0;
    return function ? function(a, b, c, d, e) : INVALID_VALUE;
}
#define LINK(NAME, ...) API(nvJitLink##NAME(__VA_ARGS__))
#define REAL(NAME, ...) real("nvJitLink" #NAME, __VA_ARGS__)

LINK(Version, u32 *major, u32 *minor) { return REAL(Version, major, minor, 0, 0, 0); }
LINK(Create, Linked **out, u32 count, const char **options) {
    const char *more[count + 1];
    int optimizes = 0; /* of several parts, one; only then there is PTX to ask for */
    for (u32 i = 0; i < count; i++) optimizes |= !strcmp(more[i] = options[i], "-lto");
    more[count] = "-ptx";
    *out = calloc(1, sizeof **out);
    return REAL(Create, &(*out)->real, (void *)(u64)(count + optimizes), more, 0, 0);
}
LINK(Destroy, Linked **linked) {
    int code = REAL(Destroy, &(*linked)->real, 0, 0, 0, 0);
    free((*linked)->text), free(*linked);
    return code;
}
LINK(AddData, Linked *linked, int kind, void *data, size_t size, char *name) {
    if (kind == 2) linked->text = strndup(data, size), linked->size = strlen(linked->text) + 1; /* PTX as it is */
    return REAL(AddData, linked->real, (void *)(u64)kind, data, (void *)size, name);
}
LINK(AddFile, Linked *linked, int kind, char *name) { return INVALID_VALUE; }
LINK(Complete, Linked *linked) {
    int code = REAL(Complete, linked->real, 0, 0, 0, 0);
    if (code || linked->text) return code;
    code = REAL(GetLinkedPtxSize, linked->real, &linked->size, 0, 0, 0);
    linked->text = malloc(linked->size);
    return code ? code : REAL(GetLinkedPtx, linked->real, linked->text, 0, 0, 0);
}
LINK(GetLinkedCubinSize, Linked *linked, size_t *out) { *out = linked->size; return OK; }
LINK(GetLinkedCubin, Linked *linked, void *out) { memcpy(out, linked->text, linked->size); return OK; }
LINK(GetErrorLogSize, Linked *linked, size_t *out) { return REAL(GetErrorLogSize, linked->real, out, 0, 0, 0); }
LINK(GetErrorLog, Linked *linked, char *out) { return REAL(GetErrorLog, linked->real, out, 0, 0, 0); }
LINK(GetInfoLogSize, Linked *linked, size_t *out) { return REAL(GetInfoLogSize, linked->real, out, 0, 0, 0); }
LINK(GetInfoLog, Linked *linked, char *out) { return REAL(GetInfoLog, linked->real, out, 0, 0, 0); }

/* --- names by which a program finds functions that asks the library for them itself -------------------------------- */

API(cuMemAlloc_v2(u64 *out, size_t bytes)) { return cuMemAlloc(out, bytes); }
API(cuMemFree_v2(u64 address)) { return cuMemFree(address); }
API(cuMemGetInfo_v2(size_t *left, size_t *total)) { return cuMemGetInfo(left, total); }
API(cuMemcpyDtoHAsync_v2(void *to, u64 from, size_t bytes, u64 stream)) { return cuMemcpyDtoHAsync(to, from, bytes, stream); }
API(cuMemcpyHtoDAsync_v2(u64 to, const void *from, size_t bytes, u64 stream)) { return cuMemcpyHtoDAsync(to, from, bytes, stream); }
API(cuEventDestroy_v2(Event *event)) { return cuEventDestroy(event); }
