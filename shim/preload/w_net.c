/* SPDX-License-Identifier: Apache-2.0 */
/* Connections, and the names that addresses came from: a UrlSafe constraint speaks of hosts, connect(2) of addresses. */
#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <resolv.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include "wrap.h"

/* ---------------------------------------------------------------- address -> name */
/*
 * A ring without locks: the oldest row makes room.  A row's version is odd while it is filled; a reader copies and looks at the version
 * again.  A row whose writer died (fork, a handler that jumped away) stays odd and is passed over.
 */
#define NAMES 512
#define NAME_MAX_TEXT 254
static struct row {
	unsigned version; /* 0: never used */
	bool ip6;
	uint8_t ip[16], n;
	char name[NAME_MAX_TEXT + 1];
} rows[NAMES];
static unsigned next_row;

static size_t lower_name(const char *name, char *out)
{
	size_t n = 0;

	for (; name[n] && n < NAME_MAX_TEXT; n++)
		out[n] = (char)(name[n] >= 'A' && name[n] <= 'Z' ? name[n] | 0x20 : name[n]);
	if (name[n])
		return 0;
	if (n > 1 && out[n - 1] == '.')
		n--; /* the root label changes nothing */
	out[n] = '\0';
	return n;
}

/* The row's name, if it is a name of this address: its length, else 0. */
static size_t read_row(const struct row *r, const struct tnp_net *net, char out[NAME_MAX_TEXT + 1])
{
	unsigned version = __atomic_load_n(&r->version, __ATOMIC_ACQUIRE);

	if (!version || (version & 1) || r->ip6 != net->ip6 || memcmp(r->ip, net->ip, net->ip6 ? 16 : 4) != 0)
		return 0;
	size_t n = r->n;

	memcpy(out, r->name, sizeof(r->name));
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return __atomic_load_n(&r->version, __ATOMIC_RELAXED) == version ? n : 0;
}

static bool known(const struct tnp_net *net, const char *name, size_t n)
{
	char text[NAME_MAX_TEXT + 1];

	for (size_t i = 0; i < NAMES; i++)
		if (read_row(&rows[i], net, text) == n && memcmp(text, name, n) == 0)
			return true;
	return false;
}

/* Nothing is looked up: connect judges the literal, which is nobody's name. */
static bool is_literal(const char *name)
{
	uint8_t ip[16];

	return inet_pton(AF_INET, name, ip) == 1 || inet_pton(AF_INET6, name, ip) == 1;
}

static void remember(const struct tnp_net *net, const char *name)
{
	char low[NAME_MAX_TEXT + 1];
	size_t n = lower_name(name, low);

	if (!n || is_literal(name) || known(net, low, n))
		return;
	for (int tries = 0; tries < 8; tries++) {
		struct row *r = &rows[__atomic_fetch_add(&next_row, 1, __ATOMIC_RELAXED) % NAMES];
		unsigned version = __atomic_load_n(&r->version, __ATOMIC_RELAXED);

		if (version & 1 || !__atomic_compare_exchange_n(&r->version, &version, version + 1, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
			continue;
		__atomic_thread_fence(__ATOMIC_RELEASE);
		r->ip6 = net->ip6;
		memcpy(r->ip, net->ip, sizeof(r->ip));
		r->n = (uint8_t)n;
		memcpy(r->name, low, n + 1);
		__atomic_store_n(&r->version, version + 2, __ATOMIC_RELEASE);
		return;
	}
}

#define NAMES_PER_IP 16
static size_t names_of(const struct tnp_net *net, char *room, size_t cap, struct tn_str out[NAMES_PER_IP])
{
	size_t n = 0;

	for (size_t i = 0; i < NAMES && n < NAMES_PER_IP && cap > NAME_MAX_TEXT; i++) {
		size_t len = read_row(&rows[i], net, room);

		if (!len)
			continue;
		out[n++] = (struct tn_str){ room, len };
		room += len;
		cap -= len;
	}
	return n;
}

/* ---------------------------------------------------------------- judging an address */
static bool ip_of(const struct sockaddr *addr, size_t len, struct tnp_net *net)
{
	if (addr->sa_family == AF_INET && len >= sizeof(struct sockaddr_in)) {
		struct sockaddr_in in;

		memcpy(&in, addr, sizeof(in));
		memcpy(net->ip, &in.sin_addr, 4);
		net->port = ntohs(in.sin_port);
		return true;
	}
	if (addr->sa_family != AF_INET6 || len < sizeof(struct sockaddr_in6) - sizeof(uint32_t))
		return false;
	struct sockaddr_in6 in6 = { 0 };

	memcpy(&in6, addr, len < sizeof(in6) ? len : sizeof(in6));
	net->port = ntohs(in6.sin6_port);
	net->ip6 = !IN6_IS_ADDR_V4MAPPED(&in6.sin6_addr);
	memcpy(net->ip, (const uint8_t *)&in6.sin6_addr + (net->ip6 ? 0 : 12), net->ip6 ? 16 : 4);
	return true;
}

static long judge_op(struct tns_scratch *s, const void *op)
{
	return tns_judge(s, op, TNP_L_PRELOAD);
}

/* a connection: with the names that the address came from */
static long judge_connect(struct tns_scratch *s, const void *args)
{
	struct tnp_op op = *(const struct tnp_op *)args;
	struct tnp_net net = *op.net;
	struct tn_str names[NAMES_PER_IP];

	net.nnames = names_of(&net, s->norm, sizeof(s->norm), names);
	net.names = names;
	op.net = &net;
	return tns_judge(s, &op, TNP_L_PRELOAD);
}

static int judge_ip(enum tnp_kind kind, int fd, const struct sockaddr *addr, size_t len)
{
	struct tnp_net net = { 0 };
	struct tnp_op op = { .kind = kind, .net = &net };
	int type = 0;
	socklen_t n = sizeof(type);

	if (!ip_of(addr, len, &net))
		return 0;
	if (tns_raw6(SYS_getsockopt, fd, SOL_SOCKET, SO_TYPE, tns_ptr(&type), tns_ptr(&n), 0) == 0)
		net.udp = type == SOCK_DGRAM;
	return tns_with_scratch(kind == TNP_CONNECT ? judge_connect : judge_op, &op);
}

/* connect to a path: the socket file itself; bind: a new name */
static int judge_unix(enum tnp_kind kind, const struct sockaddr *addr, size_t len)
{
	struct sockaddr_un un = { 0 };
	char path[sizeof(un.sun_path) + 1];

	if (len <= offsetof(struct sockaddr_un, sun_path))
		return 0; /* autobind */
	memcpy(&un, addr, len < sizeof(un) ? len : sizeof(un));
	if (!un.sun_path[0])
		return 0; /* abstract: no path; the kernel's scope holds those where it has one */
	memcpy(path, un.sun_path, sizeof(un.sun_path));
	path[sizeof(un.sun_path)] = '\0';
	if (kind == TNP_LISTEN)
		return tns_check(TNP_CREATE, AT_FDCWD, path, TNS_NEW | TNS_NOFOLLOW);
	return tns_check(TNP_UNIX, AT_FDCWD, path, 0);
}

int tns_check_addr(enum tnp_kind kind, int fd, const struct sockaddr *addr, unsigned len)
{
	if (tns_nowhere(addr) || len < sizeof(addr->sa_family) || !tns_on())
		return 0;
	int kept = errno;
	int r = addr->sa_family == AF_UNIX ? judge_unix(kind, addr, len) : judge_ip(kind, fd, addr, len);

	errno = kept;
	return r;
}

/* ---------------------------------------------------------------- sockets */
/* Where nothing is granted the filter leaves no INET socket to connect: then this is where it is said. */
TNS_REAL(int, socket, int, int, int)
TNS_WRAP(int, socket, (int family, int type, int protocol))
{
	int fd = real_socket()(family, type, protocol);

	if (fd >= 0 || errno != EAFNOSUPPORT || (family != AF_INET && family != AF_INET6) || !tns_on() || tns_state.level < 1)
		return fd;
	struct tnp_net net = { .ip6 = family == AF_INET6, .udp = (type & 0xf) == SOCK_DGRAM };
	struct tnp_op op = { .kind = TNP_CONNECT, .net = &net };
	struct tns_scratch *s = tns_scratch_get();

	if (s) {
		tns_judge(s, &op, TNP_L_SECCOMP);
		tns_scratch_put(s);
	}
	errno = EAFNOSUPPORT;
	return -1;
}

/* An address is read once: what was judged is what the kernel gets.  `to` is the copy, or the caller's own where nothing is judged. */
struct copied {
	struct sockaddr_storage ss;
	const struct sockaddr *to;
};
static void copy_addr(struct copied *c, const void *addr, socklen_t len)
{
	c->to = addr;
	if (tns_nowhere(addr) || len > sizeof(c->ss) || !tns_on())
		return; /* too long: EINVAL from the kernel */
	memcpy(&c->ss, addr, len);
	c->to = (const struct sockaddr *)&c->ss;
}

/* Where a datagram goes, or what is bound: there an INET socket takes an address without a family for one of its own. */
static int check_untyped(enum tnp_kind kind, int fd, const struct sockaddr *addr, socklen_t len)
{
	struct sockaddr_in in;
	int domain = 0;
	socklen_t n = sizeof(domain);

	if (tns_nowhere(addr) || len < sizeof(in) || addr->sa_family != AF_UNSPEC || !tns_on() ||
	    tns_raw6(SYS_getsockopt, fd, SOL_SOCKET, SO_DOMAIN, tns_ptr(&domain), tns_ptr(&n), 0) != 0 || domain != AF_INET)
		return tns_check_addr(kind, fd, addr, len);
	memcpy(&in, addr, sizeof(in));
	in.sin_family = AF_INET;
	return tns_check_addr(kind, fd, (struct sockaddr *)&in, sizeof(in));
}

TNS_REAL(int, connect, int, const struct sockaddr *, socklen_t)
int tns_connect(int fd, const void *addr, unsigned len)
{
	struct copied c;

	copy_addr(&c, addr, len);
	int r = tns_check_addr(TNP_CONNECT, fd, c.to, len);

	return r < 0 ? tns_fail(r) : real_connect()(fd, c.to, len);
}
/* glibc declares these with a union of all address types; it is passed as the pointer. */
TNS_WRAP(int, connect, (int fd, __CONST_SOCKADDR_ARG addr, socklen_t len)) { return tns_connect(fd, addr.__sockaddr__, len); }
TNS_WRAP(int, __connect, (int fd, const struct sockaddr *addr, socklen_t len)) { return tns_connect(fd, addr, len); }

TNS_REAL(int, bind, int, const struct sockaddr *, socklen_t)
static bool is_stream(int fd)
{
	int type = 0;
	socklen_t n = sizeof(type);

	return tns_raw6(SYS_getsockopt, fd, SOL_SOCKET, SO_TYPE, tns_ptr(&type), tns_ptr(&n), 0) == 0 && type != SOCK_DGRAM;
}
/* Port 0 on a datagram socket is what a client does before it sends: nobody can address it by name. */
static bool is_client(int fd, const struct sockaddr *addr, socklen_t len)
{
	struct tnp_net net = { 0 };

	return !tns_nowhere(addr) && len >= sizeof(sa_family_t) && ip_of(addr, len, &net) && !net.port && !is_stream(fd);
}

TNS_WRAP(int, bind, (int fd, __CONST_SOCKADDR_ARG addr, socklen_t len))
{
	struct copied c;

	copy_addr(&c, addr.__sockaddr__, len);
	int r = is_client(fd, c.to, len) ? 0 : check_untyped(TNP_LISTEN, fd, c.to, len);

	return r < 0 ? tns_fail(r) : real_bind()(fd, c.to, len);
}

/* Without bind, listen makes up a port: that is where it is judged. */
TNS_REAL(int, listen, int, int)
TNS_WRAP(int, listen, (int fd, int backlog))
{
	struct sockaddr_storage ss = { 0 };
	socklen_t n = sizeof(ss);
	struct tnp_net net = { 0 };

	if (tns_on() && tns_raw3(SYS_getsockname, fd, tns_ptr(&ss), tns_ptr(&n)) == 0 && ip_of((struct sockaddr *)&ss, n, &net) && !net.port) {
		int r = tns_check_addr(TNP_LISTEN, fd, (struct sockaddr *)&ss, n);

		if (r < 0)
			return tns_fail(r);
	}
	return real_listen()(fd, backlog);
}

TNS_REAL(ssize_t, sendto, int, const void *, size_t, int, const struct sockaddr *, socklen_t)
TNS_WRAP(ssize_t, sendto, (int fd, const void *p, size_t n, int flags, __CONST_SOCKADDR_ARG arg, socklen_t len))
{
	struct copied c;

	copy_addr(&c, arg.__sockaddr__, len);
	int r = check_untyped(TNP_CONNECT, fd, c.to, len);

	return r < 0 ? tns_fail(r) : real_sendto()(fd, p, n, flags, c.to, len);
}
TNS_REAL(ssize_t, sendmsg, int, const struct msghdr *, int)
TNS_WRAP(ssize_t, sendmsg, (int fd, const struct msghdr *m, int flags))
{
	struct msghdr once;
	struct copied c;

	if (tns_nowhere(m) || tns_nowhere(m->msg_name) || !tns_on())
		return real_sendmsg()(fd, m, flags);
	once = *m;
	copy_addr(&c, once.msg_name, once.msg_namelen);
	once.msg_name = (void *)(uintptr_t)c.to;
	int r = check_untyped(TNP_CONNECT, fd, c.to, once.msg_namelen);

	return r < 0 ? tns_fail(r) : real_sendmsg()(fd, &once, flags);
}
TNS_REAL(int, sendmmsg, int, struct mmsghdr *, unsigned, int)
TNS_WRAP(int, sendmmsg, (int fd, struct mmsghdr *m, unsigned n, int flags))
{
	for (unsigned i = 0; !tns_nowhere(m) && i < n; i++) {
		int r = check_untyped(TNP_CONNECT, fd, m[i].msg_hdr.msg_name, m[i].msg_hdr.msg_namelen);

		if (r < 0)
			return tns_fail(r);
	}
	return real_sendmmsg()(fd, m, n, flags);
}

/* ---------------------------------------------------------------- names */
static int check_name(const char *name)
{
	char low[NAME_MAX_TEXT + 1];
	struct tn_str asked = { low, 0 };
	struct tnp_net net = { .names = &asked, .nnames = 1 };
	struct tnp_op op = { .kind = TNP_RESOLVE, .net = &net };

	if (!name || !name[0] || !tns_on() || is_literal(name))
		return 0;
	asked.n = lower_name(name, low);
	return tns_with_scratch(judge_op, &op);
}

TNS_REAL(int, getaddrinfo, const char *, const char *, const struct addrinfo *, struct addrinfo **)
TNS_WRAP(int, getaddrinfo, (const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **out))
{
	int r = check_name(name);

	if (r < 0) {
		errno = -r;
		return EAI_SYSTEM;
	}
	r = real_getaddrinfo()(name, service, hints, out);
	for (struct addrinfo *a = r == 0 && name && tns_on() ? *out : NULL; a; a = a->ai_next) {
		struct tnp_net net = { 0 };

		if (ip_of(a->ai_addr, a->ai_addrlen, &net))
			remember(&net, name);
	}
	return r;
}

static void remember_hostent(const char *name, const struct hostent *h)
{
	for (size_t i = 0; h && h->h_addr_list && h->h_addr_list[i]; i++) {
		struct tnp_net net = { .ip6 = h->h_addrtype == AF_INET6 };

		if (h->h_length > 16)
			return;
		memcpy(net.ip, h->h_addr_list[i], (size_t)h->h_length);
		remember(&net, name);
	}
}

static struct hostent *no_host(int r)
{
	errno = -r;
	h_errno = NO_RECOVERY;
	return NULL;
}
TNS_REAL(struct hostent *, gethostbyname, const char *)
TNS_WRAP(struct hostent *, gethostbyname, (const char *name))
{
	int r = check_name(name);

	if (r < 0)
		return no_host(r);
	struct hostent *h = real_gethostbyname()(name);

	if (tns_on())
		remember_hostent(name, h);
	return h;
}
TNS_REAL(struct hostent *, gethostbyname2, const char *, int)
TNS_WRAP(struct hostent *, gethostbyname2, (const char *name, int af))
{
	int r = check_name(name);

	if (r < 0)
		return no_host(r);
	struct hostent *h = real_gethostbyname2()(name, af);

	if (tns_on())
		remember_hostent(name, h);
	return h;
}
TNS_REAL(int, gethostbyname_r, const char *, struct hostent *, char *, size_t, struct hostent **, int *)
TNS_WRAP(int, gethostbyname_r, (const char *name, struct hostent *h, char *buf, size_t n, struct hostent **out, int *herr))
{
	int r = check_name(name);

	if (r < 0) {
		*out = NULL;
		*herr = NO_RECOVERY;
		errno = -r;
		return -r;
	}
	r = real_gethostbyname_r()(name, h, buf, n, out, herr);
	if (r == 0 && tns_on())
		remember_hostent(name, *out);
	return r;
}
TNS_REAL(int, gethostbyname2_r, const char *, int, struct hostent *, char *, size_t, struct hostent **, int *)
TNS_WRAP(int, gethostbyname2_r, (const char *name, int af, struct hostent *h, char *buf, size_t n, struct hostent **out, int *herr))
{
	int r = check_name(name);

	if (r < 0) {
		*out = NULL;
		*herr = NO_RECOVERY;
		errno = -r;
		return -r;
	}
	r = real_gethostbyname2_r()(name, af, h, buf, n, out, herr);
	if (r == 0 && tns_on())
		remember_hostent(name, *out);
	return r;
}

#define RES(fn, real, params, name, ...)                                             \
	TNS_WRAP(int, fn, params)                                                    \
	{                                                                            \
		int r = check_name(name);                                            \
		if (r < 0) {                                                         \
			h_errno = NO_RECOVERY;                                       \
			return tns_fail(r);                                          \
		}                                                                    \
		return real()(__VA_ARGS__);                                          \
	}
#undef res_query
#undef res_search
#undef res_nquery
#undef res_nsearch
#undef res_querydomain
#undef res_nquerydomain
TNS_REAL(int, res_query, const char *, int, int, unsigned char *, int)
RES(res_query, real_res_query, (const char *name, int c, int t, unsigned char *p, int n), name, name, c, t, p, n)
TNS_REAL(int, res_search, const char *, int, int, unsigned char *, int)
RES(res_search, real_res_search, (const char *name, int c, int t, unsigned char *p, int n), name, name, c, t, p, n)
TNS_REAL(int, res_nquery, res_state, const char *, int, int, unsigned char *, int)
RES(res_nquery, real_res_nquery, (res_state st, const char *name, int c, int t, unsigned char *p, int n), name, st, name, c, t, p, n)
TNS_REAL(int, res_nsearch, res_state, const char *, int, int, unsigned char *, int)
RES(res_nsearch, real_res_nsearch, (res_state st, const char *name, int c, int t, unsigned char *p, int n), name, st, name, c, t, p, n)

/* A name in two parts. */
static int check_in_domain(const char *name, const char *domain)
{
	char whole[2 * NAME_MAX_TEXT + 2];

	if (tns_nowhere(name) || tns_nowhere(domain) || !domain[0])
		return check_name(name);
	if (!tns_join(whole, sizeof(whole), name, ".") || !tns_join(whole, sizeof(whole), whole, domain))
		return 0; /* longer than any name: the resolver says so */
	return check_name(whole);
}
#define DOMAIN(fn, real, params, ...)                                                \
	TNS_WRAP(int, fn, params)                                                    \
	{                                                                            \
		int r = check_in_domain(name, domain);                               \
		if (r < 0) {                                                         \
			h_errno = NO_RECOVERY;                                       \
			return tns_fail(r);                                          \
		}                                                                    \
		return real()(__VA_ARGS__);                                          \
	}
TNS_REAL(int, res_querydomain, const char *, const char *, int, int, unsigned char *, int)
TNS_REAL(int, res_nquerydomain, res_state, const char *, const char *, int, int, unsigned char *, int)
DOMAIN(res_querydomain, real_res_querydomain, (const char *name, const char *domain, int c, int t, unsigned char *p, int n), name, domain,
       c, t, p, n)
DOMAIN(res_nquerydomain, real_res_nquerydomain,
       (res_state st, const char *name, const char *domain, int c, int t, unsigned char *p, int n), st, name, domain, c, t, p, n)

/* The same under the names that programs linked before glibc 2.34 import. */
RES(__res_query, real_res_query, (const char *name, int c, int t, unsigned char *p, int n), name, name, c, t, p, n)
RES(__res_search, real_res_search, (const char *name, int c, int t, unsigned char *p, int n), name, name, c, t, p, n)
RES(__res_nquery, real_res_nquery, (res_state st, const char *name, int c, int t, unsigned char *p, int n), name, st, name, c, t, p, n)
RES(__res_nsearch, real_res_nsearch, (res_state st, const char *name, int c, int t, unsigned char *p, int n), name, st, name, c, t, p, n)
DOMAIN(__res_querydomain, real_res_querydomain, (const char *name, const char *domain, int c, int t, unsigned char *p, int n), name, domain,
       c, t, p, n)
DOMAIN(__res_nquerydomain, real_res_nquerydomain,
       (res_state st, const char *name, const char *domain, int c, int t, unsigned char *p, int n), st, name, domain, c, t, p, n)

/* Asked in threads of libc's own: judged before.  What they find is not learnt, so a later connect is judged by its address. */
TNS_REAL(int, getaddrinfo_a, int, struct gaicb **, int, struct sigevent *)
TNS_WRAP(int, getaddrinfo_a, (int mode, struct gaicb **list, int n, struct sigevent *done))
{
	for (int i = 0; !tns_nowhere(list) && i < n; i++) {
		int r = tns_nowhere(list[i]) ? 0 : check_name(list[i]->ar_name);

		if (r < 0) {
			errno = -r;
			return EAI_SYSTEM;
		}
	}
	return real_getaddrinfo_a()(mode, list, n, done);
}
