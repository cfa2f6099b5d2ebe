/* SPDX-License-Identifier: MIT */
/*
 * Zygotes: processes that have a filter already, and start the commands that want the same one. To load a filter
 * costs the kernel more than the fork, and a child inherits it for nothing. A zygote shares our memory and our
 * descriptors, does nothing but clone, and makes siblings: its children are ours. No wait sees it that does not
 * ask for it by __WALL.
 */
#include <errno.h>
#include <linux/futex.h>
#include <linux/prctl.h>
#include <linux/time_types.h>
#include <signal.h>
#include <sys/wait.h>

#include "common/clone3.h"
#include "commands.h"

#define MAX_ZYGOTES 4
#define STACK 4096
#define PATIENCE_NS 100000000 /* then somebody may have stopped or killed it */

static struct zygote {
	int pid; /* 0 = there is none */
	int turn; /* 1: it is to clone; 0: it has, or has nothing to do */
	uint64_t word; /* of its filter, which is the only one with this */
	uint64_t used; /* when, counted in uses */
	struct run *run;
	struct clone_args *args;
	int (*child)(void *run);
	long result; /* … of the clone, or of its own start */
	char stack[STACK] __attribute__((aligned(16)));
} zygotes[MAX_ZYGOTES];

static uint64_t uses, seen; /* the word of the last filter that had no zygote */

static int get_turn(struct zygote *z)
{
	return __atomic_load_n(&z->turn, __ATOMIC_ACQUIRE);
}

static void give_turn(struct zygote *z, int turn)
{
	__atomic_store_n(&z->turn, turn, __ATOMIC_RELEASE);
	SYS(futex, &z->turn, FUTEX_WAKE_PRIVATE, 1);
}

/* In the zygote. All it calls has its word with it, whatever we do meanwhile. */
static int live(void *arg)
{
	struct zygote *z = arg;
	const struct sbi_op *filter = find_filter(z->run);
	uint64_t word = z->word;
	long r;

	r = SYS(prctl, PR_SET_PDEATHSIG, SIGKILL);
	if (r == 0)
		r = SYS(prctl, PR_SET_NO_NEW_PRIVS, 1);
	if (r == 0)
		r = load_filter(z->run, filter);
	z->result = r;
	for (;;) {
		__atomic_store_n(&z->turn, 0, __ATOMIC_RELEASE);
		sys6(__NR_futex, (long)&z->turn, FUTEX_WAKE_PRIVATE, 1, 0, 0, (long)word);
		if (r < 0)
			break;
		while (!get_turn(z))
			sys6(__NR_futex, (long)&z->turn, FUTEX_WAIT_PRIVATE, 0, 0, 0, (long)word);
		z->result = sys_clone3_pass(z->args, sizeof(*z->args), z->child, z->run, word);
	}
	return 0;
}

static int is_alive(struct zygote *z)
{
	if (SYS(wait4, z->pid, 0, WNOHANG | __WALL, 0) != 0)
		z->pid = 0;
	return z->pid;
}

static void end(struct zygote *z)
{
	SYS(kill, z->pid, SIGKILL);
	SYS(wait4, z->pid, 0, __WALL, 0);
	z->pid = 0;
}

/* Until it has done what it was to do, or is dead: then 0. */
static int wait_for(struct zygote *z)
{
	struct __kernel_timespec patience = { 0, PATIENCE_NS };

	while (get_turn(z)) {
		if (sys6(__NR_futex, (long)&z->turn, FUTEX_WAIT_PRIVATE, 1, (long)&patience, 0, 0) != -ETIMEDOUT)
			continue;
		SYS(kill, z->pid, SIGCONT);
		if (!is_alive(z))
			return 0;
	}
	return 1;
}

/* In a free place, or that of the one that was not used for longest. NULL: it goes without. */
static struct zygote *make(struct run *run, uint64_t word)
{
	struct zygote *z = zygotes;
	struct clone_args args = { .flags = CLONE_VM | CLONE_FILES, .stack_size = STACK };
	long r;

	for (int i = 1; z->pid && i < MAX_ZYGOTES; i++)
		if (!zygotes[i].pid || zygotes[i].used < z->used)
			z = &zygotes[i];
	if (z->pid)
		end(z);
	z->run = run;
	z->word = word;
	z->turn = 1;
	args.stack = (uint64_t)(uintptr_t)z->stack;
	r = sys_clone3(&args, sizeof(args), live, z);
	if (r < 0)
		return NULL;
	z->pid = (int)r;
	if (wait_for(z) && z->result < 0)
		end(z);
	return z->pid ? z : NULL;
}

struct zygote *find_zygote(struct run *run)
{
	struct zygote *found = NULL;
	uint64_t word;

	if (!(run->plan->flags & SBI_PLAN_WARM))
		return NULL;
	word = find_filter(run)->arg[0];
	for (int i = 0; i < MAX_ZYGOTES; i++)
		if (zygotes[i].pid && zygotes[i].word == word && is_alive(&zygotes[i]))
			found = &zygotes[i];
	if (!found && seen == word) /* the second one: most boxes see many, or one */
		found = make(run, word);
	seen = word;
	if (found)
		found->used = ++uses;
	return found;
}

long clone_by(struct zygote *z, struct clone_args *args, int (*child)(void *), struct run *run)
{
	z->run = run;
	z->args = args;
	z->child = child;
	args->flags |= CLONE_PARENT;
	args->exit_signal = 0; /* as its siblings'; the exec makes it SIGCHLD (begin_new_exec) */
	pass = z->word;
	give_turn(z, 1);
	if (!wait_for(z))
		return -EINTR;
	return z->result;
}
