/* SPDX-License-Identifier: MIT */
/* Namespaces from inside: joining, names, clocks, lo, and the late user namespace. */
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/sched.h>
#include <linux/sockios.h>
#include <sys/socket.h>

#include "init.h"

int name_socket;
int among_others;
int time_is_new;

/* JOIN: id[0] CLONE_NEW* flag, count slot. The clock may be another one behind it. */
int do_join(struct run *run, const struct sbi_op *op)
{
	uint64_t before = now();
	long r = SYS(setns, run->slots[op->count], op->id[0]);

	if (op->id[0] == CLONE_NEWPID)
		among_others = 1;
	if (op->id[0] == CLONE_NEWTIME)
		clock_shift += (int64_t)(now() - before);
	return (int)r;
}

/*
 * NAME: count slot, of a bound socket. Who connects is told by the kernel who has called listen(2).
 * Above the slots, which are closed.
 */
int do_name(struct run *run, const struct sbi_op *op)
{
	long fd = SYS(fcntl, run->slots[op->count], F_DUPFD_CLOEXEC, SBI_FD_FIRST + run->plan->slots);

	if (fd < 0)
		return (int)fd;
	name_socket = (int)fd;
	return (int)SYS(listen, fd, 64);
}

static int is_go(const struct sbi_record *rec, long r)
{
	return sbi_record_valid(rec, r) && rec->type == SBI_GO ? 0 : -ECANCELED;
}

/*
 * SYNC: arg[1] SBI_SYNC_ASK, WAIT or both. The host may have done its part already: then GO waits
 * for us, unasked.
 */
int do_sync(struct run *run, const struct sbi_op *op)
{
	struct sbi_record rec = { .type = SBI_SYNC, .at = run->at };
	const int both = SBI_SYNC_ASK | SBI_SYNC_WAIT;
	long r;

	if (op->arg[1] == both) {
		r = receive_record(SBI_FD_CONTROL, &rec, NULL, 0, NULL, MSG_DONTWAIT);
		if (r != -EAGAIN)
			return is_go(&rec, r);
	}
	if (op->arg[1] & SBI_SYNC_ASK) {
		r = send_record(SBI_FD_CONTROL, &rec, -1);
		if (r < 0)
			return (int)r;
	}
	if (!(op->arg[1] & SBI_SYNC_WAIT))
		return 0;
	r = receive_record(SBI_FD_CONTROL, &rec, NULL, 0, NULL, 0);
	return is_go(&rec, r);
}

/* HOSTNAME, DOMAINNAME: text[0]. */
int do_hostname(struct run *run, const struct sbi_op *op)
{
	const char *name = op_text(run, op->text[0]);

	return (int)SYS(sethostname, name, text_length(name));
}

int do_domainname(struct run *run, const struct sbi_op *op)
{
	const char *name = op_text(run, op->text[0]);

	return (int)SYS(setdomainname, name, text_length(name));
}

static size_t offset_line(char *out, const char *clock, int64_t sec)
{
	size_t n = 0;

	while (*clock)
		out[n++] = *clock++;
	out[n++] = ' ';
	if (sec < 0)
		out[n++] = '-';
	n += text_number(out + n, (uint64_t)(sec < 0 ? -sec : sec));
	out[n++] = ' ';
	out[n++] = '0';
	out[n++] = '\n';
	return n;
}

/*
 * TIMENS: arg[0] monotonic, arg[1] boottime, in seconds. Offsets must be
 * written before anyone is inside (clone3(CLONE_NEWTIME) is too late for that).
 * We enter it ourselves: before 6.1 a vfork into another time namespace is -EINVAL.
 */
int do_timens(struct run *run, const struct sbi_op *op)
{
	char text[96];
	size_t len = 0;
	uint64_t before;
	long fd, r;

	(void)run;
	r = time_is_new ? 0 : SYS(unshare, CLONE_NEWTIME);
	if (r < 0)
		return (int)r;
	if (op->arg[0])
		len += offset_line(text, "monotonic", (int64_t)op->arg[0]);
	if (op->arg[1])
		len += offset_line(text + len, "boottime", (int64_t)op->arg[1]);
	if (len) {
		fd = SYS(openat, AT_FDCWD, "/proc/self/timens_offsets", O_WRONLY | O_CLOEXEC, 0);
		if (fd < 0)
			return (int)fd;
		r = SYS(write, fd, text, len);
		SYS(close, fd); /* at once: what somebody may write to cannot be made read-only (ROOT) */
		if (r < 0)
			return (int)r;
	}
	fd = SYS(openat, AT_FDCWD, "/proc/self/ns/time_for_children", O_RDONLY | O_CLOEXEC, 0);
	if (fd < 0)
		return (int)fd;
	before = op->arg[0] ? now() : 0; /* else it goes on as before */
	r = SYS(setns, fd, CLONE_NEWTIME);
	clock_shift += op->arg[0] ? (int64_t)(now() - before) : 0;
	done_with((int)fd);
	return (int)r;
}

/*
 * A port below 1024, or a ping, is nothing special in a network of one's own, and no capability of
 * the sandbox's counts in a namespace that belongs to the user namespace outside. Without a /proc
 * it stays as it is; so do pings (icmp(7)) where none of these groups is mapped, which is where an
 * ordinary user has made it.
 */
static long set_default(const char *file, const char *value)
{
	long fd = SYS(openat, AT_FDCWD, file, O_WRONLY | O_CLOEXEC, 0), r;

	if (fd < 0)
		return fd;
	r = SYS(write, fd, value, text_length(value));
	SYS(close, fd);
	return r;
}

static int pass_on(long fd, uint32_t what)
{
	struct sbi_record rec = { .type = SBI_NETSOCK, .at = what };
	int r;

	if (fd < 0)
		return (int)fd;
	r = send_record(SBI_FD_CONTROL, &rec, (int)fd);
	SYS(close, fd);
	return r;
}

/*
 * NETSOCK: id[0] protocol. Interfaces are the host's business: it has the words, and the other end.
 * So is what is left of connections when the sandbox has ended: the file belongs to the namespace
 * it was opened in.
 */
int do_netsock(struct run *run, const struct sbi_op *op)
{
	(void)run;
	if (!op->id[0]) {
		pass_on(SYS(openat, AT_FDCWD, "/proc/sys/net/ipv4/tcp_orphan_retries", O_WRONLY | O_CLOEXEC, 0),
			SBI_ORPHANS);
		set_default("/proc/sys/net/ipv4/ip_unprivileged_port_start", "0");
		if (set_default("/proc/sys/net/ipv4/ping_group_range", "0 2147483647") < 0)
			/* root of a user namespace has just this one */
			set_default("/proc/sys/net/ipv4/ping_group_range", "0 0");
	}
	return pass_on(SYS(socket, AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, op->id[0]), op->id[0]);
}

int do_loopback(struct run *run, const struct sbi_op *op)
{
	struct ifreq request = { 0 };
	long fd, r;

	(void)run, (void)op;
	fd = SYS(socket, AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return (int)fd;
	request.ifr_name[0] = 'l';
	request.ifr_name[1] = 'o';
	request.ifr_flags = IFF_UP | IFF_RUNNING;
	r = SYS(ioctl, fd, SIOCSIFFLAGS, &request);
	done_with((int)fd);
	return (int)r;
}

/*
 * The privileged way: all mounts are made, and belong to the user namespace
 * outside; root inside has no power over them. We keep the host's uid, which is
 * not mapped inside, so that no user of the sandbox can signal or trace us.
 */
int do_userns(struct run *run, const struct sbi_op *op)
{
	(void)run, (void)op;
	return (int)SYS(unshare, CLONE_NEWUSER);
}
