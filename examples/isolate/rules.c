/* SPDX-License-Identifier: MIT */
/* Directory rules: what the command sees of the host, in order. */
#include "isolate.h"

#include <string.h>

static unsigned rule_flags(const char *rule, char *words)
{
	static const struct {
		const char *word;
		unsigned flag;
	} options[] = {
		{ "rw", RULE_RW },       { "noexec", RULE_NOEXEC },
		{ "dev", RULE_DEV },     { "maybe", RULE_MAYBE },
		{ "fs", RULE_FS },       { "tmp", RULE_TMP | RULE_RW },
		{ "norec", RULE_NOREC }, { NULL, 0 },
	};
	unsigned flags = 0;
	char *word;

	while ((word = strsep(&words, ":,")) != NULL) {
		size_t i = 0;

		while (options[i].word && strcmp(options[i].word, word) != 0)
			i++;
		if (!options[i].word)
			usage("directory rule \"%s\": there is no option \"%s\"", rule, word);
		flags |= options[i].flag;
	}
	return flags;
}

/* Below the root, without slashes around it. */
static char *inner_path(const char *rule, const char *path)
{
	size_t len;
	char *in;

	path += strspn(path, "/");
	len = strlen(path);
	while (len > 0 && path[len - 1] == '/')
		len--;
	in = must(strndup(path, len));
	if (len == 0)
		usage("directory rule \"%s\": the root cannot be replaced", rule);
	for (const char *at = in; at; at = strchr(at, '/')) {
		at += *at == '/';
		if (strncmp(at, "..", 2) == 0 && (!at[2] || at[2] == '/'))
			usage("directory rule \"%s\": \"..\" in a path inside", rule);
	}
	return in;
}

/* A rule that is replaced keeps its place in the order. */
static void put(struct request *req, struct rule rule)
{
	for (size_t i = 0; i < req->rule_count; i++) {
		if (strcmp(req->rules[i].in, rule.in) != 0)
			continue;
		free(req->rules[i].in);
		free(req->rules[i].out);
		req->rules[i] = rule;
		return;
	}
	req->rules = must(reallocarray(req->rules, req->rule_count + 1, sizeof(*req->rules)));
	req->rules[req->rule_count++] = rule;
}

static void take_out(struct request *req, const char *in)
{
	for (size_t i = 0; i < req->rule_count; i++) {
		if (strcmp(req->rules[i].in, in) != 0)
			continue;
		free(req->rules[i].in);
		free(req->rules[i].out);
		req->rule_count--;
		memmove(&req->rules[i], &req->rules[i + 1], (req->rule_count - i) * sizeof(*req->rules));
		return;
	}
}

void rule_add(struct request *req, const char *text_of_rule)
{
	char *copy = must(strdup(text_of_rule)), *options = copy, *out, *in;
	struct rule rule = { NULL, NULL, 0 };

	out = strsep(&options, ":");
	in = strsep(&out, "=");
	rule.in = inner_path(text_of_rule, in);
	rule.flags = options ? rule_flags(text_of_rule, options) : 0;
	if ((rule.flags & RULE_TMP) && (out || (rule.flags & RULE_FS)))
		usage("directory rule \"%s\": a temporary directory has no other side", text_of_rule);
	if (out && !*out) {
		take_out(req, rule.in);
		free(rule.in);
		free(copy);
		return;
	}
	if (out)
		rule.out = must(strdup(out));
	else if (rule.flags & RULE_FS)
		rule.out = must(strdup(rule.in));
	else
		rule.out = text("/%s", rule.in);
	put(req, rule);
	free(copy);
}

void rules_default(struct request *req)
{
	static const char *const defaults[] = { "bin", "dev", "lib",          "lib64:maybe",
						"usr", "box", "proc=proc:fs", "tmp:tmp" };

	for (size_t i = 0; i < sizeof(defaults) / sizeof(defaults[0]); i++)
		rule_add(req, defaults[i]);
	/* The host's /dev has more than a command needs; "-d dev:dev" shows it. */
	req->rules[1].flags = RULE_MINIMAL_DEV;
	/* Where the box is on the host is known later. */
	free(req->rules[5].out);
	req->rules[5].out = NULL;
	req->rules[5].flags = RULE_RW;
}

static int mount_fs(sb_config *cfg, const struct rule *rule, const char *target)
{
	if (strcmp(rule->out, "proc") == 0)
		return sb_add_proc(cfg, target, 0);
	if (strcmp(rule->out, "sysfs") == 0)
		return sb_add_sysfs(cfg, target);
	if (strcmp(rule->out, "mqueue") == 0)
		return sb_add_mqueue(cfg, target);
	if (strcmp(rule->out, "tmpfs") == 0)
		return sb_add_tmpfs(cfg, target, 0, 0, 0755);
	die("directory rule for %s: the file system %s is not offered (proc, sysfs, mqueue, tmpfs)", target,
	    rule->out);
}

static uint64_t mount_flags(unsigned flags)
{
	uint64_t mount = 0;

	if (!(flags & RULE_RW))
		mount |= SB_MOUNT_RO;
	if (flags & RULE_NOEXEC)
		mount |= SB_MOUNT_NOEXEC;
	if (flags & RULE_DEV)
		mount |= SB_MOUNT_DEV;
	if (flags & RULE_MAYBE)
		mount |= SB_MOUNT_OPTIONAL;
	if (!(flags & RULE_NOREC))
		mount |= SB_MOUNT_RECURSIVE;
	return mount;
}

static void apply(const struct request *req, struct box *box, sb_config *cfg, const struct rule *rule)
{
	char *target = text("/%s", rule->in);
	const char *out = rule->out ? rule->out : box->files;
	int r;

	if (rule->flags & RULE_TMP)
		out = box_temporary(box);
	if (rule->flags & RULE_MINIMAL_DEV)
		r = sb_add_dev(cfg, target);
	else if (rule->flags & RULE_FS)
		r = mount_fs(cfg, rule, target);
	else
		r = sb_add_bind(cfg, out, target, mount_flags(rule->flags));
	say(req, "directory %s: %s", target, rule->flags & RULE_MINIMAL_DEV ? "a minimal one" : out);
	check(r, cfg, target);
	free(target);
}

void rules_apply(const struct request *req, struct box *box, sb_config *cfg)
{
	for (size_t i = 0; i < req->rule_count; i++)
		apply(req, box, cfg, &req->rules[i]);
}
