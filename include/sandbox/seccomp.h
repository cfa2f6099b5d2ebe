/* SPDX-License-Identifier: MIT */
/*
 * Which system calls the command may make. Unless told otherwise a sandbox has
 * the preset "default"; the filter is loaded as the last act before exec.
 *
 * A policy is text, one rule a line; the last line that fits a call decides:
 *
 *	include default                       # a preset, or a file beside this one
 *	default errno(EPERM)                  # calls that no line names
 *	unknown errno(ENOSYS)                 # numbers that have no name here
 *	foreign kill                          # the machine's other ABIs: i386, x32
 *	group   @mine openat ?openat2         # ?: skipped where it does not exist
 *	allow   @mine read write
 *	errno   ioctl if arg1 == TIOCSTI      # errno alone: EPERM
 *	allow   socket if arg0 == AF_INET and arg1 & 0xf == SOCK_STREAM
 *	allow   mount umount2 if cap sys_admin
 *
 * Actions: allow, errno(NAME or number), log (allow, and report), trap (SIGSYS),
 * kill (the process, and report), notify (the caller decides, sandbox/notify.h).
 * argN is the lower half of an argument, as the kernel reads an int; longN the
 * whole, as it reads a pointer or a size. Two lines of one file that say
 * different things of one call under one condition are an error; what a group
 * or an included file said may be refined. docs/seccomp.md has all of it.
 */
#ifndef SANDBOX_SECCOMP_H
#define SANDBOX_SECCOMP_H

#include <sandbox/proc.h>

SB_BEGIN_DECLS

/**
 * sb_set_seccomp - the policy, by name
 * @preset: "default": what programs need, and nothing that reaches past the sandbox
 *	(no namespaces, mounts, keyrings, io_uring, ptrace, AF_VSOCK…);
 *	"judge": further no sockets but pairs, and no file locks;
 *	"build": default, without set-user-ID bits and extended attributes;
 *	"nested": default, with all that a sandbox inside needs;
 *	"none": no filter
 *
 * Return: 0, or -EINVAL for another name.
 */
SB_API int sb_set_seccomp(sb_config *cfg, const char *preset);
/**
 * sb_set_seccomp_text - a policy of one's own
 * @name: what errors call it, "judge.policy"; NULL = "policy"
 *
 * Included files are looked for in the calling process's directory. Nothing of
 * it is used if any line is wrong: -EINVAL with name and line in the error,
 * -ENOENT an included file, -ELOOP one that includes itself, -E2BIG a text of 1 MiB, 16384 rules or 256
 * included files; more than 4096 instructions (BPF_MAXINSNS, bpf(2)) are -E2BIG at the spawn or check.
 */
SB_API int sb_set_seccomp_text(sb_config *cfg, const char *text, const char *name);
/**
 * sb_set_seccomp_file - a policy from a file; what it includes lies beside it. Errors as above, and
 * open(2)'s.
 */
SB_API int sb_set_seccomp_file(sb_config *cfg, const char *path);
/** sb_add_seccomp - one or more lines after those that are there: "allow ptrace". Errors as above. */
SB_API int sb_add_seccomp(sb_config *cfg, const char *line);

#define SB_SECCOMP_ALLOW UINT32_C(1)
#define SB_SECCOMP_ERRNO UINT32_C(2)
#define SB_SECCOMP_LOG UINT32_C(3)
#define SB_SECCOMP_TRAP UINT32_C(4)
#define SB_SECCOMP_KILL UINT32_C(5)
#define SB_SECCOMP_NOTIFY UINT32_C(6)

/**
 * sb_seccomp_test - what would the filter do? Without loading it.
 * @call: name or number; of the machine's native ABI
 * @args: six, or NULL = all 0
 * @error: set for SB_SECCOMP_ERRNO; may be NULL
 *
 * Return: SB_SECCOMP_*, or -errno with @err as sb_config_check().
 */
SB_API int sb_seccomp_test(const sb_config *cfg, const char *call, const uint64_t args[], int32_t *error,
			   sb_error *err);

/**
 * sb_denied - a system call that was killed for, or logged, by the filter
 *
 * One for each pair of call and action, in the order in which they first
 * happened; at most 64, later ones are not told.
 */
typedef struct sb_denied {
	uint32_t size;    /* SB_INIT(sb_denied)                                   */
	uint32_t action;  /* SB_SECCOMP_KILL or SB_SECCOMP_LOG                    */
	uint32_t number;  /* of the call                                          */
	uint32_t reserved;
	uint64_t count;   /* how often                                            */
	uint64_t args[6]; /* of the first time, as they were in the registers     */
	char name[32];    /* "openat"                                             */
} sb_denied;

/**
 * sb_proc_denied - the calls that were killed for, or logged, once the command has ended
 * @at: from 0
 *
 * sb-init sees them through a listener (seccomp_unotify(2)). Where there can be
 * none, because the command is inside another filter that has one, kill still
 * kills, log still allows, and nothing is told here (SB_APPLIED_SECCOMP_REPORT).
 * Calls of foreign ABIs are killed for by the kernel itself and not told. What outlives its command in
 * a box is held to the policy, and not told of. At most 64 commands of one box can be listened to at
 * once; one more is -EAGAIN.
 *
 * Return: 0, -ERANGE past the end, -EAGAIN while it runs.
 */
SB_API int sb_proc_denied(const sb_proc *proc, uint32_t at, sb_denied *denied);

SB_END_DECLS
#endif
