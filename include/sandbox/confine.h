/* SPDX-License-Identifier: MIT */
/*
 * Landlock, capabilities, and what else holds a command back besides its
 * namespaces and its seccomp filter (sandbox/seccomp.h).
 */
#ifndef SANDBOX_CONFINE_H
#define SANDBOX_CONFINE_H

#include <sandbox/config.h>

SB_BEGIN_DECLS

/* --- Landlock (landlock(7)) ------------------------------------------------------- */

/**
 * sb_add_landlock_path - what the command may do at and below a path
 * @path: inside the sandbox, absolute; looked up when the command starts
 * @rights: words: "read" (read_file, read_dir), "write" (write_file, truncate), "execute",
 *	"make" (make_reg, make_dir, make_sym, make_fifo, make_sock), "remove" (remove_file,
 *	remove_dir), "device" (make_char, make_block), "refer", "truncate", "ioctl", "all",
 *	and the kernel's own names, those in brackets
 *
 * The first such line turns file rules on: what no line allows is then refused
 * (EACCES, or EXDEV to a move), on top of mounts and modes, for every file that is opened from
 * then on; descriptors that were handed over stay as they are. A rule is of the file, by whatever
 * name it is reached; programs need "read execute". Works without any namespace, and without
 * privilege. A path that is not there is an error of the spawn. At most 256 lines.
 */
SB_API int sb_add_landlock_path(sb_config *cfg, const char *path, const char *rights);
/**
 * sb_add_landlock_port - a TCP port that the command may use (ABI 4, Linux 6.7)
 * @right: "bind" or "connect"
 *
 * The first such line turns that right's rules on. Port 0 to bind: any that the kernel chooses.
 */
SB_API int sb_add_landlock_port(sb_config *cfg, const char *right, uint16_t port);
/**
 * sb_set_landlock - what is refused unless a line allows it
 * @handled: words as above, with spaces or commas between, "bind", "connect", "abstract"
 *	(connections to abstract UNIX sockets of processes outside), "signal" (signals to them);
 *	"fs", "net", "scope" and "all" for each kind; "none": no Landlock. NULL, the default: what
 *	the lines turn on; and "abstract" if the command has no network namespace of its own,
 *	"signal" if it has no pid namespace of its own, both only where the kernel can
 * @optional: those of them that a kernel may lack; what any other lacks is an error
 *	(-EOPNOTSUPP; -ENOSYS if there is no Landlock at all). ABI 1: 5.13; 2: refer, 5.19; 3:
 *	truncate, 6.2; 4: ports, 6.7; 5: ioctl, 6.10; 6: scopes, 6.12. NULL = none
 *
 * A line that allows nothing of what is refused is an error of the spawn, but with "none".
 * sb_result.landlock_abi tells what was used.
 */
SB_API int sb_set_landlock(sb_config *cfg, const char *handled, const char *optional);

/* --- capabilities ------------------------------------------------------------------ */

/**
 * sb_drop_cap - take back what sb_add_cap() kept: sb_add_cap(cfg, "all"), sb_drop_cap(cfg, "sys_admin")
 *
 * "all": every one. sb_result.caps tells which were kept.
 */
SB_API int sb_drop_cap(sb_config *cfg, const char *name);
/**
 * sb_set_ambient - 1 (default): kept capabilities are in the ambient set, so that
 * a command that is not root has them; 0: only root inside, or a file with
 * capabilities, gets them at exec (capabilities(7))
 */
SB_API int sb_set_ambient(sb_config *cfg, int on);
/**
 * sb_set_securebits - as in capabilities(7), SECBIT_*
 *
 * Default: if no capability is kept, root has none either and this cannot be
 * changed (NOROOT, NO_SETUID_FIXUP, NO_CAP_AMBIENT_RAISE, KEEP_CAPS off, all locked); else they stay as
 * they are, 0 in a new user namespace. A caller without privilege and without a user namespace of its
 * own cannot set them: an error if asked for by this call, else SB_APPLIED_SECUREBITS is missing.
 */
SB_API int sb_set_securebits(sb_config *cfg, uint32_t bits);

/* --- others ------------------------------------------------------------------------- */

/**
 * sb_set_core_sched - 1: no process of the machine but those of this command runs
 * beside it on a core's other threads (core scheduling, 5.14; -EINVAL without CONFIG_SCHED_CORE,
 * -ENODEV where no core has a second thread)
 */
SB_API int sb_set_core_sched(sb_config *cfg, int on);
/**
 * sb_set_no_new_userns - 1: also the kernel's own limit forbids user namespaces
 * inside (user.max_user_namespaces = 0 in the sandbox's)
 *
 * The filter refuses them already, unless it was opened. Needs a new user namespace. A command that keeps
 * CAP_SYS_RESOURCE, and has a /proc that it may write to (SB_PROC_WRITABLE), can raise it again.
 */
SB_API int sb_set_no_new_userns(sb_config *cfg, int on);
/**
 * sb_set_optional - what may be missing
 * @layers: SB_APPLIED_SECCOMP, SB_APPLIED_SECCOMP_REPORT (always optional), SB_APPLIED_LANDLOCK,
 *	SB_APPLIED_SECUREBITS, SB_APPLIED_CORE_SCHED, SB_APPLIED_NO_NEW_USERNS, SB_APPLIED_KEYRING
 *	(sandbox/proc.h); replaces what was set before
 *
 * A layer that the kernel lacks, or refuses to this caller, then is left out and counted in
 * sb_result.skipped; without this it fails the spawn. sb_result.applied says what there was.
 * What is wrong in the description, like a Landlock line for a path that is not there, fails it still.
 */
SB_API int sb_set_optional(sb_config *cfg, uint64_t layers);

SB_END_DECLS
#endif
