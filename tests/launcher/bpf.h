/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_LAUNCHER_BPF_H
#define TESTS_LAUNCHER_BPF_H
/* Classic BPF as the kernel runs it for seccomp: what a filter answers, on any machine. */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdint.h>
#include <string.h>

#define BPF_BROKEN 0xdeadu /* not an answer of any filter of ours */

static inline uint32_t bpf_jump(const struct sock_filter *f, uint32_t a)
{
	switch (BPF_OP(f->code)) {
	case BPF_JA: return f->k;
	case BPF_JEQ: return a == f->k ? f->jt : f->jf;
	case BPF_JGT: return a > f->k ? f->jt : f->jf;
	case BPF_JGE: return a >= f->k ? f->jt : f->jf;
	case BPF_JSET: return a & f->k ? f->jt : f->jf;
	}
	return 0;
}

static inline uint32_t bpf_run(const struct sock_filter *f, size_t n, const struct seccomp_data *d)
{
	uint32_t a = 0;

	for (size_t pc = 0; pc < n; pc++) {
		switch (BPF_CLASS(f[pc].code)) {
		case BPF_LD: memcpy(&a, (const char *)d + f[pc].k, sizeof(a)); break;
		case BPF_ALU: a &= f[pc].k; break; /* the only one in use; the live test would notice another */
		case BPF_JMP: pc += bpf_jump(&f[pc], a); break;
		case BPF_RET: return f[pc].k;
		default: return BPF_BROKEN;
		}
	}
	return BPF_BROKEN;
}

#endif
