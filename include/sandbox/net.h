/* SPDX-License-Identifier: MIT */
/*
 * The network of a sandbox: interfaces, addresses, ports and what it may reach.
 *
 * Without any of these calls there is `lo`, up, and nothing else (sb_set_loopback()
 * takes that away, too); with SB_NS_NET left out of sb_set_ns() the network is the
 * host's, and with sb_set_ns_fd() or sb_net_join() somebody else's.
 *
 * Interfaces live in the sandbox's new network namespace and die with it, whoever
 * dies first. The host's own rules are neither needed nor touched. Interfaces
 * need CAP_NET_ADMIN over the caller's network namespace; sb_net_user() needs
 * nothing. Every failure takes back what was made.
 *
 * Setters return and remember errors as those of sandbox/config.h do.
 */
#ifndef SANDBOX_NET_H
#define SANDBOX_NET_H

#include <sandbox/config.h>
#include <sandbox/error.h>

SB_BEGIN_DECLS

/* make the bridge if it is not there; it goes with the last who uses it */
#define SB_NET_MAKE_BRIDGE (UINT64_C(1) << 0)
/* a veth: what leaves by another interface than its bridge has the host's address */
#define SB_NET_MASQUERADE (UINT64_C(1) << 1)
/*
 * Turn net.ipv4.ip_forward and net.ipv6.conf.all.forwarding on where SB_NET_MASQUERADE or
 * sb_net_publish() need them and they are off; they stay on. A host that forwards IPv6 heeds no
 * router advertisements any more, unless accept_ra is 2.
 */
#define SB_NET_FORWARD (UINT64_C(1) << 2)
#define SB_NET_ISOLATED (UINT64_C(1) << 3)    /* isolated sandboxes of one bridge cannot reach each other */
#define SB_NET_NO_GATEWAY (UINT64_C(1) << 4)  /* no default route */

/**
 * sb_net_link - one interface of the sandbox; every text is copied, NULL is the default
 *
 * Addresses are "10.0.0.5/24", or "10.0.0.5" with the prefix of the bridge, or
 * "none". Where the default is to allocate one, no other sandbox has it, of
 * whatever process: the name of the host's interface is made of it, and the kernel gives a
 * name only once. Only a bridge has addresses to allocate: all but a veth on one have
 * none unless it is given, with its prefix, and no gateway but a given one.
 */
typedef struct sb_net_link {
	uint32_t size;               /* SB_INIT(sb_net_link)                      */
	uint32_t mtu;                /* 0 = as @device                            */
	uint64_t flags;              /* SB_NET_*                                  */
	const char *name;            /* inside; default eth0, eth1…; of sb_net_device(): @device */
	const char *device;          /* of the host; see each call                */
	/* macvlan: bridge (default), private, vepa, passthru; ipvlan: l2 (default), l3, l3s */
	const char *mode;
	const char *host_name;       /* veth: the other end; default made of the address */
	const char *mac; /* "02:42:0a:00:00:05"; default made of the address, if there is one, else any */
	const char *address;         /* IPv4; default: allocated from the bridge's network, if it has one */
	const char *address6;        /* IPv6; the same */
	const char *gateway;         /* "10.0.0.1"; default: the bridge's own address */
	const char *gateway6;
	const char *bridge_address;  /* of a bridge that is made: "10.0.0.1/24" */
	const char *bridge_address6;
	uint64_t rate;               /* veth: bytes a second, each way; 0 = no limit */
	/* veth: added to every packet, each way; at most an hour; needs sch_netem */
	uint64_t delay_ns;
} sb_net_link;

/**
 * sb_net_veth - a pair of interfaces, one of them inside
 * @link: @device is a bridge that the other end joins. NULL: none; then the other
 *	end has the gateway's address
 */
SB_API int sb_net_veth(sb_config *cfg, const sb_net_link *link);
/**
 * sb_net_macvlan - a further MAC address on @device, an Ethernet device of the host. No rate,
 * delay, host_name
 *
 * It reaches what @device reaches, and others above it as @mode says, but not the host
 * itself: the kernel passes nothing between a macvlan and its device, nor an ipvlan.
 */
SB_API int sb_net_macvlan(sb_config *cfg, const sb_net_link *link);
/** sb_net_ipvlan - a further address on @device, with its MAC. A device has macvlans or ipvlans, not both. */
SB_API int sb_net_ipvlan(sb_config *cfg, const sb_net_link *link);
/**
 * sb_net_device - @device itself, physical or virtual, moves in, and comes back at the end
 *
 * With its name, MAC and MTU, and down, but not its addresses. If its name is somebody else's by
 * then, it keeps the one that it has inside, or gets one with a number. It must not be a port of a
 * bridge. Needs CAP_SYS_ADMIN, CAP_SETUID and CAP_SETGID as well. If the host dies, the
 * kernel gives a physical one to the initial network namespace, and removes a virtual one.
 */
SB_API int sb_net_device(sb_config *cfg, const sb_net_link *link);
/**
 * sb_net_tap - a TAP interface, whose Ethernet frames the caller reads and writes: sb_proc_tap().
 * Needs /dev/net/tun.
 */
SB_API int sb_net_tap(sb_config *cfg, const sb_net_link *link);
/**
 * sb_net_join - enter the network namespace at @path (/run/netns/NAME, /proc/PID/ns/net) instead of
 * making one.
 */
SB_API int sb_net_join(sb_config *cfg, const char *path);
/** sb_net_host - use the network of the caller: as leaving SB_NS_NET out of sb_set_ns(). */
SB_API int sb_net_host(sb_config *cfg);
/**
 * sb_net_user - a network by an ordinary program, without privilege
 * @program: "slirp4netns" or "pasta" (of the package passt); NULL = the first that is
 *	installed, and can what is asked
 *
 * The program runs beside the sandbox, as the caller, and ends with it, and with this process. It is searched
 * for in /usr/bin, /usr/local/bin and /bin, and needs /dev/net/tun. pasta gives the sandbox the
 * name, addresses and gateway of the host's interface with the default route, which there must be;
 * slirp4netns "tap0" with 10.0.2.100/24, in less time. The host's loopback addresses are out of
 * reach. For sb_set_dns() 10.0.2.3 is the name server that the host has.
 *
 * sb_net_publish() and sb_net_allow() work as with an interface, but: the program binds the ports,
 * when all else is there; udp is not answered to 127.0.0.1; slirp4netns knows no IPv6 address
 * there.
 */
SB_API int sb_net_user(sb_config *cfg, const char *program);

/** sb_net_address - one more address ("10.0.1.5/24", "fd00::5/64") for the interface @name. At most 64. */
SB_API int sb_net_address(sb_config *cfg, const char *name, const char *address);
/**
 * sb_net_route - one more route. At most 64
 * @name: of the interface inside; NULL = the first
 * @network: "10.1.0.0/16"
 * @gateway: NULL = the network is on the interface itself
 */
SB_API int sb_net_route(sb_config *cfg, const char *name, const char *network, const char *gateway);
/**
 * sb_net_publish - a port of the host leads to one of the sandbox
 * @protocol: "tcp" or "udp"
 * @address: of the host; NULL = all of its own, IPv4 and IPv6, 127.0.0.1 as well (not ::1,
 *	which cannot leave lo)
 * @host_port: 0 = any that is free, each of a range for itself: sb_proc_port()
 * @port: inside
 * @count: how many in a row, 1 to 1024
 *
 * It leads to the first veth, to its address of the same family, and is reached from elsewhere,
 * from the host and from other sandboxes. The peer is seen as who he is; only 127.0.0.1, and who is
 * on the same bridge, appear as the bridge.
 *
 * A socket is bound to each @host_port as long as the sandbox lives, so a taken one is -EADDRINUSE
 * before anything exists. The host must forward (SB_NET_FORWARD), unless @address is in
 * 127.0.0.0/8. For 127.0.0.1 net.ipv4.conf.BRIDGE.route_localnet is on while the config, a copy or
 * a sandbox of it lives; a rule keeps neighbours on the bridge from 127.0.0.0/8 of the host
 * meanwhile. After a host that was killed sb_gc() turns it off. The host's own firewall may still
 * refuse what is forwarded. Or with sb_net_user(), then none of this.
 */
SB_API int sb_net_publish(sb_config *cfg, const char *protocol, const char *address, uint16_t host_port,
			  uint16_t port, uint32_t count);
/**
 * sb_net_allow - the first call closes the network; each one opens it for something
 * @rule: "[tcp|udp|icmp] ADDRESS[/PREFIX]|any [PORT[-PORT]]": what may be connected to; NULL = nothing
 *
 * Of IPv4 and IPv6. Anything else is refused at once: TCP with EHOSTUNREACH, over IPv6 with
 * ECONNREFUSED, other packets with EPERM. What comes from outside is dropped, unless it is for a
 * published port. lo, answers, and what IPv6 needs to find neighbours are free. A name server must
 * be listed like anything else. The rules are inside the network namespace, before any interface is
 * up, and the command has no power over them. They need no privilege.
 */
SB_API int sb_net_allow(sb_config *cfg, const char *rule);
/**
 * sb_set_dns - write /etc/resolv.conf
 * @servers, @search: NULL-terminated; NULL servers = copy the host's file, NULL search = none
 */
SB_API int sb_set_dns(sb_config *cfg, const char *const servers[], const char *const search[]);
/**
 * sb_add_host - a line of /etc/hosts, which is written, with localhost and the host name; NULL,
 * NULL: these alone.
 */
SB_API int sb_add_host(sb_config *cfg, const char *name, const char *address);

/* --- ready network namespaces --------------------------------------------------------- */

/**
 * sb_netpool - network namespaces that sandboxes of one process use one after another
 *
 * One takes the kernel about half a millisecond to make, and somewhat more to take down in the background.
 * A pool lends them, with `lo` up. When the sandbox has ended its namespace rests for half a
 * second, until the kernel has done all that was pending, and is ready for another one if it is as
 * new:
 *
 * - nobody in the sandbox had power over it: it had a new user and a new PID namespace, no host root, no
 *   interface, no sb_net_allow() or sb_net_user(), and its network namespace was not pinned;
 * - no socket of it is left, no interface but `lo`, no address or route beside those of `lo`; and
 * - all its counters are as new: not one packet was sent, or tried to be sent, over `lo` either.
 *
 * Any other is discarded: a pool pays for commands that do not use the network, up to twice its
 * size a second. What is not seen, and must not be, in namespaces of a pool: a process of the host
 * that has entered one (nsenter(1), another sandbox by sb_net_join()) and outlives the sandbox, or
 * leaves rules, neighbours or sysctls there; and a descriptor of a file of /proc/net that a command
 * passes out through a socket it was given: who receives it may read it later as well. Successive
 * sandboxes see the same inode in /proc/self/ns/net.
 *
 * No thread of its own does this, but the calls that begin and end sandboxes, each for one or two.
 * Only with CAP_SYS_ADMIN and CAP_NET_ADMIN: an ordinary user's network namespace belongs to the
 * user namespace of its sandbox. All calls may be made from any thread. After fork(2) a pool is of
 * no use to the child.
 */
typedef struct sb_netpool sb_netpool;

/** sb_netpool_info - figures of a pool */
typedef struct sb_netpool_info {
	uint32_t size;       /* SB_INIT(sb_netpool_info)                  */
	uint32_t ready;      /* now; each is one descriptor of the caller */
	uint32_t lent;       /* now, to sandboxes; one descriptor each    */
	uint32_t resting;    /* now; one descriptor each                  */
	uint64_t made;       /* by sb_netpool_fill(), and by spawns that found none ready */
	uint64_t handed_out; /* to sandboxes; less @made: creations that were saved */
	uint64_t discarded;  /* used, or one too many                     */
} sb_netpool_info;

/**
 * sb_netpool_new - an empty pool that keeps up to @size, 1 to 4096, ready or resting
 * @pool: to be released by sb_netpool_free(). Configs, and sandboxes while they run, keep it alive
 *
 * Return: 0, -EINVAL, -ENOMEM.
 */
SB_API int sb_netpool_new(uint32_t size, sb_netpool **pool, sb_error *err);
/**
 * sb_netpool_fill - make what is missing, at most @most, in this thread
 *
 * A pool fills itself as sandboxes end; this is for the first ones, or after many were discarded.
 * It also looks at all that have rested; with @most 0 that is all it does.
 * Return: how many were made, or -errno: EPERM, ENOSPC (user.max_net_namespaces), EMFILE. Those
 * made before stay.
 */
SB_API int sb_netpool_fill(sb_netpool *pool, uint32_t most, sb_error *err);
/** sb_netpool_look - figures, into memory of the caller's. Return: 0, -EINVAL. */
SB_API int sb_netpool_look(sb_netpool *pool, sb_netpool_info *info);
/**
 * sb_netpool_free - release the caller's reference; what is ready goes with the last one. Accepts
 * NULL. Return: NULL.
 */
SB_API sb_netpool *sb_netpool_free(sb_netpool *pool);
/**
 * sb_set_netpool - the new network namespace of a sandbox comes from @pool, made if none is ready;
 * NULL = none
 *
 * The config and its copies keep a reference. sb_config_check() and spawns refuse it without privilege
 * (-EPERM), without a new network namespace, and with sb_set_loopback(cfg, 0).
 */
SB_API int sb_set_netpool(sb_config *cfg, sb_netpool *pool);

/* --- while it runs, and afterwards -------------------------------------------------- */

/** sb_net_info - what one interface has become, in memory the caller owns. Empty texts: there is none. */
typedef struct sb_net_info {
	uint32_t size;        /* SB_INIT(sb_net_info)                    */
	uint32_t mtu;
	char name[16];        /* inside                                  */
	char host_name[16];   /* veth: the other end                     */
	char device[16];      /* the bridge, the lower or the moved device */
	char mac[18];
	char kind[14];        /* "veth", "macvlan"…                      */
	char address[19];     /* "10.0.0.5/24"                           */
	char address6[44];
	char gateway[16];
	char gateway6[41];
	uint64_t rx_bytes;    /* as counted inside                       */
	uint64_t tx_bytes;
	uint64_t rx_packets;
	uint64_t tx_packets;
	uint64_t rx_dropped;
	uint64_t tx_dropped;
} sb_net_info;

/**
 * sb_proc_net - the @index-th interface, counting from 0; counters are of now or, once it has
 * ended, of the end
 *
 * Return: 1 filled, 0 no such interface, -errno.
 */
SB_API int sb_proc_net(sb_proc *proc, size_t index, sb_net_info *info, sb_error *err);
/**
 * sb_proc_port - the port of the host that the @index-th published one (of all, ranges counted one
 * by one) has; -ENOENT.
 */
SB_API int sb_proc_port(const sb_proc *proc, size_t index);
/**
 * sb_proc_tap - the descriptor of the @index-th TAP interface, counting from 0; borrowed. -ENOENT without one
 *
 * Each read(2) and write(2) is one frame without further header; it does not block. poll(2)
 * says POLLERR when the sandbox is over.
 */
SB_API int sb_proc_tap(const sb_proc *proc, size_t index);

/* --- bridges that SB_NET_MAKE_BRIDGE has made, by whatever process ---------------------- */

/** sb_net_bridge - one of them, in the network namespace of the caller, in memory the caller owns */
typedef struct sb_net_bridge {
	uint32_t size;        /* SB_INIT(sb_net_bridge)                  */
	uint32_t sandboxes;   /* interfaces that it joins                */
	uint32_t maker_lives; /* 1: the process that made it, 0: it has ended */
	uint32_t mtu;
	char name[16];
	char address[19];     /* "10.0.0.1/24"; empty: there is none     */
	char address6[44];
} sb_net_bridge;

/**
 * sb_net_bridge_get - the @index-th bridge, counting from 0, as it is now: between two calls one
 * may come or go
 *
 * Needs no privilege. Return: 1 filled, 0 no such bridge, -errno.
 */
SB_API int sb_net_bridge_get(size_t index, sb_net_bridge *bridge, sb_error *err);
/**
 * sb_net_bridge_remove - remove the bridge @name, which its maker has left behind
 *
 * It usually goes by itself with the last who uses it, or by sb_gc(). Return: 0, -ENODEV if there is none,
 * -EPERM if it was not made by SB_NET_MAKE_BRIDGE, -EBUSY while it joins interfaces (they are
 * named) or its maker lives.
 */
SB_API int sb_net_bridge_remove(const char *name, sb_error *err);

SB_END_DECLS
#endif
