/* SPDX-License-Identifier: MIT */
/* The cgroup namespace, and a file system that shows the command its own leaf. */
#include <linux/sched.h>

#include "common/clone3.h"
#include "init.h"

/*
 * Here and not in clone3: the namespace is rooted at the cgroup its creator is
 * in. With a leaf it is the command's process, born in it, that goes through this.
 */
int do_cgroupns(struct run *run, const struct sbi_op *op)
{
	(void)op;
	/* In one call with what comes next; that fails for itself if it has to. */
	if (run->at + 1 < run->count && run->ops[run->at + 1].step == SB_STEP_TIMENS &&
	    SYS(unshare, CLONE_NEWCGROUP | CLONE_NEWTIME) == 0) {
		time_is_new = 1;
		return 0;
	}
	return (int)SYS(unshare, CLONE_NEWCGROUP);
}

struct view {
	uint64_t attributes;
	int mount;
};

/* In the leaf for a moment, with a cgroup namespace rooted at it: what it mounts shows just that. */
static int mount_own_view(void *arg)
{
	struct view *view = arg;

	view->mount = (int)SYS(unshare, CLONE_NEWCGROUP);
	if (view->mount == 0)
		view->mount = new_fs("cgroup2", NULL, view->attributes);
	return 0;
}

static int view_from(int leaf, uint64_t attributes)
{
	static char stack[16384] __attribute__((aligned(16)));
	struct view view = { attributes, -1 };
	struct clone_args args = { .flags = CLONE_VM | CLONE_VFORK | CLONE_FILES | CLONE_INTO_CGROUP,
				   .stack = (uint64_t)(uintptr_t)stack,
				   .stack_size = sizeof(stack),
				   .cgroup = (uint64_t)leaf };
	long pid = sys_clone3(&args, sizeof(args), mount_own_view, &view);

	if (pid < 0)
		return (int)pid;
	SYS(wait4, pid, 0, 0x40000000 /* __WALL */, 0);
	return view.mount;
}

/*
 * What its owner needs to make cgroups below (cgroups(7), delegation); limits
 * lie above. The group stays ours and may write cgroup.procs: we put the command
 * there when we have no more power over files than anybody (a late user namespace).
 */
static int give_away(int leaf, const struct sbi_op *op)
{
	static const char *const files[] = { ".", "cgroup.procs", "cgroup.threads", "cgroup.subtree_control" };
	long r = 0;

	for (unsigned i = 0; r == 0 && i < sizeof(files) / sizeof(files[0]); i++)
		r = SYS(fchownat, leaf, files[i], op->id[0], -1, 0);
	return r < 0 ? (int)r : (int)SYS(fchmodat, leaf, "cgroup.procs", 0664);
}

/* CGROUPFS: text[1] target, count slot of the leaf, id[0] its owner, arg[0] SB_MOUNT_RO or 0: delegated. */
int do_cgroupfs(struct run *run, const struct sbi_op *op)
{
	int read_only = op->arg[0] & SB_MOUNT_RO ? 1 : 0, leaf = run->slots[op->count];
	uint64_t attributes = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
	int r = read_only ? 0 : give_away(leaf, op), fd;

	if (r < 0)
		return r;
	fd = view_from(leaf, attributes | (read_only ? MOUNT_ATTR_RDONLY : 0));
	r = new_fs_on(run, op_text(run, op->text[1]), fd);
	if (r == 0)
		done_with(fd);
	return r;
}
