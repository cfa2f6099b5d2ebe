// SPDX-License-Identifier: MIT
/* What is left in the kernel's own stores: System V and POSIX ipc, keys, names. */
#include "leftovers.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <mqueue.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <unistd.h>

#define KEY 0x5b

static int plant_shm(void) { return shmget(KEY, 4096, IPC_CREAT | IPC_EXCL | 0600); }
static int look_shm(void) { return shmget(KEY, 0, 0) >= 0; }
static int plant_sem(void) { return semget(KEY, 1, IPC_CREAT | IPC_EXCL | 0600); }
static int look_sem(void) { return semget(KEY, 0, 0) >= 0; }

static int plant_msg(void)
{
	struct {
		long type;
		char text[8];
	} message = {1, "left"};
	int id = msgget(KEY, IPC_CREAT | IPC_EXCL | 0600);

	return id < 0 ? -1 : msgsnd(id, &message, sizeof(message.text), IPC_NOWAIT);
}
static int look_msg(void) { return msgget(KEY, 0) >= 0; }

/* Removed, and still in use. */
static int attach(void)
{
	int id = shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600);

	if (id < 0 || shmat(id, NULL, 0) == (void *)-1)
		return -1;
	return shmctl(id, IPC_RMID, NULL);
}
static int plant_attached(void) { return stay(attach); }
static int look_attached(void)
{
	char text[4096];
	int fd = open("/proc/sysvipc/shm", O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (n < 0)
		return -1;
	text[n] = '\0';
	return strchr(text, '\n') + 1 < text + n;
}

static int plant_mqueue(void)
{
	return mq_open("/left", O_RDWR | O_CREAT | O_EXCL, 0600, NULL) < 0 ? -1 : 0;
}
static int look_mqueue(void)
{
	return mq_open("/left", O_RDONLY) >= 0;
}

static int plant_posix_shm(void)
{
	return open("/dev/shm/left", O_RDWR | O_CREAT | O_EXCL, 0600) < 0 ? -1 : 0;
}
static int look_posix_shm(void) { return access("/dev/shm/left", F_OK) == 0; }

static int hold_memfd(void)
{
	int fd = memfd_create("left-memfd", 0);

	return fd < 0 ? -1 : ftruncate(fd, 4096);
}
static int plant_memfd(void) { return stay(hold_memfd); }
static int look_memfd(void) { return is_held("left-memfd"); }

static int add_key(const char *name, int keyring)
{
	return (int)syscall(SYS_add_key, "user", name, "secret", 6, keyring);
}

static int find_key(const char *name)
{
	char text[16384];
	int fd = open("/proc/keys", O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (n < 0)
		return -1;
	text[n] = '\0';
	return strstr(text, name) != NULL;
}

static int plant_user_key(void) { return add_key("left-user-key", KEY_SPEC_USER_KEYRING); }
static int look_user_key(void)
{
	return syscall(SYS_keyctl, KEYCTL_SEARCH, KEY_SPEC_USER_KEYRING, "user", "left-user-key", 0) >= 0;
}

/* A session's keyring lives as long as a process has it. Other processes of the user may see the key. */
static int hold_session_key(void)
{
	int key = add_key("left-session-key", KEY_SPEC_SESSION_KEYRING);

	return key < 0 ? -1 : (int)syscall(SYS_keyctl, KEYCTL_SETPERM, key, 0x3f3f0000);
}
static int plant_session_key(void) { return stay(hold_session_key); }
static int look_session_key(void) { return find_key("left-session-key"); }

static int plant_hostname(void) { return sethostname("left", 4); }
static int look_hostname(void)
{
	char name[65] = "";

	return gethostname(name, sizeof(name)) < 0 ? -1 : !strcmp(name, "left");
}

static int open_terminal(void)
{
	int fd = open("/dev/ptmx", O_RDWR | O_NOCTTY);

	return fd < 0 ? -1 : unlockpt(fd);
}
static int plant_terminal(void) { return stay(open_terminal); }
static int look_terminal(void) { return is_path("/dev/pts/0"); }

static int plant_sysctl(void)
{
	int fd = open("/proc/sys/kernel/shmmni", O_WRONLY);

	return fd < 0 ? -1 : write(fd, "77", 2) == 2 ? 0 : -1;
}
static int look_sysctl(void)
{
	char text[16] = "";
	int fd = open("/proc/sys/kernel/shmmni", O_RDONLY);

	return fd < 0 || read(fd, text, sizeof(text) - 1) < 0 ? -1 : atoi(text) == 77;
}

const struct leftover ipc_leftovers[] = {
	{"sysv-shm", plant_shm, look_shm},
	{"sysv-sem", plant_sem, look_sem},
	{"sysv-msg", plant_msg, look_msg},
	{"shm-removed-in-use", plant_attached, look_attached},
	{"posix-mqueue", plant_mqueue, look_mqueue},
	{"posix-shm", plant_posix_shm, look_posix_shm},
	{"memfd", plant_memfd, look_memfd},
	{"user-key", plant_user_key, look_user_key},
	{"session-key", plant_session_key, look_session_key},
	{"hostname", plant_hostname, look_hostname},
	{"terminal", plant_terminal, look_terminal},
	{"ipc-sysctl", plant_sysctl, look_sysctl},
	{NULL, NULL, NULL},
};
