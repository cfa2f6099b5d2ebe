/* SPDX-License-Identifier: MIT */
/*
 * isolate: a front end of the library with the command line and the meta file of isolate(1),
 * for contest systems that call that. Made after its manual page.
 */
#include "isolate.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

static void print_cg_root(const struct settings *settings)
{
	if (!settings->cg_root)
		die("no cg_root is set: the library finds a place at each run");
	puts(settings->cg_root);
}

static int in_box(const struct request *req, const struct settings *settings)
{
	int code = EXIT_SUCCESS;
	struct box box;

	box_open(&box, req, settings);
	if (req->mode == MODE_RUN) {
		code = run_program(req, settings, &box);
	} else if (req->mode == MODE_CLEANUP) {
		box_cleanup(&box);
	} else {
		if (req->cg)
			clean_up_after_the_dead(settings);
		box_init(&box, req);
		puts(box.dir);
	}
	box_close(&box);
	return code;
}

static int with_settings(const struct request *req)
{
	struct settings settings;
	int code = EXIT_SUCCESS;

	settings_read(&settings, req->box_id);
	if (req->mode == MODE_CG_ROOT)
		print_cg_root(&settings);
	else
		code = in_box(req, &settings);
	settings_free(&settings);
	return code;
}

static int print_version(void)
{
	uint32_t version = sb_version();

	printf("isolate of libsandbox %u.%u.%u\n", version >> 16, version >> 8 & 0xff, version & 0xff);
	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	struct request req;
	int code;

	if (getauxval(AT_SECURE)) {
		fputs("isolate: this program must not be set-user-ID; unprivileged callers need no privilege for it\n",
		      stderr);
		return EXIT_INTERNAL;
	}
	options_parse(&req, argc, argv);
	if (req.meta && req.mode == MODE_RUN)
		meta_open(req.meta);
	env_build(&req);
	if (req.mode == MODE_HELP) {
		options_help(stdout);
		code = EXIT_SUCCESS;
	} else {
		code = req.mode == MODE_VERSION ? print_version() : with_settings(&req);
	}
	request_free(&req);
	if (fflush(stdout) != 0) {
		fprintf(stderr, "cannot write to standard output: %s\n", strerror(errno));
		return EXIT_INTERNAL;
	}
	return code;
}
