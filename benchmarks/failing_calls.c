/* Makes the N-th call into the system fail: preloaded by failing_calls.py, which says when and how.

   Where a folder is named, only the calls that write there count. Either one fails, or all from the N-th on. */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#define FILES 1024
static long calls, failing = -1; /* -1: not armed; 0: count only */
static int number, once;
static const char *full;      /* a folder on a full disk, or "" */
static char is_there[FILES]; /* whether an open file is in that folder */

void arm(long when, int error, int one, const char *folder) {
    calls = 0, number = error, once = one, full = folder, failing = when;
}
long disarm(void) { failing = -1; return calls; }

static int is_full(const char *path) { return *full && !strncmp(path, full, strlen(full)); }
static int is_full_file(int file) { return *full && file >= 0 && file < FILES && is_there[file]; }

static int fails(int writes) {
    if (failing < 0 || (*full && !writes)) return 0;
    calls++;
    if (failing == 0 || (once ? calls != failing : calls < failing)) return 0;
    errno = number;
    return 1;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define WRAP(result, name, parameters, arguments, writes, failure) \
    result name parameters {                                       \
        if (failing >= 0 && fails(writes)) return failure;         \
        return REAL(name) arguments;                               \
    }
#define OPEN(name, parameters, ...)                                             \
    int name parameters {                                                       \
        va_list more;                                                           \
        va_start(more, flags);                                                  \
        int permissions = va_arg(more, int);                                    \
        va_end(more);                                                           \
        if (failing < 0) return REAL(name)(__VA_ARGS__, flags, permissions);    \
        if (fails((flags & O_CREAT) && is_full(path))) return -1;               \
        int file = REAL(name)(__VA_ARGS__, flags, permissions);                 \
        if (file >= 0 && file < FILES) is_there[file] = is_full(path);          \
        return file;                                                            \
    }

OPEN(open, (const char *path, int flags, ...), path)
OPEN(open64, (const char *path, int flags, ...), path)
OPEN(openat, (int folder, const char *path, int flags, ...), folder, path)
OPEN(openat64, (int folder, const char *path, int flags, ...), folder, path)
WRAP(ssize_t, read, (int file, void *to, size_t n), (file, to, n), 0, -1)
WRAP(ssize_t, write, (int file, const void *from, size_t n), (file, from, n), is_full_file(file), -1)
WRAP(int, fsync, (int file), (file), is_full_file(file), -1)
WRAP(int, rename, (const char *from, const char *to), (from, to), is_full(to), -1)
WRAP(int, unlink, (const char *path), (path), 0, -1)
WRAP(int, chmod, (const char *path, mode_t to), (path, to), 0, -1)
WRAP(int, flock, (int file, int how), (file, how), 0, -1)
WRAP(off_t, lseek, (int file, off_t to, int from), (file, to, from), 0, -1)
WRAP(off64_t, lseek64, (int file, off64_t to, int from), (file, to, from), 0, -1)
WRAP(int, stat, (const char *path, struct stat *to), (path, to), 0, -1)
WRAP(int, lstat, (const char *path, struct stat *to), (path, to), 0, -1)
WRAP(int, fstat, (int file, struct stat *to), (file, to), 0, -1)
WRAP(int, stat64, (const char *path, struct stat64 *to), (path, to), 0, -1)
WRAP(int, lstat64, (const char *path, struct stat64 *to), (path, to), 0, -1)
WRAP(int, fstat64, (int file, struct stat64 *to), (file, to), 0, -1)
WRAP(DIR *, opendir, (const char *path), (path), 0, NULL)

int close(int file) { /* the file is closed all the same, as Linux does */
    int failed = failing >= 0 && fails(0), result = REAL(close)(file);
    return failed ? (errno = number, -1) : result;
}
