/* SPDX-License-Identifier: MIT */
/* The last step: find the program, execute it, and know why if that fails. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <time.h>

#include "init.h"

#define PATH_MAX_ 4096 /* with the NUL; the setters let no longer name through */
#define ST_NOEXEC_ 8

/* Fill the pointers in front of @count strings. */
static char **pointers(struct run *run, uint32_t offset, uint32_t count)
{
	char **list = (char **)(run->base + offset), *text = (char *)(list + count + 1);

	for (uint32_t i = 0; i < count; i++) {
		list[i] = text;
		text += text_length(text) + 1;
	}
	list[count] = NULL;
	return list;
}

static const char *search_path(char *const *env)
{
	for (; *env; env++)
		if ((*env)[0] == 'P' && (*env)[1] == 'A' && (*env)[2] == 'T' && (*env)[3] == 'H' &&
		    (*env)[4] == '=')
			return *env + 5;
	return "/usr/local/bin:/usr/bin:/bin";
}

/* Why did execve fail? The errno alone does not tell a missing file from a missing interpreter. */
static uint32_t find_detail(const char *path, int error)
{
	struct statfs fs;
	struct statx st;

	if (error == -ENOENT)
		return SYS(faccessat, AT_FDCWD, path) == 0 ? SBI_DETAIL_INTERPRETER : SBI_DETAIL_NONE;
	if (error != -EACCES)
		return SBI_DETAIL_NONE;
	if (SYS(statx, AT_FDCWD, path, 0, STATX_TYPE | STATX_MODE, &st) < 0)
		return SBI_DETAIL_NONE;
	if ((st.stx_mode & S_IFMT) != S_IFREG || !(st.stx_mode & 0111))
		return SBI_DETAIL_NOT_EXECUTABLE;
	if (SYS(statfs, path, &fs) == 0 && (fs.f_flags & ST_NOEXEC_))
		return SBI_DETAIL_NOEXEC_MOUNT;
	return SBI_DETAIL_NONE;
}

static int execute(struct run *run, const char *path, char **argv, char **env)
{
	struct timespec used = { 0 };
	int r;

	/* What this process has used until now is the set-up's, what comes is the command's. */
	SYS(clock_gettime, CLOCK_PROCESS_CPUTIME_ID, &used);
	run->used_ns = (uint64_t)used.tv_sec * 1000000000 + (uint64_t)used.tv_nsec;
	run->exec_ns = now();
	report_exec(run);
	r = (int)SYS(execve, path, argv, env);

	run->detail = find_detail(path, r);
	return r;
}

/* As execvp(3): go on when it is not here, remember when it was here and might not be run. */
static int execute_from_path(struct run *run, const char *name, char **argv, char **env)
{
	static char path[2 * PATH_MAX_];
	const char *dirs = search_path(env);
	uint32_t denied_detail = 0;
	int denied = 0, r;

	for (;;) {
		size_t len = 0;

		while (dirs[len] && dirs[len] != ':' && len < PATH_MAX_ - 1) {
			path[len] = dirs[len];
			len++;
		}
		if (len)
			path[len++] = '/';
		for (size_t i = 0; (path[len++] = name[i]); i++)
			;
		r = execute(run, path, argv, env);
		if (r == -EACCES) {
			denied = r;
			denied_detail = run->detail;
		} else if ((r != -ENOENT && r != -ENOTDIR) || run->detail) {
			return r;
		}
		while (*dirs && *dirs != ':')
			dirs++;
		if (!*dirs++)
			break;
	}
	run->detail = denied_detail;
	return denied ? denied : -ENOENT;
}

/* EXEC: text[0] program, text[2] argv of count, text[3] environment of id[0], arg[0] look in PATH. */
int do_exec(struct run *run, const struct sbi_op *op)
{
	char **argv = pointers(run, op->text[2], op->count);
	char **env = pointers(run, op->text[3], op->id[0]);
	const char *path = op_text(run, op->text[0]);

	return op->arg[0] ? execute_from_path(run, path, argv, env) : execute(run, path, argv, env);
}
