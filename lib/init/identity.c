/* SPDX-License-Identifier: MIT */
/* Ids and capabilities of the command, and what sb-init itself gives up. */
#include <errno.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <linux/prctl.h>
#include <linux/securebits.h>

#include "init.h"

long set_caps(uint64_t effective, uint64_t permitted, uint64_t inheritable)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2] = {
		{ (uint32_t)effective, (uint32_t)permitted, (uint32_t)inheritable },
		{ (uint32_t)(effective >> 32), (uint32_t)(permitted >> 32), (uint32_t)(inheritable >> 32) },
	};

	return SYS(capset, &header, data);
}

long use_permitted(void)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2] = { 0 };
	long r = SYS(capget, &header, data);

	data[0].effective = data[0].permitted;
	data[1].effective = data[1].permitted;
	return r < 0 ? r : SYS(capset, &header, data);
}

uint64_t permitted_caps(void)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2] = { 0 };

	SYS(capget, &header, data);
	return (uint64_t)data[1].permitted << 32 | data[0].permitted;
}

/*
 * BOUNDING: arg[0] capabilities to keep, arg[1] those that are gone already. The last number is
 * where the kernel says EINVAL.
 */
int do_bounding(struct run *run, const struct sbi_op *op)
{
	long r = 0;

	(void)run;
	for (unsigned cap = 0; cap < 64; cap++) {
		if ((op->arg[0] | op->arg[1]) >> cap & 1)
			continue;
		r = SYS(prctl, PR_CAPBSET_DROP, cap, 0, 0, 0);
		if (r == -EINVAL)
			return 0;
		if (r == -EPERM && !permitted_caps())
			/* an ordinary user without a namespace of its own has nothing to drop with */
			return 0;
		if (r < 0)
			return (int)r;
	}
	return 0;
}

/* GROUPS: count ids at text[2]. */
int do_groups(struct run *run, const struct sbi_op *op)
{
	return (int)SYS(setgroups, op->count, run->base + op->text[2]);
}

/*
 * USER: id[0] uid, id[1] gid, arg[0] we may be root, and capabilities are to survive until CAPS has
 * set the wanted ones.
 */
int do_user(struct run *run, const struct sbi_op *op)
{
	long r = op->arg[0] ? SYS(prctl, PR_SET_KEEPCAPS, 1, 0, 0, 0) : 0;

	(void)run;
	if (r == 0)
		r = SYS(setresgid, op->id[1], op->id[1], op->id[1]);
	if (r == 0)
		r = SYS(setresuid, op->id[0], op->id[0], op->id[0]);
	return (int)r;
}

int do_keyring(struct run *run, const struct sbi_op *op)
{
	long r = SYS(keyctl, KEYCTL_JOIN_SESSION_KEYRING, 0, 0, 0, 0);

	(void)run, (void)op;
	return r == -ENOSYS || r > 0 ? 0 : (int)r; /* a kernel without keys has none to share */
}

/* Where SECUREBITS forbade it meanwhile, those that are raised already may stay. */
long raise_ambient(uint64_t caps)
{
	long r = 0;

	for (unsigned cap = 0; r == 0 && cap < 64; cap++)
		if ((caps & (UINT64_C(1) << cap)) &&
		    SYS(prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, cap) != 1)
			r = SYS(prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap);
	return r;
}

/*
 * CAPS: arg[0] capabilities to keep: permitted, effective, inheritable, ambient (not the last two if arg[1]).
 * Its highest bit is no capability: then those are meant that there are. What is
 * no longer inheritable is no longer ambient either (capabilities(7)).
 */
int do_caps(struct run *run, const struct sbi_op *op)
{
	uint64_t keep = op->arg[0] ? op->arg[0] & permitted_caps() : 0;
	long r;

	if (!(op->arg[0] >> 63) && keep != op->arg[0])
		return -EPERM;
	/* not inheritable: a file's own would add to them (CVE-2022-24769) */
	r = set_caps(keep, keep, op->arg[1] ? 0 : keep);
	if (r == 0 && op->arg[1])
		r = SYS(prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL);
	else if (r == 0)
		r = raise_ambient(keep);
	run->caps = keep;
	return (int)r;
}

int do_no_new_privs(struct run *run, const struct sbi_op *op)
{
	(void)run, (void)op;
	return (int)SYS(prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

/*
 * Before anything hostile runs: nobody may trace us or read our memory, and if
 * no further command can come, of our capabilities only the one to pass on
 * signals stays.
 */
void seal_self(int single)
{
	const uint64_t caps = UINT64_C(1) << CAP_KILL;

	if (!single)
		SYS(prctl, PR_SET_DUMPABLE, 0, 0, 0, 0);
	else if (set_caps(caps, caps, caps) < 0) /* it is none of ours */
		set_caps(0, 0, 0);
}
