/* SPDX-License-Identifier: MIT */
/* sb-init from its first instruction to its supervision loop. */
#include <errno.h>
#include <fcntl.h>
#include <linux/prctl.h>
#include <sys/mman.h>

#include "init.h"

#define SIGNALS 64
#define STATUS_ROOM 2048 /* more, with very many groups: then it is not found */

void sb_init_main(void) __attribute__((noreturn));

/* Tell the host why there is no sandbox, and leave. */
static void fail(const struct run *run, int error) __attribute__((noreturn));
static void fail(const struct run *run, int error)
{
	struct sbi_record rec = { .type = SBI_FAILED,
				  .lane = SBI_LANE_INIT,
				  .at = run->at,
				  .error = -error,
				  .detail = run->detail };

	send_record(SBI_FD_CONTROL, &rec, -1);
	for (;;)
		SYS(exit_group, 1);
}

/* Asking for each of the 64 costs more than the kernel's own list of them; all, where that cannot be read. */
static uint64_t ignored_signals(void)
{
	char text[STATUS_ROOM];
	long fd = SYS(openat, AT_FDCWD, "/proc/self/status", O_RDONLY | O_CLOEXEC, 0), n;
	uint64_t bits = 0;
	const char *at;

	n = fd < 0 ? fd : SYS(read, fd, text, sizeof(text) - 1);
	done_with((int)fd);
	text[n > 0 ? n : 0] = '\0';
	at = text_after(text, "\nSigIgn:\t");
	for (int i = 0; i < SIGNALS / 4; i++, at++) {
		if (!*at)
			return ~UINT64_C(0);
		bits = bits << 4 | (uint64_t)(*at <= '9' ? *at - '0' : *at - 'a' + 10);
	}
	return bits;
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
	uint64_t ignored = ignored_signals();

	for (int signal = 1; signal <= SIGNALS; signal++)
		if (ignored >> (signal - 1) & 1)
			SYS(rt_sigaction, signal, &action, 0, sizeof(action.mask));
}

/*
 * How long it is, it says itself: as much as most are is mapped before that. What lies beyond its
 * end is not touched.
 */
static int map_plan(struct run *run)
{
	const struct sbi_plan *head;
	long r = SYS(mmap, 0, PLAN_ROOM, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, SBI_FD_PLAN, 0);

	if (r < 0 && r > -4096)
		return (int)r;
	head = (const struct sbi_plan *)r;
	if (head->magic != SBI_PLAN_MAGIC)
		return -EINVAL;
	if (head->size > PLAN_ROOM)
		r = SYS(mremap, r, PLAN_ROOM, head->size, MREMAP_MAYMOVE, 0);
	if (r < 0 && r > -4096)
		return (int)r;
	done_with(SBI_FD_PLAN);
	done_with(SBI_FD_INIT);
	run->base = (char *)r;
	run->plan = (struct sbi_plan *)run->base;
	run->ops = (const struct sbi_op *)(run->base + run->plan->setup.ops);
	run->marks = (struct sbi_mark *)(run->base + run->plan->setup.marks);
	run->count = run->plan->setup.count;
	return 0;
}

/*
 * ^C and kill(-group) are meant for the host: we leave its group. It kills all that it can see, so
 * that process 1 must be ourselves and not the machine's: of no other, but for a child, may we set
 * the group.
 */
static int take_place(const struct sbi_plan *plan)
{
	long r = -1;

	is_process_one = plan->flags & SBI_PLAN_PIDNS ? 1 : 0;
	if (!(plan->flags & SBI_PLAN_FOREGROUND))
		r = SYS(setpgid, is_process_one, 0);
	return is_process_one && r < 0 && SYS(getpid) != 1 ? -EPROTO : 0;
}

void sb_init_main(void)
{
	static int slots[SBI_MAX_SLOTS];
	static struct run run;
	int r;

	for (int i = 0; i < SBI_MAX_SLOTS; i++)
		slots[i] = SBI_FD_FIRST + i;
	root_fd = -1; /* not by its definition: without initialised data the program is a page shorter */
	run.slots = slots;
	run.channel = SBI_FD_CONTROL;
	/* else it is a descriptor's number, or from 6.14 on the memfd's name */
	SYS(prctl, PR_SET_NAME, "sb-init", 0, 0, 0);
	default_signals();
	SYS(umask, 0);
	r = map_plan(&run);
	if (r < 0)
		fail(&run, r);
	if (run.plan->flags & SBI_PLAN_TIMED)
		run.plan->init_ns = now();
	r = take_place(run.plan);
	if (r < 0)
		fail(&run, r);
	if (!is_process_one)
		find_children();
	r = carry_out(&run, find_setup);
	if (r < 0)
		fail(&run, r);
	if (!in_root)
		SYS(chdir, "/");
	supervise(&run);
}
