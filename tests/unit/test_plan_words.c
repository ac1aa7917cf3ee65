/* SPDX-License-Identifier: Apache-2.0 */
#include "plan_world.h"

static struct world w;

static void close_it(void)
{
	world_close(&w);
}
TestSuite(plan_words, .fini = close_it);

static const char *sentence(int64_t now)
{
	static char buf[2048];

	cr_assert_eq(tnp_plan_sentence(w.p, w.plan, now, buf, sizeof(buf)), strlen(buf));
	return buf;
}

static const struct tnp_line *line(enum tnp_kind kind, size_t nth)
{
	for (size_t i = 0; i < w.plan->nlines; i++)
		if (w.plan->lines[i].kind == kind && nth-- == 0)
			return &w.plan->lines[i];
	return NULL;
}

#define LINE(kind, nth, want_text, want_layer)                                                     \
	do {                                                                                       \
		const struct tnp_line *l_ = line(kind, nth);                                       \
		cr_assert_not_null(l_, "no line: %s", want_text);                                  \
		cr_assert_str_eq(l_->text, want_text);                                             \
		cr_assert_str_eq(l_->layer, want_layer);                                           \
	} while (0)

Test(plan_words, one_sentence_says_it_all)
{
	world_of(&w, "{\"read_file\":{\"path\":{\"subpath\":\"/data\"}}}");
	cr_assert_str_eq(
	    sentence(NOW),
	    "reads /data; writes nothing; runs python3.11 only; network: none; ends in 12 min");
	cr_assert_str_eq(
	    sentence(NOW + 660),
	    "reads /data; writes nothing; runs python3.11 only; network: none; ends in 60 s");
	cr_assert_str_eq(
	    sentence(NOW + 720),
	    "reads /data; writes nothing; runs python3.11 only; network: none; has ended");
}

Test(plan_words, what_is_granted_is_named)
{
	world_of(&w, "{\"read_file\":{\"path\":{\"any\":[{\"subpath\":\"/data\"},{\"pattern\":\"/"
		     "srv/*\"}]}},\"write_file\":{\"path\":{\"exact\":\"/proj/a.txt\"}},"
		     "\"delete_file\":{\"path\":{\"subpath\":\"/"
		     "proj\"}},\"run_command\":{\"command\":{\"shlex\":[\"git\",\"ls\"]}},"
		     "\"web_fetch\":{\"url\":{\"pattern\":\"https://example.com/*\"}}}");
	cr_assert_str_eq(
	    sentence(NOW),
	    "reads /data, /srv/*; writes /proj/a.txt; deletes /proj; runs git, ls (also by sh -c); "
	    "network: url pattern https://example.com/*; ends in 12 min");
}

Test(plan_words, programs_are_called_as_the_warrant_calls_them)
{
	world_of(&w, "{\"run_command\":{\"program\":{\"one_of\":[\"/bin/gcc\",\"/bin/make\"]}}}");
	LINE(TNP_EXEC, 0, "runs gcc, make", "kernel: which files; arguments: preload only");
	world_close(&w);
	world_of(&w, "{\"run_command\":{\"program\":{\"subpath\":\"/opt/tools\"}}}");
	LINE(TNP_EXEC, 0, "runs /opt/tools", "kernel: which files; arguments: preload only");
}

Test(plan_words, everything_and_any)
{
	world_of(&w, "{\"*\":{}}");
	cr_assert_str_eq(sentence(NOW), "opens everything; reads everything; writes everything; "
					"deletes everything; runs any program of the system; "
					"network: any; ends in 12 min");
	cr_assert_str_eq(w.plan->lines[0].text,
			 "opens everything: the warrant grants * without constraints");
}

Test(plan_words, long_lists_are_counted)
{
	world_of(&w, "{\"read_file\":{\"path\":{\"one_of\":[\"/a.x\",\"/b.x\",\"/c.x\",\"/d.x\",\"/"
		     "e.x\",\"/f.x\"]}}}");
	cr_assert_str_eq(sentence(NOW), "reads /a.x, /b.x, /c.x, /d.x and 2 more; writes nothing; "
					"runs python3.11 only; network: none; ends in 12 min");
}

Test(plan_words, each_line_says_who_holds_it)
{
	world_of(&w, "{\"read_file\":{\"path\":{\"any\":[{\"subpath\":\"/data\"},{\"pattern\":\"/"
		     "srv/app/*.txt\"}]}},\"run_command\":{},"
		     "\"web_fetch\":{}}");
	LINE(TNP_READ, 0, "reads /data", "kernel (Landlock)");
	cr_assert_eq(line(TNP_READ, 1)->hold, TNP_BOUNDED);
	cr_assert_str_eq(line(TNP_READ, 1)->layer, "kernel, bounded by /srv/app");
	LINE(TNP_WRITE, 0, "writes nothing", "kernel (Landlock)");
	LINE(TNP_EXEC, 0, "runs any program of the system",
	     "kernel: which files; arguments: preload only");
	LINE(TNP_CONNECT, 0, "network: any address", "preload only");
	LINE(TNP_LISTEN, 0, "listens on: nothing", "preload only");
	LINE(TNP_METADATA, 0, "changes modes and times of nothing", "preload only");
	world_close(&w);
	world_of(&w, "{\"read_file\":{\"path\":{\"subpath\":\"/data\"}}}");
	LINE(TNP_EXEC, 0, "runs python3.11 only", "kernel (Landlock)");
	LINE(TNP_CONNECT, 0, "network: none", "kernel (seccomp)");
	LINE(TNP_LISTEN, 0, "listens on: nothing", "kernel (seccomp)");
	cr_assert_eq(line(TNP_UNIX, 0)->hold, TNP_ADVISORY);
}

Test(plan_words, a_missing_root_says_so)
{
	world_of(&w, "{\"read_file\":{\"path\":{\"subpath\":\"/new\"}}}");
	LINE(TNP_READ, 0, "reads /new (does not exist)", "kernel (Landlock)");
}

Test(plan_words, what_will_be_made_is_not_missing)
{
	world_of(&w, "{\"write_file\":{\"path\":{\"exact\":\"/proj/new.txt\"}}}");
	cr_assert_str_eq(sentence(NOW), "reads nothing; writes /proj/new.txt; runs python3.11 "
					"only; network: none; ends in 12 min");
	LINE(TNP_CREATE, 0, "creates /proj/new.txt", "kernel, bounded by /proj");
	world_close(&w);
	world_of(&w, "{\"write_file\":{\"path\":{\"exact\":\"/proj/a.txt\"}}}");
	LINE(TNP_WRITE, 0, "writes /proj/a.txt", "kernel (Landlock)");
	LINE(TNP_CREATE, 0, "creates /proj/a.txt", "kernel (Landlock)");
}

Test(plan_words, a_small_buffer_is_cut_and_ended)
{
	char buf[64];

	world_of(&w, "{\"read_file\":{\"path\":{\"subpath\":\"/data\"}}}");
	for (size_t cap = 1; cap < sizeof(buf); cap++) {
		memset(buf, 'x', sizeof(buf));
		size_t n = tnp_plan_sentence(w.p, w.plan, NOW, buf, cap);

		cr_assert_lt(n, cap);
		cr_assert_eq(buf[n], 0);
		cr_assert_eq(buf[cap], 'x');
	}
}
