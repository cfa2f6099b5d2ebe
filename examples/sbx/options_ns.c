/* SPDX-License-Identifier: MIT */
/* The options about namespaces: which are new, joined, shared or kept, and what is set in them. */
#include "parse.h"
#include "sbx.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

static const struct {
	const char *name;
	uint64_t bits;
} kinds[] = {
	{ "user", SB_NS_USER },
	{ "pid", SB_NS_PID },
	{ "mount", SB_NS_MOUNT },
	{ "mnt", SB_NS_MOUNT },
	{ "net", SB_NS_NET },
	{ "ipc", SB_NS_IPC },
	{ "uts", SB_NS_UTS },
	{ "cgroup", SB_NS_CGROUP },
	{ "time", SB_NS_TIME },
	{ "all", SB_NS_ALL },
	{ "none", 0 },
};

static const char kinds_text[] =
	"expected names out of user, pid, mount, net, ipc, uts, cgroup, time, all, none";

static int kind_bits(const char *name, size_t len, uint64_t *bits)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strlen(kinds[i].name) == len && memcmp(kinds[i].name, name, len) == 0) {
			*bits = kinds[i].bits;
			return 0;
		}
	}
	return -EINVAL;
}

/* The one kind before the '=' of KIND=REST; @rest is set behind it. */
static int kind_of_pair(struct run *run, const char *pair, uint64_t *bit, const char **rest)
{
	const char *equals = strchr(pair, '=');

	if (!equals || kind_bits(pair, (size_t)(equals - pair), bit) < 0)
		return refuse(run,
			      "expected KIND=FILE, KIND one of user, pid, mount, net, ipc, uts, cgroup, time");
	if (*bit == 0 || *bit == SB_NS_ALL)
		return refuse(run, "\"all\" and \"none\" have no file");
	*rest = equals + 1;
	return **rest ? 0 : refuse(run, "the name of the file is empty");
}

static int join(struct run *run, const char *pair)
{
	const char *file;
	uint64_t bit;
	int fd, r;

	r = kind_of_pair(run, pair, &bit, &file);
	if (r < 0)
		return r;
	if (strncmp(file, "fd:", 3) == 0) {
		if (parse_fd(file + 3, &fd) < 0)
			return refuse(run, "expected a descriptor number after fd:");
		if (!fd_is_inherited(fd))
			return refuse(run, "the descriptor is not open");
	} else {
		fd = open(file, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			return refuse_errno(run);
	}
	run->ns_joined |= bit;
	/* Left open: it is needed at the start, and sbx ends with its run. */
	return sb_set_ns_fd(run->cfg, bit, fd);
}

static int opt_ns(struct run *run, const char *arg)
{
	AUTOFREE char *copy = strdup(arg);
	char *rest = copy, *word;
	uint64_t bits;
	int r;

	if (!copy)
		return -ENOMEM;
	while ((word = next_word(&rest)) != NULL) {
		if (strchr(word, '=')) {
			r = join(run, word);
			if (r < 0)
				return r;
			continue;
		}
		if (kind_bits(word, strlen(word), &bits) < 0)
			return refuse(run, kinds_text);
		/* The first name replaces "everything"; names after it add to the list. */
		run->ns_new = run->ns_listed ? run->ns_new | bits : bits;
		run->ns_listed = true;
	}
	return 0;
}

static int opt_share(struct run *run, const char *arg)
{
	AUTOFREE char *copy = strdup(arg);
	char *rest = copy, *word;
	uint64_t bits;

	if (!copy)
		return -ENOMEM;
	while ((word = next_word(&rest)) != NULL) {
		if (kind_bits(word, strlen(word), &bits) < 0)
			return refuse(run, kinds_text);
		run->ns_new &= ~bits;
		run->ns_shared |= bits;
	}
	return 0;
}

static int opt_hostname(struct run *run, const char *arg)
{
	return sb_set_hostname(run->cfg, arg);
}

static int opt_domainname(struct run *run, const char *arg)
{
	return sb_set_domainname(run->cfg, arg);
}

static int opt_boottime(struct run *run, const char *arg)
{
	int64_t seconds;

	if (parse_i64(arg, &seconds) < 0)
		return refuse(run, "expected a number of seconds");
	return sb_set_boottime(run->cfg, seconds);
}

static int opt_monotonic(struct run *run, const char *arg)
{
	int64_t seconds;

	if (parse_i64(arg, &seconds) < 0)
		return refuse(run, "expected a number of seconds");
	return sb_set_monotonic(run->cfg, seconds);
}

static int opt_no_loopback(struct run *run, const char *arg)
{
	(void)arg;
	return sb_set_loopback(run->cfg, 0);
}

static int opt_persist(struct run *run, const char *arg)
{
	const char *file;
	uint64_t bit;
	int r;

	r = kind_of_pair(run, arg, &bit, &file);
	if (r < 0)
		return r;
	return sb_add_pin(run->cfg, bit, file);
}

static int opt_name(struct run *run, const char *arg)
{
	return sb_set_name(run->cfg, arg);
}

const struct option_row namespace_options[] = {
	{ "name", 0, "NAME", ROW_LATE, opt_name,
	  "what others call it while it lives: " CLI_NAME " exec NAME, " CLI_NAME " ls" },
	{ "ns", 0, "LIST", 0, opt_ns, "create these only: pid,net,…; KIND=FILE or KIND=fd:N joins one" },
	{ "share", 0, "LIST", 0, opt_share, "stay in the caller's: net, time,…" },
	{ "hostname", 'h', "NAME", ROW_LATE, opt_hostname, "host name (default sandbox)" },
	{ "domainname", 0, "NAME", ROW_LATE, opt_domainname, "NIS domain name" },
	{ "boottime", 0, "SECONDS", ROW_LATE, opt_boottime, "shift the time since boot" },
	{ "monotonic", 0, "SECONDS", ROW_LATE, opt_monotonic, "shift the monotonic clock" },
	{ "no-loopback", 0, NULL, ROW_LATE, opt_no_loopback, "leave the interface lo down" },
	{ "persist", 0, "KIND=FILE", ROW_LATE, opt_persist,
	  "keep a namespace at FILE; release: " CLI_NAME " unpin FILE" },
	{ 0 },
};
