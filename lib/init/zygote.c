/* SPDX-License-Identifier: MIT */
/*
 * Zygotes: threads of ours that have a filter, and start the commands that want the same one. To
 * load a filter costs the kernel more than the fork, and a child inherits it for nothing. Filters
 * and no_new_privs are a thread's own; so it is no process that somebody inside could see or
 * signal, and its children are ours.
 */
#include <linux/futex.h>
#include <linux/prctl.h>

#include "common/clone3.h"
#include "commands.h"

#define MAX_ZYGOTES 4
#define STACK 16384 /* a page is used; with a sanitizer some */

enum turn { SBI_DONE, SBI_CLONE, SBI_LEAVE };

static struct zygote {
	int tid; /* 0: there is none; the kernel clears it when the thread has ended (CLONE_CHILD_CLEARTID) */
	int turn;      /* enum turn, a futex: whose it is */
	uint64_t word; /* of its filter, which is the only one with this */
	uint64_t used; /* when, counted in uses */
	struct run *run;
	struct clone_args *args;
	int (*child)(void *run);
	int unborn;  /* the command has not executed yet; cleared as tid is */
	long result; /* … of the clone, or of its own start */
	char stack[STACK] __attribute__((aligned(16)));
} zygotes[MAX_ZYGOTES];

static uint64_t uses, seen; /* the word of the last filter that was asked for */

static int get_turn(struct zygote *z)
{
	return __atomic_load_n(&z->turn, __ATOMIC_ACQUIRE);
}

/* The sixth argument of futex(2) is not used by these operations: the word lets the zygote's pass. */
static void give_turn(struct zygote *z, int turn)
{
	__atomic_store_n(&z->turn, turn, __ATOMIC_RELEASE);
	sys6(__NR_futex, (long)&z->turn, FUTEX_WAKE_PRIVATE, 1, 0, 0, (long)z->word);
}

static void wait_while(struct zygote *z, int turn)
{
	while (get_turn(z) == turn)
		sys6(__NR_futex, (long)&z->turn, FUTEX_WAIT_PRIVATE, turn, 0, 0, (long)z->word);
}

/* In the zygote. */
static int live(void *arg)
{
	struct zygote *z = arg;
	long r = SYS(prctl, PR_SET_NO_NEW_PRIVS, 1);

	if (r == 0)
		r = load_filter(z->run, find_filter(z->run));
	z->result = r;
	give_turn(z, SBI_DONE);
	for (;;) {
		wait_while(z, SBI_DONE);
		if (get_turn(z) == SBI_LEAVE)
			return 0;
		z->result = sys_clone3_pass(z->args, sizeof(*z->args), z->child, z->run, z->word);
		if (z->result < 0) {
			z->unborn = 0;
			sys6(__NR_futex, (long)&z->unborn, FUTEX_WAKE, 1, 0, 0, (long)z->word);
		}
		give_turn(z, SBI_DONE);
	}
}

/* For what the kernel sets to 0 and tells, when its process has executed or ended. */
static void wait_cleared(const int *at)
{
	int value;

	while ((value = __atomic_load_n(at, __ATOMIC_ACQUIRE)))
		SYS(futex, at, FUTEX_WAIT, value, 0, 0);
}

static void end(struct zygote *z)
{
	give_turn(z, SBI_LEAVE);
	wait_cleared(&z->tid);
}

/* In a free place, or that of the one that was not used for longest. NULL: it goes without. */
static struct zygote *make(struct run *run, uint64_t word)
{
	struct zygote *z = zygotes;
	struct clone_args args = {
		.flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM |
			 CLONE_CHILD_CLEARTID,
		.stack_size = STACK,
	};
	long r;

	for (int i = 1; z->tid && i < MAX_ZYGOTES; i++)
		if (!zygotes[i].tid || zygotes[i].used < z->used)
			z = &zygotes[i];
	if (z->tid)
		end(z);
	z->run = run;
	z->word = word;
	z->turn = SBI_CLONE;
	args.child_tid = (uint64_t)(uintptr_t)&z->tid;
	args.stack = (uint64_t)(uintptr_t)z->stack;
	r = sys_clone3(&args, sizeof(args), live, z);
	if (r < 0)
		return NULL;
	z->tid = (int)r;
	wait_while(z, SBI_CLONE);
	if (z->result < 0)
		end(z);
	return z->tid ? z : NULL;
}

uint32_t zygotes_there(void)
{
	uint32_t count = 0;

	for (int i = 0; i < MAX_ZYGOTES; i++)
		count += zygotes[i].tid != 0;
	return count;
}

struct zygote *find_zygote(struct run *run)
{
	struct zygote *found = NULL;
	uint64_t word;

	if (!(run->plan->flags & SBI_PLAN_WARM))
		return NULL;
	word = find_filter(run)->arg[0];
	for (int i = 0; i < MAX_ZYGOTES; i++)
		if (zygotes[i].tid && zygotes[i].word == word)
			found = &zygotes[i];
	if (!found && seen == word) /* the second one: most boxes see many, or one */
		found = make(run, word);
	seen = word;
	if (found)
		found->used = ++uses;
	return found;
}

/*
 * As a vfork; but where the host makes and removes cgroups meanwhile we sleep until the exec
 * ourselves, not the zygote, which would have to find a processor to wake us (bench-warm: `leaf` 2.52
 * to 2.42 times vfork, `all` 2.77 to 2.52). Where both processors are idle it is the other way round.
 */
long clone_by(struct zygote *z, struct clone_args *args, int (*child)(void *), struct run *run)
{
	if (args->flags & CLONE_INTO_CGROUP) {
		args->flags = (args->flags & ~(uint64_t)CLONE_VFORK) | CLONE_CHILD_CLEARTID;
		args->child_tid = (uint64_t)(uintptr_t)&z->unborn;
		z->unborn = 1;
	}
	z->run = run;
	z->args = args;
	z->child = child;
	pass = z->word; /* the child's; it shares our memory */
	give_turn(z, SBI_CLONE);
	wait_cleared(&z->unborn);
	wait_while(z, SBI_CLONE);
	return z->result;
}
