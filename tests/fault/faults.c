/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Preloaded into weftd and weft by the scenarios (tests/scenario/weft_fault.py): the disk and the
 * memory of one process, made to fail on demand.
 *
 * Calls that change files below the folders of WEFT_FAULT_UNDER (paths with ':' between them) are
 * counted. Allocations are told apart by place: the chain of callers. The plan says which of both
 * fail and how. Plan, counts and places are in the file WEFT_FAULT_CONTROL, mapped, so that a
 * scenario changes and reads them while the program runs. Without that variable nothing is done.
 * Calls inside the C library are not seen: stdio is no state.
 * Thread rule: any thread.
 */
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <unwind.h>

enum kind { KIND_WRITE = 1, KIND_SYNC = 2, KIND_CUT = 4, KIND_NAME = 8 };

enum how {
    HOW_ERROR = 1,   /* fails with `error` */
    HOW_SHORT,       /* half is written, and the call says so */
    HOW_TORN,        /* half is written, and the next call fails with `error` */
    HOW_KILL_BEFORE, /* SIGKILL instead of the call */
    HOW_KILL_AFTER,  /* SIGKILL once it is done */
};

/* A chain of callers that allocated while places were listed. */
struct place {
    _Atomic uint64_t id; /* 0: nothing is here yet */
    _Atomic uint64_t times;
    _Atomic uint64_t order; /* among the places, by their first time; from 1 */
};

#define PLACES_MAX (1u << 15)

/* The layout is known to weft_fault.py as well. */
struct control {
    _Atomic uint64_t calls;
    _Atomic uint64_t fail_first; /* the number of the first call that fails; 0: none */
    _Atomic uint64_t fail_last;
    _Atomic uint64_t failed; /* calls and allocations */
    _Atomic uint64_t kinds;  /* that are counted, a set of enum kind */
    _Atomic uint64_t how;
    _Atomic uint64_t error; /* an errno */
    _Atomic uint64_t lists_places;
    _Atomic uint64_t listed; /* places */
    _Atomic uint64_t place;  /* at which an allocation fails; 0: none */
    _Atomic uint64_t turn;   /* which of those of the place, from 1 */
    _Atomic uint64_t passed; /* how many of them there were */
    char call[256];          /* the last that failed, and of which file */
    struct place places[PLACES_MAX];
};

static struct control *control;
static const char *under;
static const struct link_map *own_module;

/* ---- the real functions ---- */

/* What is asked for while the real functions are looked up is never given back. */
static char early[1u << 16];
static size_t early_used;

static bool is_early(const void *memory)
{
    return (const char *)memory >= early && (const char *)memory < early + sizeof early;
}

static void *take_early(size_t size)
{
    size_t at = (early_used + 15) / 16 * 16;
    if (at + size > sizeof early)
        abort();
    early_used = at + size;
    return early + at;
}

#define REAL(result, name, ...)                                                                    \
    static result (*real_##name)(__VA_ARGS__);                                                     \
    static void find_##name(void)                                                                  \
    {                                                                                              \
        void *found = dlsym(RTLD_NEXT, #name);                                                     \
        memcpy(&real_##name, &found, sizeof found);                                                \
    }

REAL(void *, malloc, size_t)
REAL(void *, calloc, size_t, size_t)
REAL(void *, realloc, void *, size_t)
REAL(void, free, void *)
REAL(int, posix_memalign, void **, size_t, size_t)
REAL(void *, aligned_alloc, size_t, size_t)
REAL(ssize_t, write, int, const void *, size_t)
REAL(ssize_t, pwrite, int, const void *, size_t, off_t)
REAL(ssize_t, copy_file_range, int, off_t *, int, off_t *, size_t, unsigned)
REAL(int, posix_fallocate, int, off_t, off_t)
REAL(int, fsync, int)
REAL(int, fdatasync, int)
REAL(int, ftruncate, int, off_t)
REAL(int, rename, const char *, const char *)
REAL(int, renameat, int, const char *, int, const char *)
REAL(int, renameat2, int, const char *, int, const char *, unsigned)
REAL(int, link, const char *, const char *)
REAL(int, linkat, int, const char *, int, const char *, int)
REAL(int, unlink, const char *)
REAL(int, unlinkat, int, const char *, int)
REAL(int, mkdir, const char *, mode_t)
REAL(int, mkdirat, int, const char *, mode_t)
REAL(int, open, const char *, int, ...)
REAL(int, openat, int, const char *, int, ...)

static void find_all(void)
{
    static void (*const finders[])(void) = {
        find_malloc,
        find_calloc,
        find_realloc,
        find_free,
        find_write,
        find_pwrite,
        find_copy_file_range,
        find_posix_fallocate,
        find_fsync,
        find_fdatasync,
        find_ftruncate,
        find_rename,
        find_renameat,
        find_renameat2,
        find_link,
        find_linkat,
        find_unlink,
        find_unlinkat,
        find_mkdir,
        find_mkdirat,
        find_open,
        find_openat,
        find_posix_memalign,
        find_aligned_alloc,
    };
    static bool begun; /* by the loader's thread, before there are others */
    if (begun)
        return;
    begun = true;
    for (size_t i = 0; i < sizeof finders / sizeof *finders; i++)
        finders[i]();
}

/* ---- where it crashed, and for want of which memory ---- */

#define FRAMES_MAX 40

static void *failed_at[FRAMES_MAX]; /* the last allocation that failed */
static int failed_depth;

struct callers {
    void **found;
    int count;
    int max;
};

static _Unwind_Reason_Code add_caller(struct _Unwind_Context *context, void *list)
{
    struct callers *callers = list;
    void *caller = (void *)_Unwind_GetIP(context);
    if (callers->count == callers->max || caller == NULL)
        return _URC_END_OF_STACK;
    callers->found[callers->count++] = caller;
    return _URC_NO_REASON;
}

/* As backtrace(), which would load a library and allocate for it. */
static int callers_here(void **found, int max)
{
    struct callers callers = {found, 0, max};
    (void)_Unwind_Backtrace(add_caller, &callers);
    return callers.count;
}

static void on_crash(int number)
{
    static const char here[] = "crashed at:\n";
    static const char before[] = "the last allocation that failed:\n";
    void *frames[FRAMES_MAX];
    (void)!real_write(STDERR_FILENO, before, sizeof before - 1);
    backtrace_symbols_fd(failed_at, failed_depth, STDERR_FILENO);
    (void)!real_write(STDERR_FILENO, here, sizeof here - 1);
    int depth = callers_here(frames, FRAMES_MAX); /* of code that is not there any more, none */
    backtrace_symbols_fd(frames, depth, STDERR_FILENO);
    signal(number, SIG_DFL);
    raise(number);
}

static void tell_of_crashes(void)
{
    static char stack[1u << 16]; /* the thread's own may be what is used up */
    const stack_t other = {.ss_sp = stack, .ss_size = sizeof stack};
    const struct sigaction action = {.sa_handler = on_crash, .sa_flags = SA_ONSTACK};
    (void)sigaltstack(&other, NULL);
    (void)sigaction(SIGSEGV, &action, NULL);
    (void)sigaction(SIGBUS, &action, NULL);
    (void)sigaction(SIGABRT, &action, NULL);
}

__attribute__((constructor)) static void begin(void)
{
    find_all();
    const char *path = getenv("WEFT_FAULT_CONTROL");
    if (path == NULL)
        return;
    under = getenv("WEFT_FAULT_UNDER");
    int file = real_open(path, O_RDWR | O_CLOEXEC);
    if (file < 0)
        abort();
    void *mapped = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (mapped == MAP_FAILED)
        abort();
    close(file);
    struct dl_find_object module;
    if (_dl_find_object(&control, &module) != 0)
        abort();
    own_module = module.dlfo_link_map;
    tell_of_crashes();
    control = mapped;
}

/* ---- which calls ---- */

static bool is_under(const char *path)
{
    for (const char *at = under; at != NULL && *at != '\0';) {
        size_t len = strcspn(at, ":");
        if (strncmp(path, at, len) == 0 && (path[len] == '/' || path[len] == '\0'))
            return true;
        at += len + (at[len] == ':');
    }
    return false;
}

static bool path_of(int file, char path[PATH_MAX])
{
    char name[64];
    snprintf(name, sizeof name, "/proc/self/fd/%d", file);
    ssize_t len = readlink(name, path, PATH_MAX - 1);
    path[len < 0 ? 0 : len] = '\0';
    return len > 0;
}

static void path_at(int directory, const char *name, char path[PATH_MAX])
{
    path[0] = '\0';
    if (name[0] != '/') {
        if (directory == AT_FDCWD ? getcwd(path, PATH_MAX) == NULL : !path_of(directory, path))
            path[0] = '\0';
        strncat(path, "/", PATH_MAX - 1 - strlen(path));
    }
    strncat(path, name, PATH_MAX - 1 - strlen(path));
}

/* Whether this call is to fail; a number for each call that is counted. */
static bool is_due(enum kind kind, const char *call, const char *path)
{
    if (control == NULL || (control->kinds & kind) == 0 || !is_under(path))
        return false;
    uint64_t number = atomic_fetch_add(&control->calls, 1) + 1;
    if (number < control->fail_first || number > control->fail_last)
        return false;
    atomic_fetch_add(&control->failed, 1);
    const char *name = strrchr(path, '/');
    snprintf(control->call, sizeof control->call, "%s %.200s", call,
             name == NULL ? path : name + 1);
    return true;
}

static void end_now(void)
{
    syscall(SYS_kill, getpid(), SIGKILL);
    for (;;)
        pause();
}

/* Of a call that is due: whether it fails now, with errno set. */
static bool fails(void)
{
    if (control->how == HOW_KILL_BEFORE)
        end_now();
    if (control->how == HOW_KILL_AFTER)
        return false;
    errno = (int)control->error;
    return true;
}

/* Does the call and then dies, where that is the plan. */
#define DUE_CALL(due, result, call)                                                                \
    do {                                                                                           \
        if ((due) && fails())                                                                      \
            return -1;                                                                             \
        result = call;                                                                             \
        if (due)                                                                                   \
            end_now();                                                                             \
    } while (0)

#define FILE_CALL(kind, file, call_name, call)                                                     \
    do {                                                                                           \
        int file_result_;                                                                          \
        char file_path_[PATH_MAX];                                                                 \
        bool due_ =                                                                                \
            control != NULL && path_of(file, file_path_) && is_due(kind, call_name, file_path_);   \
        DUE_CALL(due_, file_result_, call);                                                        \
        return file_result_;                                                                       \
    } while (0)

#define NAME_CALL(directory, name, call_name, call)                                                \
    do {                                                                                           \
        int name_result_;                                                                          \
        char name_path_[PATH_MAX];                                                                 \
        bool due_ = false;                                                                         \
        if (control != NULL) {                                                                     \
            path_at(directory, name, name_path_);                                                  \
            due_ = is_due(KIND_NAME, call_name, name_path_);                                       \
        }                                                                                          \
        DUE_CALL(due_, name_result_, call);                                                        \
        return name_result_;                                                                       \
    } while (0)

/* ---- writing ---- */

/* How much of `size` is written: 0 for none, with errno set. */
static size_t part_of(size_t size)
{
    if (control->how == HOW_SHORT || control->how == HOW_TORN) {
        if (control->how == HOW_TORN) {
            control->fail_first = control->calls + 1;
            control->fail_last = control->calls + 1;
            control->how = HOW_ERROR;
        }
        return size > 1 ? size / 2 : size;
    }
    return fails() ? 0 : size;
}

static bool write_is_due(int file, const char *call)
{
    char path[PATH_MAX];
    return control != NULL && path_of(file, path) && is_due(KIND_WRITE, call, path);
}

#define WRITE_CALL(file, call_name, size, call)                                                    \
    do {                                                                                           \
        bool due_ = write_is_due(file, call_name);                                                 \
        size_t part_ = due_ ? part_of(size) : (size);                                              \
        if (part_ == 0 && due_)                                                                    \
            return -1;                                                                             \
        ssize_t written_ = call;                                                                   \
        if (due_ && control->how == HOW_KILL_AFTER)                                                \
            end_now();                                                                             \
        return written_;                                                                           \
    } while (0)

ssize_t write(int file, const void *bytes, size_t size)
{
    WRITE_CALL(file, "write", size, real_write(file, bytes, part_));
}

ssize_t pwrite(int file, const void *bytes, size_t size, off_t at)
{
    WRITE_CALL(file, "pwrite", size, real_pwrite(file, bytes, part_, at));
}

ssize_t pwrite64(int file, const void *bytes, size_t size, off_t at)
{
    return pwrite(file, bytes, size, at);
}

ssize_t copy_file_range(int in, off_t *in_at, int out, off_t *out_at, size_t size, unsigned flags)
{
    WRITE_CALL(out, "copy_file_range", size,
               real_copy_file_range(in, in_at, out, out_at, part_, flags));
}

/* Gives its error back and leaves errno alone. */
int posix_fallocate(int file, off_t at, off_t size)
{
    bool due = write_is_due(file, "posix_fallocate");
    if (due && fails())
        return (int)control->error;
    int result = real_posix_fallocate(file, at, size);
    if (due)
        end_now();
    return result;
}

int posix_fallocate64(int file, off_t at, off_t size)
{
    return posix_fallocate(file, at, size);
}

int fsync(int file)
{
    FILE_CALL(KIND_SYNC, file, "fsync", real_fsync(file));
}

int fdatasync(int file)
{
    FILE_CALL(KIND_SYNC, file, "fdatasync", real_fdatasync(file));
}

int ftruncate(int file, off_t size)
{
    FILE_CALL(KIND_CUT, file, "ftruncate", real_ftruncate(file, size));
}

int ftruncate64(int file, off_t size)
{
    return ftruncate(file, size);
}

/* ---- names ---- */

int rename(const char *from, const char *to)
{
    NAME_CALL(AT_FDCWD, to, "rename", real_rename(from, to));
}

int renameat(int from_at, const char *from, int to_at, const char *to)
{
    NAME_CALL(to_at, to, "renameat", real_renameat(from_at, from, to_at, to));
}

int renameat2(int from_at, const char *from, int to_at, const char *to, unsigned flags)
{
    NAME_CALL(to_at, to, "renameat2", real_renameat2(from_at, from, to_at, to, flags));
}

int link(const char *from, const char *to)
{
    NAME_CALL(AT_FDCWD, to, "link", real_link(from, to));
}

int linkat(int from_at, const char *from, int to_at, const char *to, int flags)
{
    NAME_CALL(to_at, to, "linkat", real_linkat(from_at, from, to_at, to, flags));
}

int unlink(const char *path)
{
    NAME_CALL(AT_FDCWD, path, "unlink", real_unlink(path));
}

int unlinkat(int directory, const char *path, int flags)
{
    NAME_CALL(directory, path, "unlinkat", real_unlinkat(directory, path, flags));
}

int mkdir(const char *path, mode_t mode)
{
    NAME_CALL(AT_FDCWD, path, "mkdir", real_mkdir(path, mode));
}

int mkdirat(int directory, const char *path, mode_t mode)
{
    NAME_CALL(directory, path, "mkdirat", real_mkdirat(directory, path, mode));
}

static int open_at(int directory, const char *path, int flags, mode_t mode)
{
    find_all();
    if ((flags & O_CREAT) == 0)
        return real_openat(directory, path, flags, mode);
    NAME_CALL(directory, path, "open", real_openat(directory, path, flags, mode));
}

#define MODE_ARGUMENT(flags, mode)                                                                 \
    mode_t mode = 0;                                                                               \
    if (((flags) & (O_CREAT | O_TMPFILE)) != 0) {                                                  \
        va_list arguments_;                                                                        \
        va_start(arguments_, flags);                                                               \
        mode = va_arg(arguments_, mode_t);                                                         \
        va_end(arguments_);                                                                        \
    }

int open(const char *path, int flags, ...)
{
    MODE_ARGUMENT(flags, mode)
    return open_at(AT_FDCWD, path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
    MODE_ARGUMENT(flags, mode)
    return open_at(AT_FDCWD, path, flags, mode);
}

int openat(int directory, const char *path, int flags, ...)
{
    MODE_ARGUMENT(flags, mode)
    return open_at(directory, path, flags, mode);
}

int openat64(int directory, const char *path, int flags, ...)
{
    MODE_ARGUMENT(flags, mode)
    return open_at(directory, path, flags, mode);
}

/* ---- memory ---- */

/* For a breakpoint: the allocation that fails. */
__attribute__((noinline)) void weft_fault_failing(void);
void weft_fault_failing(void)
{
    __asm__ volatile("");
}

/* What a place is told by: the innermost callers, whosever they are, and of the others those of the
 * program itself. So the 140,000 allocations that the scenarios' steps make are of some 1,800
 * places in each program, an hour's work. More of either number makes many times the places, which
 * differ in what a library does inside, or in who waited for the socket when something came. */
#define INNERMOST_CALLERS 2
#define PROGRAM_CALLERS 5

/* How far up callers are looked for. */
#define CALLERS_MAX 80

static uint64_t mixed(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * 0x9e3779b97f4a7c15u;
    return hash ^ hash >> 32;
}

/* The same in every process that is made of the same files, wherever they are loaded. */
static uint64_t caller_id(const struct link_map *module, const void *address)
{
    uint64_t id = (uintptr_t)address - module->l_addr;
    for (const char *name = strrchr(module->l_name, '/'); name != NULL && *name != '\0'; name++)
        id = mixed(id, (unsigned char)*name);
    return id;
}

/* This library is no caller, and SQLite, whose own tests fail each of its allocations, is one
 * whole: a call of it is a place. */
static bool is_no_caller(const struct link_map *module)
{
    return module == own_module || strstr(module->l_name, "/libsqlite3.so") != NULL;
}

/* Of whoever asks for memory now. */
static uint64_t place_here(void)
{
    void *callers[CALLERS_MAX];
    int depth = callers_here(callers, CALLERS_MAX);
    uint64_t id = 0;
    for (int i = 0, inner = 0, program = 0; i < depth && program < PROGRAM_CALLERS; i++) {
        struct dl_find_object found;
        if (_dl_find_object(callers[i], &found) != 0 || is_no_caller(found.dlfo_link_map))
            continue;
        bool is_program = found.dlfo_link_map->l_name[0] == '\0';
        if (inner++ >= INNERMOST_CALLERS && !is_program)
            continue;
        program += is_program;
        id = mixed(id, caller_id(found.dlfo_link_map, callers[i]));
    }
    return id == 0 ? 1 : id;
}

static void list_place(uint64_t id)
{
    for (uint64_t at = id, tried = 0; tried < PLACES_MAX; at++, tried++) {
        struct place *place = &control->places[at % PLACES_MAX];
        uint64_t there = 0;
        if (atomic_compare_exchange_strong(&place->id, &there, id) || there == id) {
            if (atomic_fetch_add(&place->times, 1) == 0)
                place->order = atomic_fetch_add(&control->listed, 1) + 1;
            return;
        }
    }
    abort(); /* PLACES_MAX is too small */
}

/* In the file WEFT_FAULT_CALLERS. */
static void tell_where(void)
{
    failed_depth = callers_here(failed_at, FRAMES_MAX);
    const char *path = getenv("WEFT_FAULT_CALLERS");
    int file = path == NULL ? -1 : real_open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
    if (file < 0)
        return;
    backtrace_symbols_fd(failed_at, failed_depth, file);
    close(file);
}

static bool allocation_is_due(void)
{
    if (control == NULL || (!control->lists_places && control->place == 0))
        return false;
    uint64_t place = place_here();
    if (control->lists_places)
        list_place(place);
    if (place != control->place || atomic_fetch_add(&control->passed, 1) + 1 != control->turn)
        return false;
    weft_fault_failing();
    tell_where();
    atomic_fetch_add(&control->failed, 1);
    errno = ENOMEM;
    return true;
}

void *malloc(size_t size)
{
    find_all();
    if (real_malloc == NULL)
        return take_early(size);
    return allocation_is_due() ? NULL : real_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    find_all();
    if (real_calloc == NULL)
        return take_early(count * size); /* of zeros, since nothing is given back */
    return allocation_is_due() ? NULL : real_calloc(count, size);
}

void *realloc(void *memory, size_t size)
{
    if (is_early(memory)) {
        void *moved = malloc(size);
        size_t there = (size_t)(early + sizeof early - (char *)memory);
        return moved == NULL ? NULL : memcpy(moved, memory, size < there ? size : there);
    }
    return allocation_is_due() ? NULL : real_realloc(memory, size);
}

void free(void *memory)
{
    if (!is_early(memory) && real_free != NULL)
        real_free(memory);
}

int posix_memalign(void **memory, size_t alignment, size_t size)
{
    find_all();
    return allocation_is_due() ? ENOMEM : real_posix_memalign(memory, alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    find_all();
    return allocation_is_due() ? NULL : real_aligned_alloc(alignment, size);
}
