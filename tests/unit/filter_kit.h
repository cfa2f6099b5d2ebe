/* SPDX-License-Identifier: MIT */
/* How the tests of filters ask "what happens to this call?": both interpreters, which must agree. */
#ifndef TESTS_FILTER_KIT_H
#define TESTS_FILTER_KIT_H

#include "../fixture.h"

#include <errno.h>
#include <linux/audit.h>
#include <sys/syscall.h>

#include "bpf.h"
#include "common/filter_run.h"
#include "config/seccomp.h"
#include "policy/syscalls.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

/* What a filter answers, before a listener is thought of. */
#define ALLOW SECCOMP_RET_ALLOW
#define E(error) (SECCOMP_RET_ERRNO | (uint32_t)(error))
#define TRAP SECCOMP_RET_TRAP
#define NOTIFY SECCOMP_RET_USER_NOTIF
#define KILL (SECCOMP_RET_USER_NOTIF | SBI_TELL_KILL)
#define LOG (SECCOMP_RET_USER_NOTIF | SBI_TELL_LOG)
#define KILL_UNTOLD SECCOMP_RET_KILL_PROCESS

#define HIGH (UINT64_C(1) << 32)
#define ONES UINT64_MAX
#define X32 UINT32_C(0x40000000)

/* A call and what it must come to. */
struct row {
	const char *what;
	uint32_t number;
	uint64_t args[6];
	uint32_t want;
};

static uint32_t rows_seen;

static inline struct sbi_filter *kit_filter(const sb_config *cfg)
{
	sb_error err = SB_INIT(sb_error);
	struct sbi_filter *filter = NULL;

	if (sbi_filter_get(cfg, 0, &filter, &err) != 0)
		fail_msg("no filter: %s", err.message);
	if (!bpf_valid(filter->code, filter->count))
		fail_msg("the kernel would not take this filter of %u instructions", filter->count);
	return filter;
}

/* The filter of a preset for a command that keeps @caps, names with spaces between. */
static inline struct sbi_filter *kit_preset(const char *preset, const char *caps)
{
	sb_config *cfg = sb_config_new();
	char names[256], *rest = names, *name;
	struct sbi_filter *filter;

	fx_ok(sb_set_seccomp(cfg, preset));
	snprintf(names, sizeof(names), "%s", caps ? caps : "");
	while ((name = strsep(&rest, " ")))
		if (name[0])
			fx_ok(sb_add_cap(cfg, name));
	filter = kit_filter(cfg);
	sb_config_free(cfg);
	return filter;
}

static inline struct sbi_filter *kit_text(const char *text)
{
	sb_config *cfg = sb_config_new();
	sb_error err = SB_INIT(sb_error);
	struct sbi_filter *filter;

	if (sb_set_seccomp_text(cfg, text, NULL) < 0) {
		sb_config_check(cfg, &err);
		fail_msg("%s\n%s", err.message, text);
	}
	filter = kit_filter(cfg);
	sb_config_free(cfg);
	return filter;
}

static inline uint32_t kit_call(const struct sbi_filter *filter, uint32_t arch, uint32_t number,
				const uint64_t args[6])
{
	struct seccomp_data data = { .nr = (int)number,
				     .arch = arch,
				     .instruction_pointer = UINT64_C(0x5555aaaa3333cccc) };
	uint32_t ours, theirs;

	memcpy(data.args, args, sizeof(data.args));
	ours = sbi_filter_run(filter->code, filter->count, &data);
	theirs = bpf_run(filter->code, filter->count, &data, NULL);
	if (ours != theirs)
		fail_msg("call %u: one interpreter says %#x, the other %#x", number, ours, theirs);
	return ours;
}

static inline uint32_t kit_native(const struct sbi_filter *filter, uint32_t number, const uint64_t args[6])
{
	return kit_call(filter, sbi_native_arch(), number, args);
}

static inline void kit_rows(const struct sbi_filter *filter, const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint32_t got = kit_native(filter, rows[i].number, rows[i].args);

		rows_seen++;
		if (got != rows[i].want)
			fail_msg("%s (%u: %#llx %#llx %#llx): %#x, expected %#x", rows[i].what,
				 rows[i].number, (unsigned long long)rows[i].args[0],
				 (unsigned long long)rows[i].args[1], (unsigned long long)rows[i].args[2],
				 got, rows[i].want);
	}
}

#endif
