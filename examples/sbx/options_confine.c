/* SPDX-License-Identifier: MIT */
/*
 * The options about what holds the command back besides its namespaces: seccomp, Landlock, and
 * smaller layers.
 */
#include "parse.h"
#include "sbx.h"

#include <errno.h>
#include <linux/securebits.h>
#include <string.h>

struct word {
	const char *name;
	uint64_t bits;
};

/* One of a list that ends without a name. */
static bool find_word(const struct word *list, const char *name, uint64_t *bits)
{
	for (; list->name; list++) {
		if (strcmp(list->name, name) != 0)
			continue;
		*bits |= list->bits;
		return true;
	}
	return false;
}

static int read_words(struct run *run, const struct word *list, const char *arg, const char *why,
		      uint64_t *bits)
{
	AUTOFREE char *copy = strdup(arg);
	char *rest = copy, *word;

	if (!copy)
		return -ENOMEM;
	*bits = 0;
	while ((word = next_word(&rest)) != NULL)
		if (!find_word(list, word, bits))
			return refuse(run, why);
	return 0;
}

static int opt_seccomp(struct run *run, const char *arg)
{
	run->seccomp = arg;
	return *arg ? 0 : refuse(run, "the name of the policy is empty");
}

static int opt_seccomp_rule(struct run *run, const char *arg)
{
	return sb_add_seccomp(run->cfg, arg);
}

static int opt_profile(struct run *run, const char *arg)
{
	if (strcmp(arg, "judge") != 0 && strcmp(arg, "build") != 0 && strcmp(arg, "default") != 0)
		return refuse(run, "expected default, judge or build");
	run->profile = arg;
	return 0;
}

static int set_no_new_privs(struct run *run, const char *value)
{
	if (value && strcmp(value, "true") != 0 && strcmp(value, "false") != 0)
		return refuse(run, "expected no-new-privileges, with =true or =false");
	run->keep_suid = value && value[0] == 'f';
	return sb_set_no_new_privs(run->cfg, !run->keep_suid);
}

/* Docker takes a colon for the equals sign, too. */
static int opt_security_opt(struct run *run, const char *arg)
{
	size_t len = strcspn(arg, "=:");
	const char *value = arg[len] ? arg + len + 1 : NULL;

	if (len == 17 && strncmp(arg, "no-new-privileges", len) == 0)
		return set_no_new_privs(run, value);
	if (len == 7 && strncmp(arg, "seccomp", len) == 0 && value)
		return opt_seccomp(run, strcmp(value, "unconfined") == 0 ? "none" : value);
	if (len == 8 && strncmp(arg, "landlock", len) == 0 && value && strcmp(value, "off") == 0) {
		run->landlock = "none";
		return sb_set_landlock(run->cfg, run->landlock, run->landlock_optional);
	}
	return refuse(run, "expected seccomp=NAME or FILE, no-new-privileges or landlock=off");
}

static int opt_landlock(struct run *run, const char *arg)
{
	run->landlock = arg;
	return sb_set_landlock(run->cfg, arg, run->landlock_optional);
}

static int opt_landlock_optional(struct run *run, const char *arg)
{
	run->landlock_optional = arg;
	return sb_set_landlock(run->cfg, run->landlock, arg);
}

static int opt_landlock_path(struct run *run, const char *arg)
{
	AUTOFREE char *copy = strdup(arg);
	char *rest = copy, *path;

	if (!copy)
		return -ENOMEM;
	path = next_field(&rest, ':');
	if (!path || !rest)
		return refuse(run, "expected PATH:RIGHTS, rights with commas between them");
	return sb_add_landlock_path(run->cfg, path, rest);
}

static int opt_landlock_port(struct run *run, const char *arg)
{
	AUTOFREE char *copy = strdup(arg);
	char *rest = copy, *right;
	uint64_t port;

	if (!copy)
		return -ENOMEM;
	right = strsep(&rest, ":");
	if (!rest || parse_u64(rest, &port) < 0 || port > UINT16_MAX)
		return refuse(run, "expected bind:PORT or connect:PORT");
	return sb_add_landlock_port(run->cfg, right, (uint16_t)port);
}

static int opt_ambient(struct run *run, const char *arg)
{
	if (strcmp(arg, "yes") != 0 && strcmp(arg, "no") != 0)
		return refuse(run, "expected yes or no");
	return sb_set_ambient(run->cfg, arg[0] == 'y');
}

/* The names are those of setpriv(1). */
static int opt_securebits(struct run *run, const char *arg)
{
	static const struct word words[] = {
		{ "none", 0 },
		{ "noroot", SECBIT_NOROOT },
		{ "noroot_locked", SECBIT_NOROOT_LOCKED },
		{ "no_setuid_fixup", SECBIT_NO_SETUID_FIXUP },
		{ "no_setuid_fixup_locked", SECBIT_NO_SETUID_FIXUP_LOCKED },
		{ "keep_caps", SECBIT_KEEP_CAPS },
		{ "keep_caps_locked", SECBIT_KEEP_CAPS_LOCKED },
		{ "no_cap_ambient_raise", SECBIT_NO_CAP_AMBIENT_RAISE },
		{ "no_cap_ambient_raise_locked", SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED },
		{ NULL, 0 },
	};
	uint64_t bits;
	int r;

	r = read_words(run, words, arg,
		       "expected none, noroot, no_setuid_fixup, keep_caps, no_cap_ambient_raise, or with _locked",
		       &bits);
	return r < 0 ? r : sb_set_securebits(run->cfg, (uint32_t)bits);
}

static int opt_core_sched(struct run *run, const char *arg)
{
	(void)arg;
	return sb_set_core_sched(run->cfg, 1);
}

static int opt_no_new_userns(struct run *run, const char *arg)
{
	(void)arg;
	return sb_set_no_new_userns(run->cfg, 1);
}

static int opt_optional(struct run *run, const char *arg)
{
	static const struct word layers[] = {
		{ "seccomp", SB_APPLIED_SECCOMP },
		{ "landlock", SB_APPLIED_LANDLOCK },
		{ "securebits", SB_APPLIED_SECUREBITS },
		{ "core-sched", SB_APPLIED_CORE_SCHED },
		{ "no-new-userns", SB_APPLIED_NO_NEW_USERNS },
		{ "keyring", SB_APPLIED_KEYRING },
		{ "cgroup", SB_APPLIED_CGROUP },
		{ NULL, 0 },
	};
	uint64_t bits;
	int r;

	r = read_words(run, layers, arg,
		       "expected names out of seccomp, landlock, securebits, core-sched, no-new-userns, keyring, cgroup",
		       &bits);
	if (r < 0)
		return r;
	run->optional |= bits;
	return sb_set_optional(run->cfg, run->optional);
}

const struct option_row confine_options[] = {
	{ "seccomp", 0, "NAME|FILE", 0, opt_seccomp,
	  "default, judge, build, nested, none; a policy or docker's JSON" },
	{ "seccomp-rule", 0, "LINE", ROW_LATE | ROW_LAST, opt_seccomp_rule,
	  "one more line of the policy: 'allow ptrace'" },
	{ "security-opt", 0, "OPTION", 0, opt_security_opt,
	  "seccomp=NAME|FILE, no-new-privileges[=false], landlock=off" },
	{ "profile", 0, "NAME", 0, opt_profile, "judge, build: the layers that such a program needs" },
	{ "landlock-path", 0, "PATH:RIGHTS", 0, opt_landlock_path,
	  "allow read, write, execute, make, all…; refuse the rest" },
	{ "landlock-port", 0, "RIGHT:PORT", 0, opt_landlock_port, "the same for TCP: bind:PORT, connect:PORT" },
	{ "landlock", 0, "RIGHTS", 0, opt_landlock,
	  "what is refused unless allowed: fs, net, scope, all, none…" },
	{ "landlock-optional", 0, "RIGHTS", 0, opt_landlock_optional,
	  "those of them that the kernel may lack" },
	{ "ambient", 0, "yes|no", 0, opt_ambient,
	  "no: a kept capability is for root and for files that have it" },
	{ "securebits", 0, "LIST", 0, opt_securebits,
	  "noroot, no_setuid_fixup…, each also with _locked; none" },
	{ "core-sched", 0, NULL, 0, opt_core_sched, "share no core with other programs" },
	{ "no-new-userns", 0, NULL, 0, opt_no_new_userns,
	  "the kernel's limit forbids user namespaces inside, too" },
	{ "optional", 0, "LIST", 0, opt_optional, "layers to do without where they cannot be had: landlock,…" },
	{ 0 },
};
