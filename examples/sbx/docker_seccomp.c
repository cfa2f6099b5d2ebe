/* SPDX-License-Identifier: MIT */
/*
 * Reads docker's seccomp profiles: what moby takes out of the JSON for a machine and a set of
 * capabilities.
 */
#include "docker_seccomp.h"

#include "caps.h"
#include "docker_json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#define ARGS_MAX 64

#if defined(__x86_64__)
#define GO_ARCH "amd64"
#define SCMP_ARCH "SCMP_ARCH_X86_64"
#elif defined(__aarch64__)
#define GO_ARCH "arm64"
#define SCMP_ARCH "SCMP_ARCH_AARCH64"
#else
#define GO_ARCH "riscv64"
#define SCMP_ARCH "SCMP_ARCH_RISCV64"
#endif

static int read_action(struct docker_reader *r, const json_t *object, const char *key, const char *errno_key,
		       struct docker_action *out)
{
	static const struct {
		const char *name;
		enum docker_kind kind;
	} kinds[] = {
		{ "SCMP_ACT_ALLOW", KIND_ALLOW },       { "SCMP_ACT_ERRNO", KIND_ERRNO },
		{ "SCMP_ACT_KILL", KIND_KILL },         { "SCMP_ACT_KILL_PROCESS", KIND_KILL },
		{ "SCMP_ACT_KILL_THREAD", KIND_KILL },  { "SCMP_ACT_TRAP", KIND_TRAP },
		{ "SCMP_ACT_LOG", KIND_LOG },           { "SCMP_ACT_NOTIFY", KIND_NOTIFY },
	};
	uint64_t error = EPERM;
	json_t *word;

	if (json_member(r, object, key, JSON_STRING, &word) < 0 ||
	    json_natural(r, object, errno_key, 4095, &error) < 0)
		return -EINVAL;
	if (!word)
		return json_fail(r, key, "is missing");
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(kinds[i].name, json_string_value(word)) != 0)
			continue;
		out->kind = kinds[i].kind;
		out->error = kinds[i].kind == KIND_ERRNO ? (unsigned)error : 0;
		if (kinds[i].kind == KIND_ERRNO && error == 0)
			return json_fail(r, errno_key, "0 would report success for a call that was not made");
		return 0;
	}
	if (strcmp(json_string_value(word), "SCMP_ACT_TRACE") == 0)
		return json_fail(r, key, "SCMP_ACT_TRACE needs a tracer, and there is none");
	return json_fail(r, key, "not an action of seccomp");
}

/* Is the running kernel @text, "4.8", or younger? */
static int is_kernel(struct docker_reader *r, const json_t *object, bool *is)
{
	struct utsname name;
	unsigned want[2], have[2] = { 0 };
	json_t *text;

	if (json_member(r, object, "minKernel", JSON_STRING, &text) < 0)
		return -EINVAL;
	if (!text || !json_string_value(text)[0])
		return -ENOENT;
	if (json_string_value(text)[strspn(json_string_value(text), "0123456789.")] ||
	    sscanf(json_string_value(text), "%5u.%5u", &want[0], &want[1]) != 2)
		return json_fail(r, "minKernel", "a version like \"4.8\" expected");
	uname(&name);
	sscanf(name.release, "%5u.%5u", &have[0], &have[1]);
	*is = have[0] > want[0] || (have[0] == want[0] && have[1] >= want[1]);
	return 0;
}

/*
 * How many capabilities the list has, and how many of them are kept; names that are not known here
 * are not.
 */
static int count_caps(struct docker_reader *r, const json_t *object, size_t *all, size_t *kept)
{
	json_t *list, *item;
	uint64_t mask;
	size_t i;

	*all = *kept = 0;
	if (json_member(r, object, "caps", JSON_ARRAY, &list) < 0)
		return -EINVAL;
	json_array_foreach(list, i, item) {
		if (!json_is_string(item))
			return json_fail(r, "caps", "an array of strings expected");
		*all += 1;
		*kept += strncmp(json_string_value(item), "CAP_", 4) == 0 &&
			 caps_parse(json_string_value(item), &mask) == 0 && (r->target->caps & mask);
	}
	return 0;
}

/* `excludes` and `includes`: does the entry count here? */
static int applies(struct docker_reader *r, const json_t *entry, const char *which, bool *out)
{
	static const char *const known[] = { "arches", "caps", "minKernel", NULL };
	bool include = which[0] == 'i', has, kernel;
	json_t *filter, *arches;
	size_t all, kept;
	int k;

	if (json_member(r, entry, which, JSON_OBJECT, &filter) < 0)
		return -EINVAL;
	if (!filter)
		return 0;
	if (json_check_keys(r, filter, known) < 0 || json_has_word(r, filter, "arches", GO_ARCH, &has) < 0 ||
	    count_caps(r, filter, &all, &kept) < 0)
		return -EINVAL;
	k = is_kernel(r, filter, &kernel);
	if (k == -EINVAL)
		return k;
	arches = json_object_get(filter, "arches");
	if (include)
		*out &= (json_array_size(arches) == 0 || has) && kept == all && (k < 0 || kernel);
	else
		*out &= !has && kept == 0 && (k < 0 || !kernel);
	return 0;
}

static int read_compare(struct docker_reader *r, const json_t *arg, struct docker_compare *c)
{
	static const char *const known[] = { "index", "value", "valueTwo", "op", NULL };
	static const char *const names[] = {
		[OP_NE] = "SCMP_CMP_NE", [OP_LT] = "SCMP_CMP_LT", [OP_LE] = "SCMP_CMP_LE",
		[OP_EQ] = "SCMP_CMP_EQ", [OP_GE] = "SCMP_CMP_GE", [OP_GT] = "SCMP_CMP_GT",
		[OP_MASKED_EQ] = "SCMP_CMP_MASKED_EQ",
	};
	uint64_t index = UINT64_MAX, value = 0, two = 0;
	json_t *op;
	size_t i;

	if (!json_is_object(arg))
		return json_fail(r, "", "an object expected");
	if (json_check_keys(r, arg, known) < 0 || json_natural(r, arg, "index", 5, &index) < 0 ||
	    json_natural(r, arg, "value", INT64_MAX, &value) < 0 ||
	    json_natural(r, arg, "valueTwo", INT64_MAX, &two) < 0 ||
	    json_member(r, arg, "op", JSON_STRING, &op) < 0)
		return -EINVAL;
	if (!op || index > 5)
		return json_fail(r, op ? "index" : "op", "is missing");
	for (i = 0; i < sizeof(names) / sizeof(names[0]) && strcmp(names[i], json_string_value(op)) != 0; i++)
		;
	if (i == sizeof(names) / sizeof(names[0]))
		return json_fail(r, "op", "not a comparison of seccomp");
	*c = (struct docker_compare){ (unsigned)index, (enum docker_operator)i, UINT64_MAX, value };
	if (i == OP_MASKED_EQ) {
		c->mask = value;
		c->value = two & value; /* as libseccomp does */
	}
	return 0;
}

/* The comparisons of an entry. */
struct compares {
	struct docker_compare list[ARGS_MAX];
	size_t count;
	bool any; /* one argument is compared twice: then one that holds is enough, as runc has it */
};

static int read_compares(struct docker_reader *r, const json_t *args, size_t entry, struct compares *out)
{
	unsigned seen = 0;
	json_t *arg;
	size_t i;

	out->count = 0;
	out->any = false;
	if (json_array_size(args) > ARGS_MAX)
		return json_fail(r, "args", "more comparisons than anybody needs");
	json_array_foreach(args, i, arg) {
		struct docker_compare *c = &out->list[out->count++];

		snprintf(r->where, sizeof(r->where), "syscalls[%zu].args[%zu]", entry, i);
		if (read_compare(r, arg, c) < 0)
			return -EINVAL;
		out->any |= seen >> c->index & 1;
		seen |= 1U << c->index;
	}
	snprintf(r->where, sizeof(r->where), "syscalls[%zu]", entry);
	return 0;
}

static int add_call(struct docker_reader *r, struct docker_rule *rule, const struct compares *compares)
{
	const struct docker_action *otherwise = &r->profile.otherwise;
	int e = 0;

	if (rule->number > r->profile.largest)
		r->profile.largest = rule->number;
	/* What the default does anyway is no rule, and so cannot stand in another's way. */
	if (rule->action.kind == otherwise->kind && rule->action.error == otherwise->error)
		return 0;
	rule->count = compares->any ? 1 : compares->count;
	if (!compares->any) {
		memcpy(rule->compares, compares->list, compares->count * sizeof(compares->list[0]));
		return docker_add_rule(&r->profile, rule);
	}
	for (size_t i = 0; i < compares->count && e == 0; i++) {
		rule->compares[0] = compares->list[i];
		e = docker_add_rule(&r->profile, rule);
	}
	return e;
}

static int add_name(struct docker_reader *r, struct docker_rule *rule, const json_t *name,
		    const struct compares *compares)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789_";
	const char *text = json_string_value(name);

	if (!text || !text[0] || strlen(text) >= CALL_NAME || strspn(text, letters) != strlen(text))
		return json_fail(r, "names", "not the name of a system call");
	memcpy(rule->name, text, strlen(text) + 1);
	rule->number = call_number(text);
	return add_call(r, rule, compares);
}

static int read_entry(struct docker_reader *r, const json_t *entry, size_t at)
{
	static const char *const known[] = { "names", "name", "action", "errnoRet", "errno", "args",
					     "comment", "includes", "excludes", NULL };
	struct docker_rule rule = { .number = -1 };
	json_t *names, *name, *args;
	struct compares compares;
	bool counts = true;
	size_t i;
	int e = 0;

	snprintf(r->where, sizeof(r->where), "syscalls[%zu]", at);
	if (!json_is_object(entry))
		return json_fail(r, "", "an object expected");
	if (json_check_keys(r, entry, known) < 0 || applies(r, entry, "excludes", &counts) < 0 ||
	    applies(r, entry, "includes", &counts) < 0 ||
	    read_action(r, entry, "action", "errnoRet", &rule.action) < 0 ||
	    json_member(r, entry, "names", JSON_ARRAY, &names) < 0 ||
	    json_member(r, entry, "name", JSON_STRING, &name) < 0 ||
	    json_member(r, entry, "args", JSON_ARRAY, &args) < 0 || read_compares(r, args, at, &compares) < 0)
		return -EINVAL;
	if (name && !json_string_value(name)[0])
		name = NULL;
	if (name && json_array_size(names))
		return json_fail(r, "name", "cannot stand beside \"names\"");
	if (!counts)
		return 0;
	if (name)
		return add_name(r, &rule, name, &compares);
	json_array_foreach(names, i, name) {
		e = add_name(r, &rule, name, &compares);
		if (e < 0)
			break;
	}
	return e;
}

/* Only whether this machine is among them counts: calls of other ABIs are refused in any case. */
static int read_architectures(struct docker_reader *r, const json_t *root)
{
	static const char *const known[] = { "architecture", "subArchitectures", NULL };
	json_t *map, *entry, *word, *list;
	bool has, is_native;
	size_t i;

	if (json_has_word(r, root, "architectures", SCMP_ARCH, &has) < 0 ||
	    json_has_word(r, root, "architectures", "SCMP_ARCH_NATIVE", &is_native) < 0 ||
	    json_member(r, root, "archMap", JSON_ARRAY, &map) < 0)
		return -EINVAL;
	r->profile.names_this_machine = has || is_native;
	if (json_array_size(map) && json_array_size(json_object_get(root, "architectures")))
		return json_fail(r, "archMap", "cannot stand beside \"architectures\"");
	json_array_foreach(map, i, entry) {
		snprintf(r->where, sizeof(r->where), "archMap[%zu]", i);
		if (!json_is_object(entry))
			return json_fail(r, "", "an object expected");
		if (json_check_keys(r, entry, known) < 0 ||
		    json_member(r, entry, "architecture", JSON_STRING, &word) < 0 ||
		    json_member(r, entry, "subArchitectures", JSON_ARRAY, &list) < 0)
			return -EINVAL;
		r->profile.names_this_machine |= word && strcmp(json_string_value(word), SCMP_ARCH) == 0;
	}
	r->where[0] = '\0';
	return 0;
}

static int read_profile(struct docker_reader *r, const json_t *root)
{
	static const char *const known[] = {
		"defaultAction", "defaultErrnoRet", "defaultErrno", "architectures",    "archMap", "syscalls",
		"flags",         "listenerPath",    "comment",      "listenerMetadata", NULL,
	};
	json_t *entries, *entry;
	size_t i;
	int e;

	if (!json_is_object(root))
		return json_fail(r, "", "an object expected");
	if (json_check_keys(r, root, known) < 0 ||
	    read_action(r, root, "defaultAction", "defaultErrnoRet", &r->profile.otherwise) < 0 ||
	    read_architectures(r, root) < 0 || json_member(r, root, "syscalls", JSON_ARRAY, &entries) < 0)
		return -EINVAL;
	if (r->profile.otherwise.kind == KIND_NOTIFY)
		return json_fail(r, "defaultAction", "cannot be SCMP_ACT_NOTIFY");
	json_array_foreach(entries, i, entry) {
		e = read_entry(r, entry, i);
		if (e < 0)
			return e;
	}
	return docker_settle(&r->profile);
}

static int write_text(const struct docker_profile *profile, char **text)
{
	size_t len;
	FILE *to = open_memstream(text, &len);
	bool failed;

	if (!to)
		return -ENOMEM;
	docker_write(profile, to);
	failed = ferror(to);
	if (fclose(to) == 0 && !failed)
		return 0;
	free(*text);
	*text = NULL;
	return -ENOMEM;
}

int docker_seccomp_text(const char *json, size_t len, const struct docker_target *target, char **text,
			char error[DOCKER_ERROR])
{
	struct docker_reader r = { .target = target };
	json_error_t why;
	json_t *root;
	int e;

	error[0] = '\0';
	r.profile.name = target->name ? target->name : "profile";
	r.profile.error = error;
	if (len > DOCKER_BYTES) {
		docker_fail(&r.profile, "more than %zu bytes", DOCKER_BYTES);
		return -E2BIG;
	}
	root = json_loadb(json, len, JSON_REJECT_DUPLICATES, &why);
	if (root)
		e = read_profile(&r, root);
	else
		e = docker_fail(&r.profile, "line %d, column %d: %.120s", why.line, why.column, why.text);
	json_decref(root);
	if (e == 0)
		e = write_text(&r.profile, text);
	if (e == -ENOMEM)
		docker_fail(&r.profile, "not enough memory");
	free(r.profile.rules);
	return e;
}
