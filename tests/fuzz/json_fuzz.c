// SPDX-License-Identifier: MIT
/* Any bytes as a profile of docker's: refused with a reason, or a policy that the library takes. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sandbox/sandbox.h>

#include "docker_seccomp.h"

#define WANT(condition) ((condition) ? (void)0 : stop(#condition, __LINE__))

static void stop(const char *what, int line)
{
	fprintf(stderr, "json_fuzz.c:%d: not so: %s\n", line, what);
	abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct docker_target target = { .caps = size % 2 ? UINT64_MAX : 0 };
	char *json = malloc(size ? size : 1), *text = NULL, error[DOCKER_ERROR] = "";
	sb_config *cfg = sb_config_new();
	sb_error err = SB_INIT(sb_error);
	int r;

	/* A block of its own, so that a byte read behind it is seen. */
	WANT(json && cfg);
	memcpy(json, data, size);
	r = docker_seccomp_text(json, size, &target, &text, error);
	if (r < 0) {
		WANT(r == -EINVAL || r == -E2BIG || r == -ENOMEM);
		WANT(!text && error[0] && memchr(error, '\0', sizeof(error)));
		WANT(!strchr(error, '\n'));
	} else {
		WANT(r == 0 && text && !error[0]);
		/* No file may be asked for by a name in a profile. */
		WANT(!strstr(text, "\ninclude") && strncmp(text, "include", 7) != 0);
		r = sb_set_seccomp_text(cfg, text, "imported");
		if (r != 0 && r != -E2BIG) {
			sb_config_check(cfg, &err);
			fprintf(stderr, "%s\n%s\n", err.message, text);
		}
		WANT(r == 0 || r == -E2BIG);
	}
	free(text);
	free(json);
	sb_config_free(cfg);
	return 0;
}
