// SPDX-License-Identifier: MIT
/* For the tests of cgroups: what this machine offers, a parent of their own, commands that are talked to. */
#include "fixture_cgroup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATHS 4096

static char base[PATHS], parent[PATHS];

const char *fx_cg_of(pid_t pid)
{
	static char path[4][PATHS];
	static unsigned turn;
	char name[64], line[PATHS], *p = path[turn++ % 4];
	FILE *f;

	*p = '\0';
	snprintf(name, sizeof(name), pid ? "/proc/%d/cgroup" : "/proc/self/cgroup", pid);
	f = fopen(name, "re");
	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, "0::/", 4) && fx_cg_mount())
			snprintf(p, PATHS, "%.2000s%.2000s", fx_cg_mount(), line[4] == '\n' ? "" : line + 3);
	if (f)
		fclose(f);
	p[strcspn(p, "\n")] = '\0';
	return p;
}

const char *fx_cg_text(const char *dir, const char *file)
{
	static char text[4][16384];
	static unsigned turn;
	char path[PATHS], *p = text[turn++ % 4];
	ssize_t n = 0, got;
	int fd;

	snprintf(path, sizeof(path), "%.3900s/%.100s", dir, file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	while (fd >= 0 && (got = read(fd, p + n, sizeof(text[0]) - 1 - (size_t)n)) > 0)
		n += got;
	if (fd >= 0)
		close(fd);
	p[n] = '\0';
	if (n && p[n - 1] == '\n')
		p[n - 1] = '\0';
	return p;
}

int fx_cg_put(const char *dir, const char *file, const char *text)
{
	char path[PATHS];
	int fd, r = 0;

	snprintf(path, sizeof(path), "%.3900s/%.100s", dir, file);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		r = -errno;
	if (fd >= 0)
		close(fd);
	return r;
}

int fx_cg_children(const char *dir, char name[64])
{
	struct dirent *e;
	int n = 0;
	DIR *d;

	d = opendir(dir);
	while (d && (e = readdir(d))) {
		if (e->d_type != DT_DIR || e->d_name[0] == '.')
			continue;
		n++;
		if (name)
			snprintf(name, 64, "%.63s", e->d_name);
	}
	if (d)
		closedir(d);
	return n;
}

/* NULL, or why a cgroup in @dir would not have all of @files. */
static const char *lacks(const char *dir, const char *files)
{
	static char why[PATHS];
	char path[PATHS], file[PATHS + 64], words[256], *word, *save = NULL;

	snprintf(path, sizeof(path), "%.3900s/test-%d-probe", dir, getpid());
	if (mkdir(path, 0755) < 0) {
		snprintf(why, sizeof(why), "no cgroup can be made in %.2000s (%s)", dir, strerror(errno));
		return why;
	}
	why[0] = '\0';
	snprintf(words, sizeof(words), "%s", files);
	for (word = strtok_r(words, " ", &save); word && !why[0]; word = strtok_r(NULL, " ", &save)) {
		snprintf(file, sizeof(file), "%s/%.60s", path, word);
		if (access(file, F_OK) < 0)
			snprintf(why, sizeof(why), "no %.60s for a cgroup in %.2000s", word, dir);
	}
	rmdir(path);
	return why[0] ? why : NULL;
}

const char *fx_cg_lacks(const char *files)
{
	const char *own = fx_cg_of(0), *why = NULL;
	char above[PATHS];

	if (!own[0])
		return "no cgroup v2 file system shows the cgroup of this process";
	snprintf(above, sizeof(above), "%s", own);
	if (strlen(own) > strlen(fx_cg_mount())) {
		*strrchr(above, '/') = '\0';
		if (access(above, W_OK) == 0) {
			why = lacks(above, files);
			if (!why)
				own = above;
		}
	}
	if (own != above)
		why = lacks(own, files);
	if (!why)
		snprintf(base, sizeof(base), "%s", own);
	return why;
}

void fx_cg_need(const char *files)
{
	const char *why = fx_cg_lacks(files);

	if (why)
		fx_skip("%s", why);
}

const char *fx_cg_base(void)
{
	return base;
}

const char *fx_cg_parent(void)
{
	char all[512], word[64], *name, *save = NULL;

	assert_true(base[0]);
	snprintf(parent, sizeof(parent), "%.3900s/test-%d-parent", base, getpid());
	assert_int_equal(mkdir(parent, 0755), 0);
	snprintf(all, sizeof(all), "%s", fx_cg_text(parent, "cgroup.controllers"));
	for (name = strtok_r(all, " ", &save); name; name = strtok_r(NULL, " ", &save)) {
		snprintf(word, sizeof(word), "+%.60s", name);
		fx_ok(fx_cg_put(parent, "cgroup.subtree_control", word));
	}
	return parent;
}

void fx_cg_parent_end(void)
{
	char name[64] = "";
	int n = fx_cg_children(parent, name);

	if (n)
		fail_msg("%d cgroups are left in %s, such as %s", n, parent, name);
	assert_int_equal(rmdir(parent), 0);
	parent[0] = '\0';
}

pid_t fx_parent_of(pid_t pid)
{
	char path[64], line[256];
	int ppid = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		sscanf(line, "PPid: %d", &ppid);
	if (f)
		fclose(f);
	return ppid;
}

void fx_cg_leaf_is_in(sb_config *cfg, const char *dir)
{
	sb_proc *proc = fx_spawn(cfg);
	const char *leaf = fx_cg_of(sb_proc_pid(proc));

	if (strncmp(leaf, dir, strlen(dir)) || strncmp(leaf + strlen(dir), "/sb-", 4))
		fail_msg("the leaf is %s, not in %s", leaf, dir);
	sb_proc_free(proc);
	sb_config_free(cfg);
}

pid_t fx_cg_put_somebody(const char *dir)
{
	char number[16];
	pid_t pid;

	pid = fork();
	if (pid == 0)
		for (;;)
			pause();
	snprintf(number, sizeof(number), "%d", pid);
	fx_ok(fx_cg_put(dir, "cgroup.procs", number));
	return pid;
}

void fx_cg_remove_somebody(pid_t pid)
{
	int status;

	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
}

sb_config *fx_cg_config_v(const char *const args[])
{
	sb_config *cfg = fx_config_v(args);

	fx_ok(sb_set_cgroup_flags(cfg, SB_CGROUP_ACCOUNT | SB_CGROUP_NO_SYSTEMD));
	return cfg;
}

void fx_talk_begin(struct fx_talk *talk, sb_box *box, sb_config *cfg)
{
	sb_error err = SB_INIT(sb_error);
	int in[2], out[2], r;

	memset(talk, 0, sizeof(*talk));
	fx_ok(pipe2(in, O_CLOEXEC));
	fx_ok(pipe2(out, O_CLOEXEC));
	fx_ok(sb_set_fd(cfg, 0, in[0]));
	fx_ok(sb_set_fd(cfg, 1, out[1]));
	r = box ? sb_box_spawn(box, cfg, &talk->proc, &err) : sb_spawn(cfg, &talk->proc, &err);
	close(in[0]);
	close(out[1]);
	talk->in = in[1];
	talk->out = out[0];
	if (r < 0)
		fail_msg("spawn: %s [step %s %u] hint: %s", err.message, sb_step_name(err.step), err.index,
			 err.hint);
}

const char *fx_talk_until(struct fx_talk *talk, const char *word)
{
	ssize_t n;

	while (!strstr(talk->said, word)) {
		n = read(talk->out, talk->said + talk->len, sizeof(talk->said) - 1 - talk->len);
		if (n <= 0)
			fail_msg("it did not say \"%s\", only:\n%s", word, talk->said);
		talk->len += (size_t)n;
		talk->said[talk->len] = '\0';
	}
	return talk->said;
}

void fx_talk_go(struct fx_talk *talk)
{
	assert_int_equal(write(talk->in, "x", 1), 1);
}

void fx_talk_end(struct fx_talk *talk, sb_result *res)
{
	sb_error err = SB_INIT(sb_error);
	ssize_t n;

	close(talk->in);
	/* Before the rest is read: on kernels before 5.14 what it left behind holds the pipe until we ask. */
	if (sb_proc_wait(talk->proc, UINT64_MAX, res, &err) != 1)
		fail_msg("sb_proc_wait: %s", err.message);
	while ((n = read(talk->out, talk->said + talk->len, sizeof(talk->said) - 1 - talk->len)) > 0)
		talk->len += (size_t)n;
	talk->said[talk->len] = '\0';
	close(talk->out);
}

void fx_talk_free(struct fx_talk *talk)
{
	talk->proc = sb_proc_free(talk->proc);
}

sb_stats fx_stats(sb_proc *proc)
{
	sb_error err = SB_INIT(sb_error);
	sb_stats stats = SB_INIT(sb_stats);

	if (sb_proc_stats(proc, &stats, &err) < 0)
		fail_msg("sb_proc_stats: %s", err.message);
	return stats;
}

int fx_emulated(void)
{
	return getenv("VM_CGROUP") != NULL;
}
