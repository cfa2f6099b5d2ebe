/* SPDX-License-Identifier: MIT */
/* The name servers of the host, as far as they can be reached from another network than its own. */
#include "sbx.h"

#include <errno.h>
#include <string.h>

/* Behind systemd-resolved's address on the loopback stand those that it asks itself. */
static const char *const files[] = { "/etc/resolv.conf", "/run/systemd/resolve/resolv.conf" };

static bool is_loopback(const char *address)
{
	return strncmp(address, "127.", 4) == 0 || strcmp(address, "::1") == 0 || strchr(address, '%');
}

static int take_line(struct resolv *resolv, char *line)
{
	char *rest = line, *word = strsep(&rest, " \t");
	int r = 0;

	if (strcmp(word, "search") == 0)
		while (r == 0 && (word = strsep(&rest, " \t")) != NULL)
			r = *word ? words_add(&resolv->search, word) : 0;
	else if (strcmp(word, "nameserver") == 0 && rest) {
		rest += strspn(rest, " \t");
		rest[strcspn(rest, " \t")] = '\0';
		r = is_loopback(rest) ? 0 : words_add(&resolv->servers, rest);
	}
	return r;
}

static char *read_all(const char *path)
{
	char *text = NULL;
	size_t len = 0;
	FILE *from = fopen(path, "re");
	ssize_t n;

	if (!from)
		return NULL;
	n = getdelim(&text, &len, '\0', from);
	fclose(from);
	if (n > 0)
		return text;
	free(text);
	return NULL;
}

int resolv_read(struct resolv *resolv)
{
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		char *rest, *line;

		*resolv = (struct resolv){ .text = read_all(files[i]) };
		rest = resolv->text;
		while ((line = strsep(&rest, "\n")) != NULL)
			if (take_line(resolv, line) < 0)
				break;
		resolv->as_it_is = i == 0;
		if (resolv->servers.count)
			return 0;
		resolv_free(resolv);
	}
	return -ENOENT;
}

void resolv_free(struct resolv *resolv)
{
	free(resolv->servers.list);
	free(resolv->search.list);
	free(resolv->text);
	*resolv = (struct resolv){ 0 };
}
