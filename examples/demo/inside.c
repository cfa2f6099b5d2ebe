/* SPDX-License-Identifier: MIT */
/* A program that looks around: what `make demo` compiles and runs inside a sandbox. */
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static void processes(void)
{
	char name[64] = "?";
	FILE *comm = fopen("/proc/1/comm", "r");

	if (comm && fgets(name, sizeof(name), comm))
		name[strcspn(name, "\n")] = '\0';
	if (comm)
		fclose(comm);
	printf("  process     %d, child of %d, which is %s\n", (int)getpid(), (int)getppid(), name);
}

static void identity(void)
{
	char line[128] = "", name[65] = "";
	unsigned long long mask = 0;
	FILE *status = fopen("/proc/self/status", "r");

	gethostname(name, sizeof(name) - 1);
	while (status && fgets(line, sizeof(line), status))
		if (strncmp(line, "CapBnd:", 7) == 0)
			mask = strtoull(line + 7, NULL, 16);
	if (status)
		fclose(status);
	printf("  host name   %s\n", name);
	printf("  user        %u:%u, capabilities it could ever get: %d\n", (unsigned)getuid(),
	       (unsigned)getgid(), __builtin_popcountll(mask));
}

static void network(void)
{
	struct if_nameindex *list = if_nameindex();

	printf("  network    ");
	for (struct if_nameindex *at = list; at && at->if_index; at++)
		printf(" %s", at->if_name);
	putchar('\n');
	if (list)
		if_freenameindex(list);
}

static void try_to_write(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	printf("  write %-22s %s\n", path, fd < 0 ? strerror(errno) : "yes");
	if (fd >= 0)
		close(fd);
}

static void mounts(void)
{
	char line[1024];
	int count = 0;
	FILE *info = fopen("/proc/self/mountinfo", "r");

	while (info && fgets(line, sizeof(line), info))
		count++;
	if (info)
		fclose(info);
	printf("  mounts      %d\n", count);
}

static void clocks(void)
{
	struct timespec boot;

	clock_gettime(CLOCK_BOOTTIME, &boot);
	printf("  up since    %lld days\n", (long long)boot.tv_sec / 86400);
}

int main(void)
{
	processes();
	identity();
	network();
	mounts();
	clocks();
	try_to_write("/usr/file");
	try_to_write("/file");
	try_to_write("/proc/sys/kernel/hostname");
	try_to_write("/tmp/file");
	return 0;
}
