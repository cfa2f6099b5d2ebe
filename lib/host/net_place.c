/* SPDX-License-Identifier: MIT */
/*
 * What the sandboxes of a config share in the host's network namespace.
 *
 * Its owner is a number: a netlink socket of ours is bound to it as long as this
 * process lives, however it ends, and the kernel gives it to nobody else meanwhile.
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/auto.h"
#include "net.h"

struct names {
	char (*list)[SBI_IF_NAME];
	uint32_t count;
};

struct sbi_netplace {
	atomic_uint refs;
	pthread_mutex_t lock;
	pthread_mutex_t making; /* of bridges, one after another */
	int owner_fd; /* -EBADF */
	uint32_t owner;
	uint32_t next; /* host number of the address that was given last; 0 = none yet */
	struct names bridges; /* that go with the last who uses them */
	struct names opened;  /* whose route_localnet we have turned on */
	pthread_mutex_t rules_lock; /* of @rules: a transaction and its answers at a time */
	struct sbi_net_table rules;
};

struct sbi_netplace *sbi_netplace_new(void)
{
	struct sbi_netplace *place = calloc(1, sizeof(*place));

	if (!place)
		return NULL;
	atomic_init(&place->refs, 1);
	pthread_mutex_init(&place->lock, NULL);
	pthread_mutex_init(&place->making, NULL);
	pthread_mutex_init(&place->rules_lock, NULL);
	place->owner_fd = place->rules.fd = -EBADF;
	return place;
}

struct sbi_netplace *sbi_netplace_ref(struct sbi_netplace *place)
{
	atomic_fetch_add(&place->refs, 1);
	return place;
}

void sbi_netplace_unref(struct sbi_netplace *place)
{
	if (!place || atomic_fetch_sub(&place->refs, 1) != 1)
		return;
	sbi_close_fd(&place->owner_fd); /* first: who is the last of several can then see that he is */
	for (uint32_t i = 0; i < place->opened.count; i++)
		sbi_localnet_close(place->opened.list[i], place->owner);
	for (uint32_t i = 0; i < place->bridges.count; i++)
		sbi_bridge_release(place->bridges.list[i]);
	sbi_close_fd(&place->rules.fd); /* and the table with it */
	free(place->bridges.list);
	free(place->opened.list);
	pthread_mutex_destroy(&place->rules_lock);
	pthread_mutex_destroy(&place->making);
	pthread_mutex_destroy(&place->lock);
	free(place);
}

static int bind_owner(int fd, uint32_t owner)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_pid = owner };

	return bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ? -errno : 0;
}

static int become_owner(struct sbi_netplace *place)
{
	sbi_autoclose int fd = sbi_nl_socket(NETLINK_ROUTE);
	uint32_t number;
	int r = fd;

	for (int tries = 0; fd >= 0 && tries < 100; tries++) {
		if (getrandom(&number, sizeof(number), GRND_NONBLOCK) != sizeof(number))
			number = (uint32_t)getpid() * 2654435761u + (uint32_t)tries;
		number |= UINT32_C(1) << 31; /* not one that the kernel makes of a pid */
		r = bind_owner(fd, number);
		if (r == 0) {
			place->owner = number;
			place->owner_fd = sbi_take_fd(&fd);
			return 0;
		}
		if (r != -EADDRINUSE)
			break;
	}
	return r;
}

int sbi_netplace_owner(struct sbi_netplace *place, uint32_t *owner)
{
	int r = 0;

	pthread_mutex_lock(&place->lock);
	if (place->owner_fd < 0)
		r = become_owner(place);
	*owner = place->owner;
	pthread_mutex_unlock(&place->lock);
	return r;
}

int sbi_netplace_lives(uint32_t owner)
{
	sbi_autoclose int fd = sbi_nl_socket(NETLINK_ROUTE);

	return fd < 0 || bind_owner(fd, owner) == -EADDRINUSE;
}

uint32_t sbi_netplace_next(struct sbi_netplace *place, uint32_t hosts)
{
	uint32_t number;

	pthread_mutex_lock(&place->lock);
	if (!place->next &&
	    getrandom(&place->next, sizeof(place->next), GRND_NONBLOCK) != sizeof(place->next))
		place->next = (uint32_t)getpid();
	number = place->next = place->next % hosts + 1;
	pthread_mutex_unlock(&place->lock);
	return number;
}

/* 1: it is new in the list, 0: it was there, -ENOMEM. */
static int add_name(struct sbi_netplace *place, struct names *names, const char *name)
{
	char(*grown)[SBI_IF_NAME];
	int r = 1;

	pthread_mutex_lock(&place->lock);
	for (uint32_t i = 0; r == 1 && i < names->count; i++)
		r = strcmp(names->list[i], name) ? 1 : 0;
	grown = r ? realloc(names->list, (names->count + 1) * sizeof(*grown)) : NULL;
	if (grown) {
		names->list = grown;
		snprintf(grown[names->count++], SBI_IF_NAME, "%s", name);
	} else if (r) {
		r = -ENOMEM;
	}
	pthread_mutex_unlock(&place->lock);
	return r;
}

int sbi_netplace_uses(struct sbi_netplace *place, const char *bridge)
{
	int r = add_name(place, &place->bridges, bridge);

	return r < 0 ? r : 0;
}

int sbi_netplace_opens(struct sbi_netplace *place, const char *bridge)
{
	return add_name(place, &place->opened, bridge);
}

void sbi_netplace_making(struct sbi_netplace *place, int begins)
{
	if (begins)
		pthread_mutex_lock(&place->making);
	else
		pthread_mutex_unlock(&place->making);
}

struct sbi_net_table *sbi_netplace_rules(struct sbi_netplace *place)
{
	pthread_mutex_lock(&place->rules_lock);
	return &place->rules;
}

void sbi_netplace_rules_done(struct sbi_netplace *place)
{
	pthread_mutex_unlock(&place->rules_lock);
}
