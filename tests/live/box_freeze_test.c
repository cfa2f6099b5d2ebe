// SPDX-License-Identifier: MIT
/* A box is stopped as a whole by one call, takes no command meanwhile, and goes on. */
#include "../fixture_cgroup.h"
#include "box_kit.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define MANY 3

/* Long enough for anybody who can run to have run: the processors are used by another sandbox. */
static void let_time_pass(void)
{
	sb_config *cfg = fx_config("spin=30");

	fx_output(cfg);
}

static volatile uint64_t *counters(int *fd)
{
	volatile uint64_t *p;

	*fd = memfd_create("counters", MFD_CLOEXEC);
	fx_ok(ftruncate(*fd, 4096));
	p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, *fd, 0);
	assert_true(p != MAP_FAILED);
	return p;
}

static void three_commands_stand_still_at_once(void **state)
{
	volatile uint64_t *count[MANY];
	sb_proc *proc[MANY];
	uint64_t at[MANY];
	int fd[MANY], i, round;
	sb_config *cfg;
	sb_box *box;

	(void)state;
	fx_cg_need("");
	cfg = fx_cg_config("counter=3");
	box = open_with(cfg);
	for (i = 0; i < MANY; i++) {
		count[i] = counters(&fd[i]);
		fx_ok(sb_set_fd(cfg, 3, fd[i]));
		fx_ok(sb_box_spawn(box, cfg, &proc[i], NULL));
	}
	for (round = 0; round < 3; round++) {
		for (i = 0; i < MANY; i++) {
			uint64_t from = *count[i];

			while (*count[i] == from)
				sched_yield();
		}
		freeze(box, 1);
		for (i = 0; i < MANY; i++)
			at[i] = *count[i];
		let_time_pass();
		for (i = 0; i < MANY; i++)
			assert_true(*count[i] == at[i]);
		freeze(box, 1); /* again changes nothing */
		freeze(box, 0);
	}
	for (i = 0; i < MANY; i++) {
		while (*count[i] == at[i])
			sched_yield();
		sb_proc_free(proc[i]);
		munmap((void *)count[i], 4096);
		close(fd[i]);
	}
	freeze(box, 0); /* neither does this */
	sb_box_free(box);
	sb_config_free(cfg);
}

/* All that was written before it stopped is there, and then nothing comes until it goes on. */
static void a_pipe_falls_silent(void **state)
{
	sb_config *cfg;
	char text[65536];
	sb_proc *proc;
	sb_box *box;
	int p[2];

	(void)state;
	fx_cg_need("");
	cfg = fx_cg_config("pause");
	fx_ok(sb_add_system_dirs(cfg));
	box = open_with(cfg);
	fx_ok(sb_set_command(cfg, "/bin/sh",
			     (const char *const[]){ "sh", "-c", "while :; do echo on; done", NULL }));
	fx_ok(pipe2(p, O_CLOEXEC));
	fx_ok(sb_set_fd(cfg, 1, p[1]));
	fx_ok(sb_box_spawn(box, cfg, &proc, NULL));
	close(p[1]);
	assert_true(read(p[0], text, 3) > 0);
	freeze(box, 1);
	fcntl(p[0], F_SETFL, O_NONBLOCK);
	while (read(p[0], text, sizeof(text)) > 0)
		;
	assert_int_equal(errno, EAGAIN);
	let_time_pass();
	assert_int_equal(read(p[0], text, sizeof(text)), -1);
	freeze(box, 0);
	fcntl(p[0], F_SETFL, 0);
	assert_true(read(p[0], text, 3) > 0);
	sb_proc_free(proc);
	close(p[0]);
	sb_box_free(box);
	sb_config_free(cfg);
}

static void a_frozen_box_takes_files_and_no_command(void **state)
{
	sb_error err = SB_INIT(sb_error);
	sb_box_info info = SB_INIT(sb_box_info);
	sb_proc *proc = NULL;
	void *data = NULL;
	sb_config *cfg;
	sb_box *box;

	(void)state;
	fx_cg_need("");
	cfg = fx_cg_config("exit=5");
	fx_ok(sb_add_tmpfs(cfg, "/tmp", 0, 0, 01777));
	box = open_with(cfg);
	freeze(box, 1); /* with nothing in it */
	assert_int_equal(sb_box_spawn(box, cfg, &proc, &err), -EBUSY);
	assert_null(proc);
	assert_string_equal(sb_step_name(err.step), "box");
	fx_has(err.message, "the box is frozen");
	fx_has(err.hint, "sb_box_freeze(box, 0");
	fx_ok(sb_box_put(box, "/tmp/a", "text", 4, 0644, &err));
	fx_ok(sb_box_get(box, "/tmp/a", 100, &data, NULL, &err));
	assert_string_equal(data, "text");
	free(data);
	freeze(box, 0);
	fx_ok(sb_box_spawn(box, cfg, &proc, &err));
	fx_wait(proc, NULL);
	fx_ok(sb_box_look(box, &info, &err));
	assert_int_equal(info.started, 1);
	sb_box_free(box);
	sb_config_free(cfg);
}

/* Two switches, one of the command and one of its box: it runs when both say so. */
static void a_command_frozen_by_itself_stays_so(void **state)
{
	volatile uint64_t *count;
	sb_error err = SB_INIT(sb_error);
	sb_config *cfg;
	sb_proc *proc;
	sb_box *box;
	uint64_t at;
	int fd;

	(void)state;
	fx_cg_need("");
	cfg = fx_cg_config("counter=3");
	count = counters(&fd);
	fx_ok(sb_set_fd(cfg, 3, fd));
	box = open_with(cfg);
	fx_ok(sb_box_spawn(box, cfg, &proc, NULL));
	while (!*count)
		sched_yield();
	fx_ok(sb_proc_freeze(proc, 1, &err));
	freeze(box, 1);
	assert_int_equal(sb_proc_freeze(proc, 0, &err), -EBUSY);
	fx_has(err.message, "its box is frozen");
	freeze(box, 0);
	at = *count;
	let_time_pass();
	assert_true(*count == at);
	fx_ok(sb_proc_freeze(proc, 0, &err));
	while (*count == at)
		sched_yield();
	sb_proc_free(proc);
	sb_box_free(box);
	sb_config_free(cfg);
	munmap((void *)count, 4096);
	close(fd);
}

static void a_box_without_cgroups_cannot_be_frozen(void **state)
{
	sb_error err = SB_INIT(sb_error);
	sb_config *cfg = fx_config("exit=0");
	sb_box *box = open_with(cfg);

	(void)state;
	assert_int_equal(sb_box_freeze(NULL, 1, &err), -EINVAL);
	assert_int_equal(sb_box_freeze(box, 1, &err), -ENOENT);
	fx_has(err.message, "no cgroup of its own");
	fx_has(err.hint, "SB_CGROUP_ACCOUNT");
	sb_box_free(box);
	sb_config_free(cfg);
}

static void it_is_frozen_or_not(void **state)
{
	sb_error err = SB_INIT(sb_error);
	sb_config *cfg;
	sb_box *box;

	(void)state;
	fx_cg_need("");
	cfg = fx_cg_config("exit=0");
	box = open_with(cfg);
	assert_int_equal(sb_box_freeze(box, 2, &err), -EINVAL);
	assert_int_equal(sb_box_freeze(box, -1, &err), -EINVAL);
	sb_box_free(box);
	sb_config_free(cfg);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST(three_commands_stand_still_at_once),
		FX_TEST(a_pipe_falls_silent),
		FX_TEST(a_frozen_box_takes_files_and_no_command),
		FX_TEST(a_command_frozen_by_itself_stays_so),
		FX_TEST(a_box_without_cgroups_cannot_be_frozen),
		FX_TEST(it_is_frozen_or_not),
	};

	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
