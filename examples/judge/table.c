/* SPDX-License-Identifier: MIT */
/* What is printed: a table, and a line of JSON for each test. */
#include "judge.h"

#include <inttypes.h>
#include <string.h>

static uint64_t cpu_ns(const sb_result *res)
{
	return res->user_ns + res->system_ns;
}

/* All processes together, or where nothing counts that the largest of them. */
static uint64_t memory_bytes(const sb_result *res)
{
	return res->has & SB_HAS_MEMORY_PEAK ? res->memory_peak : res->max_rss;
}

static int is_sampled(const sb_result *res, uint32_t limit)
{
	return (res->approximate >> limit & 1) != 0;
}

static void print_row(const struct row *row, int width)
{
	const sb_result *res = &row->res;
	char cpu[32], memory[32];

	snprintf(cpu, sizeof(cpu), "%s%.3f", is_sampled(res, SB_LIMIT_CPU) ? "~" : "",
		 (double)cpu_ns(res) / 1e9);
	snprintf(memory, sizeof(memory), "%s%.1f", is_sampled(res, SB_LIMIT_MEMORY) ? "~" : "",
		 (double)memory_bytes(res) / (double)MIB(1));
	printf("%-*s  %-13s  %8s  %8.3f  %8s%s%s\n", width, row->name, verdict_name(row->verdict), cpu,
	       (double)res->wall_ns / 1e9, memory, row->note[0] ? "  " : "", row->note);
}

static void print_string(FILE *to, const char *text)
{
	fputc('"', to);
	for (; *text; text++)
		fprintf(to, *text == '"' || *text == '\\' ? "\\%c" : "%c", *text);
	fputc('"', to);
}

static void print_json(FILE *to, const struct row *row)
{
	static const char *const names[] = {
		[SB_LIMIT_CPU] = "cpu",
		[SB_LIMIT_MEMORY] = "memory",
		[SB_LIMIT_PIDS] = "processes",
	};
	const char *comma = "";

	fputs("{\"test\": ", to);
	print_string(to, row->name);
	fprintf(to, ", \"verdict\": \"%s\"", verdict_name(row->verdict));
	fprintf(to, ", \"cpu_ns\": %" PRIu64 ", \"wall_ns\": %" PRIu64, cpu_ns(&row->res), row->res.wall_ns);
	fprintf(to, ", \"memory_bytes\": %" PRIu64 ", \"sampled\": [", memory_bytes(&row->res));
	for (uint32_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!names[i] || !is_sampled(&row->res, i))
			continue;
		fprintf(to, "%s\"%s\"", comma, names[i]);
		comma = ", ";
	}
	fputs("], \"note\": ", to);
	print_string(to, row->note);
	fputs("}\n", to);
}

/* Return: the first verdict that is not good; beside a judge error it does not count. */
enum verdict print_table(const struct row *rows, size_t count, FILE *json)
{
	enum verdict verdict = ACCEPTED;
	size_t good = 0;
	int width = 4;

	for (size_t i = 0; i < count; i++)
		width = (int)strlen(rows[i].name) > width ? (int)strlen(rows[i].name) : width;
	printf("%-*s  %-13s  %8s  %8s  %8s\n", width, "test", "verdict", "cpu s", "wall s", "MiB");
	for (size_t i = 0; i < count; i++) {
		print_row(&rows[i], width);
		if (json)
			print_json(json, &rows[i]);
		if (verdict == ACCEPTED || rows[i].verdict == JUDGE_ERROR)
			verdict = rows[i].verdict;
		good += rows[i].verdict == ACCEPTED;
	}
	printf("%s: %zu of %zu\n", verdict_name(verdict), good, count);
	return verdict;
}
