/* SPDX-License-Identifier: MIT */
/* The configuration file: where boxes are kept and which ids they have. */
#include "isolate.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define DEFAULT_FILE "/usr/local/etc/isolate"

static void replace(char **to, const char *value)
{
	free(*to);
	*to = must(strdup(value));
}

static void set_number(const char *file, const char *key, const char *value, uint64_t *out)
{
	if (parse_number(value, UINT32_MAX - 1, out) < 0)
		die("%s: %s: \"%s\" is no number", file, key, value);
}

static void set(struct settings *settings, const char *file, const char *key, const char *value,
		unsigned box_id)
{
	unsigned box;
	int end = 0;

	if (strcmp(key, "box_root") == 0) {
		replace(&settings->box_root, value);
	} else if (strcmp(key, "lock_root") == 0) {
		replace(&settings->lock_root, value);
	} else if (strcmp(key, "cg_root") == 0) {
		/* "auto:" names a file of isolate's own daemon, which is not needed here. */
		if (strncmp(value, "auto:", 5) != 0)
			replace(&settings->cg_root, value);
	} else if (strcmp(key, "first_uid") == 0) {
		set_number(file, key, value, &settings->first_uid);
	} else if (strcmp(key, "first_gid") == 0) {
		set_number(file, key, value, &settings->first_gid);
	} else if (strcmp(key, "num_boxes") == 0) {
		set_number(file, key, value, &settings->num_boxes);
	} else if (sscanf(key, "box%u.%n", &box, &end) == 1 && end > 0 &&
		   (strcmp(key + end, "cpus") == 0 || strcmp(key + end, "mems") == 0)) {
		if (box == box_id)
			replace(key[end] == 'c' ? &settings->cpus : &settings->mems, value);
	} else if (strcmp(key, "restricted_init") != 0) {
		die("%s: there is no setting \"%s\"", file, key);
	}
}

static char *trim(char *word)
{
	size_t len;

	word += strspn(word, " \t");
	len = strlen(word);
	while (len > 0 && strchr(" \t\n", word[len - 1]))
		word[--len] = '\0';
	return word;
}

static void read_file(struct settings *settings, const char *file, FILE *from, unsigned box_id)
{
	char *line = NULL, *value;
	size_t size = 0;

	while (getline(&line, &size, from) > 0) {
		char *key = trim(line);

		if (!*key || *key == '#')
			continue;
		value = strchr(key, '=');
		if (!value)
			die("%s: expected SETTING = VALUE: %s", file, key);
		*value++ = '\0';
		set(settings, file, trim(key), trim(value), box_id);
	}
	free(line);
}

/* An ordinary user has boxes of its own. */
static void set_user_roots(struct settings *settings)
{
	const char *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");

	if (geteuid() == 0 || (!home && !data))
		return;
	free(settings->box_root);
	free(settings->lock_root);
	settings->box_root = data ? text("%s/isolate", data) : text("%s/.local/share/isolate", home);
	settings->lock_root = text("%s/locks", settings->box_root);
}

void settings_read(struct settings *settings, unsigned box_id)
{
	const char *file = getenv("ISOLATE_CONFIG_FILE");
	FILE *from;

	*settings = (struct settings){
		.box_root = must(strdup("/var/local/lib/isolate")),
		.lock_root = must(strdup("/run/isolate/locks")),
		.first_uid = 60000,
		.first_gid = 60000,
		.num_boxes = 1000,
	};
	from = fopen(file ? file : DEFAULT_FILE, "re");
	if (from) {
		read_file(settings, file ? file : DEFAULT_FILE, from, box_id);
		fclose(from);
	} else if (file || errno != ENOENT) {
		die("%s: %s", file ? file : DEFAULT_FILE, strerror(errno));
	} else {
		set_user_roots(settings);
	}
	if (settings->box_root[0] != '/' || settings->lock_root[0] != '/')
		die("box_root and lock_root must be absolute paths");
	if (box_id >= settings->num_boxes)
		die("--box-id=%u: there are boxes 0 to %llu (num_boxes)", box_id,
		    (unsigned long long)settings->num_boxes - 1);
}

void settings_free(struct settings *settings)
{
	free(settings->box_root);
	free(settings->lock_root);
	free(settings->cg_root);
	free(settings->cpus);
	free(settings->mems);
}
