/* SPDX-License-Identifier: MIT */
/* From how a command ended, and what it said, to a verdict. */
#include "judge.h"

#include <stdlib.h>
#include <string.h>

const char *verdict_name(enum verdict verdict)
{
	static const char *const names[] = {
		"accepted",      "wrong answer",  "time limit",    "wall limit",
		"memory limit",  "output limit",  "process limit", "denied call",
		"runtime error", "compile error", "judge error",
	};

	return names[verdict];
}

/* What comes out of a sandbox must not move a cursor, nor a column. */
void make_plain(char *text)
{
	for (; *text; text++)
		if ((*text < ' ' && *text != '\n') || *text > '~')
			*text = '?';
}

static void set_note(struct row *row, const char *before, struct bytes line)
{
	snprintf(row->note, sizeof(row->note), "%s%.*s", before, (int)line.len,
		 line.len ? (char *)line.data : "");
	row->note[strcspn(row->note, "\n")] = '\0';
	make_plain(row->note);
}

/* The last line, of a Python program's stderr the exception. */
static struct bytes last_line(struct bytes text)
{
	const char *data = text.data, *begin;

	while (text.len > 0 && data[text.len - 1] == '\n')
		text.len--;
	begin = text.len > 0 ? memrchr(data, '\n', text.len) : NULL;
	if (begin)
		text = (struct bytes){ (void *)(begin + 1), text.len - (size_t)(begin + 1 - data) };
	return text;
}

static enum verdict verdict_of(const sb_result *res)
{
	switch (res->verdict) {
	case SB_EXITED:
		return res->code == 0 ? ACCEPTED : RUNTIME_ERROR;
	case SB_SIGNALED:
		return RUNTIME_ERROR;
	case SB_CPU_EXCEEDED:
		return TIME_LIMIT;
	case SB_WALL_EXCEEDED:
		return WALL_LIMIT;
	case SB_MEMORY_EXCEEDED:
		return MEMORY_LIMIT;
	case SB_OUTPUT_EXCEEDED:
		return OUTPUT_LIMIT;
	case SB_PIDS_EXCEEDED:
		return PROCESS_LIMIT;
	case SB_FILTERED:
		return DENIED_CALL;
	default: /* it was killed, by us or from outside */
		return JUDGE_ERROR;
	}
}

/* What ended the compiler, if it did not end by itself. */
void judge_compiler(struct row *row)
{
	row->verdict = COMPILE_ERROR;
	if (row->res.verdict != SB_EXITED)
		set_note(row, verdict_name(verdict_of(&row->res)), (struct bytes){ 0 });
}

/* It could not be executed: what a compiler makes of hostile text need not be a program. */
void judge_unstartable(struct row *row)
{
	row->verdict = RUNTIME_ERROR;
	set_note(row, "cannot be executed", (struct bytes){ 0 });
}

/* How the solution ended, and what its author wants to know of that. */
void judge_end(struct row *row, const struct seat *seat)
{
	const sb_result *res = &row->res;
	sb_denied denied = SB_INIT(sb_denied);
	struct bytes last = { 0 };
	char text[48] = "";

	row->verdict = verdict_of(res);
	if (res->verdict == SB_EXITED && res->code != 0) {
		last = last_line(seat_output(seat, 2));
		snprintf(text, sizeof(text), "exit status %d%s", res->code, last.len ? ": " : "");
	} else if (res->verdict == SB_SIGNALED) {
		snprintf(text, sizeof(text), "%s", strsignal(res->code));
	} else if (res->verdict == SB_FILTERED && sb_proc_denied(seat->proc, 0, &denied) == 0) {
		snprintf(text, sizeof(text), "%s", denied.name);
	}
	set_note(row, text, last);
}

/* What the referee says. An exception in it, or a limit, is its own failure and nobody's verdict. */
void judge_ruling(struct row *row, const struct seat *seat, const sb_result *res)
{
	int is_ruling = res->verdict == SB_EXITED && (res->code == RIGHT || res->code == WRONG);
	struct bytes message = { 0 };
	char text[48];

	if (!is_ruling) {
		row->verdict = JUDGE_ERROR;
		if (res->verdict == SB_EXITED)
			snprintf(text, sizeof(text), "the referee ended with %d: ", res->code);
		else
			snprintf(text, sizeof(text),
				 "the referee failed, %s: ", verdict_name(verdict_of(res)));
		set_note(row, text, last_line(seat_output(seat, 2)));
		return;
	}
	row->verdict = res->code == RIGHT ? ACCEPTED : WRONG_ANSWER;
	if (sb_box_get(seat->box, "/box/judgemessage.txt", 4096, &message.data, &message.len, NULL) == 0)
		set_note(row, "", message);
	free(message.data);
}

/* Nothing happened any more: which side was it? */
void judge_wait(struct row *row, const sb_member *member)
{
	row->verdict = WALL_LIMIT;
	if (member->waits == SB_WAITS_INPUT)
		set_note(row, "waits for an answer: is its output flushed?", (struct bytes){ 0 });
	else if (member->waits == SB_WAITS_OUTPUT)
		set_note(row, "its output is not read", (struct bytes){ 0 });
}

/* The next word from @at on. How much white space is between words, and of which kind, does not count. */
static struct bytes next_word(struct bytes text, size_t *at)
{
	static const char space[] = { ' ', '\t', '\r', '\n', '\v', '\f' };
	const char *data = text.data;
	size_t begin;

	while (*at < text.len && memchr(space, data[*at], sizeof(space)))
		++*at;
	for (begin = *at; *at < text.len && !memchr(space, data[*at], sizeof(space)); ++*at)
		;
	return (struct bytes){ (void *)(data + begin), *at - begin };
}

void judge_words(struct row *row, struct bytes output)
{
	size_t at = 0, answer_at = 0, count = 0;
	struct bytes word, expected;
	char text[48];

	do {
		word = next_word(output, &at);
		expected = next_word(row->answer, &answer_at);
		count++;
	} while (word.len > 0 && word.len == expected.len && memcmp(word.data, expected.data, word.len) == 0);
	if (word.len == 0 && expected.len == 0)
		return;
	row->verdict = WRONG_ANSWER;
	snprintf(text, sizeof(text), "word %zu %s", count,
		 word.len == 0       ? "is missing"
		 : expected.len == 0 ? "is one too many"
				     : "differs");
	set_note(row, text, (struct bytes){ 0 });
}
