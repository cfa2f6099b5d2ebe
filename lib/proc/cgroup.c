/* SPDX-License-Identifier: MIT */
/* A command's leaf while it runs: figures, limits, freezing, processes, pressure. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/auto.h"
#include "config/cgroup_value.h"
#include "error.h"
#include "host/cgroup_dir.h"
#include "proc_internal.h"

#define FREEZE_MS 10000
#define MIN_WINDOW_US UINT64_C(500000)
#define MAX_WINDOW_US UINT64_C(10000000)

static int no_leaf(sb_error *err)
{
	sbi_fail(err, SB_STEP_CONTROL, 0, ENOENT, "the command has no cgroup of its own");
	sbi_hint(err, "set a limit (sb_set_cgroup()), or SB_CGROUP_ACCOUNT by sb_set_cgroup_flags()");
	return -ENOENT;
}

/* The leaf of a command that has not ended. */
static int live_leaf(const sb_proc *proc, const char *call, sb_error *err)
{
	if (!proc)
		return sbi_fail(err, SB_STEP_CONTROL, 0, EINVAL, "%s: no command given", call);
	if (proc->leaf.fd < 0)
		return no_leaf(err);
	if (proc->leaf_over)
		return sbi_fail(err, SB_STEP_CONTROL, 0, ESRCH,
				"the command has ended, and its cgroup is done with");
	return proc->leaf.fd;
}

int sb_proc_cgroup_fd(const sb_proc *proc)
{
	return live_leaf(proc, "", NULL);
}

int sb_proc_stats(sb_proc *proc, sb_stats *stats, sb_error *err)
{
	sb_stats now;

	if (!proc || !stats)
		return sbi_fail(err, SB_STEP_CONTROL, 0, EINVAL,
				"sb_proc_stats: a command and room for its figures are needed");
	if (proc->leaf.fd < 0)
		return no_leaf(err);
	if (proc->leaf_over && !proc->owns_box)
		sbi_stats_pressure(proc->leaf.fd, &proc->stats);
	else if (!proc->leaf_over)
		sbi_stats_read(proc->leaf.fd, proc->leaf.controllers, 1, proc->used_ns, &now);
	sbi_copy_out(stats, proc->leaf_over ? &proc->stats : &now, sizeof(now));
	return 0;
}

int sb_proc_io(sb_proc *proc, size_t index, sb_io_stats *io, sb_error *err)
{
	int dir = live_leaf(proc, "sb_proc_io", err), r;
	sb_io_stats found;

	if (dir < 0)
		return dir;
	if (!io)
		return sbi_fail(err, SB_STEP_CONTROL, 0, EINVAL, "sb_proc_io: no room for the figures given");
	r = sbi_stats_device(dir, index, &found);
	if (r == 1)
		sbi_copy_out(io, &found, sizeof(found));
	return r < 0 ? sbi_fail(err, SB_STEP_CONTROL, 0, -r, "io.stat: %s", strerror(-r)) : r;
}

static int refused(uint32_t controllers, const char *file, uint32_t controller, int code, sb_error *err)
{
	sbi_fail(err, SB_STEP_CONTROL, 0, -code, "%s: %s", file, strerror(-code));
	if (code == -ENOENT && controller && !(controllers & controller))
		sbi_hint(err,
			 "the cgroup was made without this controller: set something of it before the start");
	else if (code == -ENOENT)
		sbi_hint(err, "this kernel does not have %s", file);
	return code;
}

int sbi_cgroup_set(int dir, uint32_t controllers, const char *call, const char *file, const char *value,
		   sb_error *err)
{
	struct sbi_cgroup_value checked;
	char why[160];
	int r;

	if (!file || !value)
		return sbi_fail(err, SB_STEP_CONTROL, 0, EINVAL, "%s: a file and a value are needed", call);
	if (sbi_cgroup_value(file, value, &checked, why, sizeof(why)) < 0)
		return sbi_fail(err, SB_STEP_CONTROL, 0, EINVAL, "%.60s: %s", file, why);
	r = sbi_cg_write(dir, file, checked.text);
	return r < 0 ? refused(controllers, file, checked.controller, r, err) : 0;
}

int sb_proc_set_cgroup(sb_proc *proc, const char *file, const char *value, sb_error *err)
{
	int dir = live_leaf(proc, "sb_proc_set_cgroup", err);

	return dir < 0 ? dir
		       : sbi_cgroup_set(dir, proc->leaf.controllers, "sb_proc_set_cgroup", file, value, err);
}

ssize_t sbi_cgroup_get(int dir, uint32_t controllers, const char *call, const char *file, char *buf,
		       size_t len, sb_error *err)
{
	sbi_autofree char *text = NULL;
	ssize_t n;

	if (!file || !file[0] || file[0] == '.' || strchr(file, '/') || !strchr(file, '.') || (len && !buf))
		return sbi_fail(err, SB_STEP_CONTROL, 0, EINVAL, "%s: \"%.60s\" is no file of a cgroup", call,
				file ? file : "");
	n = sbi_cg_read_all(dir, file, &text);
	if (n < 0)
		return refused(controllers, file, 0, (int)n, err);
	if (len)
		snprintf(buf, len, "%s", text);
	return n;
}

ssize_t sb_proc_get_cgroup(sb_proc *proc, const char *file, char *buf, size_t len, sb_error *err)
{
	int dir = live_leaf(proc, "sb_proc_get_cgroup", err);

	return dir < 0 ? dir
		       : sbi_cgroup_get(dir, proc->leaf.controllers, "sb_proc_get_cgroup", file, buf, len,
					err);
}

int sbi_cgroup_freeze(int dir, int frozen, const char *what, sb_error *err)
{
	sbi_autoclose int events = openat(dir, "cgroup.events", O_RDONLY | O_CLOEXEC);
	int r = events < 0 ? -errno : sbi_cg_write(dir, "cgroup.freeze", frozen ? "1" : "0");

	if (r == 0)
		r = sbi_cg_wait(events, "frozen", frozen, FREEZE_MS);
	if (r == 1)
		return 0;
	r = r == 0 ? -ETIMEDOUT : r;
	return sbi_fail(err, SB_STEP_CONTROL, 0, -r, "%s %s: %s", frozen ? "freezing" : "thawing", what,
			strerror(-r));
}

int sb_proc_freeze(sb_proc *proc, int frozen, sb_error *err)
{
	int dir = live_leaf(proc, "sb_proc_freeze", err);

	if (dir < 0)
		return dir;
	if (frozen != 0 && frozen != 1)
		return sbi_fail(err, SB_STEP_CONTROL, 0, EINVAL, "sb_proc_freeze: %d is neither 0 nor 1",
				frozen);
	if (!frozen && sbi_box_is_frozen(proc->box)) {
		sbi_fail(err, SB_STEP_CONTROL, 0, EBUSY, "thawing the command: its box is frozen");
		sbi_hint(err, "thaw the box first: sb_box_freeze(box, 0, …)");
		return -EBUSY;
	}
	return sbi_cgroup_freeze(dir, frozen, "the command", err);
}

ssize_t sb_proc_pids(sb_proc *proc, pid_t *pids, size_t room, sb_error *err)
{
	int dir = live_leaf(proc, "sb_proc_pids", err);
	ssize_t n;

	if (dir < 0)
		return dir;
	if (room && !pids)
		return sbi_fail(err, SB_STEP_CONTROL, 0, EINVAL, "sb_proc_pids: no room for the pids given");
	n = sbi_cg_pids(dir, pids, room);
	return n < 0 ? sbi_fail(err, SB_STEP_CONTROL, 0, (int)-n, "cgroup.procs: %s", strerror((int)-n)) : n;
}

int sb_proc_pressure(sb_proc *proc, const char *resource, int full, uint64_t stall_ns, uint64_t window_ns,
		     sb_error *err)
{
	int dir = live_leaf(proc, "sb_proc_pressure", err), code;
	uint64_t stall = stall_ns / 1000, window = window_ns / 1000;
	sbi_autoclose int fd = -EBADF;
	char file[32], trigger[80];

	if (dir < 0)
		return dir;
	if (!resource || (strcmp(resource, "cpu") && strcmp(resource, "memory") && strcmp(resource, "io")))
		return sbi_fail(err, SB_STEP_CONTROL, 0, EINVAL,
				"sb_proc_pressure: \"%.20s\" is not cpu, memory or io",
				resource ? resource : "");
	if (window < MIN_WINDOW_US || window > MAX_WINDOW_US || !stall || stall > window)
		return sbi_fail(
			err, SB_STEP_CONTROL, 0, EINVAL,
			"sb_proc_pressure: the window must be 500 ms to 10 s long, and the stall lie within it");
	snprintf(file, sizeof(file), "%s.pressure", resource);
	snprintf(trigger, sizeof(trigger), "%s %" PRIu64 " %" PRIu64, full ? "full" : "some", stall, window);
	fd = openat(dir, file, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (fd >= 0 && write(fd, trigger, strlen(trigger) + 1) >= 0)
		return sbi_take_fd(&fd);
	code = errno;
	sbi_fail(err, SB_STEP_CONTROL, 0, code, "%s: %s", file, strerror(code));
	if (code == ENOENT || code == EOPNOTSUPP)
		sbi_hint(err,
			 "the kernel has no pressure stall information, or needs psi=1 on its command line");
	else if (code == EPERM || code == EINVAL)
		sbi_hint(err,
			 "without CAP_SYS_RESOURCE the window must be a multiple of 2 s, from 6.4 on; before, it is refused");
	return -code;
}
