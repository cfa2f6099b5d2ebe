/* SPDX-License-Identifier: MIT */
/* Typed access to the members of a docker profile. */
#include "docker_json.h"

#include <errno.h>
#include <string.h>

int json_fail(struct docker_reader *r, const char *key, const char *why)
{
	return docker_fail(&r->profile, "%s%s%.40s: %.100s", r->where, r->where[0] && key[0] ? "." : "", key,
			   why);
}

/*
 * A typing error in a key must not open anything. Go, and so docker, does not care about letter
 * case; we do.
 */
int json_check_keys(struct docker_reader *r, const json_t *object, const char *const known[])
{
	const char *key;
	json_t *value;
	size_t i;

	json_object_foreach((json_t *)object, key, value) {
		for (i = 0; known[i] && strcmp(known[i], key) != 0; i++)
			;
		if (!known[i])
			return json_fail(r, key, "there is no such key in a profile");
	}
	return 0;
}

/*
 * An object's member that must have a type if it is there at all; null is as good as absent.
 * Return: 0 or -EINVAL.
 */
int json_member(struct docker_reader *r, const json_t *object, const char *key, json_type type, json_t **out)
{
	static const char *const types[] = { "an object", "an array", "a string", "an integer" };
	char why[64];

	*out = json_object_get(object, key);
	if (!*out || json_is_null(*out)) {
		*out = NULL;
		return 0;
	}
	if (json_typeof(*out) == type)
		return 0;
	snprintf(why, sizeof(why), "%s expected", types[type]);
	return json_fail(r, key, why);
}

int json_natural(struct docker_reader *r, const json_t *object, const char *key, uint64_t most, uint64_t *out)
{
	json_t *value;

	if (json_member(r, object, key, JSON_INTEGER, &value) < 0)
		return -EINVAL;
	if (!value)
		return 0;
	if (json_integer_value(value) < 0 || (uint64_t)json_integer_value(value) > most)
		return json_fail(r, key, "out of range");
	*out = (uint64_t)json_integer_value(value);
	return 0;
}

/* Is @word among the strings of an array? -EINVAL if one of them is no string. */
int json_has_word(struct docker_reader *r, const json_t *object, const char *key, const char *word, bool *has)
{
	json_t *list, *item;
	size_t i;

	*has = false;
	if (json_member(r, object, key, JSON_ARRAY, &list) < 0)
		return -EINVAL;
	json_array_foreach(list, i, item) {
		if (!json_is_string(item))
			return json_fail(r, key, "an array of strings expected");
		*has |= strcmp(json_string_value(item), word) == 0;
	}
	return 0;
}
