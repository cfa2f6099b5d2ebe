/* SPDX-License-Identifier: MIT */
/* Typed access to the members of a docker profile; what is wrong is said with its place. */
#ifndef SBX_DOCKER_JSON_H
#define SBX_DOCKER_JSON_H

#include "docker_rules.h"

#include <jansson.h>

struct docker_reader {
	struct docker_profile profile;
	const struct docker_target *target;
	char where[64]; /* "syscalls[3].args[0]" */
};

/* All return 0, or -EINVAL with the error said. */
int json_fail(struct docker_reader *r, const char *key, const char *why);
/* An object may have only the keys of a list that ends in NULL. */
int json_check_keys(struct docker_reader *r, const json_t *object, const char *const known[]);
/* A member that must have a type if it is there at all; null is as good as absent: *@out is NULL then. */
int json_member(struct docker_reader *r, const json_t *object, const char *key, json_type type, json_t **out);
/* A number up to @most; *@out stays as it is if there is none. */
int json_natural(struct docker_reader *r, const json_t *object, const char *key, uint64_t most,
		 uint64_t *out);
/* Is @word among the strings of an array? */
int json_has_word(struct docker_reader *r, const json_t *object, const char *key, const char *word,
		  bool *has);

#endif
