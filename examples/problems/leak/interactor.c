/* SPDX-License-Identifier: MIT */
/* The pipe: answers what it is asked. INPUT ANSWER DIRECTORY; exit status 42: found, 43: not. */
#include <err.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define QUESTIONS 20

static const char *directory;

static void wrong(const char *format, ...)
{
	char path[256];
	va_list args;
	FILE *to;

	snprintf(path, sizeof(path), "%sjudgemessage.txt", directory);
	to = fopen(path, "w");
	if (!to)
		err(1, "%s", path);
	va_start(args, format);
	vfprintf(to, format, args);
	va_end(args);
	fclose(to);
	exit(43);
}

int main(int argc, char **argv)
{
	FILE *input = argc == 4 ? fopen(argv[1], "r") : NULL;
	long n, leak, piece;
	int asked = 0;
	char what[2];

	if (!input || fscanf(input, "%ld %ld", &n, &leak) != 2)
		errx(1, "no test");
	directory = argv[3];
	signal(SIGPIPE, SIG_IGN); /* who does not read the answers is found out by what he says */
	setlinebuf(stdout);
	printf("%ld\n", n);
	for (;;) {
		if (scanf("%1s", what) != 1)
			wrong("no answer after %d questions", asked);
		if (!strchr("?!", what[0]) || scanf("%7ld", &piece) != 1 || piece < 1 || piece > n)
			wrong("neither '? x' nor '! x' after %d questions", asked);
		if (what[0] == '!')
			break;
		if (asked++ == QUESTIONS)
			wrong("more than %d questions", QUESTIONS);
		puts(piece < leak ? "wet" : "dry");
	}
	if (piece != leak)
		wrong("it is not piece %ld", piece);
	return 42;
}
