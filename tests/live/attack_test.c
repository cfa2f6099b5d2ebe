// SPDX-License-Identifier: MIT
/*
 * One attack a class, 38 of them: shown to work where its guard has been taken
 * away, and then refused by a sandbox with no option set, and by the preset
 * "judge". docs/attacks.md has the table.
 */
#include "attack.h"
#include "attack_open.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

static const char *const classes[CLASSES] = {
	"mount",       "chroot",        "hostname",     "namespaces", "io-uring",   "userfaultfd",
	"kernel-api",  "keyring",       "foreign-abi",  "handle-at",  "system",     "clock",
	"tiocsti",     "ptrace",        "pidfd-getfd",  "kill",       "priority",   "caps",
	"bounding",    "setuid-binary", "no-new-privs", "mknod",      "read-host",  "proc-sys",
	"cgroup",      "locks",         "net-raw",      "vsock",      "alg",        "net-abstract",
	"net-connect", "ipc",           "env-leak",     "fd-leak",    "dirfd-leak", "clean-state",
	"host-memory", "core-pipe",
};

static char reason[512];

static void first_line(const char *said)
{
	snprintf(reason, sizeof(reason), "%.*s", (int)strcspn(said, "\n"), said);
}

/* WORKED, DENIED or NOT_HERE. A sandbox that is lost has been got rid of. */
static int run(sb_config *cfg, char *said, size_t len)
{
	sb_result res = SB_INIT(sb_result);

	fx_run(cfg, said, len, &res);
	sb_config_free(cfg);
	if (res.verdict == SB_EXITED && (res.code == WORKED || res.code == DENIED || res.code == NOT_HERE))
		return res.code;
	if (res.verdict != SB_LOST)
		fail_msg("the attack was not carried out: verdict %d code %d, it said: %s", res.verdict,
			 res.code, said);
	return WORKED;
}

static int must_work(const struct way *w)
{
	static const char letters[] = {[FX_ROOT] = 'r', [FX_USER] = 'u', [FX_USERNS] = 'n'};

	return strchr(w->must, letters[fx_who()]) != NULL;
}

static const char *cannot_crash(void)
{
	struct rlimit limit;
	char pattern[128] = "";
	FILE *f = fopen("/proc/sys/kernel/core_pattern", "re");

	if (f && !fgets(pattern, sizeof(pattern), f))
		pattern[0] = '\0';
	if (f)
		fclose(f);
	getrlimit(RLIMIT_CORE, &limit);
	if (limit.rlim_max < 1 << 20)
		return "the host's own limit lets no core be written";
	return !pattern[0] || strchr(pattern, '/') || pattern[0] == '|'
		       ? "core_pattern leads to another place"
		       : NULL;
}

/* 1 it works where it is let, 0 not as this caller or on this machine, for a reason. */
static int is_shown(const struct way *w)
{
	static char said[4096];
	int r;

	if (!strcmp(w->class, "core-pipe") && cannot_crash()) {
		first_line(cannot_crash());
		return 0;
	}
	if (!must_work(w) && !w->harmless) {
		first_line("it takes power over the host that this caller has not");
		return 0;
	}
	if (!must_work(w) && attack_outside(w->class, w->way, said, sizeof(said)) != WORKED) {
		first_line(said);
		return 0;
	}
	if (!w->open)
		r = attack_outside(w->class, w->way, said, sizeof(said));
	else
		r = run(w->open(w), said, sizeof(said));
	if (r == NOT_HERE) {
		first_line(said);
		return 0;
	}
	if (r != WORKED)
		fail_msg("%s %s does not work in an open sandbox: %s", w->class, w->way, said);
	return 1;
}

struct class_case {
	struct fx_case base; /* first: what FX_TEST() knows */
	const char *class;
};

static void the_attack_works_where_it_is_let(void **state)
{
	const struct class_case *test = *state;
	int shown = 0, count = 0;

	host_begin();
	for (const struct way *w = ways; w->class; w++) {
		if (strcmp(w->class, test->class))
			continue;
		count++;
		if (is_shown(w))
			shown++;
		else
			print_message("# %s %s: not shown here: %s\n", w->class, w->way, reason);
	}
	host_end();
	assert_true(count > 0);
	if (!shown)
		fx_skip("%s", reason);
}

enum { DEFAULT, BARE, JUDGE, SANDBOXES };

static int answers[SANDBOXES][CLASSES];
static char how[CLASSES][128]; /* locks are used by default; or what should not have been */

/* All ways of a class, against sandboxes that nothing has opened; all but BARE have /proc, /dev and /tmp. */
static int count_denied(int sandbox)
{
	static char said[16384];
	int denied = 0;

	host_begin();
	for (int i = 0; i < CLASSES; i++) {
		sb_config *cfg = attack_furnished(classes[i], "-", 0, 0);

		if (sandbox == BARE) {
			sb_config_free(cfg);
			cfg = attack_config(classes[i], "-");
		}
		if (sandbox == JUDGE)
			fx_ok(sb_set_seccomp(cfg, "judge"));
		answers[sandbox][i] = run(cfg, said, sizeof(said));
		denied += answers[sandbox][i] != WORKED;
		if (answers[sandbox][i] != WORKED)
			continue;
		for (char *line = strtok(said, "\n"); line; line = strtok(NULL, "\n"))
			if (strstr(line, ": done"))
				snprintf(how[i], sizeof(how[i]), "%.120s", line);
		if (strcmp(classes[i], "locks"))
			print_error("%s: %s\n", classes[i], how[i]);
	}
	host_end();
	return denied;
}

/* Compilers and databases lock files. */
static void the_default_denies_all_but_locks(void **state)
{
	(void)state;
	assert_in_range(count_denied(DEFAULT), CLASSES - 1, CLASSES);
}

static void so_does_the_program_alone(void **state)
{
	(void)state;
	assert_in_range(count_denied(BARE), CLASSES - 1, CLASSES);
}

static const char *word(int sandbox, int class)
{
	int answer = answers[sandbox][class];

	return answer == WORKED ? "WORKED" : answer == NOT_HERE ? "n/a" : "denied";
}

static void judge_denies_all(void **state)
{
	int denied = count_denied(JUDGE), by_default = 0;

	(void)state;
	print_message("# %-14s %-7s %-7s\n", "class", "default", "judge");
	for (int i = 0; i < CLASSES; i++) {
		by_default += answers[DEFAULT][i] != WORKED;
		print_message("# %-14s %-7s %-7s %s\n", classes[i], word(DEFAULT, i), word(JUDGE, i), how[i]);
	}
	print_message("# denied of %d: default %d, judge %d\n", CLASSES, by_default, denied);
	assert_int_equal(denied, CLASSES);
}

/* Also when a test has failed in the middle. */
static int teardown(void **state)
{
	host_end();
	return fx_teardown(state);
}

int main(void)
{
	static struct class_case cases[CLASSES];
	struct CMUnitTest tests[CLASSES + 3] = {
		FX_TEST(the_default_denies_all_but_locks),
		FX_TEST(so_does_the_program_alone),
		FX_TEST(judge_denies_all),
	};

	fx_begin();
	for (int i = 0; i < CLASSES; i++) {
		cases[i] = (struct class_case){{the_attack_works_where_it_is_let, ""}, classes[i]};
		tests[i + 3] =
			(struct CMUnitTest){classes[i], fx_test_if, fx_setup, fx_teardown, &cases[i].base};
	}
	for (int i = 0; i < CLASSES + 3; i++)
		tests[i].teardown_func = teardown;
	return _cmocka_run_group_tests("tests", tests, CLASSES + 3, NULL, NULL);
}
