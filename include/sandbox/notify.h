/* SPDX-License-Identifier: MIT */
/*
 * Answer system calls of the command in the calling process: for the calls that
 * its policy says `notify` of. The calling thread of the sandbox sleeps until it
 * is answered; when the last handle is gone the call fails with ENOSYS.
 *
 * What a pointer points to may be changed by another thread of the command
 * between our look and the kernel's: never let a call continue because of what
 * its memory held (seccomp_unotify(2)). Do it here instead, and answer with the
 * result or the descriptor. To continue is right where the look was only a look.
 */
#ifndef SANDBOX_NOTIFY_H
#define SANDBOX_NOTIFY_H

#include <sandbox/seccomp.h>

SB_BEGIN_DECLS

/**
 * sb_notification - a system call that waits for an answer
 */
typedef struct sb_notification {
	uint32_t size;    /* SB_INIT(sb_notification)                              */
	int32_t pid;      /* of the thread, in the caller's pid namespace; 0 = not visible in it */
	uint64_t id;      /* for the answer                                       */
	uint32_t number;  /* of the system call                                   */
	uint32_t arch;    /* AUDIT_ARCH_*: always the native one                  */
	uint64_t address; /* of the instruction                                   */
	uint64_t args[6];
	char name[32];    /* "connect"                                            */
} sb_notification;

/**
 * sb_proc_notify_fd - readable when a call waits (poll(2): POLLHUP when the last process is gone);
 * borrowed. -ENOENT: no line says notify.
 */
SB_API int sb_proc_notify_fd(const sb_proc *proc);
/**
 * sb_notify_receive - the next waiting call
 *
 * Calls that the policy kills for or logs are dealt with on the way: with notify
 * lines in the policy they too wait until this is called. Never blocks.
 *
 * Return: 1, 0 if none waits, -ENOENT once no process is left that could call, or -errno.
 */
SB_API int sb_notify_receive(sb_proc *proc, sb_notification *call, sb_error *err);
/**
 * sb_notify_is_valid - does the call still wait?
 *
 * To be asked after anything was read about the thread by its number: the
 * thread may have been killed, its number given to another.
 * Return: 1, 0, or -errno.
 */
SB_API int sb_notify_is_valid(sb_proc *proc, const sb_notification *call);
/**
 * sb_notify_read - copy @len bytes at @address of the calling process
 *
 * Checked for validity after the copy. Return: the number of bytes (less at the
 * end of a mapping), -ENOENT no longer valid, -EFAULT, -EPERM (process_vm_readv(2)).
 */
SB_API ssize_t sb_notify_read(sb_proc *proc, const sb_notification *call, uint64_t address, void *buf,
			      size_t len);
/**
 * sb_notify_read_string - as above, up to a NUL; -ENAMETOOLONG if there is none in @len bytes.
 * Return: the length without it.
 */
SB_API ssize_t sb_notify_read_string(sb_proc *proc, const sb_notification *call, uint64_t address, char *buf,
				     size_t len);
/**
 * sb_notify_open_fd - a duplicate of descriptor @fd of the calling process (pidfd_getfd(2)); yours
 * to close.
 */
SB_API int sb_notify_open_fd(sb_proc *proc, const sb_notification *call, int fd);

/*
 * Answers: 0, -ENOENT if the call does not wait any more, or -errno. From any thread, like all that
 * names a call.
 */

/** sb_notify_error - the call fails with @error, a positive errno value. */
SB_API int sb_notify_error(sb_proc *proc, const sb_notification *call, int error);
/** sb_notify_value - the call returns @value, without having been made. */
SB_API int sb_notify_value(sb_proc *proc, const sb_notification *call, int64_t value);
/** sb_notify_continue - the kernel makes the call as if there were no filter. Read the warning above. */
SB_API int sb_notify_continue(sb_proc *proc, const sb_notification *call);
/**
 * sb_notify_fd - the call returns a new descriptor, a duplicate of @fd (5.14)
 * @flags: O_CLOEXEC or 0
 *
 * Return: its number inside, or -errno.
 */
SB_API int sb_notify_fd(sb_proc *proc, const sb_notification *call, int fd, uint32_t flags);
/**
 * sb_notify_put_fd - @fd becomes descriptor number @number of the caller, in
 * place of what was there; the call still waits for its answer (5.9)
 */
SB_API int sb_notify_put_fd(sb_proc *proc, const sb_notification *call, int fd, int number, uint32_t flags);

SB_END_DECLS
#endif
