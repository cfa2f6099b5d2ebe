/* SPDX-License-Identifier: MIT */
/* A host for sb_net_user(): an ordinary user makes it in a user namespace, and gives up the power over it. */
#ifndef TESTS_NET_USER_KIT_H
#define TESTS_NET_USER_KIT_H

#include "net_kit.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <linux/capability.h>

/* pasta gives the sandbox the host's own address, so that servers of the host have another. */
#define HOST_OWN "198.18.0.1"
#define HOST_GATEWAY "198.18.0.254"
#define HOST_SERVER "198.18.5.1"
#define HOST_SERVER6 "fd00:5::1"

static int user_net_missing; /* errno: no network of our own could be made */

static inline void user_put(const char *file, unsigned inside, unsigned outside)
{
	char text[64];
	int fd = open(file, O_WRONLY | O_CLOEXEC), n;

	if (inside == UINT32_MAX)
		n = snprintf(text, sizeof(text), "deny");
	else
		n = snprintf(text, sizeof(text), "%u %u 1", inside, outside);
	if (fd < 0 || write(fd, text, (size_t)n) != n)
		exit(1);
	close(fd);
}

/*
 * What is set here in all of permitted, effective and inheritable, and so survives the exec of
 * ip(8) as ambient.
 */
static inline void user_caps(uint32_t low)
{
	struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct data[2] = {{low, low, low}, {0, 0, 0}};

	if (syscall(SYS_capset, &head, data) < 0 ||
	    (low && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_ADMIN, 0, 0) < 0))
		exit(1);
}

/* First in main(), before fx_begin(). */
static inline void user_net_begin(void)
{
	unsigned uid = getuid(), gid = getgid();
	int ordinary = unshare(CLONE_NEWNET) < 0;

	if (ordinary) {
		if (unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0) {
			user_net_missing = errno;
			return;
		}
		user_put("/proc/self/setgroups", UINT32_MAX, 0);
		user_put("/proc/self/uid_map", uid, uid);
		user_put("/proc/self/gid_map", gid, gid);
		user_caps(1u << CAP_NET_ADMIN);
	}
	if (system("ip link set lo up && ip addr add " HOST_SERVER "/32 dev lo && "
		   "ip addr add " HOST_SERVER6
		   "/128 dev lo nodad && ip link add name ext0 type veth peer name ext1 && "
		   "ip addr add " HOST_OWN "/24 dev ext0 && "
		   "ip addr add fd00:198::1/64 dev ext0 nodad && ip link set ext0 up && ip link set ext1 up && "
		   "ip route add default via " HOST_GATEWAY " && ip -6 route add default via fd00:198::fe"))
		exit(1);
	if (ordinary)
		user_caps(0);
}

/* Skips unless @program (NULL: none is needed) can work here. */
static inline void user_needs(const char *program)
{
	char path[64];

	if (user_net_missing)
		fx_skip("no network namespace of one's own: %s", strerror(user_net_missing));
	snprintf(path, sizeof(path), "/usr/bin/%s", program ? program : "");
	if (program && access(path, X_OK) < 0)
		fx_skip("%s: %s", path, strerror(errno));
	if (access("/dev/net/tun", R_OK | W_OK) < 0)
		fx_skip("/dev/net/tun: %s", strerror(errno));
}

static inline sb_config *user_with(sb_config *cfg, const char *program)
{
	fx_ok(sb_net_user(cfg, program));
	return cfg;
}

/* A server of the host: "serve=PORT", "serve-udp=PORT". */
static inline sb_proc *user_host(const char *verb, int *out)
{
	sb_config *cfg = fx_config(verb);
	sb_proc *proc;

	fx_ok(sb_net_host(cfg));
	proc = net_serving(cfg, out);
	sb_config_free(cfg);
	return proc;
}

/* Ask whoever serves there, once: what he says; empty: nobody does, or the answer was lost. */
static inline const char *user_ask_once(int type, const char *address, int port)
{
	static char text[100];
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	struct sockaddr_in6 to6 = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
	struct timeval patience = {.tv_sec = 3};
	int is6 = inet_pton(AF_INET6, address, &to6.sin6_addr) == 1, r;
	int fd = socket(is6 ? AF_INET6 : AF_INET, type | SOCK_CLOEXEC, 0);
	ssize_t n = -1;

	to.sin_addr.s_addr = inet_addr(address);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	r = is6 ? connect(fd, (struct sockaddr *)&to6, sizeof(to6))
		: connect(fd, (struct sockaddr *)&to, sizeof(to));
	if (r == 0 && (type == SOCK_STREAM || send(fd, "?", 1, 0) == 1))
		n = recv(fd, text, sizeof(text) - 1, 0);
	text[n > 0 ? n : 0] = '\0';
	close(fd);
	return text;
}

/* The same; what relays it may lose a word when the machine is busy, so it is asked again. */
static inline const char *user_ask(int type, const char *address, int port)
{
	const char *text = "";

	for (int i = 0; i < 5 && !text[0]; i++)
		text = user_ask_once(type, address, port);
	return text;
}

/* pidfds of all that descend from @pid. */
#define USER_MOST 32
static inline int user_family(pid_t pid, int fds[], int count)
{
	char path[64];
	FILE *in;
	int child;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", pid, pid);
	in = fopen(path, "re");
	if (!in)
		return count;
	while (count < USER_MOST && fscanf(in, "%d", &child) == 1) {
		fds[count] = (int)syscall(SYS_pidfd_open, child, 0);
		if (fds[count] < 0)
			continue;
		count = user_family(child, fds, count + 1);
	}
	fclose(in);
	return count;
}

static inline void user_all_gone(int fds[], int count)
{
	for (int i = 0; i < count; i++) {
		struct pollfd polled = {fds[i], POLLIN, 0};

		if (poll(&polled, 1, 60000) != 1)
			fail_msg("process %d of %d lives on", i + 1, count);
		close(fds[i]);
	}
}

/* A test of both programs: f(PASTA) and f(SLIRP); and both in the table of tests. */
#define PASTA "pasta"
#define SLIRP "slirp4netns"
#define BOTH(f)                                          \
	static void f##_by_pasta(void **state)           \
	{                                                \
		(void)state;                             \
		user_needs(PASTA);                       \
		f(PASTA);                                \
	}                                                \
	static void f##_by_slirp4netns(void **state)     \
	{                                                \
		(void)state;                             \
		user_needs(SLIRP);                       \
		f(SLIRP);                                \
	}
#define USER_TESTS(needs, f) FX_TEST_IF(needs, f##_by_pasta), FX_TEST_IF(needs, f##_by_slirp4netns)

#endif
