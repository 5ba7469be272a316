/* The words of a filter. They are cut as libpcap's scanner cuts them (scanner.l of 1.10), and each must be one that
 * libpcap looks up nowhere but in its own tables, /etc/services and /etc/protocols.
 *
 * Whether a name is a port, a protocol or a host depends on the keyword before it, and libpcap carries that over
 * `and` and `or`: so does `expects` here. It forgets sooner than libpcap does, never later; in doubt a name is
 * refused. */
#include "admission/filter_words.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "core/text.h"

enum expects {
	EXPECTS_NOTHING,
	EXPECTS_HOST,
	EXPECTS_NET,
	EXPECTS_PORT,
	EXPECTS_PORTRANGE,
	EXPECTS_PROTO,
	EXPECTS_FRAME,
};

enum token_kind { TOKEN_END, TOKEN_KEYWORD, TOKEN_VALUE, TOKEN_JOIN, TOKEN_OPEN, TOKEN_CLOSE, TOKEN_OPERATOR };

struct token {
	enum token_kind kind;
	const char *at;
	size_t size;
	char text[64];         /* cut where it is longer: then it is no known word either */
	bool needs_value;      /* a keyword such as `port` */
};

/* Where a filter is being read. */
struct scan {
	const char *at;
	enum expects expects;
	enum token_kind before;
};

/* In the order in which they are offered to somebody who misspelt one. */
static const struct keyword {
	const char *name;
	enum expects expects;
	bool needs_value;
} keywords[] = {
	{ "port", EXPECTS_PORT, true },       { "host", EXPECTS_HOST, true },
	{ "net", EXPECTS_NET, true },         { "tcp", EXPECTS_NOTHING, false },
	{ "udp", EXPECTS_NOTHING, false },    { "icmp", EXPECTS_NOTHING, false },
	{ "ip", EXPECTS_NOTHING, false },     { "ip6", EXPECTS_NOTHING, false },
	{ "arp", EXPECTS_NOTHING, false },    { "vlan", EXPECTS_NOTHING, false },
	{ "src", EXPECTS_HOST, true },        { "dst", EXPECTS_HOST, true },
	{ "portrange", EXPECTS_PORTRANGE, true },  { "proto", EXPECTS_PROTO, true },
	{ "ether", EXPECTS_NOTHING, false },  { "icmp6", EXPECTS_NOTHING, false },
	{ "sctp", EXPECTS_NOTHING, false },   { "igmp", EXPECTS_NOTHING, false },
	{ "pim", EXPECTS_NOTHING, false },    { "vrrp", EXPECTS_NOTHING, false },
	{ "carp", EXPECTS_NOTHING, false },   { "esp", EXPECTS_NOTHING, false },
	{ "ah", EXPECTS_NOTHING, false },     { "igrp", EXPECTS_NOTHING, false },
	{ "rarp", EXPECTS_NOTHING, false },   { "stp", EXPECTS_NOTHING, false },
	{ "mpls", EXPECTS_NOTHING, false },   { "pppoed", EXPECTS_NOTHING, false },
	{ "pppoes", EXPECTS_NOTHING, false }, { "geneve", EXPECTS_NOTHING, false },
	{ "less", EXPECTS_NOTHING, true },    { "greater", EXPECTS_NOTHING, true },
	{ "len", EXPECTS_NOTHING, false },    { "length", EXPECTS_NOTHING, false },
	{ "broadcast", EXPECTS_NOTHING, false }, { "multicast", EXPECTS_NOTHING, false },
	{ "inbound", EXPECTS_NOTHING, false }, { "outbound", EXPECTS_NOTHING, false },
	{ "mask", EXPECTS_NET, true },        { "protochain", EXPECTS_PROTO, true },
	{ "link", EXPECTS_NOTHING, false },   { "ppp", EXPECTS_NOTHING, false },
	{ "slip", EXPECTS_NOTHING, false },   { "fddi", EXPECTS_NOTHING, false },
	{ "tr", EXPECTS_NOTHING, false },     { "wlan", EXPECTS_NOTHING, false },
	{ "type", EXPECTS_FRAME, true },      { "subtype", EXPECTS_FRAME, true },
	{ "dir", EXPECTS_FRAME, true },       { "direction", EXPECTS_FRAME, true },
	{ "addr1", EXPECTS_HOST, true },      { "addr2", EXPECTS_HOST, true },
	{ "addr3", EXPECTS_HOST, true },      { "addr4", EXPECTS_HOST, true },
	{ "address1", EXPECTS_HOST, true },   { "address2", EXPECTS_HOST, true },
	{ "address3", EXPECTS_HOST, true },   { "address4", EXPECTS_HOST, true },
	{ "ra", EXPECTS_HOST, true },         { "ta", EXPECTS_HOST, true },
	{ "byte", EXPECTS_NOTHING, true },    { "ifindex", EXPECTS_NOTHING, true },
	{ "llc", EXPECTS_NOTHING, false },    { "radio", EXPECTS_NOTHING, false },
	{ "iso", EXPECTS_NOTHING, false },    { "clnp", EXPECTS_NOTHING, false },
	{ "esis", EXPECTS_NOTHING, false },   { "es-is", EXPECTS_NOTHING, false },
	{ "isis", EXPECTS_NOTHING, false },   { "is-is", EXPECTS_NOTHING, false },
	{ "l1", EXPECTS_NOTHING, false },     { "l2", EXPECTS_NOTHING, false },
	{ "iih", EXPECTS_NOTHING, false },    { "lsp", EXPECTS_NOTHING, false },
	{ "snp", EXPECTS_NOTHING, false },    { "csnp", EXPECTS_NOTHING, false },
	{ "psnp", EXPECTS_NOTHING, false },   { "atalk", EXPECTS_NOTHING, false },
	{ "aarp", EXPECTS_NOTHING, false },   { "decnet", EXPECTS_NOTHING, false },
	{ "lat", EXPECTS_NOTHING, false },    { "sca", EXPECTS_NOTHING, false },
	{ "moprc", EXPECTS_NOTHING, false },  { "mopdl", EXPECTS_NOTHING, false },
	{ "ipx", EXPECTS_NOTHING, false },    { "netbeui", EXPECTS_NOTHING, false },
};
enum { KEYWORDS_COUNT = sizeof(keywords) / sizeof(keywords[0]) };

/* Names that libpcap's scanner turns into numbers. */
static const char *const constants[] = {
	"tcpflags", "tcp-fin", "tcp-syn", "tcp-rst", "tcp-push", "tcp-ack", "tcp-urg", "tcp-ece", "tcp-cwr",
	"icmptype", "icmpcode", "icmp-echoreply", "icmp-unreach", "icmp-sourcequench", "icmp-redirect", "icmp-echo",
	"icmp-routeradvert", "icmp-routersolicit", "icmp-timxceed", "icmp-paramprob", "icmp-tstamp",
	"icmp-tstampreply", "icmp-ireq", "icmp-ireqreply", "icmp-maskreq", "icmp-maskreply", "icmp6type", "icmp6code",
	"icmp6-destinationunreach", "icmp6-packettoobig", "icmp6-timeexceeded", "icmp6-parameterproblem",
	"icmp6-echo", "icmp6-echoreply", "icmp6-multicastlistenerquery", "icmp6-multicastlistenerreportv1",
	"icmp6-multicastlistenerdone", "icmp6-routersolicit", "icmp6-routeradvert", "icmp6-neighborsolicit",
	"icmp6-neighboradvert", "icmp6-redirect", "icmp6-routerrenum", "icmp6-nodeinformationquery",
	"icmp6-nodeinformationresponse", "icmp6-ineighbordiscoverysolicit", "icmp6-ineighbordiscoveryadvert",
	"icmp6-multicastlistenerreportv2", "icmp6-homeagentdiscoveryrequest", "icmp6-homeagentdiscoveryreply",
	"icmp6-mobileprefixsolicit", "icmp6-mobileprefixadvert", "icmp6-certpathsolicit", "icmp6-certpathadvert",
	"icmp6-multicastrouteradvert", "icmp6-multicastroutersolicit", "icmp6-multicastrouterterm",
};

/* What may stand behind `type`, `subtype` and `dir` (IEEE 802.11). */
static const char *const frames[] = {
	"mgt", "ctl", "data", "assoc-req", "assoc-resp", "reassoc-req", "reassoc-resp", "probe-req", "probe-resp",
	"beacon", "atim", "disassoc", "auth", "deauth", "ps-poll", "rts", "cts", "ack", "cf-end", "cf-end-ack",
	"qos-data", "null", "nods", "tods", "fromds", "dstods",
};

/* Words that people try, and what they mean here. */
static const struct {
	const char *word;
	const char *instead;
} habits[] = {
	{ "vxlan", "udp port 4789" },
	{ "bgp", "tcp port 179" },
	{ "dns", "port 53" },
	{ "http", "tcp port 80" },
	{ "https", "tcp port 443" },
	{ "ssh", "tcp port 22" },
	{ "lldp", "ether proto 0x88cc" },
	{ "ipv4", "ip" },
	{ "ipv6", "ip6" },
	{ "icmpv6", "icmp6" },
	{ "mac", "ether host" },
	{ "ospf", "ip proto 89" },
	{ "gre", "ip proto 47" },
	{ "lacp", "ether proto 0x8809" },
	{ "ntp", "udp port 123" },
	{ "snmp", "udp port 161" },
	{ "dhcp", "udp port 67 or udp port 68" },
	{ "bfd", "udp port 3784" },
	{ "gateway", "ether host 00:1b:21:3c:4d:5e and not host 192.0.2.1" },
};

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"
#define HEX "0123456789abcdefABCDEF"
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

__attribute__((format(printf, 2, 3))) static int refuse(struct error *error, const char *format, ...)
{
	char text[512];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	return error_set(error, ERROR_INPUT, WORD_filter_invalid, "%s", text);
}

static bool is_one_of(const char *word, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (text_equal(names[i], word))
			return true;
	return false;
}

static const struct keyword *find_keyword(const char *word)
{
	for (size_t i = 0; i < KEYWORDS_COUNT; i++)
		if (text_equal(keywords[i].name, word))
			return &keywords[i];
	return NULL;
}

/* libpcap's N: decimal or 0x and hexadecimal. */
static bool is_number(const char *word)
{
	if (word[0] == '0' && (word[1] == 'x' || word[1] == 'X'))
		return word[2] && word[2 + strspn(word + 2, HEX)] == 0;
	return word[0] && word[strspn(word, DIGITS)] == 0;
}

/* How many octets a dotted text has, 2 to 4; 0 where it is none. */
static int dotted_octets(const char *word)
{
	int octets = 0;
	for (;; word++) {
		size_t size = strspn(word, DIGITS);
		char octet[4];
		int64_t value;
		if (!text_copy_bytes(octet, sizeof(octet), word, size) || text_to_integer(octet, 0, 255, &value) < 0)
			return 0;
		octets++;
		word += size;
		if (*word != '.')
			return *word == 0 && octets >= 2 && octets <= 4 ? octets : 0;
	}
}

/* libpcap's MAC: six pairs, three groups of four, or twelve digits. */
static bool is_ethernet(const char *word)
{
	size_t groups = 1, longest = 0, shortest = SIZE_MAX;
	char separator = 0;
	for (;; groups++, word++) {
		size_t size = strspn(word, HEX);
		longest = size > longest ? size : longest;
		shortest = size < shortest ? size : shortest;
		word += size;
		if (!*word)
			break;
		if (!strchr(":-.", *word) || (separator && *word != separator))
			return false;
		separator = *word;
	}
	return (groups == 6 && shortest >= 1 && longest <= 2) ||
	       (groups == 3 && separator == '.' && shortest == 4 && longest == 4) ||
	       (groups == 1 && shortest == 12 && longest == 12);
}

static bool is_ipv6(const char *word)
{
	struct in6_addr address;
	return !strchr(word, '.') && inet_pton(AF_INET6, word, &address) == 1;
}

static bool is_service(const char *word)
{
	struct servent entry, *found = NULL;
	char room[4096];
	return getservbyname_r(word, NULL, &entry, room, sizeof(room), &found) == 0 && found;
}

static bool is_port_range(const char *word)
{
	char low[8];
	size_t size = strcspn(word, "-");
	return word[size] && text_copy_bytes(low, sizeof(low), word, size) && is_number(low) &&
	       is_number(word + size + 1);
}

static bool is_protocol(const char *word)
{
	struct protoent entry, *found = NULL;
	char room[4096];
	return find_keyword(word) || (getprotobyname_r(word, &entry, room, sizeof(room), &found) == 0 && found);
}

/* The size of the word that libpcap's scanner would cut here. */
static size_t word_size(const char *at)
{
	/* An address with colons, if there are two of them: ip[6:2] has one. */
	size_t size = strspn(at, HEX ":.");
	const char *colon = memchr(at, ':', size);
	if (colon && memchr(colon + 1, ':', size - (size_t)(colon + 1 - at)))
		return size + strspn(at + size, LETTERS DIGITS ":.");
	size = strspn(at, LETTERS DIGITS "_.-");
	while (size && strchr("_-", at[size - 1]))
		size--;
	return size;
}

static size_t operator_size(const char *at)
{
	static const char *const doubles[] = { "&&", "||", ">=", "<=", "!=", "==", "<<", ">>" };
	for (size_t i = 0; i < COUNT(doubles); i++)
		if (text_starts(at, doubles[i]))
			return 2;
	return strchr("+-*/%:[]!<>()&|^=", *at) ? 1 : 0;
}

static enum token_kind operator_kind(const char *text)
{
	static const char *const joins[] = { "&&", "||", "!" };
	if (is_one_of(text, joins, COUNT(joins)))
		return TOKEN_JOIN;
	if (text_equal(text, "(") || text_equal(text, "["))
		return TOKEN_OPEN;
	return text_equal(text, ")") || text_equal(text, "]") ? TOKEN_CLOSE : TOKEN_OPERATOR;
}

static void set_token(struct token *token, enum token_kind kind, const char *at, size_t size)
{
	*token = (struct token){ .kind = kind, .at = at, .size = size };
	text_copy_bytes(token->text, sizeof(token->text), at, size);
}

/* A word that is none of ours: what may have been meant. */
static int refuse_word(const char *word, const struct scan *scan, struct error *error)
{
	/* Behind a value comes no other: `port 179 adn tcp` is not about a service. */
	enum expects expects = scan->before == TOKEN_VALUE ? EXPECTS_NOTHING : scan->expects;
	const char *known[KEYWORDS_COUNT + 3] = { "and", "or", "not" };
	for (size_t i = 0; i < KEYWORDS_COUNT; i++)
		known[3 + i] = keywords[i].name;
	if (expects == EXPECTS_PORT)
		return refuse(error, "no service is called `%s`, write the number of the port", word);
	if (expects == EXPECTS_PORTRANGE)
		return refuse(error, "`%s` is not a range of ports such as 6000-6008", word);
	if (expects == EXPECTS_PROTO)
		return refuse(error, "no protocol is called `%s`, write its number", word);
	for (size_t i = 0; i < COUNT(habits); i++)
		if (text_equal_nocase(word, habits[i].word))
			return refuse(error, "unknown word `%s`, write `%s`", word, habits[i].instead);
	char first[64], before_dash[64];
	text_copy_bytes(first, sizeof(first), word, strcspn(word, "."));
	text_copy_bytes(before_dash, sizeof(before_dash), word, strcspn(word, "-"));
	if (strchr(word, '.') && find_keyword(first))
		return refuse(error, "`%s` is of Wireshark's display filters, which are another language; here it is "
				     "`host 192.0.2.1` or `tcp port 179`", word);
	if (word[strspn(word, DIGITS ".")] == 0)
		return refuse(error, "`%s` is not an address", word);
	if (find_keyword(before_dash))
		return refuse(error, "unknown word `%s`; if a subtraction is meant, put blanks around `-`", word);
	if (expects == EXPECTS_HOST || expects == EXPECTS_NET || strchr(word, '.'))
		return refuse(error, "`%s`: names of hosts are not looked up, write the address", word);
	const char *near = text_nearest(word, known, COUNT(known));
	if (near)
		return refuse(error, "unknown word `%s`, did you mean `%s`?", word, near);
	return refuse(error, "unknown word `%s`", word);
}

static int judge_dotted(const char *word, int octets, enum expects expects, struct error *error)
{
	if (octets == 4 || expects == EXPECTS_NET)
		return 0;
	return refuse(error, "`%s` is not a whole address, write `net %s` for all that begins so", word, word);
}

/* A value, or a keyword that is none of the others; sets what follows. */
static int judge_word(struct token *token, struct scan *scan, struct error *error)
{
	const char *word = token->text;
	enum expects expects = scan->expects;
	const struct keyword *keyword = find_keyword(word);
	if (keyword) {
		token->kind = TOKEN_KEYWORD;
		token->needs_value = keyword->needs_value;
		scan->expects = keyword->expects;
		return 0;
	}
	if (text_equal(word, "and") || text_equal(word, "or") || text_equal(word, "not")) {
		token->kind = TOKEN_JOIN;
		return 0;
	}
	token->kind = TOKEN_VALUE;
	int octets = dotted_octets(word);
	if (octets)
		return judge_dotted(word, octets, expects, error);
	if (is_number(word) && expects == EXPECTS_HOST && !is_ethernet(word))
		return refuse(error, "`%s` is not a whole address", word);
	if (is_number(word) || is_ethernet(word) || is_ipv6(word) || is_one_of(word, constants, COUNT(constants)))
		return 0;
	if (expects == EXPECTS_PORT && is_port_range(word))
		return refuse(error, "`port %s`: write `portrange %s`", word, word);
	if ((expects == EXPECTS_PORT && is_service(word)) || (expects == EXPECTS_PORTRANGE && is_port_range(word)))
		return 0;
	if ((expects == EXPECTS_PROTO && is_protocol(word)) ||
	    (expects == EXPECTS_FRAME && is_one_of(word, frames, COUNT(frames))))
		return 0;
	if (strchr(word, ':'))
		return refuse(error, "`%s` is not an address", word);
	return refuse_word(word, scan, error);
}

/* `\tcp`, where tcp is the name of a protocol and not the keyword. */
static int judge_escaped(const char *at, struct token *token, enum expects expects, struct error *error)
{
	set_token(token, TOKEN_VALUE, at, 1 + strspn(at + 1, LETTERS DIGITS "-"));
	if (expects == EXPECTS_PROTO && is_protocol(token->text + 1))
		return 0;
	return refuse(error,
		      "`%s`: a `\\` stands before the name of a protocol, as in `ip proto \\tcp`, and nowhere else",
		      token->text);
}

/* The operators that libpcap carries what it expects over. */
static bool carries(const struct token *token, enum expects expects)
{
	return token->kind == TOKEN_JOIN || text_equal(token->text, "(") || text_equal(token->text, ")") ||
	       (text_equal(token->text, "/") && expects == EXPECTS_NET);
}

static int take_operator(struct scan *scan, struct token *token, struct error *error)
{
	size_t size = operator_size(scan->at);
	if (!size)
		return refuse(error, "`%c` cannot stand in a filter", *scan->at);
	set_token(token, TOKEN_OPERATOR, scan->at, size);
	token->kind = operator_kind(token->text);
	if (!carries(token, scan->expects))
		scan->expects = EXPECTS_NOTHING;
	return 0;
}

static int take_word(struct scan *scan, struct token *token, size_t size, struct error *error)
{
	set_token(token, TOKEN_VALUE, scan->at, size);
	if (size >= sizeof(token->text))
		return refuse(error, "unknown word `%.40s…`", token->text);
	return judge_word(token, scan, error);
}

static int next_token(struct scan *scan, struct token *token, struct error *error)
{
	scan->at += strspn(scan->at, " ");
	size_t size = strchr("._-", *scan->at) ? 0 : word_size(scan->at);
	int result = 0;
	if (!*scan->at)
		set_token(token, TOKEN_END, scan->at, 0);
	else if (*scan->at == '\\')
		result = judge_escaped(scan->at, token, scan->expects, error);
	else if (size)
		result = take_word(scan, token, size, error);
	else
		result = take_operator(scan, token, error);
	if (result < 0)
		return -1;
	scan->at += token->size;
	scan->before = token->kind;
	return 0;
}

int filter_words_check(const char *filter, struct error *error)
{
	struct scan scan = { .at = filter, .before = TOKEN_JOIN };
	struct token token = { .kind = TOKEN_JOIN }, before;
	do {
		before = token;
		if (next_token(&scan, &token, error) < 0)
			return -1;
		bool after_proto = text_equal(before.text, "proto") || text_equal(before.text, "protochain");
		if (after_proto && token.kind == TOKEN_KEYWORD)
			return refuse(error, "`%s %s`: write `%s \\%s`, because `%s` alone is a word of its own",
				      before.text, token.text, before.text, token.text, token.text);
	} while (token.kind != TOKEN_END);
	return 0;
}

/* What is missing between two neighbours; false where nothing is. */
static bool explain_pair(const struct token *before, const struct token *token, char *to, size_t size)
{
	bool ends = token->kind == TOKEN_END;
	bool not_joins = text_equal(token->text, "not") || text_equal(token->text, "!");
	if (before->kind == TOKEN_JOIN && !before->at && token->kind == TOKEN_JOIN && !not_joins)
		return text_format(to, size, "it begins with `%s`", token->text);
	if (ends && before->at &&
	    (before->kind == TOKEN_JOIN || before->kind == TOKEN_OPERATOR || before->needs_value))
		return text_format(to, size, "it ends with `%s`, and something is missing behind that", before->text);
	if (before->kind == TOKEN_KEYWORD && !before->needs_value && is_number(token->text))
		return text_format(to, size, "`%s %s`: write `%s port %s`", before->text, token->text, before->text,
				   token->text);
	bool begins = before->kind == TOKEN_JOIN || before->kind == TOKEN_OPEN;
	if (begins && (dotted_octets(token->text) == 4 || is_ipv6(token->text)))
		return text_format(to, size, "`%s`: write `host %s`", token->text, token->text);
	bool neighbours =
		token->kind == TOKEN_VALUE || (token->kind == TOKEN_KEYWORD && !text_equal(token->text, "mask"));
	if (before->kind == TOKEN_VALUE && neighbours)
		return text_format(to, size, "between `%s` and `%s` an `and` or `or` is missing", before->text,
				   token->text);
	if (before->needs_value && token->kind == TOKEN_JOIN && !not_joins && !text_equal(before->text, "src") &&
	    !text_equal(before->text, "dst"))
		return text_format(to, size, "something is missing between `%s` and `%s`", before->text, token->text);
	return false;
}

bool filter_words_explain(const char *filter, char *to, size_t size)
{
	struct scan scan = { .at = filter, .before = TOKEN_JOIN };
	struct token token = { .kind = TOKEN_JOIN }, before;
	char open[512];
	size_t depth = 0;
	do {
		before = token;
		if (next_token(&scan, &token, NULL) < 0 || depth == sizeof(open))
			return false;
		if (token.kind == TOKEN_OPEN)
			open[depth++] = token.text[0];
		if (token.kind == TOKEN_CLOSE && (!depth || open[--depth] != (token.text[0] == ')' ? '(' : '[')))
			return text_format(to, size, "a `%s` closes what was never opened", token.text);
		if (explain_pair(&before, &token, to, size))
			return true;
	} while (token.kind != TOKEN_END);
	return depth && text_format(to, size, "the `%c` of a `%c` is missing", open[depth - 1] == '(' ? ')' : ']',
				    open[depth - 1]);
}
