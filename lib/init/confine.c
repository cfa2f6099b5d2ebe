/* SPDX-License-Identifier: MIT */
/* Securebits, core scheduling, and the limit of user namespaces inside. */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/magic.h>
#include <linux/prctl.h>
#include <linux/securebits.h>
#include <sys/statfs.h>

#include "init.h"

#define ST_RDONLY_ 1
#define THREAD_GROUP 1 /* of PR_SCHED_CORE: enum pid_type */

static int proc_sys; /* of FIND, for the operation that follows it */

/*
 * SECUREBITS: arg[0] bits, arg[1] demanded, arg[2] capabilities to be made
 * ambient before that may be forbidden, id[0] there are none yet, and all
 * capabilities are in effect. The bits of the default are added to what there
 * is; KEEP_CAPS was ours (USER). An ordinary user without a namespace of its
 * own has nothing to set them with.
 */
int do_securebits(struct run *run, const struct sbi_op *op)
{
	long now_set, wanted = (long)op->arg[0], r;
	uint64_t permitted, ambient;

	(void)run;
	if (op->id[0] && !op->arg[2] && SYS(prctl, PR_SET_SECUREBITS, wanted) == 0)
		return 0;
	now_set = SYS(prctl, PR_GET_SECUREBITS);
	permitted = permitted_caps();
	ambient = op->arg[2] & permitted;
	if (now_set < 0)
		return (int)now_set;
	if (!op->arg[1])
		wanted |= now_set & ~SECBIT_KEEP_CAPS;
	if (now_set == wanted)
		return 0;
	/* what else is inheritable is for CAPS to say, which comes after us */
	r = set_caps(permitted, permitted, ambient);
	if (r == 0)
		r = raise_ambient(ambient);
	if (r == 0)
		r = SYS(prctl, PR_SET_SECUREBITS, wanted);
	if (r == -EPERM && !op->arg[1] && !(permitted & (UINT64_C(1) << CAP_SETPCAP)))
		return LEFT_OUT;
	return (int)r;
}

/* CORE_SCHED: a cookie of its own, which its children inherit. */
int do_core_sched(struct run *run, const struct sbi_op *op)
{
	(void)run, (void)op;
	return (int)SYS(prctl, PR_SCHED_CORE, PR_SCHED_CORE_CREATE, 0, THREAD_GROUP, 0);
}

/* The host's /proc/sys, if it is one that can be written to: not in a container, for one. */
static int open_host_proc(void)
{
	int fd = (int)SYS(openat, AT_FDCWD, "/proc/sys", O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
	struct statfs fs;

	if (fd < 0)
		return fd;
	if (SYS(fstatfs, fd, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC && !(fs.f_flags & ST_RDONLY_))
		return fd;
	SYS(close, fd);
	return -EROFS;
}

static int open_new_proc(void)
{
	int mount = new_fs("proc", NULL, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC), fd;

	if (mount < 0)
		return mount;
	fd = (int)SYS(openat, mount, "sys", O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
	SYS(close, mount);
	return fd;
}

/*
 * NO_NEW_USERNS: arg[0] SBI_NOUSERNS_FIND, SET or both. The file means the user
 * namespace of its opener; which proc it is found in does not matter.
 */
int do_no_new_userns(struct run *run, const struct sbi_op *op)
{
	struct open_how how = { .flags = O_WRONLY | O_CLOEXEC,
				.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV };
	long fd, r;

	(void)run;
	if (op->arg[0] & SBI_NOUSERNS_FIND) {
		int host = open_host_proc();

		proc_sys = host < 0 ? open_new_proc() : host;
		if (proc_sys < 0)
			return host;
	}
	if (!(op->arg[0] & SBI_NOUSERNS_SET))
		return 0;
	if (proc_sys < 0)
		return LEFT_OUT;
	fd = SYS(openat2, proc_sys, "user/max_user_namespaces", &how, sizeof(how));
	SYS(close, proc_sys);
	proc_sys = -1;
	if (fd < 0)
		return (int)fd;
	r = SYS(write, fd, "0", 1);
	SYS(close, fd);
	return r == 1 ? 0 : r < 0 ? (int)r : -EIO;
}
