/* SPDX-License-Identifier: MIT */
/* Run while the library is built: the presets as C, so that no process has to compile them. */
#include <stdio.h>
#include <string.h>

#include "filter.h"

static int is_same(const struct sbi_filter *a, const struct sbi_filter *b)
{
	return a->count == b->count && !memcmp(a->code, b->code, a->count * sizeof(a->code[0]));
}

static void print(const char *kind, const char *preset, const struct sbi_filter *filter)
{
	printf("static const struct sock_filter code_of_%s%s[] = {\n", kind, preset);
	for (uint32_t i = 0; i < filter->count; i++)
		printf("\t{ 0x%02x, %u, %u, 0x%08x },\n", filter->code[i].code, filter->code[i].jt,
		       filter->code[i].jf, filter->code[i].k);
	printf("};\nstatic struct sbi_filter sbi_precompiled_%s%s = { .refs = 1, .count = %u, .notifies = %d, .tells = %d,\n"
	       "\t.code = code_of_%s%s };\n",
	       kind, preset, filter->count, filter->notifies, filter->tells, kind, preset);
}

/*
 * A word that lets sb-init's own calls pass must be a secret of each process: a preset must not
 * need one, but for a warm start.
 */
static int precompile(const char *preset, const struct sbi_policy *policy, struct sbi_policy_error *error)
{
	struct sbi_filter *filter = sbi_filter_compile(policy, 0, 0, 0, error);
	struct sbi_filter *again = sbi_filter_compile(policy, 0, 0, 0, error);
	struct sbi_filter *warm = sbi_filter_compile(policy, 0, 1, SBI_PLACEHOLDER, error);
	int same = filter && again && is_same(filter, again);

	if (same && warm) {
		print("", preset, filter);
		print("warm_", preset, warm);
	} else if (!error->code) {
		snprintf(error->message, sizeof(error->message), "it needs a word to pass");
	}
	same = same && warm;
	sbi_filter_unref(filter);
	sbi_filter_unref(again);
	sbi_filter_unref(warm);
	return same ? 0 : -1;
}

int main(void)
{
	static const char *const presets[] = { "default", "judge", "build", "nested" };
	struct sbi_policy_error error = { 0 };

	for (size_t i = 0; i < sizeof(presets) / sizeof(presets[0]); i++) {
		struct sbi_policy *policy = sbi_policy_new(presets[i], &error);

		if (!policy || precompile(presets[i], policy, &error) < 0) {
			fprintf(stderr, "%s: %s\n", presets[i], error.message);
			return 1;
		}
		sbi_policy_unref(policy);
	}
	return 0;
}
