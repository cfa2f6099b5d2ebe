/* SPDX-License-Identifier: MIT */
/* tbf and netem, as the root of an interface. */
#include "qdisc.h"

#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#define HEADER 14          /* of Ethernet, which the MTU does not count */
#define BURST_PART 100     /* what may pass at once: 10 ms of the rate, */
#define QUEUE_PART 10      /* what may wait: 100 ms of it, */
#define LEAST_BURST 2      /* and at least so many packets each */
#define LEAST_QUEUE 32
#define NETEM_QUEUE 1000   /* packets, as netem has by itself; with a delay */
#define NETEM_PER_MS 20    /* those that are under way at some GB/s come on top */
#define NETEM_MOST 100000

static uint32_t clamp(uint64_t value)
{
	return value > INT32_MAX ? INT32_MAX : (uint32_t)value;
}

static uint32_t begin(struct sbi_nl *nl, uint32_t index, const char *kind)
{
	struct tcmsg head = { .tcm_family = AF_UNSPEC, .tcm_ifindex = (int)index, .tcm_parent = TC_H_ROOT };
	uint32_t at = sbi_nl_request(nl, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL, &head, sizeof(head));

	sbi_nl_text(nl, TCA_KIND, kind);
	return at;
}

/* At least @packets, at least 1/@part of a second. */
static uint32_t amount(uint64_t rate, uint32_t part, uint32_t mtu, uint32_t packets)
{
	uint64_t least = (uint64_t)packets * (mtu + HEADER);

	return clamp(rate / part > least ? rate / part : least);
}

uint32_t sbi_qd_tbf(struct sbi_nl *nl, uint32_t index, uint64_t rate, uint32_t mtu)
{
	/*
	 * A known link layer makes the tables of times needless (3.8), and the burst in bytes its
	 * time (3.13).
	 */
	struct tc_tbf_qopt options = { .rate = { .linklayer = TC_LINKLAYER_ETHERNET,
						 .rate = rate > UINT32_MAX ? UINT32_MAX : (uint32_t)rate },
				       .limit = amount(rate, QUEUE_PART, mtu, LEAST_QUEUE) };
	uint32_t at = begin(nl, index, "tbf");

	sbi_nl_nest(nl, TCA_OPTIONS);
	sbi_nl_put(nl, TCA_TBF_PARMS, &options, sizeof(options));
	sbi_nl_u32(nl, TCA_TBF_BURST, amount(rate, BURST_PART, mtu, LEAST_BURST));
	sbi_nl_put(nl, TCA_TBF_RATE64, &rate, sizeof(rate));
	sbi_nl_end(nl);
	return at;
}

/* In packets: who waits for the rate as with tbf, who is under way in any case. */
static uint32_t netem_limit(uint64_t delay_ns, uint64_t rate, uint32_t mtu)
{
	uint64_t packets = NETEM_QUEUE + delay_ns / 1000000 * NETEM_PER_MS;

	if (rate) {
		uint64_t per_ms = clamp(rate / 1000);

		packets = (amount(rate, QUEUE_PART, mtu, LEAST_QUEUE) + per_ms * (delay_ns / 1000000)) / mtu;
	}
	return packets > NETEM_MOST ? NETEM_MOST : (uint32_t)packets;
}

uint32_t sbi_qd_netem(struct sbi_nl *nl, uint32_t index, uint64_t delay_ns, uint64_t rate, uint32_t mtu)
{
	struct tc_netem_qopt options = { .limit = netem_limit(delay_ns, rate, mtu) };
	struct tc_netem_rate limited = { .rate = rate > UINT32_MAX ? UINT32_MAX : (uint32_t)rate };
	uint32_t at = begin(nl, index, "netem");

	sbi_nl_nest(nl, TCA_OPTIONS);
	sbi_nl_raw(nl, &options, sizeof(options)); /* attributes follow the struct */
	sbi_nl_put(nl, TCA_NETEM_LATENCY64, &delay_ns, sizeof(delay_ns)); /* 4.15 */
	if (rate) {
		sbi_nl_put(nl, TCA_NETEM_RATE, &limited, sizeof(limited));
		sbi_nl_put(nl, TCA_NETEM_RATE64, &rate, sizeof(rate));
	}
	sbi_nl_end(nl);
	return at;
}
