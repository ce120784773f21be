/* proc - starting another program and hearing how it ended
 *
 * Every descriptor of ours is close-on-exec; a child gets exactly what its map names, and ours for 0, 1 and 2 where
 * the map does not name them (unless they are close-on-exec). */
#ifndef LIB_PROC_H
#define LIB_PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define PROC_FDS 8              /* most entries of a map */

struct proc_fd {
	int from;               /* ours; stays open here */
	int to;                 /* its number in the child */
};

/* Start file (searched in PATH when it has no slash) with these descriptors, no signal blocked, SIGPIPE and SIGCHLD
 * default, no two targets equal. The pid, or -1 with errno: fork or exec failed (an exec failure is known here, not as
 * a strange exit code). */
pid_t proc_spawn(const char *file, char *const argv[], char *const envp[], const struct proc_fd *map, size_t n);
/* the same, and SIGALRM comes to it after limit_s, which ends it unless it thinks otherwise; 0: never */
pid_t proc_spawn_limited(const char *file, char *const argv[], char *const envp[], const struct proc_fd *map, size_t n,
    unsigned limit_s);
/* the same as proc_spawn for a program of somebody else's: it leads a session and so a process group of its own, and every signal does
 * what it does by itself */
pid_t proc_spawn_apart(const char *file, char *const argv[], char *const envp[], const struct proc_fd *map, size_t n);
/* the same as proc_spawn without a new process: returns -1 with errno only if it failed */
int proc_exec(const char *file, char *const argv[], char *const envp[], const struct proc_fd *map, size_t n);
/* wait for it: exit code 0 to 255, or -1 when a signal ended it or it could not be waited for */
int proc_wait(pid_t);
/* The same for one of proc_spawn_apart, which may take until then (clock_mono_ms) to end by itself: else it is killed. So is in
 * any case what is left of its group. */
int proc_end(pid_t, int64_t until_ms);
/* the same from a wait status */
int proc_code(int status);

#endif
