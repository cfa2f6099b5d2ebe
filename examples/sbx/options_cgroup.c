/* SPDX-License-Identifier: MIT */
/* The options about the command's cgroup: limits, where it is made, what is shown of it inside. */
#include "parse.h"
#include "sbx.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

/* Each device has one line in io.max; what was said of it so far is written again with each option. */
struct throttle {
	char device[128];
	const char *limits[4];
};

/* A minimal /dev goes on working, with its terminals; docker allows the same, and mknod of all. */
static const char *const device_defaults[] = {
	"c 1:3 rw", "c 1:5 rw", "c 1:7 rw", "c 1:8 rw", "c 1:9 rw", "c 5:0 rw", "c 5:2 rw", "c 136:* rw",
};

#define DEVICE_DEFAULTS (sizeof(device_defaults) / sizeof(device_defaults[0]))

static int set_file(struct run *run, const char *file, const char *value)
{
	run->cgroup.limited = true;
	return sb_set_cgroup(run->cfg, file, value);
}

/* The library takes blanks between words; an option of one word has none. */
static int set_word(struct run *run, const char *file, const char *word)
{
	if (!*word || strpbrk(word, " \t"))
		return refuse(run, "expected one word");
	return set_file(run, file, word);
}

/* Docker's way to say "no limit". */
static const char *or_unlimited(const char *arg)
{
	return strcmp(arg, "-1") == 0 ? "max" : arg;
}

static int opt_memory(struct run *run, const char *arg)
{
	run->cgroup.memory = arg;
	return set_word(run, "memory.max", arg);
}

/* Docker counts memory and swap together, cgroup v2 each alone. */
static int opt_memory_swap(struct run *run, const char *arg)
{
	uint64_t memory, both;
	char swap[24];

	if (!run->cgroup.memory)
		return refuse(run, "needs --memory: it is the sum of memory and swap");
	if (strcmp(arg, "-1") == 0 || strcmp(arg, "max") == 0)
		return set_file(run, "memory.swap.max", "max");
	if (parse_size(arg, &both) < 0)
		return refuse(run, "expected a size such as 256M, or -1 for no limit");
	if (parse_size(run->cgroup.memory, &memory) < 0)
		return refuse(run, "needs a size as --memory, not \"max\"");
	if (both < memory)
		return refuse(run, "is less than --memory: it is the sum of memory and swap");
	snprintf(swap, sizeof(swap), "%" PRIu64, both - memory);
	return set_file(run, "memory.swap.max", swap);
}

static int opt_memory_high(struct run *run, const char *arg)
{
	return set_word(run, "memory.high", arg);
}

static int opt_memory_reservation(struct run *run, const char *arg)
{
	return set_word(run, "memory.low", arg);
}

static int opt_oom_group(struct run *run, const char *arg)
{
	(void)arg;
	return set_file(run, "memory.oom.group", "1");
}

/* Two options for one file: the second would silently undo the first. */
static int only_by(struct run *run, const char **by, const char *option, const char *why)
{
	if (*by && strcmp(*by, option) != 0)
		return refuse(run, why);
	*by = option;
	return 0;
}

static int opt_cpus(struct run *run, const char *arg)
{
	uint64_t quota_ns;
	int r;

	r = only_by(run, &run->cgroup.cpu_max_by, "cpus", "contradicts --cpu-period and --cpu-quota");
	if (r < 0)
		return r;
	if (parse_decimal(arg, 100 * 1000 * 1000, &quota_ns) < 0)
		return refuse(run, "expected a number of CPUs, such as 1.5");
	run->cgroup.limited = true;
	return sb_set_cpu_quota(run->cfg, quota_ns, 0);
}

static int set_quota(struct run *run, const char *quota, const char *period)
{
	char text[128];

	snprintf(text, sizeof(text), "%.40s %.40s", quota, period);
	return set_file(run, "cpu.max", text);
}

/* Applied before --cpu-quota, wherever it stands. */
static int opt_cpu_period(struct run *run, const char *arg)
{
	uint64_t number;
	int r;

	r = only_by(run, &run->cgroup.cpu_max_by, "quota", "contradicts --cpus");
	if (r < 0)
		return r;
	if (parse_u64(arg, &number) < 0)
		return refuse(run, "expected a number of microseconds");
	run->cgroup.cpu_period = arg;
	return set_quota(run, "max", arg);
}

static int opt_cpu_quota(struct run *run, const char *arg)
{
	const char *period = run->cgroup.cpu_period ? run->cgroup.cpu_period : "100000";
	uint64_t number;
	int r;

	r = only_by(run, &run->cgroup.cpu_max_by, "quota", "contradicts --cpus");
	if (r < 0)
		return r;
	if (strcmp(arg, "-1") != 0 && parse_u64(arg, &number) < 0)
		return refuse(run, "expected a number of microseconds, or -1 for no limit");
	return set_quota(run, or_unlimited(arg), period);
}

static int opt_cpu_weight(struct run *run, const char *arg)
{
	int r;

	r = only_by(run, &run->cgroup.cpu_weight_by, "weight",
		    "contradicts --cpu-shares: both are cpu.weight");
	return r < 0 ? r : set_word(run, "cpu.weight", arg);
}

static int opt_cpu_shares(struct run *run, const char *arg)
{
	uint64_t shares;
	int r;

	r = only_by(run, &run->cgroup.cpu_weight_by, "shares",
		    "contradicts --cpu-weight: both are cpu.weight");
	if (r < 0)
		return r;
	if (parse_u64(arg, &shares) < 0)
		return refuse(run, "expected a number");
	run->cgroup.limited = true;
	return sb_set_cpu_shares(run->cfg, shares);
}

static int opt_cpuset_cpus(struct run *run, const char *arg)
{
	return set_word(run, "cpuset.cpus", arg);
}

static int opt_cpuset_mems(struct run *run, const char *arg)
{
	return set_word(run, "cpuset.mems", arg);
}

static int opt_pids_limit(struct run *run, const char *arg)
{
	return set_word(run, "pids.max", or_unlimited(arg));
}

static int opt_io_weight(struct run *run, const char *arg)
{
	return set_word(run, "io.weight", arg);
}

/* One name for each device, so that 8:0 and /dev/sda add up; what is none is left for the library. */
static void device_name(const char *device, char *name, size_t len)
{
	unsigned major_number, minor_number;
	struct stat st;
	int end = 0;

	snprintf(name, len, "%s", device);
	if (device[0] == '/' && stat(device, &st) == 0 && S_ISBLK(st.st_mode))
		snprintf(name, len, "%u:%u", major(st.st_rdev), minor(st.st_rdev));
	else if (sscanf(device, "%u:%u%n", &major_number, &minor_number, &end) == 2 && !device[end])
		snprintf(name, len, "%u:%u", major_number, minor_number);
}

static struct throttle *throttle_of(struct run *run, const char *device)
{
	struct throttle *list = run->cgroup.throttles;
	char name[sizeof(list->device)];

	device_name(device, name, sizeof(name));
	for (size_t i = 0; i < run->cgroup.throttle_count; i++)
		if (strcmp(list[i].device, name) == 0)
			return &list[i];
	list = reallocarray(list, run->cgroup.throttle_count + 1, sizeof(*list));
	if (!list)
		return NULL;
	run->cgroup.throttles = list;
	list += run->cgroup.throttle_count++;
	*list = (struct throttle){ .limits = { NULL } };
	strcpy(list->device, name);
	return list;
}

static int throttle(struct run *run, const char *arg, int which)
{
	static const char *const keys[] = { "rbps", "wbps", "riops", "wiops" };
	AUTOFREE char *device = strdup(arg);
	char *colon = device ? strrchr(device, ':') : NULL;
	struct throttle *one;
	char text[240];

	if (!device)
		return -ENOMEM;
	if (!colon || colon == device || !colon[1] || strpbrk(arg, " \t="))
		return refuse(run, "expected DEVICE:RATE, DEVICE a path or two numbers (8:0)");
	*colon = '\0';
	if (strlen(device) >= sizeof(one->device) || strlen(colon + 1) > 24)
		return refuse(run, "is too long");
	one = throttle_of(run, device);
	if (!one)
		return -ENOMEM;
	one->limits[which] = arg + (colon + 1 - device);
	snprintf(text, sizeof(text), "%s", one->device);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (one->limits[i])
			snprintf(text + strlen(text), sizeof(text) - strlen(text), " %s=%s", keys[i],
				 one->limits[i]);
	return set_file(run, "io.max", text);
}

static int opt_read_bps(struct run *run, const char *arg)
{
	return throttle(run, arg, 0);
}

static int opt_write_bps(struct run *run, const char *arg)
{
	return throttle(run, arg, 1);
}

static int opt_read_iops(struct run *run, const char *arg)
{
	return throttle(run, arg, 2);
}

static int opt_write_iops(struct run *run, const char *arg)
{
	return throttle(run, arg, 3);
}

static int opt_cgroup(struct run *run, const char *arg)
{
	AUTOFREE char *file = strdup(arg);
	char *value = file ? strchr(file, '=') : NULL;

	if (!file)
		return -ENOMEM;
	if (!value || value == file)
		return refuse(run, "expected FILE=VALUE, such as memory.high=1G");
	*value++ = '\0';
	return set_file(run, file, value);
}

static int opt_device_rule(struct run *run, const char *arg)
{
	size_t count = run->cgroup.device_count ? run->cgroup.device_count : DEVICE_DEFAULTS;
	const char **rules = reallocarray(run->cgroup.devices, count + 2, sizeof(*rules));

	if (!rules)
		return -ENOMEM;
	run->cgroup.devices = rules;
	if (!run->cgroup.device_count)
		memcpy(rules, device_defaults, sizeof(device_defaults));
	rules[count] = arg;
	rules[count + 1] = NULL;
	run->cgroup.device_count = count + 1;
	run->cgroup.limited = true;
	return sb_set_devices(run->cfg, rules);
}

static int opt_cgroup_parent(struct run *run, const char *arg)
{
	return sb_set_cgroup_parent(run->cfg, arg);
}

static int opt_cgroupfs(struct run *run, const char *arg)
{
	if (arg && strcmp(arg, "rw") != 0 && strcmp(arg, "ro") != 0)
		return refuse(run, "expected ro or rw");
	return sb_add_cgroupfs(run->cfg, "/sys/fs/cgroup", arg && strcmp(arg, "rw") == 0 ? 0 : SB_MOUNT_RO);
}

static int opt_account(struct run *run, const char *arg)
{
	(void)arg;
	run->cgroup.account = true;
	return 0;
}

/* Whoever asks for a cgroup gets one; sbx is a process of its own, so it may be moved to make room for it. */
int cgroup_finish(struct run *run)
{
	uint64_t flags = SB_CGROUP_MOVE_SELF;

	if (!run->cgroup.wanted && !run->cgroup.limited)
		return 0;
	if (run->cgroup.account || !run->cgroup.limited)
		flags |= SB_CGROUP_ACCOUNT;
	return sb_set_cgroup_flags(run->cfg, flags);
}

void cgroup_free(struct run *run)
{
	free(run->cgroup.throttles);
	free(run->cgroup.devices);
}

#define LATE (ROW_LATE | ROW_CGROUP)

const struct option_row cgroup_options[] = {
	{ "memory", 'm', "SIZE", ROW_CGROUP, opt_memory, "memory.max: at most SIZE, page cache included" },
	{ "memory-swap", 0, "SIZE", LATE, opt_memory_swap,
	  "memory and swap together; -1: any (default: no swap)" },
	{ "memory-high", 0, "SIZE", ROW_CGROUP, opt_memory_high,
	  "memory.high: slow down and reclaim from SIZE on" },
	{ "memory-reservation", 0, "SIZE", ROW_CGROUP, opt_memory_reservation,
	  "memory.low: protect SIZE from reclaim" },
	{ "oom-group", 0, NULL, ROW_CGROUP, opt_oom_group, "out of memory: kill all its processes" },
	{ "cpus", 0, "N", LATE, opt_cpus, "at most the time of N CPUs: 0.5, 2" },
	{ "cpu-period", 0, "US", ROW_CGROUP, opt_cpu_period, "period of --cpu-quota, in microseconds" },
	{ "cpu-quota", 0, "US", LATE, opt_cpu_quota, "CPU time in each period, in microseconds; -1: any" },
	{ "cpu-weight", 0, "N", ROW_CGROUP, opt_cpu_weight, "share among cgroups, 1 to 10000 (default 100)" },
	{ "cpu-shares", 0, "N", ROW_CGROUP, opt_cpu_shares, "the same as of cgroup v1, 2 to 262144" },
	{ "cpuset-cpus", 0, "LIST", ROW_CGROUP, opt_cpuset_cpus, "run on these CPUs: 0-2,7" },
	{ "cpuset-mems", 0, "LIST", ROW_CGROUP, opt_cpuset_mems, "memory of these nodes" },
	{ "pids-limit", 0, "N", ROW_CGROUP, opt_pids_limit, "processes and threads at once; -1: any" },
	{ "io-weight", 0, "N", ROW_CGROUP, opt_io_weight, "share of the disks, 1 to 10000 (default 100)" },
	{ "device-read-bps", 0, "DEV:N", ROW_CGROUP, opt_read_bps, "io.max: bytes a second, 10M" },
	{ "device-write-bps", 0, "DEV:N", ROW_CGROUP, opt_write_bps, "the same for writing" },
	{ "device-read-iops", 0, "DEV:N", ROW_CGROUP, opt_read_iops, "io.max: reads a second" },
	{ "device-write-iops", 0, "DEV:N", ROW_CGROUP, opt_write_iops, "the same for writes" },
	{ "cgroup", 0, "FILE=VALUE", LATE | ROW_LAST, opt_cgroup, "any setting of cgroup v2: memory.high=1G" },
	{ "device-cgroup-rule", 0, "RULE", ROW_CGROUP, opt_device_rule,
	  "devices beside /dev's own: \"c 10:229 rw\"" },
	{ "cgroup-parent", 0, "PATH", ROW_CGROUP, opt_cgroup_parent, "make the cgroup below PATH" },
	{ "cgroupfs", 0, "ro|rw", LATE | ROW_MOUNT | ROW_OPTIONAL, opt_cgroupfs,
	  "show it as /sys/fs/cgroup (default ro)" },
	{ "account", 0, NULL, ROW_CGROUP, opt_account, "a cgroup also without limits, for its figures" },
	{ 0 },
};
