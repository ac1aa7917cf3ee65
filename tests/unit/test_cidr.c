/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include "tn_match.h"

static bool ip6(const char *text, char out[TN_IP_TEXT + 1])
{
	uint8_t b[16];

	if (!tn_ip6_parse(tn_cstr(text), b))
		return false;
	out[tn_ip6_text(b, out)] = '\0';
	return true;
}

Test(cidr, ip4_is_strict)
{
	static const char *const bad[] = { "", "1", "1.2.3", "1.2.3.4.5", "01.2.3.4", "1.2.3.04", "256.1.1.1", "1.2.3.4 ", " 1.2.3.4",
					   "1.2.3.", ".1.2.3.4", "1..2.3", "0x1.2.3.4", "1.2.3.4:80", "1.2.3.1000", "+1.2.3.4" };
	uint8_t b[4];

	cr_expect(tn_ip4_parse(TN_STR("0.10.200.255"), b));
	cr_expect_arr_eq(b, ((uint8_t[]){ 0, 10, 200, 255 }), 4);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_expect_not(tn_ip4_parse(tn_cstr(bad[i]), b), "%s", bad[i]);
}

Test(cidr, ip6_has_one_text)
{
	static const char *const rows[][2] = {
		{ "::", "::" }, { "::1", "::1" }, { "1::", "1::" }, { "0:0:0:0:0:0:0:1", "::1" }, { "2001:DB8::0:1", "2001:db8::1" },
		{ "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8" }, { "1:0:0:2:0:0:0:3", "1:0:0:2::3" }, { "1:0:2:3:4:5:6:7", "1:0:2:3:4:5:6:7" },
		{ "::ffff:1.2.3.4", "::ffff:102:304" }, { "1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304" }, { "1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0" },
		{ "::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8" }, { "0:0:1:0:0:1:0:0", "::1:0:0:1:0:0" },
	};
	char out[TN_IP_TEXT + 1];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cr_expect(ip6(rows[i][0], out), "%s", rows[i][0]);
		cr_expect_str_eq(out, rows[i][1]);
	}
}

Test(cidr, ip6_is_strict)
{
	static const char *const bad[] = { "", ":", "1", ":1", "1:", ":::", "1:::2", "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9",
					   "1:2:3:4:5:6:7:8::", "::1:2:3:4:5:6:7:8", "12345::", "g::", "::1%eth0", "[::1]", "::1.2.3",
					   "::1.2.3.04", "1:2:3:4:5:6:7:1.2.3.4", "1.2.3.4", "::1.2.3.4:5", "1:2:3:4:5:6:7:8:" };
	char out[TN_IP_TEXT + 1];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_expect_not(ip6(bad[i], out), "%s", bad[i]);
}

static enum tn_match in(const char *net, const char *ip)
{
	struct tn_value v = { .type = TN_V_TEXT, .s = tn_cstr(ip) };

	return tn_cidr_match(tn_cstr(net), &v, NULL);
}

Test(cidr, prefix_masks_host_bits)
{
	cr_expect_eq(in("10.1.2.3/8", "10.200.0.1"), TN_MATCH);
	cr_expect_eq(in("10.1.2.3/8", "11.0.0.1"), TN_NO_MATCH);
	cr_expect_eq(in("10.1.2.0/23", "10.1.3.255"), TN_MATCH);
	cr_expect_eq(in("10.1.2.0/23", "10.1.4.0"), TN_NO_MATCH);
	cr_expect_eq(in("0.0.0.0/0", "255.255.255.255"), TN_MATCH);
	cr_expect_eq(in("10.1.2.3", "10.1.2.3"), TN_MATCH);
	cr_expect_eq(in("10.1.2.3", "10.1.2.4"), TN_NO_MATCH);
	cr_expect_eq(in("2001:db8::/33", "2001:db8:7fff::"), TN_MATCH);
	cr_expect_eq(in("2001:db8::/33", "2001:db8:8000::"), TN_NO_MATCH);
	cr_expect_eq(in("::1", "::1"), TN_MATCH);
}

Test(cidr, families_do_not_mix)
{
	cr_expect_eq(in("10.0.0.0/8", "::ffff:10.0.0.1"), TN_NO_MATCH);
	cr_expect_eq(in("::/0", "10.0.0.1"), TN_NO_MATCH);
	cr_expect_eq(in("0.0.0.0/0", "::1"), TN_NO_MATCH);
}

Test(cidr, masks)
{
	cr_expect_eq(in("10.0.0.0/255.0.0.0", "10.9.9.9"), TN_MATCH);
	cr_expect_eq(in("10.0.0.0/255.0.0.0", "11.9.9.9"), TN_NO_MATCH);
	cr_expect_eq(in("10.0.0.0/0.0.0.0", "11.9.9.9"), TN_MATCH);
	cr_expect_eq(in("10.0.0.0/255.255.255.255", "10.0.0.0"), TN_MATCH);
	cr_expect_eq(in("10.0.0.0/255.0.255.0", "10.0.0.0"), TN_CANNOT_SAY);
	cr_expect_eq(in("::/ffff::", "::1"), TN_CANNOT_SAY);
}

Test(cidr, what_is_no_address_cannot_be_judged)
{
	struct tn_value five = { .type = TN_V_INT, .i = 5 };

	cr_expect_eq(in("10.0.0.0/8", "host"), TN_CANNOT_SAY);
	cr_expect_eq(in("10.0.0.0/8", ""), TN_CANNOT_SAY);
	cr_expect_eq(tn_cidr_match(TN_STR("10.0.0.0/8"), &five, NULL), TN_NO_MATCH);
}

Test(cidr, bad_networks)
{
	static const char *const bad[] = { "", "/8", "10.0.0.0/", "10.0.0.0/33", "::/129", "10.0.0.0/8/8", "10.0.0/8", "10.0.0.0/-1", "10.0.0.0/+8",
					   "10.0.0.0/8x", "10.0.0.0/0008", "name/8" };
	struct tn_cidr c;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_expect_not(tn_cidr_parse(tn_cstr(bad[i]), &c), "%s", bad[i]);
	cr_expect(tn_cidr_parse(TN_STR("10.0.0.0/08"), &c));
	cr_expect_eq(c.prefix, 8);
}

Test(cidr, within)
{
	cr_expect(tn_cidr_within(TN_STR("10.0.0.0/8"), TN_STR("10.0.0.0/8")));
	cr_expect(tn_cidr_within(TN_STR("10.0.0.0/8"), TN_STR("10.9.0.0/9")));
	cr_expect_not(tn_cidr_within(TN_STR("10.0.0.0/8"), TN_STR("10.0.0.0/7")));
	cr_expect_not(tn_cidr_within(TN_STR("10.0.0.0/8"), TN_STR("11.0.0.0/9")));
	cr_expect_not(tn_cidr_within(TN_STR("::/0"), TN_STR("10.0.0.0/8")));
	cr_expect_not(tn_cidr_within(TN_STR("10.0.0.0/8"), TN_STR("x")));
}
