/* SPDX-License-Identifier: MIT */
/* Where sbx writes: messages on stderr, reports to a file or a descriptor; never on the command's stdout. */
#include "parse.h"
#include "sbx.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

void complain(const char *message, const char *hint)
{
	fprintf(stderr, CLI_NAME ": %s\n", message);
	if (hint && *hint)
		fprintf(stderr, "hint: %s\n", hint);
}

bool fd_is_inherited(int fd)
{
	int flags = fcntl(fd, F_GETFD);

	return flags >= 0 && !(flags & FD_CLOEXEC);
}

/* no-color.org, bixense.com/clicolors */
bool wants_colour(int fd)
{
	const char *no = getenv("NO_COLOR");
	const char *force = getenv("CLICOLOR_FORCE");

	if (no && *no)
		return false;
	return isatty(fd) || (force && *force && strcmp(force, "0") != 0);
}

static void complain_file(const char *option, const char *where)
{
	char text[512];

	snprintf(text, sizeof(text), "%s %.400s: %s", option, where, strerror(errno));
	complain(text, NULL);
}

FILE *output_open(const char *option, const char *where)
{
	FILE *to = NULL;
	int fd;

	if (strncmp(where, "fd:", 3) == 0) {
		if (parse_fd(where + 3, &fd) < 0) {
			errno = EINVAL;
			complain_file(option, where);
			return NULL;
		}
		/* A duplicate: closing the stream must not close the caller's descriptor 2. */
		fd = fd_is_inherited(fd) ? fcntl(fd, F_DUPFD_CLOEXEC, 3) : (errno = EBADF, -1);
	} else {
		fd = open(where, O_WRONLY | O_CREAT | O_TRUNC | O_NOCTTY | O_CLOEXEC, 0666);
	}
	if (fd >= 0)
		to = fdopen(fd, "we");
	if (!to)
		complain_file(option, where);
	if (!to && fd >= 0)
		close(fd);
	return to;
}

int output_close(FILE *to, const char *option, const char *where)
{
	bool failed = ferror(to);

	if (fclose(to) != 0 || failed) {
		complain_file(option, where);
		return -EIO;
	}
	return 0;
}

/* How many bytes at @text are one well-formed UTF-8 character; 0 = none. */
static size_t utf8_length(const unsigned char *text)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t len = text[0] < 0x80       ? 1
		     : text[0] >> 5 == 6  ? 2
		     : text[0] >> 4 == 14 ? 3
		     : text[0] >> 3 == 30 ? 4
					  : 0;
	uint32_t point;

	if (len < 2)
		return len;
	point = text[0] & (0xffU >> (len + 1));
	for (size_t i = 1; i < len; i++) {
		if (text[i] >> 6 != 2)
			return 0;
		point = point << 6 | (text[i] & 0x3f);
	}
	if (point < least[len] || point > 0x10ffff || (point >= 0xd800 && point < 0xe000))
		return 0;
	return len;
}

/* Paths are any bytes, JSON is UTF-8: what is not becomes U+FFFD. */
void json_string(FILE *to, const char *text)
{
	const unsigned char *at = (const unsigned char *)text;

	fputc('"', to);
	while (*at) {
		size_t len = utf8_length(at);

		if (*at == '"' || *at == '\\')
			fprintf(to, "\\%c", *at);
		else if (*at < 0x20 || *at == 0x7f)
			fprintf(to, "\\u%04x", *at);
		else if (len == 0)
			fputs("\\ufffd", to);
		else
			fwrite(at, 1, len, to);
		at += len ? len : 1;
	}
	fputc('"', to);
}
