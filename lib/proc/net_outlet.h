/* SPDX-License-Identifier: MIT */
/*
 * The program of sb_net_user(). In the order of a creation:
 *
 *	prepare   before anything exists: is it installed, may it work here, are the ports free
 *	start     beside sb-init, in the namespaces of the caller: it joins the sandbox's by itself
 *	end       its last figures are read, it is told to end
 *	free      it has ended
 */
#ifndef SBI_NET_OUTLET_H
#define SBI_NET_OUTLET_H

#include "host/launch.h"
#include "host/net_slirp.h"

#define SBI_OUTLET_PATIENCE_NS UINT64_C(10000000000) /* to start: it takes milliseconds */

enum sbi_outlet_kind { SBI_OUTLET_PASTA, SBI_OUTLET_SLIRP, SBI_OUTLETS };

struct sbi_outlet {
	enum sbi_outlet_kind kind;
	const char *path;
	int privileged;       /* who runs it may mount in his own mount namespace */
	struct sb_box *box;   /* without namespaces: its sb-init ends the program when we are gone, however */
	/* of slirp4netns; pasta leaves its first process, and is an orphan of sb-init's */
	struct sb_proc *proc;
	int words;            /* what it says on standard error; -EBADF */
	int exit_fd;          /* slirp4netns ends with it; -EBADF */
	sb_net_info last;     /* as read at the end; without a name: never */
};

/**
 * sbi_outlet_prepare - if the config has sb_net_user(); the rest is then called by way of @l and
 * its network.
 */
int sbi_outlet_prepare(struct sbi_launch *l, sb_error *err);
/** sbi_outlet_info - the interface, as it is found inside. Return: 1, 0 if there is none, -errno. */
int sbi_outlet_info(struct sbi_net *net, sb_net_info *info, sb_error *err);
const char *sbi_outlet_name(const struct sbi_outlet *outlet);

/* net_outlet_ports.c */
/** sbi_outlet_ports - fill net->ports: one entry for each, that is free now. */
int sbi_outlet_ports(struct sbi_net *net, sb_error *err);
/** sbi_slirp_publish - ask for all of net->ports. */
int sbi_slirp_publish(const struct sbi_slirp_socket *socket, const struct sbi_net *net, sb_error *err);

#endif
