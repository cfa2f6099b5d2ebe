/* SPDX-License-Identifier: MIT */
/*
 * A seccomp policy, read and checked: rules in the order of their lines, for
 * the native machine's numbers. The last rule that fits a call decides.
 * A finished policy is never changed, so that configs may share it.
 */
#ifndef SBI_POLICY_H
#define SBI_POLICY_H

#include <sandbox/seccomp.h>
#include <stdatomic.h>

#define SBI_POLICY_BYTES (UINT32_C(1) << 20) /* of one text */
#define SBI_POLICY_RULES (UINT32_C(1) << 14)
#define SBI_POLICY_DEPTH 16 /* of includes */
#define SBI_POLICY_INCLUDES 256 /* of one text, with those of what it includes */

/* An action: SB_SECCOMP_* above, the errno of SB_SECCOMP_ERRNO below. */
#define SBI_ACTION(kind, error) ((uint32_t)(kind) << 16 | (uint32_t)(error))
#define SBI_ACTION_KIND(action) ((action) >> 16)
#define SBI_ACTION_ERRNO(action) ((action)&0xffff)

/* By the kernel itself, which tells nobody of what: foreign calls, which a listener could not name. */
#define SBI_KILL_UNTOLD SBI_ACTION(SB_SECCOMP_KILL, 1)
#define SBI_POLICY_COMPARES 32 /* of one rule */

enum sbi_operator { SBI_EQ, SBI_NE, SBI_LT, SBI_LE, SBI_GT, SBI_GE };

struct sbi_compare {
	uint8_t argument; /* 0 to 5 */
	uint8_t is_long;  /* all 64 bits, else the lower half */
	uint8_t operator; /* enum sbi_operator */
	uint8_t reserved[5];
	uint64_t mask, value;
};

struct sbi_rule {
	uint32_t action;
	uint32_t first; /* of its comparisons in compares[] */
	uint32_t line;
	uint32_t file; /* number of the text it stands in, in the order of reading */
	uint16_t number;
	uint8_t count; /* comparisons, all of which must hold */
	uint8_t by_group;
	int8_t cap; /* the capability that must be kept for it to count; -1 */
};

struct sbi_group {
	char name[32]; /* without the @ */
	uint16_t *numbers;
	uint32_t count;
};

struct sbi_policy {
	atomic_uint refs;
	uint32_t otherwise, unknown, foreign; /* actions */
	struct sbi_rule *rules;
	struct sbi_compare *compares;
	struct sbi_group *groups;
	uint32_t rule_count, compare_count, group_count;
	uint32_t files;    /* texts read so far */
	uint32_t includes; /* in the text that is being added */
};

/* Why a text is no policy. */
struct sbi_policy_error {
	int code; /* errno value */
	char message[256];
};

/** sbi_policy_preset - "judge" as a static string, or NULL if there is no such preset ("none" is one). */
const char *sbi_policy_preset(const char *name);
/** sbi_policy_new - that of a preset but "none"; of NULL: nothing but the groups, and everything EPERM. */
struct sbi_policy *sbi_policy_new(const char *preset, struct sbi_policy_error *error);
/** sbi_policy_copy - to be added to. NULL if memory is short. */
struct sbi_policy *sbi_policy_copy(const struct sbi_policy *policy);
struct sbi_policy *sbi_policy_ref(struct sbi_policy *policy);
void sbi_policy_unref(struct sbi_policy *policy);

/**
 * sbi_policy_add - read @text into a policy that is nobody else's yet
 * @name: for errors
 * @dir: where what it includes lies; NULL = the current directory
 *
 * Return: 0 or -errno with @error; @policy is then good for nothing but sbi_policy_unref().
 */
int sbi_policy_add(struct sbi_policy *policy, const char *text, const char *name, const char *dir,
		   struct sbi_policy_error *error);
/** sbi_policy_add_file - the same with the text of a file. */
int sbi_policy_add_file(struct sbi_policy *policy, const char *path, struct sbi_policy_error *error);

#endif
