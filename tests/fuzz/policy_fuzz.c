// SPDX-License-Identifier: MIT
/*
 * Any bytes as a policy: it is refused with a reason, or it compiles to a program
 * that the kernel would take and on which two interpreters agree.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sandbox/sandbox.h>

#include "../unit/bpf.h"
#include "common/filter_run.h"
#include "config/seccomp.h"
#include "policy/syscalls.h"

#define WANT(condition) ((condition) ? (void)0 : stop(#condition, __LINE__))

static void stop(const char *what, int line)
{
	fprintf(stderr, "policy_fuzz.c:%d: not so: %s\n", line, what);
	abort();
}

/* The text, without the places of this machine that an include could lead to. */
static char *text_of(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	int within = 0;

	WANT(text);
	memcpy(text, data, size);
	text[size] = '\0';
	for (char *at = text; *at; at++) {
		within = *at == '\n' ? 0 : within || !strncmp(at, "include", 7);
		if (within && *at == '/')
			*at = '_';
	}
	return text;
}

/* What the reason for a refusal must be like, whatever was refused. */
static void look_at_reason(const sb_config *cfg, int code)
{
	sb_error err = SB_INIT(sb_error);
	size_t len;

	WANT(sb_config_check(cfg, &err) == code);
	WANT(err.code == -code);
	len = strnlen(err.message, sizeof(err.message));
	WANT(len > 0 && len < sizeof(err.message));
	for (size_t i = 0; i < len; i++)
		WANT((unsigned char)err.message[i] >= 0x20 && err.message[i] != 0x7f);
}

/* Calls made of the text itself: its bytes are numbers, and what it compares with is in them. */
static void make_calls(const struct sbi_filter *filter, const uint8_t *data, size_t size)
{
	uint64_t state = UINT64_C(0x9e3779b97f4a7c15) ^ size;

	for (int i = 0; i < 32; i++) {
		struct seccomp_data call = { .arch = sbi_native_arch() };

		for (int k = 0; k < 6; k++) {
			state = (state ^ (size ? data[(size_t)(i * 7 + k) % size] : 0)) *
				UINT64_C(0x100000001b3);
			call.args[k] = k % 2 ? state : state >> 56;
		}
		call.nr = (int)(i % 8 ? state >> 33 & 0x1ff : state >> 32);
		if (i == 31)
			call.arch ^= 0x40000000;
		WANT(bpf_run(filter->code, filter->count, &call, NULL) ==
		     sbi_filter_run(filter->code, filter->count, &call));
	}
}

/* The same lines below a preset: what is right by itself is right there, unless there is no room. */
static void add_to_preset(const char *text)
{
	sb_config *cfg = sb_config_new();
	int r;

	WANT(cfg);
	r = sb_add_seccomp(cfg, text);
	WANT(r == 0 || r == -E2BIG);
	sb_config_free(cfg);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = text_of(data, size);
	sb_config *cfg = sb_config_new(), *copy;
	struct sbi_filter *filter = NULL;
	sb_error err = SB_INIT(sb_error);
	int r;

	WANT(cfg && sb_set_command(cfg, "/bin/true", NULL) == 0);
	if (size && data[0] & 1)
		sb_add_cap(cfg, "all");
	r = sb_set_seccomp_text(cfg, text, "fuzz");
	if (r < 0) {
		look_at_reason(cfg, r);
	} else {
		r = sbi_filter_get(cfg, 0, &filter, &err);
		WANT(r == 0 || (r == -E2BIG && err.step == SB_STEP_FILTER));
		copy = sb_config_copy(cfg);
		WANT(sb_config_check(copy, &err) == r);
		sb_config_free(copy);
		if (size % 4 == 0)
			add_to_preset(text);
	}
	if (filter) {
		WANT(bpf_valid(filter->code, filter->count));
		make_calls(filter, data, size);
	}
	sbi_filter_unref(filter);
	sb_config_free(cfg);
	free(text);
	return 0;
}
