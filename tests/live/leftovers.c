// SPDX-License-Identifier: MIT
/*
 * Run in a box by box_leftovers_test: leaves one thing behind (`plant NAME`), or says whether it is
 * there (`look NAME`).
 */
#include "leftovers.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static int begin(int (*first)(void), int session)
{
	int p[2], error = ECANCELED;
	pid_t pid;

	if (pipe2(p, O_CLOEXEC) < 0)
		return -1;
	pid = fork();
	if (pid == 0 && (!session || setsid() > 0) && fork() == 0) {
		error = first() < 0 ? errno : 0;
		if (write(p[1], &error, sizeof(error)) == sizeof(error) && !error) {
			close(p[1]);
			for (;;)
				pause();
		}
		_exit(1);
	}
	if (pid == 0)
		_exit(0);
	close(p[1]);
	waitpid(pid, NULL, 0);
	if (read(p[0], &error, sizeof(error)) != sizeof(error))
		error = ECANCELED;
	close(p[0]);
	errno = error;
	return error ? -1 : 0;
}

int stay(int (*first)(void))
{
	return begin(first, 1);
}

int linger(int (*first)(void))
{
	return begin(first, 0);
}

int is_path(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

static int has_descriptor(const char *pid, const char *text)
{
	char path[600], link[256];
	struct dirent *entry;
	int found = 0;
	ssize_t n;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%s/fd", pid);
	dir = opendir(path);
	while (dir && !found && (entry = readdir(dir))) {
		n = readlinkat(dirfd(dir), entry->d_name, link, sizeof(link) - 1);
		link[n > 0 ? n : 0] = '\0';
		found = strstr(link, text) != NULL;
	}
	if (dir)
		closedir(dir);
	return found;
}

static int says(const char *pid, const char *file, const char *text)
{
	char path[600], content[8192];
	ssize_t n = -1;
	int fd;

	snprintf(path, sizeof(path), "/proc/%s/%s", pid, file);
	fd = open(path, O_RDONLY);
	if (fd >= 0) {
		n = read(fd, content, sizeof(content) - 1);
		close(fd);
	}
	content[n > 0 ? n : 0] = '\0';
	return strstr(content, text) != NULL;
}

/* Of all processes but sb-init and ourselves. */
static int is_any(const char *file, const char *text)
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;
	int found = 0;

	if (!dir)
		return -1;
	while (!found && (entry = readdir(dir))) {
		int pid = atoi(entry->d_name);

		if (pid > 1 && pid != getpid())
			found = file ? says(entry->d_name, file, text) : has_descriptor(entry->d_name, text);
	}
	closedir(dir);
	return found;
}

int is_held(const char *text)
{
	return is_any(NULL, text);
}

int is_said(const char *file, const char *text)
{
	return is_any(file, text);
}

int main(int argc, char **argv)
{
	static const struct leftover *const all[] = { file_leftovers, ipc_leftovers, process_leftovers,
						      net_leftovers };
	int r;

	for (size_t i = 0; argc == 3 && i < sizeof(all) / sizeof(all[0]); i++)
		for (const struct leftover *one = all[i]; one->name; one++) {
			if (strcmp(one->name, argv[2]))
				continue;
			r = !strcmp(argv[1], "plant") ? one->plant() : one->look();
			if (r < 0) {
				dprintf(1, "%s %s: %s\n", argv[1], argv[2], strerror(errno));
				return 3;
			}
			return !strcmp(argv[1], "plant") ? 0 : !r;
		}
	dprintf(1, "leftovers: what is that?\n");
	return 4;
}
