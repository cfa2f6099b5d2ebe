/* SPDX-License-Identifier: MIT */
/* Names: what is written into /etc/resolv.conf, /etc/hosts and /etc/hostname. */
#include <sandbox/net.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/read_text.h"
#include "config_internal.h"

/* A name that can stand in those files: letters, digits, '-', '.', '_'. */
static int is_name(const char *name)
{
	size_t len = strlen(name);

	return len && len < 254 &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._") == len;
}

static int append(sb_config *cfg, char **text, const char *line)
{
	size_t len = *text ? strlen(*text) : 0;
	char *grown = realloc(*text, len + strlen(line) + 1);

	if (!grown)
		return sbi_cfg_fail(cfg, ENOMEM, "not enough memory for the configuration");
	strcpy(grown + len, line);
	*text = grown;
	return 0;
}

static int append_servers(sb_config *cfg, const char *const servers[], char **text)
{
	struct sbi_address address;
	char line[80];
	int r = 0;

	for (; r == 0 && *servers; servers++) {
		if (sbi_address_parse(*servers, AF_UNSPEC, &address) < 0 || strchr(*servers, '/'))
			return sbi_cfg_fail(cfg, EINVAL, "sb_set_dns: \"%.60s\" is no address", *servers);
		snprintf(line, sizeof(line), "nameserver %s\n", *servers);
		r = append(cfg, text, line);
	}
	return r;
}

static int append_search(sb_config *cfg, const char *const search[], char **text)
{
	int r = *search ? append(cfg, text, "search") : 0;
	int any = *search ? 1 : 0;

	for (; r == 0 && *search; search++) {
		if (!is_name(*search))
			return sbi_cfg_fail(cfg, EINVAL, "sb_set_dns: \"%.60s\" is no domain", *search);
		r = append(cfg, text, " ");
		if (r == 0)
			r = append(cfg, text, *search);
	}
	return r == 0 && any ? append(cfg, text, "\n") : r;
}

static int append_host_file(sb_config *cfg, char **text)
{
	char file[16384];

	sbi_read_text("/etc/resolv.conf", file, sizeof(file));
	if (!file[0])
		return sbi_cfg_fail(cfg, ENOENT,
				    "sb_set_dns: the host's /etc/resolv.conf cannot be read, or is empty");
	return append(cfg, text, file);
}

int sb_set_dns(sb_config *cfg, const char *const servers[], const char *const search[])
{
	char *text = NULL;
	int r = 0;

	if (!cfg)
		return -EINVAL;
	r = append(cfg, &text, "");
	if (r == 0)
		r = servers ? append_servers(cfg, servers, &text) : append_host_file(cfg, &text);
	if (r == 0 && search)
		r = append_search(cfg, search, &text);
	if (r < 0) {
		free(text);
		return r;
	}
	free(cfg->net.resolv);
	cfg->net.resolv = text;
	cfg->net.dns_copied = !servers;
	return 0;
}

int sb_add_host(sb_config *cfg, const char *name, const char *address)
{
	struct sbi_address parsed;
	char line[320];

	if (!cfg)
		return -EINVAL;
	if (!name != !address)
		return sbi_cfg_fail(cfg, EINVAL, "sb_add_host: a name and its address, or neither");
	cfg->net.hosts = 1;
	if (!name)
		return 0;
	if (!is_name(name))
		return sbi_cfg_fail(cfg, EINVAL, "sb_add_host: \"%.80s\" is no host name", name);
	if (sbi_address_parse(address, AF_UNSPEC, &parsed) < 0 || strchr(address, '/'))
		return sbi_cfg_fail(cfg, EINVAL, "sb_add_host: \"%.60s\" is no address", address);
	snprintf(line, sizeof(line), "%s\t%s\n", address, name);
	return append(cfg, &cfg->net.host_lines, line);
}
