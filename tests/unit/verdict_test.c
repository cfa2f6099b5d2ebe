// SPDX-License-Identifier: MIT
/* The verdict from what is known at the end: who did what and when, and what the kernel counted. */
#include "../fixture.h"

#include <sandbox/limit.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proc/proc_internal.h"

#define NONE UINT64_MAX

/* A command that has ended by itself with status 0, without limits. */
struct world {
	sb_proc proc;
	sb_box box;
	struct sbi_life life;
};

static void reset(struct world *w)
{
	memset(w, 0, sizeof(*w));
	w->proc.box = &w->box;
	w->proc.life = w->box.life = &w->life;
	w->box.joined = -1;
	for (int i = 0; i < SBI_LIMITS; i++)
		w->proc.limits[i] = (struct sbi_limit){ NONE, 0, NONE, 0 };
}

static void by_signal(struct world *w, int number)
{
	w->proc.result.signaled = 1;
	w->proc.result.code = number;
}

static void is(struct world *w, int32_t verdict)
{
	sbi_verdict(&w->proc);
	assert_int_equal(w->proc.result.verdict, verdict);
	reset(w);
}

static void by_itself(void **state)
{
	struct world w;

	(void)state;
	reset(&w);
	is(&w, SB_EXITED);
	w.proc.result.code = 137;
	is(&w, SB_EXITED);
	for (int number = 1; number < 32; number++) {
		by_signal(&w, number);
		is(&w, SB_SIGNALED);
	}
}

static void what_sb_init_did(void **state)
{
	static const int32_t verdicts[SBI_CAUSES] = { SB_SIGNALED, SB_FILTERED, SB_CPU_EXCEEDED,
						      SB_WALL_EXCEEDED, SB_MEMORY_EXCEEDED, SB_PIDS_EXCEEDED,
						      SB_NOT_STARTED };
	struct world w;

	(void)state;
	reset(&w);
	for (uint32_t cause = 0; cause < SBI_CAUSES; cause++) {
		by_signal(&w, SIGKILL);
		w.proc.cause = cause;
		w.proc.cause_ns = 100;
		is(&w, verdicts[cause]);
	}
	w.proc.cause = SBI_CAUSE_WALL; /* within its grace */
	is(&w, SB_WALL_EXCEEDED);
}

static void the_earlier_one_counts(void **state)
{
	struct world w;

	(void)state;
	reset(&w);
	for (uint64_t killed = 50; killed <= 150; killed += 100) {
		by_signal(&w, SIGKILL);
		w.proc.cause = SBI_CAUSE_CPU;
		w.proc.cause_ns = 100;
		atomic_store(&w.proc.killed_ns, killed);
		is(&w, killed < 100 ? SB_KILLED : SB_CPU_EXCEEDED);
		by_signal(&w, SIGKILL);
		w.proc.cause = SBI_CAUSE_CPU;
		w.proc.cause_ns = 100;
		atomic_store(&w.life.killed_ns, killed);
		is(&w, killed < 100 ? SB_KILLED : SB_CPU_EXCEEDED);
	}
	atomic_store(&w.proc.killed_ns, 5); /* too late: it had exited */
	is(&w, SB_EXITED);
	atomic_store(&w.proc.killed_ns, 5);
	by_signal(&w, SIGTERM);
	is(&w, SB_SIGNALED);
}

static void out_of_memory(void **state)
{
	struct world w;

	(void)state;
	reset(&w);
	w.proc.result.oom_kills = 1; /* a child's: whatever the command made of it */
	is(&w, SB_EXITED);
	w.proc.result.oom_kills = 1;
	by_signal(&w, SIGKILL);
	is(&w, SB_MEMORY_EXCEEDED);
	w.proc.result.oom_kills = 1; /* a child was chosen, then the caller killed */
	by_signal(&w, SIGKILL);
	atomic_store(&w.proc.killed_ns, 5);
	is(&w, SB_KILLED);
	w.proc.result.oom_kills = 1;
	w.proc.limits[SB_LIMIT_MEMORY].value = 4096;
	is(&w, SB_MEMORY_EXCEEDED);
	w.proc.result.oom_kills = 1; /* it came before what killed the rest */
	w.proc.limits[SB_LIMIT_MEMORY].value = 4096;
	w.proc.cause = SBI_CAUSE_CPU;
	by_signal(&w, SIGKILL);
	is(&w, SB_MEMORY_EXCEEDED);
	w.proc.limits[SB_LIMIT_MEMORY].value = 4096; /* a SIGKILL of its own */
	by_signal(&w, SIGKILL);
	is(&w, SB_SIGNALED);
}

/* What was noted before, and killed for later or not at all, was not done to it before. */
static void out_of_memory_within_a_grace(void **state)
{
	static const int32_t verdicts[SBI_CAUSES] = { [SBI_CAUSE_CPU] = SB_CPU_EXCEEDED,
						      [SBI_CAUSE_WALL] = SB_WALL_EXCEEDED };
	struct world w;

	(void)state;
	reset(&w);
	for (uint32_t cause = SBI_CAUSE_CPU; cause <= SBI_CAUSE_WALL; cause++)
		for (int noted = 0; noted < 2; noted++) {
			w.proc.result.oom_kills = 1;
			w.proc.limits[SB_LIMIT_MEMORY].value = 4096;
			w.proc.cause = cause;
			w.proc.cause_ns = 100;
			w.proc.noted = noted;
			by_signal(&w, SIGKILL);
			is(&w, noted ? verdicts[cause] : SB_MEMORY_EXCEEDED);
		}
	/* the host had killed before it was noted, the OOM killer before the host */
	w.proc.result.oom_kills = 1;
	w.proc.limits[SB_LIMIT_MEMORY].value = 4096;
	w.proc.cause = SBI_CAUSE_WALL;
	w.proc.cause_ns = 100;
	w.proc.noted = 1;
	atomic_store(&w.proc.exceeded_ns, 50);
	by_signal(&w, SIGKILL);
	is(&w, SB_MEMORY_EXCEEDED);
}

static void found_in_the_figures(void **state)
{
	struct world w;

	(void)state;
	reset(&w);
	w.proc.limits[SB_LIMIT_CPU].value = 10;
	w.proc.result.user_ns = 6;
	w.proc.result.system_ns = 4;
	is(&w, SB_EXITED);
	w.proc.limits[SB_LIMIT_CPU].value = 10;
	w.proc.result.user_ns = 6;
	w.proc.result.system_ns = 5;
	is(&w, SB_CPU_EXCEEDED);
	w.proc.limits[SB_LIMIT_WALL].value = 10;
	w.proc.result.wall_ns = 11;
	is(&w, SB_WALL_EXCEEDED);
	w.proc.limits[SB_LIMIT_MEMORY] = (struct sbi_limit){ 10, 5, NONE, 0 };
	w.proc.result.memory_peak = 12;
	is(&w, SB_MEMORY_EXCEEDED);
	w.proc.limits[SB_LIMIT_PIDS].value = 10;
	w.proc.result.pids_refused = 1;
	is(&w, SB_PIDS_EXCEEDED);
	w.proc.result.pids_refused = 1; /* by sb_set_pids(): that refuses and goes on */
	is(&w, SB_EXITED);
}

static void a_lost_sb_init(void **state)
{
	struct world w;

	(void)state;
	reset(&w);
	w.proc.lost = 1;
	is(&w, SB_LOST);
	w.proc.lost = 1;
	atomic_store(&w.proc.killed_ns, 5);
	sbi_verdict(&w.proc);
	assert_int_equal(w.proc.result.verdict, SB_KILLED);
	assert_int_equal(w.proc.result.code, SIGKILL);
	assert_true(w.proc.result.signaled);
}

static void killed_for_a_call(void **state)
{
	struct world w;

	(void)state;
	reset(&w);
	w.proc.filtered = 1;
	by_signal(&w, SIGKILL);
	sbi_verdict(&w.proc);
	assert_int_equal(w.proc.result.verdict, SB_FILTERED);
	assert_int_equal(w.proc.result.code, SIGSYS);
	reset(&w);
	w.proc.filtered = 1; /* another process of it */
	is(&w, SB_EXITED);
}

/* A sandbox that was joined, as one that lives: this process. As one that has ended: a child of it. */
static void of_a_joined_sandbox(void **state)
{
	int lives = (int)syscall(SYS_pidfd_open, getpid(), 0), over;
	struct world w;
	pid_t pid = fork();

	(void)state;
	if (pid == 0)
		_exit(0);
	over = (int)syscall(SYS_pidfd_open, pid, 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_true(lives >= 0 && over >= 0);
	reset(&w);
	w.box.joined = lives;
	by_signal(&w, SIGKILL);
	is(&w, SB_SIGNALED);
	w.box.joined = over;
	by_signal(&w, SIGTERM);
	is(&w, SB_SIGNALED);
	w.box.joined = over;
	is(&w, SB_EXITED);
	w.box.joined = over;
	by_signal(&w, SIGKILL);
	w.proc.killed_ns = 50; /* by ourselves, before */
	is(&w, SB_KILLED);
	w.box.joined = over;
	by_signal(&w, SIGKILL);
	is(&w, SB_BOX_ENDED);
	close(lives);
	close(over);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_itself),
		cmocka_unit_test(what_sb_init_did),
		cmocka_unit_test(the_earlier_one_counts),
		cmocka_unit_test(out_of_memory),
		cmocka_unit_test(out_of_memory_within_a_grace),
		cmocka_unit_test(found_in_the_figures),
		cmocka_unit_test(a_lost_sb_init),
		cmocka_unit_test(killed_for_a_call),
		cmocka_unit_test(of_a_joined_sandbox),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
