/* SPDX-License-Identifier: MIT */
/* The system call filter, the last thing before the exec. */
#include <errno.h>

#include "common/filter_run.h"
#include "init.h"

#define FLAG_NEW_LISTENER 8       /* 5.0 */
#define FLAG_WAIT_KILLABLE_RECV 32 /* 5.19: once it was received, a signal does not make EINTR of a call */

uint64_t pass;

const struct sbi_op *find_filter(const struct run *run)
{
	for (uint32_t i = 0; i < run->count; i++)
		if (run->ops[i].step == SB_STEP_SECCOMP)
			return &run->ops[i];
	return 0;
}

const struct sbi_op *find_told(const struct run *run)
{
	const struct sbi_op *filter = find_filter(run);

	return filter && (filter->arg[1] & (SBI_SECCOMP_TELL | SBI_SECCOMP_NOTIFY)) == SBI_SECCOMP_TELL
		       ? filter
		       : 0;
}

static long load(const struct sbi_op *op, struct sock_filter *code, unsigned flags)
{
	struct sock_fprog program = { (unsigned short)op->count, code };

	return SYS(seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
}

static long load_with_listener(const struct sbi_op *op, struct sock_filter *code)
{
	long r = load(op, code, FLAG_NEW_LISTENER | FLAG_WAIT_KILLABLE_RECV);

	return r == -EINVAL ? load(op, code, FLAG_NEW_LISTENER) : r;
}

long load_filter(const struct run *run, const struct sbi_op *op)
{
	return load(op, (struct sock_filter *)(run->base + op->text[2]), 0);
}

/* SECCOMP: count instructions at text[2], arg[0] pass word, arg[1] SBI_SECCOMP_*. */
int do_seccomp(struct run *run, const struct sbi_op *op)
{
	struct sock_filter *code = (struct sock_filter *)(run->base + op->text[2]);
	struct sbi_record rec = { .type = SBI_LISTENER };
	long r;

	if (run->inherits)
		return 0;
	if (op->arg[1] & SBI_SECCOMP_PRIVILEGED)
		use_permitted();
	pass = op->arg[0];
	if ((op->arg[1] & (SBI_SECCOMP_NOTIFY | SBI_SECCOMP_TELL)) && run->listener_to >= 0) {
		r = load_with_listener(op, code);
		if (r >= 0)
			return send_record(run->listener_to, &rec, (int)r);
		if (op->arg[1] & SBI_SECCOMP_NOTIFY || r != -EBUSY) {
			run->detail = r == -EBUSY ? SBI_DETAIL_LISTENER : 0;
			return (int)r;
		}
	}
	/* A filter around us has a listener, and there can be one only (seccomp_unotify(2)). */
	for (uint32_t i = 0; i < op->count; i++)
		if (code[i].code == (BPF_RET | BPF_K))
			code[i].k = sbi_filter_untold(code[i].k);
	return (int)load(op, code, 0);
}
