/* What a process gives up for itself and all it starts: rights that an exec could bring, and calls of the kernel that no
 * mail program makes. A list of what is forbidden, not of what is allowed: the programs of others run under it too (a TLS
 * program, a shell), and what they call changes with every libc. So it names what has opened kernels from below. */
#include "compat/compat.h"

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#if __has_include(<linux/seccomp.h>) && __has_include(<asm/types.h>)
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#if defined __x86_64__ && defined __LP64__
#define ARCH AUDIT_ARCH_X86_64
#elif defined __i386__
#define ARCH AUDIT_ARCH_I386
#elif defined __aarch64__ && defined __LP64__ && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define ARCH AUDIT_ARCH_AARCH64
#elif defined __arm__ && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define ARCH AUDIT_ARCH_ARM
#elif defined __riscv && __riscv_xlen == 64
#define ARCH AUDIT_ARCH_RISCV64
#elif defined __powerpc64__ && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define ARCH AUDIT_ARCH_PPC64LE
#endif
#endif

bool
compat_no_new_privileges(void)
{
	return prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L) == 0;
}

#ifdef ARCH

#define SPEC_ALLOW 4u           /* SECCOMP_FILTER_FLAG_SPEC_ALLOW; since Linux 4.17 */
#define X32 0x40000000u         /* x86-64: the same calls by other numbers */
#define NAMESPACES 0x7e020000u  /* CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET */
#define ARG(n) ((uint32_t)(offsetof(struct seccomp_data, args) + 8 * (n)))     /* its lower half: all are little-endian */

static const unsigned short forbidden[] = {
	/* other processes of the same user */
	SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev, SYS_kcmp,
#ifdef SYS_pidfd_getfd
	SYS_pidfd_getfd,
#endif
	/* namespaces and what there is to mount in them */
	SYS_unshare, SYS_setns, SYS_mount, SYS_umount2, SYS_pivot_root, SYS_chroot, SYS_open_by_handle_at,
#ifdef SYS_open_tree
	SYS_open_tree, SYS_move_mount, SYS_fsopen, SYS_fsconfig, SYS_fsmount, SYS_fspick,
#endif
#ifdef SYS_mount_setattr
	SYS_mount_setattr,
#endif
	/* programs and rings inside the kernel, and ways to hold it up */
	SYS_bpf, SYS_perf_event_open,
#ifdef SYS_userfaultfd
	SYS_userfaultfd,
#endif
#ifdef SYS_io_uring_setup
	SYS_io_uring_setup, SYS_io_uring_enter, SYS_io_uring_register,
#endif
	SYS_add_key, SYS_request_key, SYS_keyctl, SYS_personality,
#ifdef SYS_modify_ldt
	SYS_modify_ldt,
#endif
	/* the kernel itself; only root could */
	SYS_init_module, SYS_finit_module, SYS_delete_module, SYS_kexec_load, SYS_reboot, SYS_swapon, SYS_swapoff, SYS_acct,
#ifdef SYS_kexec_file_load
	SYS_kexec_file_load,
#endif
};

#define FORBIDDEN (sizeof forbidden / sizeof *forbidden)
#define STEPS (2 * FORBIDDEN + 40)

struct steps {
	struct sock_filter at[STEPS];
	unsigned short n;
};

static void
step(struct steps *s, unsigned code, unsigned k, unsigned yes, unsigned no)
{
	s->at[s->n++] = (struct sock_filter){ (unsigned short)code, (unsigned char)yes, (unsigned char)no, k };
}

static void
load(struct steps *s, unsigned from)
{
	step(s, BPF_LD | BPF_W | BPF_ABS, from, 0, 0);
}

static void
refuse(struct steps *s, int error)
{
	step(s, BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)error, 0, 0);
}

/* what was loaded is that: error; else the next step */
static void
refuse_if(struct steps *s, unsigned is, int error)
{
	step(s, BPF_JMP | BPF_JEQ | BPF_K, is, 0, 1);
	refuse(s, error);
}

/* Families that nobody here uses are where kernels have been weak. This is the last question before all is allowed. */
static void
sockets(struct steps *s)
{
	static const unsigned families[] = { AF_UNIX, AF_INET, AF_INET6 };
	size_t i;

	step(s, BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, 11);          /* else past all of this */
	load(s, ARG(0));
	for (i = 0; i < 3; i++) {
		step(s, BPF_JMP | BPF_JEQ | BPF_K, families[i], 0, 1);
		step(s, BPF_RET | BPF_K, SECCOMP_RET_ALLOW, 0, 0);
	}
	step(s, BPF_JMP | BPF_JEQ | BPF_K, AF_NETLINK, 0, 2);
	load(s, ARG(2));
	step(s, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0);                    /* NETLINK_ROUTE: libc asks it for addresses */
	refuse(s, EAFNOSUPPORT);
}

/* An old libc's clone and a new one's clone3 make processes and threads. The latter's flags are in memory, where no filter
 * looks, so it is not there, and libc does without. */
static void
clones(struct steps *s)
{
#ifdef SYS_clone3
	refuse_if(s, SYS_clone3, ENOSYS);
#endif
	step(s, BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 3);
	load(s, ARG(0));
	step(s, BPF_JMP | BPF_JSET | BPF_K, NAMESPACES, 0, 1);
	refuse(s, EPERM);
}

bool
compat_forbid(void)
{
	static struct steps s;
	struct sock_fprog program = { 0, s.at };
	size_t i;

	s.n = 0;
	load(&s, offsetof(struct seccomp_data, arch));
	step(&s, BPF_JMP | BPF_JEQ | BPF_K, ARCH, 1, 0);
	refuse(&s, ENOSYS);             /* a program for another processor, whose calls have other numbers */
	load(&s, offsetof(struct seccomp_data, nr));
#ifdef __x86_64__
	step(&s, BPF_JMP | BPF_JGE | BPF_K, X32, 0, 1);
	refuse(&s, ENOSYS);
#endif
	for (i = 0; i < FORBIDDEN; i++)
		refuse_if(&s, forbidden[i], EPERM);
	clones(&s);
	load(&s, offsetof(struct seccomp_data, nr));
	sockets(&s);
	step(&s, BPF_RET | BPF_K, SECCOMP_RET_ALLOW, 0, 0);
	program.len = s.n;
	/* kernels before 5.16 otherwise make all that such a process does slower, because it might run strangers' code */
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SPEC_ALLOW, &program) == 0 ||
	    prctl(PR_SET_SECCOMP, (long)SECCOMP_MODE_FILTER, &program, 0L, 0L) == 0;
}

#else

bool
compat_forbid(void)
{
	errno = EOPNOTSUPP;             /* nobody has written down this processor's numbers here */
	return false;
}

#endif
