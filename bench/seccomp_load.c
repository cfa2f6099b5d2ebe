/* SPDX-License-Identifier: MIT */
/* Compiles policies in two ways, and measures them in children that load them with the bare system call. */
#include "seccomp_load.h"

#include <asm/ioctls.h>
#include <err.h>
#include <errno.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "policy/filter.h"

static struct sbi_policy *read_policy(const char *preset, const char *text)
{
	struct sbi_policy_error error = { 0 };
	struct sbi_policy *policy = sbi_policy_new(preset, &error);

	if (!policy || (!preset && sbi_policy_add(policy, text, "policy", NULL, &error) < 0))
		errx(1, "%s", error.message);
	return policy;
}

static void compile_ours(struct program *p, const struct sbi_policy *policy)
{
	struct sbi_policy_error error = { 0 };
	struct sbi_filter *filter = sbi_filter_compile(policy, 0, 0, 0, &error);

	if (!filter)
		errx(1, "%s", error.message);
	p->count = filter->count;
	p->code = malloc(p->count * sizeof(*p->code));
	if (!p->code)
		err(1, "program");
	memcpy(p->code, filter->code, p->count * sizeof(*p->code));
	sbi_filter_unref(filter);
}

static uint32_t their_action(uint32_t action)
{
	return SBI_ACTION_KIND(action) == SB_SECCOMP_ALLOW ? SCMP_ACT_ALLOW
							   : SCMP_ACT_ERRNO(SBI_ACTION_ERRNO(action));
}

/*
 * Each rule is one of libseccomp's: what is translated from a docker profile says one thing of each
 * call only once.
 */
static void add_rule(scmp_filter_ctx context, const struct sbi_policy *policy, const struct sbi_rule *rule)
{
	static const enum scmp_compare operators[] = {
		[SBI_EQ] = SCMP_CMP_EQ, [SBI_NE] = SCMP_CMP_NE, [SBI_LT] = SCMP_CMP_LT,
		[SBI_LE] = SCMP_CMP_LE, [SBI_GT] = SCMP_CMP_GT, [SBI_GE] = SCMP_CMP_GE,
	};
	struct scmp_arg_cmp compares[6];
	int r;

	for (uint8_t i = 0; i < rule->count && i < 6; i++) {
		const struct sbi_compare *c = &policy->compares[rule->first + i];

		compares[i] = (struct scmp_arg_cmp){ c->argument, operators[c->operator], c->value, 0 };
		if (c->operator == SBI_EQ && c->mask != UINT64_MAX)
			compares[i] =
				(struct scmp_arg_cmp){ c->argument, SCMP_CMP_MASKED_EQ, c->mask, c->value };
	}
	r = seccomp_rule_add_array(context, their_action(rule->action), rule->number, rule->count, compares);
	if (r < 0 && r != -EACCES) /* the default says the same */
		errx(1, "libseccomp: %s", strerror(-r));
}

static void compile_theirs(struct program *p, const struct sbi_policy *policy, bool tree)
{
	scmp_filter_ctx context = seccomp_init(their_action(policy->otherwise));
	int fd = memfd_create("filter", MFD_CLOEXEC);
	off_t size;

	if (!context || fd < 0)
		err(1, "libseccomp");
	if (tree && seccomp_attr_set(context, SCMP_FLTATR_CTL_OPTIMIZE, 2) < 0)
		errx(1, "this libseccomp makes no tree");
	for (uint32_t i = 0; i < policy->rule_count; i++)
		add_rule(context, policy, &policy->rules[i]);
	if (seccomp_export_bpf(context, fd) < 0)
		errx(1, "libseccomp: no program");
	size = lseek(fd, 0, SEEK_END);
	p->count = (unsigned)((size_t)size / sizeof(*p->code));
	p->code = malloc((size_t)size);
	if (!p->code || pread(fd, p->code, (size_t)size, 0) != size)
		err(1, "program");
	close(fd);
	seccomp_release(context);
}

void program_make(struct program *p, const char *preset, const char *text, enum compiler by)
{
	struct sbi_policy *policy = read_policy(preset, text);

	if (by == OURS)
		compile_ours(p, policy);
	else
		compile_theirs(p, policy, by == LIBSECCOMP_TREE);
	sbi_policy_unref(policy);
}

static void measure(const struct program *p, unsigned calls, struct times *times)
{
	struct sock_fprog program = { (unsigned short)p->count, p->code };
	uint64_t start;

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	start = now_ns();
	if (p->count && syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) < 0)
		_exit(1);
	times->load_ns = now_ns() - start;
	start = now_ns();
	for (unsigned i = 0; i < calls; i++)
		syscall(SYS_getpid);
	times->getpid_ns = now_ns() - start;
	start = now_ns();
	for (unsigned i = 0; i < calls; i++)
		syscall(SYS_ioctl, -1, TCGETS, NULL);
	times->ioctl_ns = now_ns() - start;
}

struct times program_measure(const struct program *p, unsigned calls)
{
	struct times *shared =
		mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct times result;
	int status;
	pid_t pid;

	if (shared == MAP_FAILED)
		err(1, "mmap");
	pid = fork();
	if (pid == 0) {
		measure(p, calls, shared);
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0)
		errx(1, "a child that should load a filter failed");
	result = *shared;
	munmap(shared, sizeof(*shared));
	return result;
}
