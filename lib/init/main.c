/* SPDX-License-Identifier: MIT */
/* sb-init from its first instruction to its supervision loop. */
#include <errno.h>
#include <linux/prctl.h>
#include <sys/mman.h>

#include "init.h"

#define SIGNALS 64

void sb_init_main(void) __attribute__((noreturn));

/* Tell the host why there is no sandbox, and leave. */
static void fail(const struct run *run, int error) __attribute__((noreturn));
static void fail(const struct run *run, int error)
{
	struct sbi_record rec = { .type = SBI_FAILED, .lane = SBI_LANE_INIT, .at = run->at, .error = -error, .detail = run->detail };

	send_record(SBI_FD_CONTROL, &rec, -1);
	for (;;)
		SYS(exit_group, 1);
}

/*
 * What the host ignores would stay ignored (clone3's CLEAR_SIGHAND resets only
 * handlers), and an ignored SIGCHLD would lose the status of every command.
 */
static void default_signals(void)
{
	struct {
		void *handler;
		unsigned long flags;
		void *restorer;
		uint64_t mask;
	} action = { 0 };

	for (int signal = 1; signal <= SIGNALS; signal++)
		SYS(rt_sigaction, signal, &action, 0, sizeof(action.mask));
}

static int map_plan(struct run *run)
{
	struct sbi_plan head;
	long r = SYS(pread64, SBI_FD_PLAN, &head, sizeof(head), 0);

	if (r != sizeof(head) || head.magic != SBI_PLAN_MAGIC)
		return -EINVAL;
	r = SYS(mmap, 0, head.size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, SBI_FD_PLAN, 0);
	if (r < 0 && r > -4096)
		return (int)r;
	SYS(close, SBI_FD_PLAN);
	run->base = (char *)r;
	run->plan = (struct sbi_plan *)run->base;
	run->ops = (const struct sbi_op *)(run->base + run->plan->setup.ops);
	run->marks = (struct sbi_mark *)(run->base + run->plan->setup.marks);
	run->count = run->plan->setup.count;
	return 0;
}

void sb_init_main(void)
{
	static int slots[SBI_MAX_SLOTS];
	static struct run run;
	uint64_t started = now();
	int r;

	for (int i = 0; i < SBI_MAX_SLOTS; i++)
		slots[i] = SBI_FD_FIRST + i;
	root_fd = -1; /* not by its definition: without initialised data the program is a page shorter */
	run.slots = slots;
	run.channel = SBI_FD_CONTROL;
	SYS(prctl, PR_SET_NAME, "sb-init", 0, 0, 0); /* else it is a descriptor's number, or from 6.14 on the memfd's name */
	default_signals();
	SYS(close, SBI_FD_INIT);
	SYS(umask, 0);
	r = map_plan(&run);
	if (r < 0)
		fail(&run, r);
	run.plan->init_ns = started;
	if (!(run.plan->flags & SBI_PLAN_FOREGROUND)) /* ^C and kill(-group) are meant for the host */
		SYS(setpgid, 0, 0);
	is_process_one = run.plan->flags & SBI_PLAN_PIDNS ? 1 : 0;
	if (is_process_one && SYS(getpid) != 1) /* it kills all that it can see: that must not be the machine */
		fail(&run, -EPROTO);
	if (!is_process_one)
		find_children();
	r = carry_out(&run, find_setup);
	if (r < 0)
		fail(&run, r);
	SYS(chdir, "/");
	supervise(&run);
}
