// SPDX-License-Identifier: MIT
/*
 * Many sandboxes on one bridge, made by several processes and threads at once: no address twice,
 * all reach all, nothing left.
 */
#include "net_kit.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>

#define PROCESSES 4
#define EACH 50
#define ALL (PROCESSES * EACH)
#define PORT 7777

static sb_config *on_made(sb_config *cfg, const char *address)
{
	sb_net_link link = SB_INIT(sb_net_link);

	link.device = "made0";
	link.flags = SB_NET_MAKE_BRIDGE;
	link.bridge_address = address;
	fx_ok(sb_net_veth(cfg, &link));
	return cfg;
}

static const char *links(void)
{
	return net_says("ip -o link | cut -d: -f 2 | sort");
}

static in_addr_t address_of(sb_proc *proc)
{
	sb_net_info info = SB_INIT(sb_net_info);

	if (sb_proc_net(proc, 0, &info, NULL) != 1)
		return 0;
	*strchr(info.address, '/') = '\0';
	return inet_addr(info.address);
}

/* One of the processes: its sandboxes live until @end is closed. */
static int keep(int say, int end)
{
	sb_config *cfg = on_made(fx_config("mesh=7777"), "10.9.0.1/24");
	sb_proc *procs[EACH];
	int out[EACH];
	char c;

	for (int i = 0; i < EACH; i++) {
		in_addr_t address;

		procs[i] = net_serving(cfg, &out[i]);
		address = address_of(procs[i]);
		if (write(say, &address, sizeof(address)) != sizeof(address))
			return 1;
	}
	if (read(end, &c, 1) != 0)
		return 1;
	for (int i = 0; i < EACH; i++)
		net_stop(procs[i], out[i]);
	sb_config_free(cfg);
	return 0;
}

/* Tells one of them something, until it answers: datagrams may be lost. */
static int ask(int fd, in_addr_t address, char what, int number)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(PORT), .sin_addr.s_addr = address};
	uint8_t text[3] = {(uint8_t)what, (uint8_t)(number >> 8), (uint8_t)number};

	for (int i = 0; i < 100; i++) {
		struct sockaddr_in from;
		socklen_t len = sizeof(from);

		sendto(fd, text, sizeof(text), 0, (struct sockaddr *)&to, sizeof(to));
		if (recvfrom(fd, text, sizeof(text), 0, (struct sockaddr *)&from, &len) == 3 &&
		    from.sin_addr.s_addr == address)
			return text[1] << 8 | text[2];
	}
	return -1;
}

/* Each one speaks to all; and then each must have heard all others. */
static void all_reach_all(const in_addr_t *addresses)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct timeval patience = {.tv_sec = 1};

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	for (int round = 0, missing = ALL; missing; round++) {
		if (round == 20)
			fail_msg("%d of the sandboxes have not heard all others", missing);
		for (int i = 0; i < ALL; i++)
			if (ask(fd, addresses[i], 'g', i) < 0)
				fail_msg("sandbox %d does not answer", i);
		missing = 0;
		for (int i = 0; i < ALL; i++)
			missing += ask(fd, addresses[i], 'c', 0) != ALL - 1;
	}
	close(fd);
}

static int by_number(const void *a, const void *b)
{
	in_addr_t one = *(const in_addr_t *)a, two = *(const in_addr_t *)b;

	return one < two ? -1 : one > two;
}

static void two_hundred_at_once_reach_each_other(void **state)
{
	int say[2], end[2], status, failed = 0;
	const char *before = links();
	in_addr_t addresses[ALL];

	(void)state;
	assert_int_equal(pipe(say) | pipe(end), 0);
	for (int i = 0; i < PROCESSES; i++)
		if (fork() == 0) {
			close(end[1]);
			_exit(keep(say[1], end[0]));
		}
	close(say[1]);
	close(end[0]);
	for (int i = 0; i < ALL; i++)
		assert_int_equal(read(say[0], &addresses[i], sizeof(addresses[i])), sizeof(addresses[i]));
	qsort(addresses, ALL, sizeof(addresses[0]), by_number);
	for (int i = 1; i < ALL; i++)
		assert_int_not_equal(addresses[i], addresses[i - 1]);
	all_reach_all(addresses);
	close(end[1]);
	close(say[0]);
	while (waitpid(-1, &status, __WALL) > 0)
		failed += status != 0;
	assert_int_equal(failed, 0);
	assert_string_equal(links(), before);
}

static void a_full_network_says_so_until_one_ends(void **state)
{
	sb_config *cfg = on_made(fx_config("pause"), "10.8.0.1/29");
	const char *before = links();
	sb_error err = SB_INIT(sb_error);
	sb_proc *procs[5], *none;

	(void)state;
	for (int i = 0; i < 5; i++)
		procs[i] = fx_spawn(cfg);
	assert_int_equal(sb_spawn(cfg, &none, &err), -EADDRNOTAVAIL);
	fx_has(err.message, "all addresses of the network of made0 are taken");
	for (int i = 0; i < 5; i++) {
		sb_proc_free(procs[i]);
		procs[i] = fx_spawn(cfg);
	}
	for (int i = 0; i < 5; i++)
		sb_proc_free(procs[i]);
	sb_config_free(cfg);
	assert_string_equal(links(), before);
}

#define THREADS 8
#define SPAWNS 25

static sb_config *shared;
static atomic_int wrong;

static void *spawner(void *arg)
{
	for (int i = 0; i < SPAWNS; i++) {
		sb_result res = SB_INIT(sb_result);
		sb_error err = SB_INIT(sb_error);
		sb_proc *proc = NULL;

		if (sb_spawn(shared, &proc, &err) < 0 || !address_of(proc) ||
		    sb_proc_wait(proc, UINT64_MAX, &res, NULL) != 1 || res.verdict != SB_EXITED ||
		    res.code != 7) {
			print_message("# %s\n", err.message);
			atomic_fetch_add(&wrong, 1);
		}
		sb_proc_free(proc);
	}
	return arg;
}

static void threads_share_a_config(void **state)
{
	const char *before = links();
	pthread_t threads[THREADS];

	(void)state; /* the fixture looks for descriptors that are left */
	shared = on_made(fx_config("exit=7"), "10.9.0.1/24");
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, spawner, NULL), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	sb_config_free(shared);
	assert_int_equal(wrong, 0);
	assert_string_equal(links(), before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST_IF("privilege", two_hundred_at_once_reach_each_other),
		FX_TEST_IF("privilege", a_full_network_says_so_until_one_ends),
		FX_TEST_IF("privilege", threads_share_a_config),
	};

	net_begin();
	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
