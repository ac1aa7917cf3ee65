/* SPDX-License-Identifier: Apache-2.0 */
/*
 * replay ALPHABET COUNT [FILE]..: the same targets without libFuzzer, in every build: the files that once
 * broke something, then COUNT inputs drawn from ALPHABET ("bytes" for any byte) by a fixed seed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

static uint64_t state = 0x9e3779b97f4a7c15u;

static uint32_t roll(uint32_t sides)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)((state >> 20) % sides);
}

static void replay_file(const char *path)
{
	static uint8_t data[1 << 20];
	FILE *f = fopen(path, "rb");

	if (!f) {
		perror(path);
		exit(1);
	}
	(void)LLVMFuzzerTestOneInput(data, fread(data, 1, sizeof(data), f));
	fclose(f);
}

int main(int argc, char **argv)
{
	static uint8_t data[512];
	const char *alphabet;
	long count;

	if (argc < 3) {
		fprintf(stderr, "usage: replay ALPHABET COUNT [FILE]..\n");
		return 1;
	}
	alphabet = strcmp(argv[1], "bytes") ? argv[1] : NULL;
	for (int i = 3; i < argc; i++)
		replay_file(argv[i]);
	for (count = atol(argv[2]); count > 0; count--) {
		size_t n = roll(roll(4) ? 24 : sizeof(data));

		/* the end of the alphabet's string, a NUL, is a letter of it */
		for (size_t i = 0; i < n; i++)
			data[i] = alphabet ? (uint8_t)alphabet[roll((uint32_t)strlen(alphabet) + 1)] : (uint8_t)roll(256);
		(void)LLVMFuzzerTestOneInput(data, n);
	}
	return 0;
}
