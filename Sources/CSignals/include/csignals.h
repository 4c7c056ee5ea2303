// The end of a process that a defect ends: one line instead of a bare signal, and no temporary file left behind.
//
// In C because a handler of signals may run nothing that takes a lock or allocates, which Swift does not promise. All
// that the handler needs is made ready before: it writes, removes files, and ends the process with status 70.
#pragma once

#ifdef __cplusplus
extern "C" {
#endif

/// From now on a crash ends the process as described. Says nothing of a file yet.
void crash_listen(void);
/// What the line of a crash says before and behind the name of the signal.
void crash_describe(const char *before, const char *behind);
/// Gives the calling thread a stack of its own for the handler, so that it runs when the thread's stack is used up.
void crash_use_own_stack(void);

/// A crash removes the file of this path.
void crash_insert_path(const char *path);
/// The file stays, or is gone.
void crash_remove_path(const char *path);

#ifdef __cplusplus
}
#endif
