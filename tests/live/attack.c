// SPDX-License-Identifier: MIT
/* An attack, run inside by the tests: 0 it worked, 1 it was refused, 77 it means nothing here. */
#include "attack.h"

#include <errno.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char **arguments;

const char *given(const char *key)
{
	size_t n = strlen(key);

	for (char **a = arguments; a && *a; a++)
		if (!strncmp(*a, key, n) && (*a)[n] == '=')
			return *a + n + 1;
	return "";
}

int refused(const char *what)
{
	const char *name = strerrorname_np(errno);

	say("%s: %s\n", what, name ? name : "?");
	return DENIED;
}

int not_here(const char *why)
{
	say("%s\n", why);
	return NOT_HERE;
}

int tried(int ok, const char *what)
{
	if (!ok)
		return refused(what);
	say("%s: done\n", what);
	return WORKED;
}

int heard(long r, const char *what)
{
	return tried(r >= 0 || (errno != EPERM && errno != EACCES && errno != ENOSYS), what);
}

/* Each in a child: a filter may kill it, and one must not prepare the next. */
static int in_child(const struct probe *probe)
{
	int status = 0;
	pid_t pid = fork();

	if (pid < 0)
		return refused("fork");
	if (pid == 0)
		_exit(probe->attack());
	waitpid(pid, &status, __WALL);
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	say("%s %s: killed by signal %d\n", probe->class, probe->way, WTERMSIG(status));
	return DENIED;
}

/* One way that works is enough. */
static int attack(const char *class, const char *way)
{
	static const struct probe *const lists[] = {file_probes, kernel_probes, process_probes,
						    outside_probes, inherited_probes};
	int answer = -1, r;

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		for (const struct probe *p = lists[i]; p->class; p++) {
			if (strcmp(p->class, class) || (strcmp(p->way, way) && strcmp(way, "-")))
				continue;
			r = in_child(p);
			answer = answer < 0 || r == WORKED || answer == NOT_HERE ? r : answer;
			if (answer == WORKED)
				return WORKED;
		}
	if (answer < 0)
		say("attack: what is %s %s?\n", class, way);
	return answer < 0 ? 99 : answer;
}

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "call"))
		return call_main(argv + 2);
	if (argc > 1 && !strcmp(argv[1], "gained"))
		return gained();
	if (argc < 3) {
		say("attack CLASS WAY|- [KEY=VALUE...]\n");
		return 99;
	}
	arguments = argv + 3;
	return attack(argv[1], argv[2]);
}
