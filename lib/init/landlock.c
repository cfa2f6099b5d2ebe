/* SPDX-License-Identifier: MIT */
/*
 * Landlock for the command: a ruleset by what the kernel knows, a rule for each line, and then no
 * way back.
 */
#include <errno.h>
#include <fcntl.h>

#include "common/landlock.h"
#include "init.h"

/* Of the kernel that is running; an error if it has none. */
static long kernel_abi(void)
{
	return SYS(landlock_create_ruleset, 0, 0, LANDLOCK_CREATE_RULESET_VERSION_);
}

/*
 * CREATE: arg[0] what is to be refused, arg[1] what of it may be missing; arg[2]: nobody has asked for it.
 * A kernel that knows fewer fields takes those that it does not know if they are 0.
 */
static int create(struct run *run, const struct sbi_op *op)
{
	struct landlock_ruleset_attr_ attr;
	long abi = kernel_abi(), r;

	run->landlock_abi = abi > 0 ? (int)abi : 0;
	run->refused = op->arg[0] & sbi_landlock_known(run->landlock_abi);
	if (op->arg[0] & ~run->refused & ~op->arg[1]) {
		if (abi < 0)
			return (int)abi;
		run->detail = SBI_DETAIL_LANDLOCK_ABI;
		return -EOPNOTSUPP;
	}
	if (!run->refused) {
		run->skipped += !op->arg[2];
		return LEFT_OUT;
	}
	attr.fs = run->refused & SBI_LL_FS;
	attr.net = (run->refused & SBI_LL_NET) >> SBI_LL_NET_SHIFT;
	attr.scoped = (run->refused & SBI_LL_SCOPE) >> SBI_LL_SCOPE_SHIFT;
	r = SYS(landlock_create_ruleset, &attr, sizeof(attr), 0);
	run->ruleset = r < 0 ? -1 : (int)r;
	return r < 0 ? (int)r : 0;
}

/* PATH: text[0] path, arg[0] rights. What can be said of directories only is not said of a file. */
static int allow_path(struct run *run, const struct sbi_op *op)
{
	struct landlock_path_attr_ attr = { .allowed = op->arg[0] & run->refused };
	long fd = SYS(openat, AT_FDCWD, op_text(run, op->text[0]), O_PATH | O_CLOEXEC, 0), r = 0;

	if (fd < 0)
		return (int)fd;
	if (!is_directory((int)fd))
		attr.allowed &= SBI_LL_FILE;
	attr.parent_fd = (int32_t)fd;
	if (attr.allowed)
		r = SYS(landlock_add_rule, run->ruleset, LANDLOCK_RULE_PATH_BENEATH_, &attr, 0);
	SYS(close, fd);
	return (int)r;
}

/* PORT: id[1] port, arg[0] right. */
static int allow_port(struct run *run, const struct sbi_op *op)
{
	struct landlock_port_attr_ attr = { .allowed = (op->arg[0] & run->refused) >> SBI_LL_NET_SHIFT,
					    .port = op->id[1] };

	return attr.allowed ? (int)SYS(landlock_add_rule, run->ruleset, LANDLOCK_RULE_NET_PORT_, &attr, 0)
			    : 0;
}

/* Without no_new_privs it takes CAP_SYS_ADMIN, which the change of the user id may have made ineffective. */
static int enforce(struct run *run, const struct sbi_op *op)
{
	long r = SYS(landlock_restrict_self, run->ruleset, 0);

	if (r == -EPERM && use_permitted() == 0)
		r = SYS(landlock_restrict_self, run->ruleset, 0);
	SYS(close, run->ruleset);
	if (r < 0)
		run->landlock_abi = 0;
	return r == -EPERM && op->arg[2] ? LEFT_OUT : (int)r;
}

/* LANDLOCK: id[0] enum sbi_landlock_kind. Without a ruleset there is nothing to add to. */
int do_landlock(struct run *run, const struct sbi_op *op)
{
	if (op->id[0] == SBI_LANDLOCK_CREATE)
		return create(run, op);
	if (run->ruleset < 0) {
		run->landlock_abi = 0;
		return LEFT_OUT;
	}
	if (op->id[0] == SBI_LANDLOCK_ENFORCE)
		return enforce(run, op);
	return op->id[0] == SBI_LANDLOCK_PATH ? allow_path(run, op) : allow_port(run, op);
}
