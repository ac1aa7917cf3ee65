/* SPDX-License-Identifier: Apache-2.0 */
/* keygen: the secret goes to a file of its owner, the public half to stdout. */
#include "cli.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { O_OUT, O_FORCE };
/* clang-format off */
static const struct opt opts[] = {
	[O_OUT] = { .name = "output", .letter = 'o', .kind = OPT_ONE, .arg = "FILE", .hint = HINT_FILE,
		    .help = "write the secret key here, readable by its owner only" },
	[O_FORCE] = { .name = "force", .help = "replace FILE if it exists" },
};
/* clang-format on */

enum { LINE_MAX_KEY = 46 }; /* 44 characters, newline, NUL */

/* Exclusive creation: a key that exists is somebody's identity, and a link put in its place must
 * not be followed. */
static void write_new(struct ctx *c, const char *path, const char *line, size_t n)
{
	const char *name = safe(c, tn_cstr(path));
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0 && errno == EEXIST)
		die(TN_E_USAGE, "%s exists; --force replaces it", name);
	if (fd < 0)
		die_sys("cannot create %s", name);
	if (write(fd, line, n) != (ssize_t)n || fchmod(fd, 0600) || fsync(fd) || close(fd)) {
		int cause = errno;
		unlink(path);
		errno = cause;
		die_sys("cannot write %s", name);
	}
}

static void say(struct ctx *c, const char *pub, const char *path)
{
	struct json j = {0};
	if (!c->args.json) {
		puts(pub);
		return;
	}
	j_open(&j, NULL, '{');
	j_text(&j, "public_key", pub);
	j_text(&j, "file", path);
	j_close(&j, '}');
	j_end();
}

static int run(struct ctx *c)
{
	opt_operands(c, 0, 0, "");
	const char *path = opt_need(c, O_OUT);
	if (strcmp(path, "-") == 0)
		die(TN_E_USAGE, "a secret key goes to a file, not to standard output");
	struct tn_key *k = key_memory();
	char line[LINE_MAX_KEY], pub[LINE_MAX_KEY];
	if (tn_key_generate(k, &c->err) != TN_OK)
		die_err(&c->err, "cannot make a key");
	size_t n = tn_b64_encode(k->seed, sizeof(k->seed), TN_B64_STD, line, sizeof(line));
	line[n++] = '\n';
	if (opt_has(c, O_FORCE))
		write_private(c, path, line, n);
	else
		write_new(c, path, line, n);
	explicit_bzero(line, sizeof(line));
	tn_b64_encode(k->pub.b, sizeof(k->pub.b), TN_B64_STD, pub, sizeof(pub));
	key_forget();
	say(c, pub, path);
	if (fflush(stdout) && !opt_has(c, O_FORCE)) {
		int cause = errno;
		unlink(path); /* nobody would know its public half */
		errno = cause;
		die_sys("cannot write the answer");
	}
	return EXIT_YES;
}

/* clang-format off */
const struct cmd cmd_keygen = {
	.name = "keygen",
	.synopsis = "-o FILE [--force]",
	.what = "Makes a signing key: the secret goes to FILE, the public key to standard output.",
	.opts = opts, .nopts = sizeof(opts) / sizeof(*opts),
	.more = "FILE holds the 32-byte seed in padded base64 on one line, mode 0600. Standard output is the public key in padded "
		"base64 and a newline, nothing else. Every key option of this command takes base64, base64url, hex or PEM text, or a "
		"file holding one.",
	.exits = "0 made, 1 error (FILE exists and --force is not given)",
	.example = "tenuo-shim keygen -o issuer.key > issuer.pub",
	.refused = EXIT_ERROR,
	.run = run,
};
/* clang-format on */
