/* SPDX-License-Identifier: MIT */
/* Other sandboxes from their command lines, set to do the same as the floor as far as they can. */
#include "bench.h"

#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void add_target(struct command *cmd, const struct target *t, bool composed)
{
	command_add(cmd, composed ? t->inside : t->file, NULL);
	for (size_t i = 1; t->argv[i]; i++)
		command_add(cmd, t->argv[i], NULL);
}

/* What the floor shows in a composed root is what the peers are told to show. */
static int same_entries(struct bench_case *c, const struct target *t, struct floor *f)
{
	int r;

	*f = (struct floor){ .composed = true };
	r = floor_prepare(f, t->bind ? t->file : NULL, t->inside);
	if (r < 0)
		snprintf(c->why, sizeof(c->why), "system directories: %s", strerror(-r));
	return r;
}

int bwrap_open(struct bench_case *c, const struct target *t)
{
	struct command *cmd;
	struct floor f;

	if (same_entries(c, t, &f) < 0)
		return -1;
	cmd = command_new(c, t, "bwrap");
	if (!cmd)
		return -1;
	command_add(cmd, "--unshare-all", "--uid", "1000", "--gid", "1000", "--hostname", "sandbox", NULL);
	command_add(cmd, "--clearenv", "--new-session", "--cap-drop", "ALL", NULL);
	if (!c->composed)
		command_add(cmd, "--ro-bind", "/", "/", NULL);
	for (size_t i = 0; c->composed && i < f.n_entries; i++) {
		char target[300];

		snprintf(target, sizeof(target), "/%s", f.entry[i].target);
		command_add(cmd, f.entry[i].kind == FLOOR_LINK ? "--symlink" : "--ro-bind", f.entry[i].source,
			    target, NULL);
	}
	command_add(cmd, "--dev", "/dev", "--tmpfs", "/tmp", "--proc", "/proc", NULL);
	if (c->composed)
		command_add(cmd, "--remount-ro", "/", NULL);
	command_add(cmd, "--", NULL);
	add_target(cmd, t, c->composed);
	return 0;
}

int cli_open(struct bench_case *c, const struct target *t)
{
	char bind[4200], offset[32];
	struct command *cmd;

	if (!t->cli) {
		snprintf(c->why, sizeof(c->why), "it is not built; --cli names it");
		return -1;
	}
	cmd = command_new(c, t, t->cli);
	if (!cmd)
		return -1;
	snprintf(offset, sizeof(offset), "%d", BENCH_BOOTTIME);
	command_add(cmd, "run", "--boottime", offset, NULL);
	if (!c->composed) {
		command_add(cmd, "--rootfs", "/", "--read-only", "--dev", "--tmpfs", "/tmp", NULL);
	} else if (t->bind) {
		snprintf(bind, sizeof(bind), "%s:%s:ro", t->file, t->inside);
		command_add(cmd, "-v", bind, NULL);
	}
	command_add(cmd, "--", NULL);
	add_target(cmd, t, c->composed);
	return 0;
}

/* No root file system of its own, all capabilities kept, ids mapped to root: the least of the peers. */
int unshare_open(struct bench_case *c, const struct target *t)
{
	struct command *cmd;
	char offset[32];

	cmd = command_new(c, t, "unshare");
	if (!cmd)
		return -1;
	snprintf(offset, sizeof(offset), "%d", BENCH_BOOTTIME);
	command_add(cmd, "--user", "--map-root-user", "--pid", "--fork", "--mount-proc", "--net", "--ipc",
		    "--uts", "--cgroup", "--time", "--boottime", offset, "--", NULL);
	add_target(cmd, t, false);
	return 0;
}

/* Three whose own way is to keep the host's "/": with all namespaces that they have, and no filter. */
int minijail_open(struct bench_case *c, const struct target *t)
{
	struct command *cmd = command_new(c, t, "minijail0");

	if (!cmd)
		return -1;
	/*
	 * static: nothing is preloaded. Then user, mount and pid namespace, /proc read-only,
	 * network, ipc, cgroup.
	 */
	command_add(cmd, "-T", "static", "-U", "-v", "-p", "-r", "-e", "-l", "-N", "--uts", "-m", "-M", "--",
		    NULL);
	add_target(cmd, t, false);
	return 0;
}

int nsjail_open(struct bench_case *c, const struct target *t)
{
	struct command *cmd = command_new(c, t, "nsjail");

	if (!cmd)
		return -1;
	command_add(cmd, "-Mo", "-q", "--chroot", "/", "--", NULL);
	add_target(cmd, t, false);
	return 0;
}

int firejail_open(struct bench_case *c, const struct target *t)
{
	struct command *cmd = command_new(c, t, "firejail");

	if (!cmd)
		return -1;
	command_add(cmd, "--quiet", "--noprofile", "--net=none", "--", NULL);
	add_target(cmd, t, false);
	return 0;
}

/* A box of its own that is kept between the runs, as its users have it: isolate --init, then --cleanup. */
static int isolate_box(struct bench_case *c, const struct target *t, const char *what)
{
	struct bench_case other = { .name = c->name };
	struct command *cmd = command_new(&other, t, "isolate");
	char box[32];
	int r;

	if (!cmd) {
		memcpy(c->why, other.why, sizeof(c->why));
		return -1;
	}
	snprintf(box, sizeof(box), "--box-id=%d", 900 + (int)getpid() % 100);
	command_add(cmd, box, what, NULL);
	r = command_run(&other);
	command_close(&other);
	if (r != 0)
		memcpy(c->why, other.why, sizeof(c->why));
	return r == 0 ? 0 : -1;
}

static void isolate_close(struct bench_case *c)
{
	static const struct target none;

	if (c->state)
		isolate_box(c, &none, "--cleanup");
	command_close(c);
}

int isolate_open(struct bench_case *c, const struct target *t)
{
	const char *name = strrchr(t->file, '/');
	char box[32], dir[4200], inside[4200];
	struct command *cmd;

	if (isolate_box(c, t, "--init") < 0)
		return -1;
	cmd = command_new(c, t, "isolate");
	if (!cmd)
		return -1;
	c->close = isolate_close;
	snprintf(box, sizeof(box), "--box-id=%d", 900 + (int)getpid() % 100);
	snprintf(dir, sizeof(dir), "--dir=target=%.*s", (int)(name - t->file), t->file);
	snprintf(inside, sizeof(inside), "/target%s", name);
	command_add(cmd, "--silent", box, "--processes", NULL);
	if (t->bind)
		command_add(cmd, dir, NULL);
	command_add(cmd, "--run", "--", t->bind ? inside : t->file, NULL);
	for (size_t i = 1; t->argv[i]; i++)
		command_add(cmd, t->argv[i], NULL);
	return 0;
}

static void put_mount(FILE *out, const char *type, const char *source, const char *target,
		      const char *options)
{
	fputs(",\n  {\"type\": ", out);
	json_string(out, type);
	fputs(", \"source\": ", out);
	json_string(out, source);
	fputs(", \"destination\": ", out);
	json_string(out, target);
	fprintf(out, ", \"options\": [%s]}", options);
}

static void put_mounts(FILE *out, const struct floor *f)
{
	char target[300];

	fputs("\"mounts\": [{\"type\": \"proc\", \"source\": \"proc\", \"destination\": \"/proc\"}", out);
	for (size_t i = 0; i < f->n_entries; i++) {
		snprintf(target, sizeof(target), "/%s", f->entry[i].target);
		if (f->entry[i].kind != FLOOR_LINK)
			put_mount(out, "bind", f->entry[i].source, target,
				  "\"bind\", \"ro\", \"nosuid\", \"nodev\"");
	}
	put_mount(out, "tmpfs", "tmpfs", "/dev", "\"nosuid\", \"noexec\", \"mode=755\"");
	put_mount(out, "devpts", "devpts", "/dev/pts",
		  "\"nosuid\", \"noexec\", \"newinstance\", \"ptmxmode=0666\", \"mode=0620\"");
	put_mount(out, "tmpfs", "shm", "/dev/shm", "\"nosuid\", \"nodev\", \"noexec\", \"mode=1777\"");
	put_mount(out, "tmpfs", "tmpfs", "/tmp", "\"nosuid\", \"nodev\", \"mode=1777\"");
	fputs("],\n", out);
}

static void put_spec(FILE *out, const struct target *t, const struct floor *f)
{
	fputs("{\"ociVersion\": \"1.0.0\", \"hostname\": \"sandbox\",\n"
	      "\"root\": {\"path\": \"rootfs\", \"readonly\": true},\n"
	      "\"process\": {\"cwd\": \"/\", \"noNewPrivileges\": true, \"user\": {\"uid\": 0, \"gid\": 0},\n"
	      "  \"capabilities\": {}, \"rlimits\": [{\"type\": \"RLIMIT_CORE\", \"soft\": 0, \"hard\": 0}],\n"
	      "  \"args\": [",
	      out);
	json_string(out, t->inside);
	for (size_t i = 1; t->argv[i]; i++) {
		fputs(", ", out);
		json_string(out, t->argv[i]);
	}
	fputs("]},\n", out);
	put_mounts(out, f);
	fprintf(out,
		"\"linux\": {\"namespaces\": [{\"type\": \"user\"}, {\"type\": \"pid\"}, {\"type\": \"mount\"},\n"
		"  {\"type\": \"network\"}, {\"type\": \"ipc\"}, {\"type\": \"uts\"}, {\"type\": \"cgroup\"}],\n"
		"\"uidMappings\": [{\"containerID\": 0, \"hostID\": %u, \"size\": 1}],\n"
		"\"gidMappings\": [{\"containerID\": 0, \"hostID\": %u, \"size\": 1}],\n"
		"\"readonlyPaths\": [\"/proc/sys\", \"/proc/sysrq-trigger\", \"/proc/irq\", \"/proc/bus\", "
		"\"/proc/fs\"]}}\n",
		f->outside, f->outside_gid);
}

/* A bundle: config.json, and a directory that holds the links and a place for each mount. */
static int make_bundle(struct command *cmd, const struct target *t, const struct floor *f)
{
	char path[400];
	FILE *out;

	snprintf(cmd->scratch, sizeof(cmd->scratch), "/tmp/bench-crun-XXXXXX");
	if (!mkdtemp(cmd->scratch)) {
		cmd->scratch[0] = '\0';
		return -1;
	}
	chmod(cmd->scratch, 0755);
	snprintf(path, sizeof(path), "%s/rootfs", cmd->scratch);
	mkdir(path, 0755);
	for (size_t i = 0; i < f->n_entries; i++) {
		snprintf(path, sizeof(path), "%s/rootfs/%s", cmd->scratch, f->entry[i].target);
		if (f->entry[i].kind == FLOOR_LINK && symlink(f->entry[i].source, path) < 0)
			return -1;
	}
	/* The user of the sandbox makes the mount points, on a host where root is not that user. */
	snprintf(path, sizeof(path), "%s/rootfs", cmd->scratch);
	if (geteuid() == 0 && chown(path, f->outside, f->outside_gid) < 0)
		return -1;
	snprintf(path, sizeof(path), "%s/config.json", cmd->scratch);
	out = fopen(path, "we");
	if (!out)
		return -1;
	put_spec(out, t, f);
	if (fclose(out) != 0)
		return -1;
	/*
	 * It makes its user the owner of whatever the standard descriptors are: never the host's
	 * /dev/null.
	 */
	snprintf(cmd->stdio, sizeof(cmd->stdio), "%s/stdio", cmd->scratch);
	out = fopen(cmd->stdio, "we");
	return out && fclose(out) == 0 ? 0 : -1;
}

int crun_open(struct bench_case *c, const struct target *t)
{
	char state[80], id[32];
	struct command *cmd;
	struct floor f;

	if (t->keep_stdio) {
		snprintf(c->why, sizeof(c->why),
			 "left out: it would give your standard output to another owner");
		return -1;
	}
	if (same_entries(c, t, &f) < 0)
		return -1;
	cmd = command_new(c, t, "crun");
	if (!cmd)
		return -1;
	if (make_bundle(cmd, t, &f) < 0) {
		snprintf(c->why, sizeof(c->why), "no bundle could be made: %m");
		return -1;
	}
	snprintf(state, sizeof(state), "%s/state", cmd->scratch);
	snprintf(id, sizeof(id), "bench-%d", (int)getpid());
	command_add(cmd, "--cgroup-manager=disabled", "--root", state, "run", "--bundle", cmd->scratch, id,
		    NULL);
	return 0;
}
