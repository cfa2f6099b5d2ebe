/* SPDX-License-Identifier: MIT */
/* Starting a program of the system, and hearing what it has to say. */
#include "helper.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void put(posix_spawn_file_actions_t *files, int fd, int target)
{
	if (fd < 0)
		posix_spawn_file_actions_addopen(files, target, "/dev/null", O_RDWR, 0);
	else
		posix_spawn_file_actions_adddup2(files, fd, target);
}

int sbi_helper_start(const char *const argv[], char *const env[], int in, int out, int words, pid_t *child)
{
	char *const nothing[] = { NULL };
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t none, all;
	int r;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setsigdefault(&attr, &all); /* a host may ignore SIGCHLD or SIGPIPE */
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	posix_spawn_file_actions_init(&files);
	put(&files, in, 0);
	put(&files, out, 1);
	put(&files, words, 2);
	/* it changes none of them */
	r = posix_spawnp(child, argv[0], &files, &attr, (char *const *)argv, env ? env : nothing);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attr);
	return -r;
}

static void read_words(int fd, char *words, size_t len)
{
	ssize_t n = read(fd, words, len - 1);

	words[n > 0 ? n : 0] = '\0';
	words[strcspn(words, "\n")] = '\0';
}

int sbi_helper_run(const char *const argv[], char *const env[], int from, char *words, size_t len)
{
	int pair[2], r, status = 0;
	pid_t child;

	words[0] = '\0';
	if (pipe2(pair, O_CLOEXEC) < 0)
		return -errno;
	r = sbi_helper_start(argv, env, -1, from == 1 ? pair[1] : -1, from == 2 ? pair[1] : -1, &child);
	close(pair[1]);
	if (r == 0)
		read_words(pair[0], words, len);
	close(pair[0]);
	if (r < 0)
		return r;
	while ((r = waitpid(child, &status, 0)) < 0 && errno == EINTR)
		;
	if (r < 0)
		return -ECHILD;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
