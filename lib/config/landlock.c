/* SPDX-License-Identifier: MIT */
/* Landlock: words to rights and back, and the lines that allow what is otherwise refused. */
#include "landlock.h"

#include <errno.h>
#include <sandbox/confine.h>
#include <stdio.h>
#include <string.h>

#include "config_internal.h"

#define SEPARATORS " ,\t\n"
#define MAKE (SBI_LL_MAKE_REG | SBI_LL_MAKE_DIR | SBI_LL_MAKE_SYM | SBI_LL_MAKE_FIFO | SBI_LL_MAKE_SOCK)

/* Wide ones first: what is said is said in as few words as possible. */
static const struct {
	const char *name;
	uint64_t rights;
} words[] = {
	{ "all", SBI_LL_FS | SBI_LL_NET | SBI_LL_SCOPE },
	{ "fs", SBI_LL_FS },
	{ "net", SBI_LL_NET },
	{ "scope", SBI_LL_SCOPE },
	{ "read", SBI_LL_READ_FILE | SBI_LL_READ_DIR },
	{ "write", SBI_LL_WRITE_FILE | SBI_LL_TRUNCATE },
	{ "execute", SBI_LL_EXECUTE },
	{ "make", MAKE },
	{ "remove", SBI_LL_REMOVE_FILE | SBI_LL_REMOVE_DIR },
	{ "device", SBI_LL_MAKE_CHAR | SBI_LL_MAKE_BLOCK },
	{ "refer", SBI_LL_REFER },
	{ "truncate", SBI_LL_TRUNCATE },
	{ "ioctl", SBI_LL_IOCTL },
	{ "read_file", SBI_LL_READ_FILE },
	{ "read_dir", SBI_LL_READ_DIR },
	{ "write_file", SBI_LL_WRITE_FILE },
	{ "make_reg", SBI_LL_MAKE_REG },
	{ "make_dir", SBI_LL_MAKE_DIR },
	{ "make_sym", SBI_LL_MAKE_SYM },
	{ "make_fifo", SBI_LL_MAKE_FIFO },
	{ "make_sock", SBI_LL_MAKE_SOCK },
	{ "remove_file", SBI_LL_REMOVE_FILE },
	{ "remove_dir", SBI_LL_REMOVE_DIR },
	{ "make_char", SBI_LL_MAKE_CHAR },
	{ "make_block", SBI_LL_MAKE_BLOCK },
	{ "bind", SBI_LL_BIND },
	{ "connect", SBI_LL_CONNECT },
	{ "abstract", SBI_LL_ABSTRACT },
	{ "signal", SBI_LL_SIGNAL },
};

size_t sbi_landlock_words(uint64_t rights, const char *before, char *buf, size_t len)
{
	size_t used = 0;
	uint64_t said = 0;

	if (len)
		buf[0] = '\0';
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		int n;

		if ((words[i].rights & rights) != words[i].rights || !(words[i].rights & ~said))
			continue;
		n = snprintf(used < len ? buf + used : NULL, used < len ? len - used : 0, "%s%s", before,
			     words[i].name);
		used += n > 0 ? (size_t)n : 0;
		said |= words[i].rights;
	}
	return used;
}

/* One word, of which only @possible counts; 0 if there is no such word here. */
static uint64_t word_rights(const char *word, size_t len, uint64_t possible)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strlen(words[i].name) == len && !strncmp(words[i].name, word, len))
			return i == 0 || !(words[i].rights & ~possible) ? words[i].rights & possible : 0;
	return 0;
}

static int parse(sb_config *cfg, const char *setter, const char *text, uint64_t possible, uint64_t *rights)
{
	size_t len, count = 0;
	int none = 0;
	uint64_t all = 0, one;

	for (text += strspn(text, SEPARATORS); *text; text += strspn(text, SEPARATORS)) {
		len = strcspn(text, SEPARATORS);
		if (len == 4 && !strncmp(text, "none", 4) && possible != SBI_LL_FS) {
			none = 1;
		} else {
			one = word_rights(text, len, possible);
			if (!one)
				return sbi_cfg_fail(cfg, EINVAL, "%s: \"%.*s\" is not a right of Landlock%s",
						    setter, len > 40 ? 40 : (int)len, text,
						    possible == SBI_LL_FS ? " on files" : "");
			all |= one;
		}
		text += len;
		count++;
	}
	if (!count)
		return sbi_cfg_fail(cfg, EINVAL, "%s: no right given", setter);
	if (none && count > 1)
		return sbi_cfg_fail(cfg, EINVAL, "%s: \"none\" stands alone", setter);
	*rights = all;
	return 0;
}

/* @path: NULL for a port. */
static int add_rule(sb_config *cfg, const char *setter, const char *path, uint16_t port, uint64_t rights)
{
	struct sbi_landlock *landlock = &cfg->landlock;
	struct sbi_landlock_rule *rule;
	int r;

	if (landlock->count == SBI_MAX_LANDLOCK)
		return sbi_cfg_fail(cfg, E2BIG, "%s: more than %d lines", setter, SBI_MAX_LANDLOCK);
	rule = sbi_cfg_grow(cfg, &landlock->rules, landlock->count, sizeof(*rule));
	if (!rule)
		return -ENOMEM;
	r = path ? sbi_cfg_string(cfg, &rule->path, path) : 0;
	if (r < 0)
		return r;
	rule->port = port;
	rule->rights = rights;
	landlock->count++;
	return 0;
}

int sb_add_landlock_path(sb_config *cfg, const char *path, const char *rights)
{
	uint64_t bits;
	int r;

	if (!cfg)
		return -EINVAL;
	r = sbi_cfg_inside(cfg, __func__, path);
	if (r < 0)
		return r;
	if (!rights)
		return sbi_cfg_fail(cfg, EINVAL, "%s: no right given", __func__);
	r = parse(cfg, __func__, rights, SBI_LL_FS, &bits);
	return r < 0 ? r : add_rule(cfg, __func__, path, 0, bits);
}

int sb_add_landlock_port(sb_config *cfg, const char *right, uint16_t port)
{
	uint64_t bits = 0;

	if (!cfg)
		return -EINVAL;
	if (right && !strcmp(right, "bind"))
		bits = SBI_LL_BIND;
	else if (right && !strcmp(right, "connect"))
		bits = SBI_LL_CONNECT;
	if (!bits)
		return sbi_cfg_fail(cfg, EINVAL, "%s: \"%.40s\" is neither \"bind\" nor \"connect\"",
				    __func__, right ? right : "");
	return add_rule(cfg, __func__, NULL, port, bits);
}

int sb_set_landlock(sb_config *cfg, const char *handled, const char *optional)
{
	const uint64_t possible = SBI_LL_FS | SBI_LL_NET | SBI_LL_SCOPE;
	uint64_t handle = 0, may_lack = 0;
	int r = 0;

	if (!cfg)
		return -EINVAL;
	if (handled)
		r = parse(cfg, __func__, handled, possible, &handle);
	if (r == 0 && optional)
		r = parse(cfg, __func__, optional, possible, &may_lack);
	if (r < 0)
		return r;
	cfg->landlock.is_auto = !handled;
	cfg->landlock.handled = handle;
	cfg->landlock.optional = may_lack;
	return 0;
}
