/* SPDX-License-Identifier: MIT */
/* Run while the library is built: the presets as C, so that no process has to compile them. */
#include <stdio.h>
#include <string.h>

#include "filter.h"

/* A word that lets sb-init's own calls pass must be a secret of each process: a preset must not need one. */
static int is_same(const struct sbi_filter *a, const struct sbi_filter *b)
{
	return a->count == b->count && !memcmp(a->code, b->code, a->count * sizeof(a->code[0]));
}

static void print(const char *preset, const struct sbi_filter *filter)
{
	printf("static const struct sock_filter code_of_%s[] = {\n", preset);
	for (uint32_t i = 0; i < filter->count; i++)
		printf("\t{ 0x%02x, %u, %u, 0x%08x },\n", filter->code[i].code, filter->code[i].jt, filter->code[i].jf,
		       filter->code[i].k);
	printf("};\nstatic struct sbi_filter sbi_precompiled_%s = { .refs = 1, .count = %u, .notifies = %d, .tells = %d,\n"
	       "\t.code = code_of_%s };\n",
	       preset, filter->count, filter->notifies, filter->tells, preset);
}

int main(void)
{
	static const char *const presets[] = { "default", "judge", "build", "nested" };
	struct sbi_policy_error error = { 0 };
	int failed = 0;

	for (size_t i = 0; i < sizeof(presets) / sizeof(presets[0]); i++) {
		struct sbi_policy *policy = sbi_policy_new(presets[i], &error);
		struct sbi_filter *filter = policy ? sbi_filter_compile(policy, 0, &error) : NULL;
		struct sbi_filter *again = policy ? sbi_filter_compile(policy, 0, &error) : NULL;

		if (!filter || !again || !is_same(filter, again)) {
			fprintf(stderr, "%s: %s\n", presets[i], error.code ? error.message : "it needs a word to pass");
			failed = 1;
		} else {
			print(presets[i], filter);
		}
		sbi_filter_unref(filter);
		sbi_filter_unref(again);
		sbi_policy_unref(policy);
	}
	return failed;
}
