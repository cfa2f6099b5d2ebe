// SPDX-License-Identifier: MIT
/* Words of "attack call" for what two sandboxes might share, and for what process 1 might show or stand. */
#include "attack.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <mqueue.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

static const int rings[] = {KEY_SPEC_SESSION_KEYRING, KEY_SPEC_USER_KEYRING, KEY_SPEC_USER_SESSION_KEYRING};

static int abstract(const char *name, struct sockaddr_un *at, socklen_t *len)
{
	*at = (struct sockaddr_un){.sun_family = AF_UNIX};
	snprintf(at->sun_path + 1, sizeof(at->sun_path) - 1, "%s", name);
	*len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name));
	return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

static int loopback(struct sockaddr_in *at)
{
	*at = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(4711)};
	at->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

static void paths(const char *name, char shm[64], char tmp[64])
{
	snprintf(shm, 64, "/%.40s", name);
	snprintf(tmp, 64, "/tmp/%.40s", name);
}

static key_t key_of(const char *name)
{
	return (key_t)(0x5c000000 | strlen(name));
}

/* "plant=NAME": leaves a sign in every place where somebody else might find it. */
static void do_plant(const char *name)
{
	char shm[64], tmp[64];
	struct sockaddr_un un;
	struct sockaddr_in in;
	socklen_t len;
	int planted = 0, fd;

	paths(name, shm, tmp);
	for (size_t i = 0; i < 3; i++)
		planted += syscall(SYS_add_key, "user", name, "x", 1, rings[i]) >= 0;
	fd = abstract(name, &un, &len);
	planted += bind(fd, (struct sockaddr *)&un, len) == 0 && listen(fd, 5) == 0;
	fd = loopback(&in);
	planted += bind(fd, (struct sockaddr *)&in, sizeof(in)) == 0 && listen(fd, 5) == 0;
	planted += shmget(key_of(name), 4096, IPC_CREAT | 0666) >= 0;
	planted += shm_open(shm, O_RDWR | O_CREAT, 0666) >= 0;
	planted += mq_open(shm, O_RDWR | O_CREAT, 0666, NULL) >= 0;
	planted += open(tmp, O_RDWR | O_CREAT, 0666) >= 0;
	say("planted=%d\n", planted);
}

/* "find=NAME": in how many of those places is the sign? */
static void do_find(const char *name)
{
	char shm[64], tmp[64];
	struct sockaddr_un un;
	struct sockaddr_in in;
	socklen_t len;
	int found = 0, fd;

	paths(name, shm, tmp);
	for (size_t i = 0; i < 3; i++)
		found += syscall(SYS_keyctl, KEYCTL_SEARCH, rings[i], "user", name, 0) >= 0;
	fd = abstract(name, &un, &len);
	found += connect(fd, (struct sockaddr *)&un, len) == 0;
	fd = loopback(&in);
	found += connect(fd, (struct sockaddr *)&in, sizeof(in)) == 0;
	found += shmget(key_of(name), 0, 0) >= 0;
	found += shm_open(shm, O_RDONLY, 0) >= 0;
	found += mq_open(shm, O_RDONLY) >= 0;
	found += access(tmp, F_OK) == 0;
	say("found=%d\n", found);
}

static size_t decode(const char *hex, unsigned char *out, size_t room)
{
	size_t n = 0;

	for (unsigned byte; n < room && sscanf(hex + 2 * n, "%2x", &byte) == 1; n++)
		out[n] = (unsigned char)byte;
	return n;
}

static int search(int fd, off_t from, size_t size, const unsigned char *needle, size_t n)
{
	static unsigned char buf[1 << 20];
	int found = 0;

	while (size > 0) {
		ssize_t got = pread(fd, buf, size < sizeof(buf) ? size : sizeof(buf), from);

		if (got <= 0)
			break;
		found += memmem(buf, (size_t)got, needle, n) != NULL;
		from += got;
		size -= (size_t)got;
	}
	return found;
}

static int search_memory(int pid, int fd, const unsigned char *needle, size_t n)
{
	char path[64], line[512];
	unsigned long from, to;
	int found = 0;
	FILE *maps;

	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	maps = fopen(path, "re");
	while (maps && fgets(line, sizeof(line), maps))
		if (sscanf(line, "%lx-%lx r", &from, &to) == 2 &&
		    to - from < 1UL << 28) /* not a sanitizer's terabytes */
			found += search(fd, (off_t)from, to - from, needle, n);
	if (maps)
		fclose(maps);
	return found;
}

/* "scan=HEX": looks for these bytes in all that /proc shows of every other process. */
static void do_scan(const char *hex)
{
	static const char *const files[] = {"environ", "cmdline", "mem"};
	unsigned char needle[64];
	size_t n = decode(hex, needle, sizeof(needle));
	int readable[3] = {0, 0, 0}, found = 0;
	char path[64];

	for (int pid = 1; pid < 300; pid++) {
		for (size_t i = 0; pid != getpid() && i < 3; i++) {
			int fd;

			snprintf(path, sizeof(path), "/proc/%d/%s", pid, files[i]);
			fd = open(path, O_RDONLY | O_CLOEXEC);
			if (fd < 0)
				continue;
			readable[i]++;
			found += i == 2 ? search_memory(pid, fd, needle, n)
					: search(fd, 0, 1 << 20, needle, n);
			close(fd);
		}
	}
	memset(needle, 0, sizeof(needle));
	say("environ=%d\ncmdline=%d\nmem=%d\nfound=%d\n", readable[0], readable[1], readable[2], found);
}

/* "shower=PID": every signal there is, many times. */
static void do_shower(const char *arg)
{
	struct {
		void *handler;
		unsigned long flags, restorer, mask;
	} ignore = {(void *)SIG_IGN, 0, 0, 0};

	for (int i = 1; i <= 64; i++) /* also those that libc keeps for itself */
		syscall(SYS_rt_sigaction, i, &ignore, NULL, 8);
	for (int round = 0; round < 20; round++)
		for (int i = 1; i <= 64; i++)
			kill(atoi(arg), i);
}

static void do_cwd(const char *arg)
{
	char cwd[4096];
	long n = syscall(SYS_getcwd, cwd, sizeof(cwd));

	(void)arg;
	say("cwd=%s\n", n > 0 ? cwd : strerrorname_np(errno));
}

const struct word pair_words[] = {
	{"plant", do_plant},   {"find", do_find}, {"scan", do_scan},
	{"shower", do_shower}, {"cwd", do_cwd},   {NULL, NULL},
};
