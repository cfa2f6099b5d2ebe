/* SPDX-License-Identifier: MIT */
/*
 * Mounts of an open box. sb-init has often given up the power to mount, and the
 * host has it still: a passing process of the host's does it (host/live_mount.c).
 */
#include "mounts.h"

#include <errno.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/sched.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/auto.h"
#include "common/uapi_compat.h"
#include "error.h"
#include "proc_internal.h"

#define BIND_FLAGS \
	(SB_MOUNT_RO | SB_MOUNT_NOEXEC | SB_MOUNT_DEV | SB_MOUNT_SUID | SB_MOUNT_RECURSIVE | \
	 SB_MOUNT_OPTIONAL | SB_MOUNT_IDMAP)

/* Does the operation bring a file system of the sandbox's own along? Its path, or NULL. */
static const char *brings(const struct sbi_plan *plan, const struct sbi_op *op)
{
	if (op->step == SB_STEP_ROOT)
		return op->id[0] == SBI_ROOT_TMPFS || op->id[0] == SBI_ROOT_OVERLAY ? "" : NULL;
	return op->step == SB_STEP_TMPFS || op->step == SB_STEP_OVERLAY ? sbi_text(plan, op->text[1]) : NULL;
}

static int note_own(struct sbi_mounts *mounts, const struct sbi_plan *plan)
{
	const struct sbi_op *ops = sbi_ops(plan, &plan->setup);
	size_t used = 0;

	for (uint32_t i = 0; i < plan->setup.count; i++) {
		const char *path = brings(plan, &ops[i]);

		if (ops[i].step == SB_STEP_ROOT && ops[i].id[0] == SBI_ROOT_KEEP)
			mounts->keeps_root = 1;
		used += path ? strlen(path) + 1 : 0;
	}
	mounts->own = malloc(used + 1);
	if (!mounts->own)
		return -ENOMEM;
	used = 0;
	for (uint32_t i = 0; i < plan->setup.count; i++) {
		const char *path = brings(plan, &ops[i]);

		if (!path)
			continue;
		strcpy(mounts->own + used, path);
		used += strlen(path) + 1;
		mounts->own_count++;
	}
	return 0;
}

struct sbi_mounts *sbi_mounts_new(const struct sbi_launch *l)
{
	struct sbi_mounts *mounts = calloc(1, sizeof(*mounts));

	if (!mounts || note_own(mounts, (const struct sbi_plan *)l->plan.arena.base) < 0) {
		free(mounts);
		return NULL;
	}
	pthread_mutex_init(&mounts->lock, NULL);
	mounts->fresh = l->plan.clone_flags & CLONE_NEWNS ? 1 : 0;
	mounts->enters = l->plan.id.userns == SBI_USERNS_CLONE ||
			 (l->plan.id.userns == SBI_USERNS_JOIN && !l->privileged);
	return mounts;
}

void sbi_mounts_forget(struct sbi_mounts *mounts)
{
	if (mounts)
		mounts->count = 0;
}

void sbi_mounts_free(struct sbi_mounts *mounts)
{
	if (!mounts)
		return;
	pthread_mutex_destroy(&mounts->lock);
	free(mounts->own);
	free(mounts->list);
	free(mounts);
}

static int refuse(const struct sbi_mounting *m, int code, const char *why, const char *hint)
{
	sbi_fail(m->err, SB_STEP_MOUNT, 0, code, "%s: %s", m->verb, why);
	sbi_hint(m->err, "%s", hint);
	return -code;
}

static int check_target(const struct sbi_mounting *m)
{
	const char *path = m->target;

	if (!m->box || !path)
		return sbi_fail(m->err, SB_STEP_MOUNT, 0, EINVAL, "%s: a box and a target are needed",
				m->verb);
	if (path[0] != '/')
		return sbi_fail(m->err, SB_STEP_MOUNT, 0, EINVAL, "%s: \"%.80s\" is not an absolute path",
				m->verb, path);
	if (strlen(path) >= PATH_MAX)
		return sbi_fail(m->err, SB_STEP_MOUNT, 0, ENAMETOOLONG,
				"%s: the path \"%.60s…\" is longer than %d bytes", m->verb, path,
				PATH_MAX - 1);
	for (const char *p = path; (p = strstr(p, "/..")); p += 3)
		if (p[3] == '\0' || p[3] == '/')
			return sbi_fail(m->err, SB_STEP_MOUNT, 0, EINVAL, "%s: \"%.80s\" contains \"..\"",
					m->verb, path);
	return 0;
}

static int check_source(const struct sbi_mounting *m)
{
	if (!m->source || !m->source[0])
		return sbi_fail(m->err, SB_STEP_MOUNT, 0, EINVAL, "%s: no path of the host given", m->verb);
	if (strlen(m->source) >= PATH_MAX)
		return sbi_fail(m->err, SB_STEP_MOUNT, 0, ENAMETOOLONG,
				"%s: the path \"%.60s…\" is longer than %d bytes", m->verb, m->source,
				PATH_MAX - 1);
	if (m->flags & ~BIND_FLAGS)
		return sbi_fail(m->err, SB_STEP_MOUNT, 0, EINVAL, "%s: unknown flags 0x%llx", m->verb,
				(unsigned long long)(m->flags & ~BIND_FLAGS));
	if ((m->flags & SB_MOUNT_IDMAP) && m->box->like.id.userns == SBI_USERNS_NONE)
		return refuse(m, EINVAL, "an idmapped mount needs a user namespace of the box's own",
			      "open it with SB_NS_USER");
	return 0;
}

/*
 * The passing process has our memory, and for the moment it is in the user namespace of the box:
 * nobody there who may trace others may see it.
 */
static int check_box(const struct sbi_mounting *m)
{
	const sb_box *box = m->box;

	if (!box->mounts || !box->mounts->fresh)
		return refuse(m, EINVAL, "the box has no mount namespace of its own",
			      "open it with SB_NS_MOUNT");
	if (box->mounts->enters && !box->has_pidns && (box->like.caps >> CAP_SYS_PTRACE & 1))
		return refuse(m, EPERM,
			      "commands that keep CAP_SYS_PTRACE could look into this process meanwhile",
			      "open it with SB_NS_PID, or keep fewer capabilities");
	return 0;
}

/* Room for one more, before it is made. */
static int make_room(struct sbi_mounts *mounts)
{
	size_t room = mounts->room ? 2 * mounts->room : 16;
	struct sbi_live_mount *grown;

	if (mounts->count < mounts->room)
		return 0;
	grown = realloc(mounts->list, room * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	mounts->list = grown;
	mounts->room = room;
	return 0;
}

static void forget_one(struct sbi_mounts *mounts, uint64_t id)
{
	for (size_t i = mounts->count; i-- > 0;)
		if (mounts->list[i].id == id)
			mounts->list[i] = mounts->list[--mounts->count];
}

/* The kernel refuses an ordinary user's setns with what is left of a process by other words. */
static int has_ended(const sb_box *box)
{
	struct pollfd polled = { box->pidfd, POLLIN, 0 };

	return poll(&polled, 1, 0) > 0;
}

static int carry_out(struct sbi_mounting *m, struct sbi_mounts *mounts)
{
	struct sbi_live *live = &m->live;
	int r = live->call == SBI_LIVE_UNMOUNT ? 0 : make_room(mounts);

	if (r < 0)
		return r;
	live->mounts = mounts->list;
	live->mount_count = mounts->count;
	r = sbi_live_do(live);
	if (r < 0 && has_ended(m->box)) {
		live->detail = SBI_DETAIL_NONE;
		return -ESRCH;
	}
	if (r < 0)
		return r;
	forget_one(mounts, live->mount); /* the number of one that has gone with what it was mounted on */
	if (live->call != SBI_LIVE_UNMOUNT)
		mounts->list[mounts->count++] =
			(struct sbi_live_mount){ live->mount, live->call == SBI_LIVE_TMPFS };
	return 0;
}

/* All but the source and the options. */
static int go_in(struct sbi_mounting *m)
{
	struct sbi_mounts *mounts = m->box->mounts;
	sbi_autofree char *target = malloc(PATH_MAX);
	char root[40], userns[40];
	int r;

	if (!target)
		return sbi_mounting_fail(m, ENOMEM);
	sbi_target_path(m->target, target);
	if (!target[0])
		return refuse(m, EINVAL, "the root itself is not a target", "");
	snprintf(root, sizeof(root), "/proc/%d/root", m->box->pid);
	snprintf(userns, sizeof(userns), "/proc/%d/ns/user", m->box->pid);
	m->live.pidfd = m->box->pidfd;
	m->live.enters = mounts->enters;
	m->live.root = mounts->keeps_root ? root : NULL;
	m->live.userns = m->flags & SB_MOUNT_IDMAP ? userns : NULL;
	m->live.target = target;
	m->live.own = mounts->own;
	m->live.own_count = mounts->own_count;
	pthread_mutex_lock(&mounts->lock);
	r = carry_out(m, mounts);
	pthread_mutex_unlock(&mounts->lock);
	if (r == -ENOENT && (m->flags & SB_MOUNT_OPTIONAL))
		return 0;
	return r < 0 ? sbi_mounting_fail(m, -r) : 0;
}

int sb_box_bind(sb_box *box, const char *source, const char *target, uint64_t flags, sb_error *err)
{
	struct sbi_mounting m = { box,    "bind", source,
				  target, flags,  { .call = SBI_LIVE_BIND, .source = source },
				  err };
	int r = check_target(&m);

	if (r == 0)
		r = check_source(&m);
	if (r == 0)
		r = check_box(&m);
	if (r < 0)
		return r;
	m.live.attributes = (flags & SB_MOUNT_RO ? MOUNT_ATTR_RDONLY : 0) |
			    (flags & SB_MOUNT_NOEXEC ? MOUNT_ATTR_NOEXEC : 0) |
			    (flags & SB_MOUNT_SUID ? 0 : MOUNT_ATTR_NOSUID) |
			    (flags & SB_MOUNT_DEV ? 0 : MOUNT_ATTR_NODEV);
	m.live.recursive = flags & SB_MOUNT_RECURSIVE ? 1 : 0;
	return go_in(&m);
}

int sb_box_tmpfs(sb_box *box, const char *target, uint64_t bytes, uint64_t inodes, uint32_t mode,
		 sb_error *err)
{
	struct sbi_mounting m = { box, "tmpfs", NULL, target, 0, { .call = SBI_LIVE_TMPFS }, err };
	char octal[8], uid[16], gid[16], size[24], count[24];
	const char *options[11] = { "mode", octal, "uid", uid, "gid", gid };
	size_t n = 6;
	int r = check_target(&m);

	if (r == 0 && mode > 07777)
		r = sbi_fail(err, SB_STEP_MOUNT, 0, EINVAL, "tmpfs: %.80s: mode 0%o is more than 07777",
			     target, mode);
	if (r == 0)
		r = check_box(&m);
	if (r < 0)
		return r;
	snprintf(octal, sizeof(octal), "%o", mode);
	snprintf(uid, sizeof(uid), "%u", box->like.id.owner_uid);
	snprintf(gid, sizeof(gid), "%u", box->like.id.owner_gid);
	snprintf(size, sizeof(size), "%llu", (unsigned long long)bytes);
	snprintf(count, sizeof(count), "%llu", (unsigned long long)inodes);
	if (bytes) {
		options[n++] = "size";
		options[n++] = size;
	}
	if (inodes) {
		options[n++] = "nr_inodes";
		options[n++] = count;
	}
	m.live.options = options;
	return go_in(&m);
}

int sb_box_unmount(sb_box *box, const char *target, sb_error *err)
{
	struct sbi_mounting m = { box, "unmount", NULL, target, 0, { .call = SBI_LIVE_UNMOUNT }, err };
	int r = check_target(&m);

	if (r == 0)
		r = check_box(&m);
	return r < 0 ? r : go_in(&m);
}
