/* SPDX-License-Identifier: MIT */
/*
 * sb_net_user(): pasta or slirp4netns beside the sandbox.
 *
 * The program is a command in a box without namespaces, so that an sb-init watches
 * over it: that one hears at once when this process is gone, also after
 * SIGKILL, and ends what it has started. Both programs would live on by themselves.
 */
#include "net_outlet.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/auto.h"
#include "error.h"
#include "net_outlet_run.h"
#include "proc_internal.h"

static const char *const paths[SBI_OUTLETS][3] = {
	{ "/usr/bin/pasta", "/usr/local/bin/pasta", "/bin/pasta" },
	{ "/usr/bin/slirp4netns", "/usr/local/bin/slirp4netns", "/bin/slirp4netns" },
};

const char *sbi_outlet_name(const struct sbi_outlet *outlet)
{
	return outlet->kind == SBI_OUTLET_PASTA ? "pasta" : "slirp4netns";
}

static int publishes_ipv6(const struct sbi_net_config *asked)
{
	for (uint32_t i = 0; i < asked->port_count; i++)
		if (asked->ports[i].host.family == AF_INET6)
			return 1;
	return 0;
}

static int is_installed(struct sbi_outlet *outlet, enum sbi_outlet_kind kind)
{
	outlet->kind = kind;
	for (size_t i = 0; i < sizeof(paths[kind]) / sizeof(paths[kind][0]); i++)
		if (faccessat(AT_FDCWD, paths[kind][i], X_OK, AT_EACCESS) == 0) {
			outlet->path = paths[kind][i];
			return 1;
		}
	return 0;
}

/* slirp4netns starts in a quarter of the time (5 ms, 20 ms), and wants nothing of the host's interfaces. */
static int find_program(const struct sbi_net_config *asked, struct sbi_outlet *outlet, sb_error *err)
{
	enum sbi_outlet_kind kind = publishes_ipv6(asked) ? SBI_OUTLET_PASTA : SBI_OUTLET_SLIRP;

	if (asked->user_program)
		kind = strcmp(asked->user_program, "pasta") ? SBI_OUTLET_SLIRP : SBI_OUTLET_PASTA;
	if (is_installed(outlet, kind) || (!asked->user_program && is_installed(outlet, !kind)))
		return 0;
	sbi_fail(err, SB_STEP_OUTLET, 0, ENOENT, "no %s in /usr/bin, /usr/local/bin or /bin",
		 asked->user_program ? asked->user_program : "slirp4netns and no pasta");
	sbi_hint(err, "install one of the packages: slirp4netns, passt (it has pasta)");
	return -ENOENT;
}

/* What the program would fail for in words of its own, later. */
static int look_ahead(const struct sbi_net *net, const struct sbi_outlet *outlet, sb_error *err)
{
	int code;

	if (faccessat(AT_FDCWD, "/dev/net/tun", R_OK | W_OK, AT_EACCESS) < 0) {
		code = errno;
		sbi_fail(err, SB_STEP_OUTLET, 0, code, "/dev/net/tun, by which %s makes an interface: %s",
			 sbi_outlet_name(outlet), strerror(code));
		if (code == ENOENT)
			sbi_hint(err, "modprobe tun, or mknod /dev/net/tun c 10 200");
		else
			sbi_hint(err, "everybody may open it on most machines: chmod 666 /dev/net/tun");
		return -code;
	}
	if (outlet->kind == SBI_OUTLET_SLIRP && publishes_ipv6(&net->asked)) {
		sbi_fail(err, SB_STEP_OUTLET, 0, EOPNOTSUPP,
			 "slirp4netns publishes no ports of IPv6 addresses");
		sbi_hint(err, "pasta does, of the package passt");
		return -EOPNOTSUPP;
	}
	return 0;
}

/* It does not wait: this may be called while an event is looked at. */
static void end(struct sbi_net *net)
{
	struct sbi_outlet *outlet = net->outlet;
	sb_net_info info = SB_INIT(sb_net_info);

	if (outlet->box && net->route >= 0 && sbi_outlet_info(net, &info, NULL) == 1)
		outlet->last = info;
	sbi_close_fd(&outlet->exit_fd);
	if (outlet->box)
		sb_box_kill(outlet->box);
}

static void release(struct sbi_net *net)
{
	struct sbi_outlet *outlet = net->outlet;

	sb_proc_free(outlet->proc);
	sb_box_free(outlet->box);
	sbi_close_fd(&outlet->exit_fd);
	sbi_close_fd(&outlet->words);
	free(outlet);
	net->outlet = NULL;
}

/*
 * The user namespace that @netns belongs to; -EBADF if it is ours, which nobody can enter again
 * (setns(2)).
 */
static int owner_of(int netns)
{
	sbi_autoclose int fd = ioctl(netns, NS_GET_USERNS);
	struct stat theirs, ours;

	if (fd < 0 || fstat(fd, &theirs) < 0 || stat("/proc/self/ns/user", &ours) < 0 ||
	    (theirs.st_dev == ours.st_dev && theirs.st_ino == ours.st_ino))
		return -EBADF;
	return sbi_take_fd(&fd);
}

static int start(struct sbi_launch *l, sb_error *err)
{
	struct sbi_outlet *outlet = l->net->outlet;
	sbi_autoclose int userns = owner_of(l->net->netns);
	uint64_t began = sbi_now();
	int r;

	r = outlet->kind == SBI_OUTLET_PASTA ? sbi_pasta_start(l->net, userns, err)
					     : sbi_slirp_start(l->net, userns, err);
	sbi_launch_event(l, SB_STEP_OUTLET, began, r, outlet->path);
	return r;
}

int sbi_outlet_prepare(struct sbi_launch *l, sb_error *err)
{
	struct sbi_outlet *outlet;
	uint64_t began = sbi_now();
	int r;

	if (!l->net || !l->net->asked.user)
		return 0;
	outlet = calloc(1, sizeof(*outlet));
	if (!outlet)
		return sbi_fail(err, SB_STEP_OUTLET, 0, ENOMEM, "not enough memory for the network");
	outlet->words = outlet->exit_fd = -EBADF;
	outlet->privileged = l->privileged;
	l->net->outlet = outlet;
	l->net->outlet_end = end;
	l->net->outlet_free = release;
	l->outlet = start;
	r = find_program(&l->net->asked, outlet, err);
	if (r == 0)
		r = look_ahead(l->net, outlet, err);
	if (r == 0)
		r = sbi_outlet_ports(l->net, err);
	if (r < 0)
		sbi_launch_event(l, SB_STEP_OUTLET, began, r, "a program and free ports looked for");
	return r;
}
