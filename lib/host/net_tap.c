/* SPDX-License-Identifier: MIT */
/*
 * A TAP interface: made in the host's namespace, where /dev/net/tun was opened, moved
 * in and named there at once. It goes with the last of its descriptor and its namespace.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>

#include "error.h"
#include "net.h"

#define TUN "/dev/net/tun"

int sbi_tap_open(struct sbi_net *net, uint32_t at, sb_error *err)
{
	int fd = open(TUN, O_RDWR | O_CLOEXEC | O_NONBLOCK), code = errno;

	if (fd >= 0) {
		net->ifs[at].tap = fd;
		return 0;
	}
	sbi_fail(err, SB_STEP_LINK, at, code, TUN ": %s", strerror(code));
	if (code == ENOENT || code == ENODEV || code == ENXIO)
		sbi_hint(err,
			 "load its module: modprobe tun; into a container it has to be passed: --device " TUN);
	else if (code == EACCES || code == EPERM)
		sbi_hint(err, "who makes a TAP interface reads and writes it: chmod 0666 " TUN);
	return -code;
}

/* The name is the kernel's choice, and does not last; -errno. */
static int make_here(int fd, char name[IFNAMSIZ])
{
	struct ifreq request = { .ifr_name = "sbtap%d" };

	request.ifr_flags = IFF_TAP | IFF_NO_PI;
	if (ioctl(fd, TUNSETIFF, &request) < 0)
		return -errno;
	memcpy(name, request.ifr_name, IFNAMSIZ);
	return 0;
}

int sbi_tap_make(struct sbi_net *net, uint32_t at, struct sbi_nl *nl, sb_error *err)
{
	struct sbi_net_if *in = &net->ifs[at];
	struct sbi_rt_link made = { 0 };
	char name[IFNAMSIZ];
	int r = make_here(in->tap, name);

	if (r < 0)
		return sbi_net_explain(-r, NULL, SB_STEP_LINK, at, in->link.name, err);
	sbi_rt_get_link(nl, name);
	r = sbi_net_talk(net, nl, sbi_rt_one_link, &made, SB_STEP_LINK, at, in->link.name, err);
	if (r < 0)
		return r;
	sbi_net_choose_mac(in);
	return sbi_net_move_in(net, at, nl, made.index, in->link.name, err);
}
