#include "csignals.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { EXIT_STATUS = 70, LINE_LENGTH = 8192, PATH_COUNT = 64, PATH_LENGTH = 4096, STACK_LENGTH = 1 << 15 };

static const struct {
  int number;
  const char *name;
} signals[] = {
    {SIGILL, "SIGILL"}, {SIGTRAP, "SIGTRAP"}, {SIGSEGV, "SIGSEGV"},
    {SIGBUS, "SIGBUS"}, {SIGFPE, "SIGFPE"},   {SIGABRT, "SIGABRT"},
};
enum { SIGNAL_COUNT = sizeof signals / sizeof *signals };

typedef char Lines[SIGNAL_COUNT][LINE_LENGTH];
/// Two, so that the one in use is never written to.
static Lines texts[2];
static _Atomic(int) current_text;

/// FREE -> WRITING -> USED -> FREE: the handler looks at paths that are whole.
enum { FREE, WRITING, USED };
static struct {
  _Atomic(int) state;
  char text[PATH_LENGTH];
} paths[PATH_COUNT];

static atomic_flag is_ending = ATOMIC_FLAG_INIT;
static _Atomic(pthread_t) ending_thread;

static void end(int number) {
  if (atomic_flag_test_and_set(&is_ending)) {
    // The handler itself failed, or another thread does while this one ends the process.
    if (pthread_equal(atomic_load(&ending_thread), pthread_self())) _exit(EXIT_STATUS);
    for (;;) pause();
  }
  atomic_store(&ending_thread, pthread_self());
  for (int i = 0; i < PATH_COUNT; i++) {
    if (atomic_load(&paths[i].state) == USED) unlink(paths[i].text);
  }
  const char *line = "";
  for (int i = 0; i < SIGNAL_COUNT; i++) {
    if (signals[i].number == number) line = texts[atomic_load(&current_text)][i];
  }
  for (size_t left = strlen(line); left > 0;) {
    ssize_t written = write(STDERR_FILENO, line, left);
    if (written <= 0) break;
    line += written;
    left -= (size_t)written;
  }
  _exit(EXIT_STATUS);
}

void crash_describe(const char *before, const char *behind) {
  int next = 1 - atomic_load(&current_text);
  for (int i = 0; i < SIGNAL_COUNT; i++) {
    int length = snprintf(texts[next][i], LINE_LENGTH, "%s%s%s", before, signals[i].name, behind);
    // A line that was cut off is a line all the same.
    if (length >= LINE_LENGTH) texts[next][i][LINE_LENGTH - 2] = '\n';
  }
  atomic_store(&current_text, next);
}

void crash_use_own_stack(void) {
  static _Thread_local char memory[STACK_LENGTH];
  stack_t stack = {.ss_sp = memory, .ss_size = sizeof memory};
  sigaltstack(&stack, NULL);
}

void crash_listen(void) {
  crash_use_own_stack();
  struct sigaction action = {.sa_handler = end, .sa_flags = SA_ONSTACK | SA_NODEFER};
  sigemptyset(&action.sa_mask);
  for (int i = 0; i < SIGNAL_COUNT; i++) sigaction(signals[i].number, &action, NULL);
}

void crash_insert_path(const char *path) {
  size_t length = strlen(path) + 1;
  if (length > PATH_LENGTH) return;
  for (int i = 0; i < PATH_COUNT; i++) {
    int expected = FREE;
    if (!atomic_compare_exchange_strong(&paths[i].state, &expected, WRITING)) continue;
    memcpy(paths[i].text, path, length);
    atomic_store(&paths[i].state, USED);
    return;
  }
}

void crash_remove_path(const char *path) {
  for (int i = 0; i < PATH_COUNT; i++) {
    int expected = USED;
    if (atomic_load(&paths[i].state) != USED || strcmp(paths[i].text, path) != 0) continue;
    atomic_compare_exchange_strong(&paths[i].state, &expected, FREE);
  }
}
