/* SPDX-License-Identifier: MIT */
/* The environment: nothing but what the rules say, in their order, after --full-env. */
#include "isolate.h"

#include <string.h>
#include <unistd.h>

static size_t name_length(const char *entry)
{
	return strcspn(entry, "=");
}

static void take_out(struct request *req, const char *name, size_t len)
{
	size_t kept = 0;

	for (size_t i = 0; i < req->env_count; i++) {
		if (name_length(req->env[i]) == len && strncmp(req->env[i], name, len) == 0)
			free(req->env[i]);
		else
			req->env[kept++] = req->env[i];
	}
	req->env_count = kept;
	req->env[kept] = NULL;
}

static void put(struct request *req, const char *entry)
{
	take_out(req, entry, name_length(entry));
	req->env = must(reallocarray(req->env, req->env_count + 2, sizeof(*req->env)));
	req->env[req->env_count++] = must(strdup(entry));
	req->env[req->env_count] = NULL;
}

/* VAR: inherit, VAR=VALUE: set, VAR=: take out. */
static void apply(struct request *req, const char *rule)
{
	size_t len = name_length(rule);
	const char *value;

	if (len == 0)
		usage("environment rule \"%s\": which variable?", rule);
	if (rule[len]) {
		if (rule[len + 1])
			put(req, rule);
		else
			take_out(req, rule, len);
		return;
	}
	value = getenv(rule);
	if (value) {
		char *entry = text("%s=%s", rule, value);

		put(req, entry);
		free(entry);
	}
}

void env_build(struct request *req)
{
	req->env = must(calloc(1, sizeof(*req->env)));
	for (char **entry = environ; req->full_env && *entry; entry++)
		if (name_length(*entry) > 0 && strchr(*entry, '='))
			put(req, *entry);
	/* glibc's last words go to standard error, and not to a terminal that is not there. */
	apply(req, "LIBC_FATAL_STDERR_=1");
	for (size_t i = 0; i < req->env_rule_count; i++)
		apply(req, req->env_rules[i]);
}
