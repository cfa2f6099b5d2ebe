// SPDX-License-Identifier: MIT
/* The host of an attack: careless in every way that one can be, with something to find in every place. */
#include "attack_open.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#define NOBODY 65534

struct situation host;

/* A process that the command, were it not in a sandbox, could do anything to. */
static pid_t start_victim(void)
{
	int p[2];
	char byte;
	pid_t pid;

	fx_ok(pipe2(p, O_CLOEXEC));
	pid = fork();
	if (pid == 0) {
		if (fx_who() == FX_ROOT &&
		    (setresgid(NOBODY, NOBODY, NOBODY) || setresuid(NOBODY, NOBODY, NOBODY)))
			_exit(1);
		prctl(PR_SET_DUMPABLE, 1);
		prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
		close(p[0]);
		close(p[1]);
		for (;;)
			pause();
	}
	close(p[1]);
	assert_int_equal(read(p[0], &byte, 1), 0); /* it is ready */
	close(p[0]);
	return pid;
}

static void copy_program(const char *to, mode_t mode)
{
	char buf[65536];
	int from = open(fx_beside("attack"), O_RDONLY | O_CLOEXEC),
	    fd = open(to, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	ssize_t n;

	while ((n = read(from, buf, sizeof(buf))) > 0)
		assert_int_equal(write(fd, buf, (size_t)n), n);
	fx_ok(fchmod(fd, mode));
	close(from);
	close(fd);
}

/* What only root can lay out, on a file system without nosuid and nodev. */
static void lay_out_bait(void)
{
	struct vfs_cap_data capability = {.magic_etc = VFS_CAP_REVISION_2 | VFS_CAP_FLAGS_EFFECTIVE,
					  .data = {{.permitted = 1 << CAP_CHOWN, .inheritable = 0}}};
	int fd;

	if (fx_who() == FX_ROOT)
		fx_mount("bait", "mode=0777");
	else
		fx_mkdir("bait");
	fd = open(fx_path("bait/shared"), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	assert_true(fd >= 0);
	fx_ok(fchmod(fd, 0666));
	close(fd);
	if (fx_who() != FX_ROOT)
		return;
	copy_program(fx_path("bait/suid"), 04755);
	copy_program(fx_path("bait/fcap"), 0755);
	fx_ok(setxattr(fx_path("bait/fcap"), "security.capability", &capability, XATTR_CAPS_SZ_2, 0));
	fx_ok(mknod(fx_path("bait/device"), S_IFCHR | 0666, makedev(1, 7)));
	fx_ok(chmod(fx_path("bait/device"), 0666));
	fx_write("bait/secret", "of root");
	fx_ok(chmod(fx_path("bait/secret"), 0600));
}

static int listen_at(int family, struct sockaddr *at, socklen_t len)
{
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	fx_ok(bind(fd, at, len));
	fx_ok(listen(fd, 5));
	return fd;
}

static void listen_everywhere(void)
{
	struct sockaddr_in in = {.sin_family = AF_INET};
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	socklen_t len = sizeof(in);

	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	host.tcp = listen_at(AF_INET, (struct sockaddr *)&in, sizeof(in));
	fx_ok(getsockname(host.tcp, (struct sockaddr *)&in, &len));
	host.port = ntohs(in.sin_port);
	snprintf(host.name, sizeof(host.name), "sandbox-test-%d", (int)getpid());
	strcpy(un.sun_path + 1, host.name);
	host.abstract =
		listen_at(AF_UNIX, (struct sockaddr *)&un,
			  (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(host.name)));
}

void host_begin(void)
{
	sigset_t blocked;
	int fd;

	memset(&host, 0, sizeof(host));
	host.shm = host.tcp = host.abstract = host.number = -1;
	lay_out_bait();
	snprintf(host.path, sizeof(host.path), "%s", fx_write("bait.txt", "found"));
	assert_non_null(getcwd(host.cwd, sizeof(host.cwd)));
	sigprocmask(SIG_BLOCK, NULL, &host.mask);
	host.victim = start_victim();
	listen_everywhere();
	snprintf(host.key, sizeof(host.key), "%#x", 0x5b000000 | (unsigned)getpid());
	host.shm = shmget((key_t)strtol(host.key, NULL, 0), 4096, IPC_CREAT | 0666);
	assert_true(host.shm >= 0);
	snprintf(host.shm_name, sizeof(host.shm_name), "/sandbox-test-%d", (int)getpid());
	fd = shm_open(host.shm_name, O_RDWR | O_CREAT, 0666);
	if (fd >= 0)
		fchmod(fd, 0666);
	close(fd);
	setenv("SANDBOX_SECRET", "found", 1);
	host.number = open(fx_tmp(), O_RDONLY | O_DIRECTORY); /* not close-on-exec */
	fx_ok(chdir(fx_tmp()));
	umask(0);
	signal(SIGUSR1, SIG_IGN);
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGUSR2);
	sigprocmask(SIG_BLOCK, &blocked, NULL);
}

void host_end(void)
{
	if (!host.victim)
		return;
	sigprocmask(SIG_SETMASK, &host.mask, NULL);
	signal(SIGUSR1, SIG_DFL);
	umask(022);
	fx_ok(chdir(host.cwd));
	close(host.number);
	unsetenv("SANDBOX_SECRET");
	shm_unlink(host.shm_name);
	shmctl(host.shm, IPC_RMID, NULL);
	close(host.tcp);
	close(host.abstract);
	kill(host.victim, SIGKILL);
	waitpid(host.victim, NULL, 0);
	host.victim = 0;
	if (fx_who() == FX_ROOT)
		fx_umount("bait");
}
