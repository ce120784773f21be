/* compat - what POSIX has no name for, one folder per system
 *
 * compat/linux uses Linux's own calls, compat/posix does without (make SYS=posix builds it anywhere).
 * Nothing here is needed for correctness: each call may say "cannot" and its caller has another way. */
#ifndef COMPAT_COMPAT_H
#define COMPAT_COMPAT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <time.h>

/* a file in dir without a name, or -1 (EOPNOTSUPP: this system or file system has none, or it could get no name later) */
int compat_nameless(int dir, mode_t mode);
/* give it one; EEXIST leaves it nameless; EOPNOTSUPP: it can have none here */
bool compat_name(int fd, int dir, const char *name);
/* openat for reading, close-on-exec, never through a symbolic link, and if possible without a new access time: the mtime
 * of a queue file lies in the future, so each look at it would be a write to its inode */
int compat_open_quiet(int dir, const char *name);
/* who is at the other end of a local socket */
bool compat_peer(int sock, uid_t *uid, gid_t *gid);
/* bytes a pipe can hold, at the least PIPE_BUF */
size_t compat_pipe_size(int fd);
/* acknowledge what a TCP peer sent at once, this time */
void compat_ack_now(int sock);
/* no core file, no ptrace, no /proc/PID/fd for this user's other processes */
void compat_undumpable(void);
/* make all descriptors from this number on close-on-exec; in a vfork child, so only system calls */
void compat_cloexec_from(int fd);
/* end this process (SIGTERM) when its parent, which must be this one, ends; kept across exec, not across fork */
void compat_end_with(pid_t parent);
/* an empty file that lives in memory, read and write, close-on-exec; -1: cannot (errno) */
int compat_memory_file(void);
/* The system's hashed password of a login, through its name service. 1: there is one; 0: there is no such login; -1: errno,
 * EOPNOTSUPP if this system keeps none that could be asked for. Days since 1970 as shadow(5) has them, -1 for none. */
struct compat_shadow {
	char hash[512];
	long changed, most, expires;
};
int compat_shadow(const char *login, struct compat_shadow *);
/* give up every trace of the group that a setgid program got, for the real one, for good; checked */
bool compat_drop_setgid(void);
/* clock_gettime by the way that suits a process that lives for one message */
bool compat_clock(clockid_t id, struct timespec *);
/* The program runs with more rights than its caller gave it (setuid, setgid): the environment is a stranger's. */
bool compat_elevated(void);
/* The names in a directory just opened, each with a 0 behind it; bytes, or -1: more than the space holds, or it cannot be done
 * in one step, in which no name is missed that was there all the time. */
ssize_t compat_names(int dir, char *space, size_t size);
/* No exec gives more rights than this process has, for good, for it and all it starts: a setuid program runs as its caller. Not
 * for who starts pneu-queue as another user (pneu-smtpd, and pneu-tcpd above it; pneu-local, whose users' programs may be
 * setuid or setgid too). False: errno. */
bool compat_no_new_privileges(void);
/* From now on calls of the kernel that no mail program makes fail, for this process and all it starts: EPERM for ptrace,
 * namespaces, mounts, keys, bpf, io_uring and the like, EAFNOSUPPORT for sockets but of AF_UNIX, the Internet and the routing
 * netlink. It takes root, or compat_no_new_privileges() first. False: errno; EOPNOTSUPP, EINVAL: not on this system. */
bool compat_forbid(void);
/* start writing a file's data to disk without waiting. False: it cannot be written (errno), and an fsync may not say so again. */
bool compat_write_behind(int fd);

#endif
