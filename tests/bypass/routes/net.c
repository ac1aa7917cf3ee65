/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets beyond connect(): each family and each trick is asked for in the kernel's own words. */
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <linux/vm_sockets.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include "../bypass.h"

static struct sockaddr_in loopback(int port)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return a;
}
static int made(int family, int type, int protocol) { return escaped_if(RAW_3(SYS_socket, family, type, protocol) >= 0); }

static int fast_open(void)
{
	struct sockaddr_in a = loopback(world.port_bad);
	long fd = RAW_3(SYS_socket, AF_INET, SOCK_STREAM, 0);

	return escaped_if(fd >= 0 && raw6(SYS_sendto, fd, (long)"x", 1, MSG_FASTOPEN, (long)&a, sizeof(a)) == 1);
}
static int multipath(void)
{
	struct sockaddr_in a = loopback(world.port_bad);
	long fd = RAW_3(SYS_socket, AF_INET, SOCK_STREAM, 262 /* IPPROTO_MPTCP */);

	return escaped_if(fd >= 0 && RAW_3(SYS_connect, fd, &a, sizeof(a)) == 0);
}
static int udp_raw(void)
{
	struct sockaddr_in a = loopback(world.port_bad);
	long fd = RAW_3(SYS_socket, AF_INET, SOCK_DGRAM, 0);

	return escaped_if(fd >= 0 && raw6(SYS_sendto, fd, (long)"x", 1, 0, (long)&a, sizeof(a)) == 1);
}
static int dns_by_hand(void) /* a question to the resolver, hand-written; loopback's port 53 need not answer */
{
	static const char question[] = "\x12\x34\x01\0\0\1\0\0\0\0\0\0\6bypass\7invalid\0\0\1\0\1";
	struct sockaddr_in a = loopback(53);
	long fd = RAW_3(SYS_socket, AF_INET, SOCK_DGRAM, 0);

	return escaped_if(fd >= 0 && raw6(SYS_sendto, fd, (long)question, sizeof(question) - 1, 0, (long)&a, sizeof(a)) > 0);
}
static int inet6(void)
{
	struct sockaddr_in6 a = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)world.port_bad)};
	long fd = RAW_3(SYS_socket, AF_INET6, SOCK_STREAM, 0);

	a.sin6_addr.s6_addr[10] = a.sin6_addr.s6_addr[11] = 0xff; /* ::ffff:127.0.0.1 */
	a.sin6_addr.s6_addr[12] = 127;
	a.sin6_addr.s6_addr[15] = 1;
	return escaped_if(fd >= 0 && RAW_3(SYS_connect, fd, &a, sizeof(a)) == 0);
}
static int vsock(void) { return made(AF_VSOCK, SOCK_STREAM, 0); }
static int packet(void) { return made(AF_PACKET, SOCK_RAW, 0x0300); }
static int raw_icmp(void) { return made(AF_INET, SOCK_RAW, IPPROTO_ICMP); }
static int netlink_audit(void) { return made(AF_NETLINK, SOCK_RAW, NETLINK_AUDIT); }
static int netlink_uevent(void) { return made(AF_NETLINK, SOCK_DGRAM, NETLINK_KOBJECT_UEVENT); }
static int netlink_netfilter(void) { return made(AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER); }
static int alg(void) { return made(38 /* AF_ALG */, SOCK_SEQPACKET, 0); }
static int seqpacket_outside(void) { return made(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP); }

ROUTE(t_tfo, "tcp-fast-open", "sendto", fast_open);
ROUTE(t_mptcp, "mptcp", "connect", multipath);
ROUTE(t_udp, "udp", "sendto-raw", udp_raw);
ROUTE(t_dns, "dns-by-hand", "sendto", dns_by_hand);
ROUTE(t_inet6, "inet6-mapped", "connect", inet6);
ROUTE(t_flags, "inet-flags", "socket", seqpacket_outside);
ROUTE(t_vsock, "vsock", "socket", vsock);
ROUTE(t_packet, "packet", "socket", packet);
ROUTE(t_icmp, "raw-icmp", "socket", raw_icmp);
ROUTE(t_audit, "netlink", "audit", netlink_audit);
ROUTE(t_uevent, "netlink", "uevent", netlink_uevent);
ROUTE(t_nfnl, "netlink", "netfilter", netlink_netfilter);
ROUTE(t_alg, "alg", "socket", alg);
