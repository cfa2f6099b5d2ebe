/* SPDX-License-Identifier: MIT */
/*
 * Config to plan. The order of a creation is decided here and nowhere else:
 *
 *	names, cgroup (without a leaf) and time namespace, lo
 *	[born in the user namespace: wait for the id maps, which the host writes meanwhile]
 *	join the namespaces of others
 *	private, root, mounts in the caller's order, pivot
 *	[privileged: the user namespace, now that nothing needs the host's power]
 *	[ask the host for the id maps and the pins]
 *	the command's own section (compile_command.c)
 */
#include <cap-ng.h>
#include <errno.h>
#include <sandbox/proc.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "plan_internal.h"

static int is_new(const sb_config *cfg, uint64_t kind)
{
	return (cfg->ns & kind) && cfg->ns_fd[sbi_ns_number(kind)] < 0;
}

static void emit_join(struct sbi_compiled *c, int number, int slot)
{
	struct sbi_op *op = sbi_emit(c, 0, SB_STEP_JOIN, (uint32_t)number);

	op->id[0] = (uint32_t)sbi_ns_clone(number);
	op->count = sbi_slot(c, slot);
}

/* A joined user namespace is entered last by a privileged caller: it needs its privilege for the others. */
static void compile_joins(const sb_config *cfg, struct sbi_compiled *c)
{
	for (int i = 1; i < SBI_NS_KINDS; i++)
		if (cfg->ns_fd[i] >= 0)
			emit_join(c, i, cfg->ns_fd[i]);
}

static void compile_namespaces(const sb_config *cfg, struct sbi_compiled *c)
{
	struct sbi_op *op;

	if (is_new(cfg, SB_NS_UTS)) {
		op = sbi_emit(c, 0, SB_STEP_HOSTNAME, 0);
		op->text[0] = sbi_arena_text(&c->arena, cfg->hostname ? cfg->hostname : "sandbox");
		op = sbi_emit(c, 0, SB_STEP_DOMAINNAME, 0);
		op->text[0] = sbi_arena_text(&c->arena, cfg->domainname ? cfg->domainname : "(none)");
	}
	if (is_new(cfg, SB_NS_CGROUP) && !c->has_leaf) /* else by the command, in its leaf */
		sbi_emit(c, 0, SB_STEP_CGROUPNS, 0);
	if (is_new(cfg, SB_NS_TIME)) {
		op = sbi_emit(c, 0, SB_STEP_TIMENS, 0);
		op->arg[0] = (uint64_t)cfg->monotonic;
		op->arg[1] = (uint64_t)cfg->boottime;
	}
	if (cfg->net.pool) /* one with lo up */
		emit_join(c, sbi_ns_number(SB_NS_NET), SBI_SLOT_NETNS);
	else if (is_new(cfg, SB_NS_NET) && cfg->loopback)
		sbi_emit(c, 0, SB_STEP_LOOPBACK, 0);
	if (is_new(cfg, SB_NS_NET))
		sbi_compile_net(cfg, c);
}

static void emit_sync(struct sbi_compiled *c, int command, uint64_t what, uint64_t halves)
{
	struct sbi_op *op = sbi_emit(c, command, SB_STEP_SYNC, 0);

	op->arg[0] = what;
	op->arg[1] = halves;
}

/*
 * With the user namespace entered late, what needs the host's privilege is done
 * before it: hard limits are raised for all that follow, who may then lower
 * them, and a negative nice value is sb-init's own, which the command inherits.
 */
static void compile_privileged_limits(const sb_config *cfg, struct sbi_compiled *c)
{
	struct sbi_op *op;

	for (uint32_t i = 0; i < cfg->rlimit_count; i++) {
		op = sbi_emit(c, 0, SB_STEP_RLIMIT, i);
		op->id[0] = (uint32_t)cfg->rlimits[i].resource;
		op->arg[0] = cfg->rlimits[i].soft;
		op->arg[1] = cfg->rlimits[i].hard;
		op->arg[2] = SBI_RLIMIT_RAISE;
	}
	if (cfg->nice_set && cfg->nice < 0)
		sbi_emit(c, 0, SB_STEP_NICE, 0)->arg[0] = (uint64_t)(int64_t)cfg->nice;
}

static void compile_setup(const sb_config *cfg, const struct sbi_view *view, int what, struct sbi_compiled *c)
{
	uint64_t late = 0;
	struct sbi_op *op;

	compile_namespaces(cfg, c); /* first: a joined mount namespace may have no /proc of ours */
	sbi_compile_no_new_userns(cfg, SBI_NOUSERNS_FIND, c);
	if (c->id.userns == SBI_USERNS_CLONE) /* files cannot be made before; what stands above needs no id */
		emit_sync(c, 0, SBI_SYNC_IDMAP, SBI_SYNC_ASK | SBI_SYNC_WAIT);
	compile_joins(cfg, c);
	if (is_new(cfg, SB_NS_PID) && sbi_may_sample(cfg, c))
		sbi_emit(c, 0, SB_STEP_SAMPLE, 0);
	if (is_new(cfg, SB_NS_MOUNT))
		sbi_compile_fs(cfg, c);
	if ((what & SBI_COMPILE_COMMAND) && sbi_identity_enters_late(&c->id, view))
		compile_privileged_limits(cfg, c);
	if (c->id.userns == SBI_USERNS_LATE) {
		sbi_emit(c, 0, SB_STEP_USERNS, 0);
		late |= SBI_SYNC_IDMAP;
	}
	if (c->id.userns == SBI_USERNS_READY || (c->id.userns == SBI_USERNS_JOIN && view->privileged))
		emit_join(c, 0, c->id.userns == SBI_USERNS_READY ? SBI_SLOT_USERNS : cfg->ns_fd[0]);
	sbi_compile_no_new_userns(cfg, SBI_NOUSERNS_SET, c);
	if (cfg->pin_count)
		late |= SBI_SYNC_PIN;
	if (sbi_net_wanted(&cfg->net))
		late |= SBI_SYNC_NET;
	if (!(what & SBI_COMPILE_COMMAND)) /* a box: once, for all its commands */
		sbi_emit(c, 0, SB_STEP_BOUNDING, 0)->arg[0] = cfg->keep_caps;
	/* The command's process waits for the answer, when it has come to where it needs an id. */
	c->late_sync = what & SBI_COMPILE_COMMAND ? late : 0;
	if (late)
		emit_sync(c, 0, late, c->late_sync ? SBI_SYNC_ASK : SBI_SYNC_ASK | SBI_SYNC_WAIT);
	if (cfg->name) { /* last: who finds it finds it complete */
		op = sbi_emit(c, 0, SB_STEP_NAME, 0);
		op->count = sbi_slot(c, SBI_SLOT_NAME);
		op->text[0] = sbi_arena_text(&c->arena, cfg->name);
	}
}

/* What the result will say was applied: all of it, or there is no result. */
static uint64_t applied(const sb_config *cfg, const struct sbi_identity *id)
{
	uint64_t bits = cfg->ns;

	for (int i = 0; i < SBI_NS_KINDS; i++)
		if (cfg->ns_fd[i] >= 0)
			bits |= UINT64_C(1) << i;
	if (is_new(cfg, SB_NS_MOUNT)) {
		if (!cfg->rootfs || strcmp(cfg->rootfs, "/") ||
		    (cfg->rootfs_flags & (SB_MOUNT_IDMAP | SB_ROOT_OVERLAY)))
			bits |= SB_APPLIED_ROOT;
		if (cfg->rootfs ? cfg->rootfs_flags & SB_MOUNT_RO : !cfg->root_lower && !cfg->root_writable)
			bits |= SB_APPLIED_ROOT_READONLY;
	}
	if (cfg->no_new_privs)
		bits |= SB_APPLIED_NO_NEW_PRIVS;
	if (!cfg->keep_caps)
		bits |= SB_APPLIED_NO_CAPS;
	if (cfg->session)
		bits |= SB_APPLIED_SESSION;
	if (id->set_groups)
		bits |= SB_APPLIED_NO_GROUPS;
	if (sbi_has_filter(cfg))
		bits |= SB_APPLIED_SECCOMP;
	return bits | SB_APPLIED_KEYRING;
}

static uint64_t clone_flags(const sb_config *cfg, const struct sbi_identity *id)
{
	const uint64_t at_birth =
		SB_NS_PID | SB_NS_MOUNT | (cfg->net.pool ? 0 : SB_NS_NET) | SB_NS_IPC | SB_NS_UTS;
	uint64_t flags = 0;

	for (int i = 1; i < SBI_NS_KINDS; i++)
		if ((at_birth & (UINT64_C(1) << i)) && is_new(cfg, UINT64_C(1) << i))
			flags |= sbi_ns_clone(i);
	if (id->userns == SBI_USERNS_CLONE)
		flags |= sbi_ns_clone(0);
	return flags;
}

static void seal_section(struct sbi_compiled *c, struct sbi_section *section, const struct sbi_op *ops,
			 uint32_t count)
{
	section->count = count;
	section->ops = sbi_arena_add(&c->arena, ops, count * sizeof(*ops));
	section->marks = sbi_arena_add(&c->arena, NULL, count * sizeof(struct sbi_mark));
}

static int seal(const sb_config *cfg, int what, struct sbi_compiled *c, sb_error *err)
{
	struct sbi_plan head = { .magic = SBI_PLAN_MAGIC };

	seal_section(c, &head.setup, c->setup, c->setup_count);
	seal_section(c, &head.command, c->command, c->command_count);
	if (is_new(cfg, SB_NS_PID))
		head.flags |= SBI_PLAN_PIDNS;
	if (what & SBI_COMPILE_COMMAND)
		head.flags |= SBI_PLAN_COMMAND;
	if ((what & SBI_COMPILE_SETUP) && (what & SBI_COMPILE_COMMAND))
		head.flags |= SBI_PLAN_SINGLE |
			      (c->stdio[0] && c->stdio[1] && c->stdio[2] && !cfg->tty ? SBI_PLAN_STDIO : 0);
	if ((what & SBI_COMPILE_COMMAND) && !cfg->session)
		head.flags |= SBI_PLAN_FOREGROUND;
	if (c->has_leaf && (what & SBI_COMPILE_COMMAND))
		head.leaf = sbi_slot(c, SBI_SLOT_LEAF) + 1;
	if (what & SBI_COMPILE_COMMAND)
		sbi_compile_watch(cfg, c, &head.watch);
	if (cfg->trace)
		head.flags |= SBI_PLAN_TIMED;
	if (c->opens)
		head.flags |= SBI_PLAN_OPENS;
	if (!(what & SBI_COMPILE_SETUP) && sbi_is_warm(c))
		head.flags |= SBI_PLAN_WARM;
	head.slots = c->slot_count;
	head.size = (uint32_t)c->arena.used;
	if (c->arena.failed) {
		if (c->slot_count == SBI_MAX_SLOTS)
			return sbi_fail(err, SB_STEP_CONFIG, 0, E2BIG, "more than %d descriptors",
					SBI_MAX_SLOTS - 1);
		if (c->setup_count == SBI_MAX_OPS || c->command_count == SBI_MAX_OPS)
			return sbi_fail(err, SB_STEP_CONFIG, 0, E2BIG, "more than %d steps", SBI_MAX_OPS - 1);
		return sbi_fail(err, SB_STEP_CONFIG, 0, ENOMEM, "not enough memory for the plan");
	}
	memcpy(c->arena.base, &head, sizeof(head));
	return 0;
}

static int no_leaves(sb_error *err)
{
	sbi_fail(err, SB_STEP_LIMIT, 0, EINVAL,
		 "a limit of memory or pids, in a box whose commands have no cgroups");
	sbi_hint(err, "open the box with a limit too, or with SB_CGROUP_ACCOUNT");
	return -EINVAL;
}

/* What its commands may never have sb-init has given up once, for all of them. */
static int above_the_box(uint64_t caps, sb_error *err)
{
	const char *name = capng_capability_to_name((unsigned)__builtin_ctzll(caps));

	sbi_fail(err, SB_STEP_CAPS, 0, EPERM,
		 "the command would keep the capability %s, and its box was opened without",
		 name ? name : "?");
	sbi_hint(err,
		 "a box sets the most that its commands may keep: sb_add_cap() in the config of sb_box_open()");
	return -EPERM;
}

int sbi_compile(const sb_config *cfg, const struct sbi_view *view, int what, const struct sbi_boxed *box,
		struct sbi_compiled *out, sb_error *err)
{
	int r;

	memset(out, 0, sizeof(*out));
	r = sbi_check(cfg, what, err);
	if (r == 0 && box && !box->has_leaves && sbi_limit_controllers(cfg) &&
	    !(cfg->optional & SB_APPLIED_CGROUP))
		r = no_leaves(err);
	if (r == 0 && box && (cfg->keep_caps & ~box->caps))
		r = above_the_box(cfg->keep_caps & ~box->caps, err);
	if (r == 0 && (what & SBI_COMPILE_SETUP) && cfg->net.pool)
		r = sbi_check_netpool(cfg, view, err);
	if (r < 0)
		return r;
	if (what & SBI_COMPILE_SETUP)
		r = sbi_identity_resolve(cfg, view, &out->id, err);
	else
		r = sbi_identity_for_box(cfg, &box->id, &out->id, err);
	if (r == 0 && (what & SBI_COMPILE_COMMAND) && sbi_has_filter(cfg))
		r = sbi_filter_get(cfg, box ? 1 : 0, &out->filter, err);
	if (r == 0) {
		sbi_arena_add(&out->arena, NULL, sizeof(struct sbi_plan));
		out->applied = applied(cfg, &out->id);
		out->separate = box ? box->separate : out->applied & SB_NS_ALL;
		out->applied |= sbi_applied_confine(cfg, what, out);
		out->has_leaf = box ? box->has_leaves : sbi_wants_leaf(cfg) && !(what & SBI_COMPILE_NO_LEAF);
		if (out->has_leaf)
			out->applied |= SB_APPLIED_CGROUP;
		out->net_tame = sbi_is_net_tame(cfg, &out->id);
		if (what & SBI_COMPILE_SETUP)
			compile_setup(cfg, view, what, out);
		if (what & SBI_COMPILE_COMMAND)
			sbi_compile_command(cfg, view, box, out);
		out->clone_flags = clone_flags(cfg, &out->id);
		r = seal(cfg, what, out, err);
	}
	free(out->setup);
	free(out->command);
	out->setup = out->command = NULL;
	if (r < 0)
		sbi_compiled_free(out);
	return r;
}

void sbi_compiled_free(struct sbi_compiled *c)
{
	sbi_arena_free(&c->arena);
	sbi_filter_unref(c->filter);
	c->filter = NULL;
	free(c->id.users.list);
	free(c->id.groups.list);
	c->id.users.list = c->id.groups.list = NULL;
}
