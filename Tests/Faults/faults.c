// Makes the n-th call of a kind go wrong: for LD_PRELOAD, on Linux with glibc.
//
//   FAULTS_COUNTS   a file of 8 * 32 bytes: calls of each kind so far, then in the last places the files below the folder
//                   that were still open when the process ended by itself, and how often a fault was made
//   FAULTS_FOLDER   only calls on files below this folder count; those for memory count everywhere
//   FAULTS_CALL     the kind that goes wrong (a name of `kinds`), or "files" for every kind but those for memory
//   FAULTS_NUMBER   which call of it, from 1
//   FAULTS_ACTION   "fail" with FAULTS_ERRNO; "keep-failing" from there on; "short": half of what was to be written or
//                   read; "kill": SIGKILL before the call, a write half done; "terminate": SIGTERM before the call, with
//                   a moment for who listens to it
//
// Calls that glibc makes inside itself are not seen: what `fread` and `fwrite` do with a file behind them.
// The counts are shared memory, so that they outlive a process however it ends. Calls count from `main` on: what the
// loader does is not the program's.
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum kind {
  OPEN, LIST, STAT, READ, WRITE, SYNC, RENAME, LINK, UNLINK, CLOSE, CHMOD, LOCK, MKDIR, MAP, ALLOCATE, KINDS
};
static const char *const kinds[KINDS] = {"open",   "list",  "stat",  "read", "write", "sync", "rename",  "link",
                                         "unlink", "close", "chmod", "lock", "mkdir", "map",  "allocate"};
enum { OPEN_COUNT = 30, FAULT_COUNT = 31, COUNTS = 32 };
enum action { NONE, FAIL, KEEP_FAILING, SHORT, KILL, TERMINATE };

static _Atomic uint64_t *counts;
static _Atomic uint64_t chosen_calls;
static const char *folder;
static int chosen_kind = -1;  // KINDS: every kind but those for memory
static uint64_t chosen_number;
static enum action chosen_action;
static int chosen_errno;
static atomic_bool is_running;

#define REAL(name) ((__typeof__(&name))real(#name))
static void *real(const char *name) { return dlsym(RTLD_NEXT, name); }

// Where a call is to go wrong, what is to happen; NONE elsewhere.
static enum action count(enum kind kind) {
  atomic_fetch_add(&counts[kind], 1);
  bool is_memory = kind == MAP || kind == ALLOCATE;
  if (chosen_kind != (int)kind && (chosen_kind != KINDS || is_memory)) return NONE;
  uint64_t number = atomic_fetch_add(&chosen_calls, 1) + 1;
  if (number != chosen_number && (chosen_action != KEEP_FAILING || number < chosen_number)) return NONE;
  atomic_fetch_add(&counts[FAULT_COUNT], 1);
  if (chosen_action != TERMINATE) return chosen_action;
  kill(getpid(), SIGTERM);
  usleep(100 * 1000);
  return NONE;
}

static void die(void) {
  kill(getpid(), SIGKILL);
  for (;;) pause();
}

// Whether the call has to fail, for kinds that cannot be short.
static bool fails(enum kind kind) {
  enum action action = count(kind);
  if (action == KILL) die();
  if (action != FAIL && action != KEEP_FAILING) return false;
  errno = chosen_errno;
  return true;
}

static bool is_below(const char *path) {
  size_t length = strlen(folder);
  return strncmp(path, folder, length) == 0 && (path[length] == '/' || path[length] == 0);
}

static bool concerns_file(int file) {
  if (!atomic_load(&is_running)) return false;
  int saved = errno;
  char link[64], path[PATH_MAX];
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  ssize_t length = syscall(SYS_readlinkat, AT_FDCWD, link, path, sizeof path - 1);
  errno = saved;
  if (length < 0) return false;
  path[length] = 0;
  return is_below(path);
}

// `path` as `openat` takes it; a relative one is below the folder where what it is relative to is.
static bool concerns(int directory, const char *path) {
  if (!atomic_load(&is_running) || path == NULL) return false;
  if (path[0] == '/') return is_below(path);
  if (directory != AT_FDCWD) return concerns_file(directory);
  char current[PATH_MAX];
  return syscall(SYS_getcwd, current, sizeof current) > 0 && is_below(current);
}

#define HERE AT_FDCWD
#define FAULTY(kind, concerned, ...) \
  if ((concerned) && fails(kind)) return __VA_ARGS__

// MARK: Files

#define OPEN_FUNCTION(name)                                           \
  int name(const char *path, int flags, ...) {                        \
    va_list rest;                                                     \
    va_start(rest, flags);                                            \
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0; \
    va_end(rest);                                                     \
    FAULTY(OPEN, concerns(HERE, path), -1);                           \
    return REAL(name)(path, flags, mode);                             \
  }
OPEN_FUNCTION(open)
OPEN_FUNCTION(open64)

#define OPENAT_FUNCTION(name)                                         \
  int name(int directory, const char *path, int flags, ...) {         \
    va_list rest;                                                     \
    va_start(rest, flags);                                            \
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0; \
    va_end(rest);                                                     \
    FAULTY(OPEN, concerns(directory, path), -1);                      \
    return REAL(name)(directory, path, flags, mode);                  \
  }
OPENAT_FUNCTION(openat)
OPENAT_FUNCTION(openat64)

#define POINTER_FUNCTION(kind, type, name, parameters, arguments) \
  type *name parameters {                                         \
    FAULTY(kind, concerns(HERE, path), NULL);                     \
    return REAL(name) arguments;                                  \
  }
POINTER_FUNCTION(OPEN, FILE, fopen, (const char *path, const char *mode), (path, mode))
POINTER_FUNCTION(OPEN, FILE, fopen64, (const char *path, const char *mode), (path, mode))
POINTER_FUNCTION(LIST, DIR, opendir, (const char *path), (path))

struct dirent *readdir(DIR *folder_stream) {
  FAULTY(LIST, concerns_file(dirfd(folder_stream)), NULL);
  return REAL(readdir)(folder_stream);
}

ssize_t readlink(const char *path, char *to, size_t size) {
  FAULTY(STAT, concerns(HERE, path), -1);
  return REAL(readlink)(path, to, size);
}

// openat2 has no function of its own.
long syscall(long number, ...) {
  va_list rest;
  va_start(rest, number);
  long a[6];
  for (int i = 0; i < 6; i++) a[i] = va_arg(rest, long);
  va_end(rest);
#ifdef SYS_openat2
  if (number == SYS_openat2) FAULTY(OPEN, concerns((int)a[0], (const char *)a[1]), -1);
#endif
  static long (*next)(long, ...);
  if (next == NULL) next = REAL(syscall);
  return next(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

#define SIMPLE_FUNCTION(kind, name, parameters, concerned, arguments) \
  int name parameters {                                             \
    FAULTY(kind, concerned, -1);                                    \
    return REAL(name) arguments;                                    \
  }
SIMPLE_FUNCTION(STAT, stat, (const char *path, struct stat *to), concerns(HERE, path), (path, to))
SIMPLE_FUNCTION(STAT, lstat, (const char *path, struct stat *to), concerns(HERE, path), (path, to))
SIMPLE_FUNCTION(STAT, fstat, (int file, struct stat *to), concerns_file(file), (file, to))
SIMPLE_FUNCTION(STAT, fstatat, (int at, const char *path, struct stat *to, int flags), concerns(at, path),
              (at, path, to, flags))
SIMPLE_FUNCTION(SYNC, fsync, (int file), concerns_file(file), (file))
SIMPLE_FUNCTION(SYNC, fdatasync, (int file), concerns_file(file), (file))
SIMPLE_FUNCTION(RENAME, rename, (const char *old, const char *to), concerns(HERE, to), (old, to))
SIMPLE_FUNCTION(RENAME, renameat, (int a, const char *old, int b, const char *to), concerns(b, to),
              (a, old, b, to))
SIMPLE_FUNCTION(RENAME, renameat2, (int a, const char *old, int b, const char *to, unsigned flags),
              concerns(b, to), (a, old, b, to, flags))
SIMPLE_FUNCTION(LINK, link, (const char *old, const char *to), concerns(HERE, to), (old, to))
SIMPLE_FUNCTION(LINK, linkat, (int a, const char *old, int b, const char *to, int flags), concerns(b, to),
              (a, old, b, to, flags))
SIMPLE_FUNCTION(UNLINK, unlink, (const char *path), concerns(HERE, path), (path))
SIMPLE_FUNCTION(UNLINK, unlinkat, (int at, const char *path, int flags), concerns(at, path), (at, path, flags))
SIMPLE_FUNCTION(UNLINK, remove, (const char *path), concerns(HERE, path), (path))
SIMPLE_FUNCTION(CHMOD, fchmod, (int file, mode_t mode), concerns_file(file), (file, mode))
SIMPLE_FUNCTION(CHMOD, fchown, (int file, uid_t user, gid_t group), concerns_file(file), (file, user, group))
SIMPLE_FUNCTION(LOCK, flock, (int file, int how), concerns_file(file), (file, how))
SIMPLE_FUNCTION(MKDIR, mkdir, (const char *path, mode_t mode), concerns(HERE, path), (path, mode))

// The descriptor is gone even where closing it fails, as on Linux.
int close(int file) {
  bool is_concerned = concerns_file(file);
  if (!is_concerned || !fails(CLOSE)) return REAL(close)(file);
  int code = errno;
  REAL(close)(file);
  errno = code;
  return -1;
}

#define TRANSFER_FUNCTION(kind, name, parameters, whole, half)                 \
  ssize_t name parameters {                                                    \
    enum action action = concerns_file(file) ? count(kind) : NONE;             \
    if (action == KILL) {                                                      \
      if (kind == WRITE) (void)!half;                                          \
      die();                                                                   \
    }                                                                          \
    if (action == SHORT && size > 1) return half;                              \
    if (action != FAIL && action != KEEP_FAILING) return whole;                \
    errno = chosen_errno;                                                      \
    return -1;                                                                 \
  }
TRANSFER_FUNCTION(READ, read, (int file, void *to, size_t size), REAL(read)(file, to, size),
                  REAL(read)(file, to, size / 2))
TRANSFER_FUNCTION(READ, pread, (int file, void *to, size_t size, off_t at), REAL(pread)(file, to, size, at),
                  REAL(pread)(file, to, size / 2, at))
TRANSFER_FUNCTION(READ, pread64, (int file, void *to, size_t size, off64_t at),
                  REAL(pread64)(file, to, size, at), REAL(pread64)(file, to, size / 2, at))
TRANSFER_FUNCTION(WRITE, write, (int file, const void *from, size_t size), REAL(write)(file, from, size),
                  REAL(write)(file, from, size / 2))
TRANSFER_FUNCTION(WRITE, pwrite, (int file, const void *from, size_t size, off_t at),
                  REAL(pwrite)(file, from, size, at), REAL(pwrite)(file, from, size / 2, at))
TRANSFER_FUNCTION(WRITE, pwrite64, (int file, const void *from, size_t size, off64_t at),
                  REAL(pwrite64)(file, from, size, at), REAL(pwrite64)(file, from, size / 2, at))
TRANSFER_FUNCTION(WRITE, writev, (int file, const struct iovec *from, int size),
                  REAL(writev)(file, from, size), REAL(writev)(file, from, size / 2))

// MARK: Memory, by glibc's second names of its allocator: dlsym allocates, too.

void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);
void *__libc_memalign(size_t, size_t);

#define MEMORY_FAULT(kind, ...) FAULTY(kind, atomic_load(&is_running), __VA_ARGS__)

#define MEMORY_FUNCTION(name, parameters, call) \
  void *name parameters {                       \
    MEMORY_FAULT(ALLOCATE, NULL);               \
    return call;                                \
  }
MEMORY_FUNCTION(malloc, (size_t size), __libc_malloc(size))
MEMORY_FUNCTION(calloc, (size_t number, size_t size), __libc_calloc(number, size))
MEMORY_FUNCTION(realloc, (void *old, size_t size), __libc_realloc(old, size))
MEMORY_FUNCTION(aligned_alloc, (size_t alignment, size_t size), __libc_memalign(alignment, size))
int posix_memalign(void **to, size_t alignment, size_t size) {
  MEMORY_FAULT(ALLOCATE, chosen_errno);
  void *found = __libc_memalign(alignment, size);
  if (found != NULL) *to = found;
  return found == NULL ? ENOMEM : 0;
}
void *mmap(void *at, size_t size, int protection, int flags, int file, off_t offset) {
  MEMORY_FAULT(MAP, MAP_FAILED);
  return REAL(mmap)(at, size, protection, flags, file, offset);
}

// MARK: Beginning and end

static int (*program)(int, char **, char **);

static int counted_main(int count, char **arguments, char **environment) {
  atomic_store(&is_running, counts != NULL);
  return program(count, arguments, environment);
}

static const char *setting(const char *name) {
  const char *value = getenv(name);
  return value == NULL ? "" : value;
}

static void read_settings(void) {
  int file = REAL(open)(setting("FAULTS_COUNTS"), O_RDWR);
  if (file < 0) return;
  void *shared = REAL(mmap)(NULL, COUNTS * sizeof *counts, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  REAL(close)(file);
  if (shared == MAP_FAILED) return;
  folder = setting("FAULTS_FOLDER");
  chosen_number = strtoull(setting("FAULTS_NUMBER"), NULL, 10);
  chosen_errno = atoi(setting("FAULTS_ERRNO"));
  for (int kind = 0; kind < KINDS; kind++) {
    if (strcmp(setting("FAULTS_CALL"), kinds[kind]) == 0) chosen_kind = kind;
  }
  if (strcmp(setting("FAULTS_CALL"), "files") == 0) chosen_kind = KINDS;
  static const char *const actions[] = {"", "fail", "keep-failing", "short", "kill", "terminate"};
  for (int action = FAIL; action <= TERMINATE; action++) {
    if (strcmp(setting("FAULTS_ACTION"), actions[action]) == 0) chosen_action = action;
  }
  counts = shared;
}

int __libc_start_main(int (*main)(int, char **, char **), int count, char **arguments, void (*init)(void),
                      void (*fini)(void), void (*rtld_fini)(void), void *stack_end) {
  read_settings();
  program = main;
  __typeof__(&__libc_start_main) next = real("__libc_start_main");
  return next(counted_main, count, arguments, init, fini, rtld_fini, stack_end);
}

// Runs in `exit`, after what the program registered with it.
__attribute__((destructor)) static void count_open_files(void) {
  if (counts == NULL) return;
  for (int file = 0; file < 1024; file++) {
    if (concerns_file(file)) atomic_fetch_add(&counts[OPEN_COUNT], 1);
  }
}
