/* Assembly: each way in which chunks can come, and what the report says then. The chunks are made by cut. */
#include "packets/assembly.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "packets/cut.h"

enum { CHUNKS = 5 }; /* 0 is empty; chunk i holds i packets of 10 × i bytes; the last has the end */

struct sample {
	struct assembly_piece pieces[CHUNKS];
	uint8_t data[CHUNKS][1024];
};

static int make_sample(void **state)
{
	static const uint8_t bytes[100] = "some packet";
	const struct cut_settings settings = { .resolution = PACKET_NANO };
	CLEANUP(cut_freep) struct cut *cut = cut_new(&settings);
	struct sample *sample = memory_new(sizeof *sample);
	struct cut_totals totals;

	for (int64_t i = 0; i < CHUNKS; i++) {
		struct cut_chunk chunk;
		if (i > 0)
			cut_next(cut);
		for (int64_t k = 0; k < i; k++) {
			struct packet packet = { 1000 * i + k, (uint32_t)(10 * i), 100, bytes };
			assert_int_equal(cut_packet(cut, &packet), CUT_TAKEN);
		}
		cut_chunk(cut, &chunk);
		if (chunk.size > 0)
			memcpy(sample->data[i], chunk.data, chunk.size);
		sample->pieces[i] = (struct assembly_piece){
			.seq = chunk.seq, .byte_offset = chunk.byte_offset, .packets = chunk.packets,
			.crc32c = chunk.crc32c, .link_type = 1, .resolution = PACKET_NANO, .data = sample->data[i],
			.size = chunk.size,
		};
	}
	cut_totals(cut, &totals);
	struct assembly_piece *last = &sample->pieces[CHUNKS - 1];
	last->has_end = true;
	last->end = (struct assembly_end){ totals.chunks, totals.packets, totals.bytes, "" };
	memcpy(last->end.data_sha256, totals.data_sha256, sizeof last->end.data_sha256);
	*state = sample;
	return 0;
}

static int free_sample(void **state)
{
	free(*state);
	return 0;
}

static struct assembly_answer add(struct assembly *assembly, const struct assembly_piece *piece)
{
	struct assembly_answer answer;
	struct error error = { 0 };

	assembly_add(assembly, piece, &answer, &error);
	if (answer.verdict == ASSEMBLY_CORRUPT) {
		assert_int_equal(error.kind, ERROR_INPUT);
		assert_int_equal(error.word, WORD_chunk_corrupt);
		assert_true(error.text[0] != '\0');
	} else {
		assert_int_equal(error.kind, ERROR_NONE);
	}
	return answer;
}

static void expect(struct assembly *assembly, const struct assembly_piece *piece, enum assembly_verdict verdict)
{
	assert_int_equal(add(assembly, piece).verdict, verdict);
}

static struct assembly_report report_of(const struct assembly *assembly)
{
	struct assembly_report report;

	assembly_report(assembly, &report);
	return report;
}

static void test_complete(void **state)
{
	struct sample *sample = *state;
	CLEANUP(assembly_freep) struct assembly *assembly = assembly_new();

	for (int i = 0; i < CHUNKS; i++) {
		assert_false(report_of(assembly).complete);
		assert_int_equal(report_of(assembly).missing_packets, PACKET_UNSET);
		assert_false(assembly_is_closed(assembly));
		struct assembly_answer answer = add(assembly, &sample->pieces[i]);
		assert_int_equal(answer.verdict, ASSEMBLY_TAKE);
		assert_int_equal(answer.missing_before, 0);
		assert_int_equal(answer.closes, i == CHUNKS - 1);
	}
	assert_true(assembly_is_closed(assembly));
	struct assembly_report report = report_of(assembly);
	assert_true(report.ended && report.complete && report.sha256_matches);
	assert_int_equal(report.chunks, 5);
	assert_int_equal(report.packets, 10);
	assert_int_equal(report.bytes, 1 * 10 + 2 * 20 + 3 * 30 + 4 * 40);
	assert_int_equal(report.first_ns, 1000);
	assert_int_equal(report.last_ns, 4003);
	assert_int_equal(report.missing_chunks, 0);
	assert_int_equal(report.missing_packets, 0);
	assert_int_equal(report.link_type, 1);
	assert_int_equal(report.resolution, PACKET_NANO);
	assert_string_equal(report.data_sha256, sample->pieces[4].end.data_sha256);
}

/* Read again from the start, before the end and after it. */
static void test_duplicates(void **state)
{
	struct sample *sample = *state;
	CLEANUP(assembly_freep) struct assembly *assembly = assembly_new();

	for (int i = 0; i < CHUNKS; i++) {
		expect(assembly, &sample->pieces[i], ASSEMBLY_TAKE);
		for (int k = 0; k <= i; k++)
			expect(assembly, &sample->pieces[k], ASSEMBLY_DUPLICATE);
	}
	struct assembly_answer answer = add(assembly, &sample->pieces[4]);
	assert_false(answer.closes);
	struct assembly_report report = report_of(assembly);
	assert_true(report.complete);
	assert_int_equal(report.duplicate_chunks, 16);
	assert_int_equal(report.late_chunks, 0);
}

static void test_gap(void **state)
{
	struct sample *sample = *state;
	CLEANUP(assembly_freep) struct assembly *assembly = assembly_new();

	expect(assembly, &sample->pieces[0], ASSEMBLY_TAKE);
	struct assembly_answer answer = add(assembly, &sample->pieces[3]);
	assert_int_equal(answer.verdict, ASSEMBLY_TAKE);
	assert_int_equal(answer.missing_before, 2);
	assert_int_equal(report_of(assembly).missing_chunks, 2);
	assert_int_equal(report_of(assembly).missing_packets, PACKET_UNSET);
	answer = add(assembly, &sample->pieces[4]);
	assert_true(answer.closes);
	assert_int_equal(answer.missing_before, 0);
	struct assembly_report report = report_of(assembly);
	assert_true(report.ended);
	assert_false(report.complete || report.sha256_matches);
	assert_int_equal(report.chunks, 3);
	assert_int_equal(report.missing_chunks, 2);
	assert_int_equal(report.missing_packets, 3);
	assert_int_equal(report.packets, 7);
}

/* What fills a gap too late is counted once, and not written. */
static void test_late_into_a_gap(void **state)
{
	struct sample *sample = *state;
	CLEANUP(assembly_freep) struct assembly *assembly = assembly_new();

	expect(assembly, &sample->pieces[3], ASSEMBLY_TAKE);
	expect(assembly, &sample->pieces[2], ASSEMBLY_LATE);
	expect(assembly, &sample->pieces[2], ASSEMBLY_DUPLICATE);
	expect(assembly, &sample->pieces[4], ASSEMBLY_TAKE);
	expect(assembly, &sample->pieces[1], ASSEMBLY_LATE); /* behind the end */
	struct assembly_report report = report_of(assembly);
	assert_int_equal(report.late_chunks, 2);
	assert_int_equal(report.late_packets, 3);
	assert_int_equal(report.missing_chunks, 3);
	assert_int_equal(report.missing_packets, 3);
	assert_int_equal(report.packets, 7);
	assert_int_equal(report.duplicate_chunks, 1);
}

/* An end from somebody who took over and knows neither number nor totals; then what the first worker still had. */
static void test_end_of_another(void **state)
{
	struct sample *sample = *state;
	CLEANUP(assembly_freep) struct assembly *assembly = assembly_new();
	const struct assembly_piece end = {
		.seq = PACKET_UNSET, .byte_offset = PACKET_UNSET, .link_type = PACKET_UNSET, .has_end = true,
		.end = { PACKET_UNSET, PACKET_UNSET, PACKET_UNSET, "" },
	};

	expect(assembly, &sample->pieces[0], ASSEMBLY_TAKE);
	expect(assembly, &sample->pieces[1], ASSEMBLY_TAKE);
	struct assembly_answer answer = add(assembly, &end);
	assert_int_equal(answer.verdict, ASSEMBLY_TAKE);
	assert_true(answer.closes);
	expect(assembly, &end, ASSEMBLY_DUPLICATE);
	expect(assembly, &sample->pieces[1], ASSEMBLY_DUPLICATE);
	expect(assembly, &sample->pieces[2], ASSEMBLY_LATE);
	expect(assembly, &sample->pieces[2], ASSEMBLY_DUPLICATE);
	answer = add(assembly, &sample->pieces[4]);
	assert_int_equal(answer.verdict, ASSEMBLY_LATE);
	assert_false(answer.closes); /* the first end closes */
	struct assembly_report report = report_of(assembly);
	assert_true(report.ended);
	assert_false(report.complete);
	assert_int_equal(report.missing_chunks, 0);
	assert_int_equal(report.missing_packets, PACKET_UNSET);
	assert_int_equal(report.packets, 1);
	assert_int_equal(report.late_packets, 6);
	assert_int_equal(report.late_chunks, 2);
}

static void test_closed_without_an_end(void **state)
{
	struct sample *sample = *state;
	CLEANUP(assembly_freep) struct assembly *assembly = assembly_new();

	for (int i = 0; i < 4; i++)
		expect(assembly, &sample->pieces[i], ASSEMBLY_TAKE);
	assembly_close(assembly);
	assert_true(assembly_is_closed(assembly));
	assert_false(add(assembly, &sample->pieces[4]).closes);
	struct assembly_report report = report_of(assembly);
	assert_false(report.ended || report.complete || report.sha256_matches);
	assert_int_equal(report.packets, 6);
	assert_int_equal(report.late_packets, 4);
	assert_int_equal(report.missing_packets, PACKET_UNSET);
	assembly_free(NULL);
}

/* An end in a chunk that is refused, or seen before without it, still closes. */
static void test_an_end_always_closes(void **state)
{
	struct sample *sample = *state;
	struct assembly_piece end = sample->pieces[4];

	for (int way = 0; way < 2; way++) {
		CLEANUP(assembly_freep) struct assembly *assembly = assembly_new();
		for (int i = 0; i < 4; i++)
			expect(assembly, &sample->pieces[i], ASSEMBLY_TAKE);
		end.crc32c = sample->pieces[4].crc32c ^ 1;
		end.seq = way == 0 ? 4 : 3;
		struct assembly_answer answer = add(assembly, &end);
		assert_int_equal(answer.verdict, way == 0 ? ASSEMBLY_CORRUPT : ASSEMBLY_DUPLICATE);
		assert_true(answer.closes);
		struct assembly_report report = report_of(assembly);
		assert_true(report.ended);
		assert_false(report.complete);
		assert_int_equal(report.missing_chunks, 1);
		assert_int_equal(report.missing_packets, 4);
	}
}

/* Each thing that makes a chunk corrupt; a sound copy is then taken in its place. */
static void test_corrupt(void **state)
{
	struct sample *sample = *state;
	const struct assembly_piece good = sample->pieces[3];
	uint8_t data[1024];

	for (int way = 0; way < 15; way++) {
		CLEANUP(assembly_freep) struct assembly *assembly = assembly_new();
		struct assembly_piece bad = good;
		bool changed = way >= 7;
		memcpy(data, good.data, sizeof data);
		bad.data = data;
		switch (way) {
		case 0: bad.crc32c ^= 1; break;
		case 1: bad.crc32c |= INT64_C(1) << 32; break;
		case 2: data[20] ^= 1; break;
		case 3: bad.packets++; break;
		case 4: bad.byte_offset--; break;
		case 5: bad.byte_offset++; break;
		case 6: bad.byte_offset = PACKET_UNSET; break;
		case 7: bad.size--; break;
		case 8: data[8]++; break;                /* the first packet's captured length */
		case 9: memset(data + 4, 0xff, 4); break; /* its fraction of a second */
		case 10: bad.link_type = 113; break;
		case 11: bad.link_type = PACKET_UNSET; break;
		case 12: bad.resolution = PACKET_MICRO; break;
		case 13: bad.seq = PACKET_UNSET; break;
		case 14: bad.packets--; break;
		}
		if (changed)
			bad.crc32c = digest_crc32c(0, bad.data, bad.size);
		for (int i = 0; i < 3; i++)
			expect(assembly, &sample->pieces[i], ASSEMBLY_TAKE);
		if (add(assembly, &bad).verdict != ASSEMBLY_CORRUPT)
			fail_msg("way %d was not noticed", way);
		expect(assembly, &good, ASSEMBLY_TAKE);
		expect(assembly, &sample->pieces[4], ASSEMBLY_TAKE);
		struct assembly_report report = report_of(assembly);
		assert_true(report.complete);
		assert_int_equal(report.corrupt_chunks, 1);
	}
}

/* What cannot be a chunk even where it comes first. */
static void test_corrupt_by_itself(void **state)
{
	struct sample *sample = *state;
	CLEANUP(assembly_freep) struct assembly *assembly = assembly_new();
	struct assembly_piece piece = sample->pieces[3];

	piece.link_type = PACKET_UNSET;
	expect(assembly, &piece, ASSEMBLY_CORRUPT); /* packets of no known kind */
	piece = sample->pieces[0];
	piece.seq = PACKET_UNSET;
	expect(assembly, &piece, ASSEMBLY_CORRUPT); /* neither number, packets nor end */
	piece = sample->pieces[4];
	piece.seq = PACKET_UNSET;
	expect(assembly, &piece, ASSEMBLY_CORRUPT); /* packets whose place nobody knows */
}

/* Behind a gap a chunk may begin anywhere but within what was taken. */
static void test_place_behind_a_gap(void **state)
{
	struct sample *sample = *state;
	CLEANUP(assembly_freep) struct assembly *assembly = assembly_new();
	struct assembly_piece piece = sample->pieces[4];

	for (int i = 0; i < 3; i++)
		expect(assembly, &sample->pieces[i], ASSEMBLY_TAKE);
	piece.has_end = false;
	piece.byte_offset = sample->pieces[3].byte_offset - 1;
	expect(assembly, &piece, ASSEMBLY_CORRUPT);
	piece.byte_offset++;
	expect(assembly, &piece, ASSEMBLY_TAKE);
}

/* A gap is never complete, even if the end counts without it and its chunk was empty. */
static void test_gap_that_the_end_denies(void **state)
{
	struct sample *sample = *state;
	CLEANUP(assembly_freep) struct assembly *assembly = assembly_new();

	sample->pieces[4].end.chunks = 4;
	for (int i = 1; i < CHUNKS; i++)
		expect(assembly, &sample->pieces[i], ASSEMBLY_TAKE);
	struct assembly_report report = report_of(assembly);
	assert_true(report.sha256_matches);
	assert_int_equal(report.missing_chunks, 1);
	assert_int_equal(report.missing_packets, 0);
	assert_false(report.complete);
}

static void test_corrupt_and_never_replaced(void **state)
{
	struct sample *sample = *state;
	CLEANUP(assembly_freep) struct assembly *assembly = assembly_new();

	sample->data[2][17] ^= 0x40;
	expect(assembly, &sample->pieces[0], ASSEMBLY_TAKE);
	expect(assembly, &sample->pieces[1], ASSEMBLY_TAKE);
	expect(assembly, &sample->pieces[2], ASSEMBLY_CORRUPT);
	assert_int_equal(add(assembly, &sample->pieces[3]).missing_before, 1);
	expect(assembly, &sample->pieces[4], ASSEMBLY_TAKE);
	struct assembly_report report = report_of(assembly);
	assert_false(report.complete);
	assert_int_equal(report.corrupt_chunks, 1);
	assert_int_equal(report.missing_chunks, 1);
	assert_int_equal(report.missing_packets, 2);
}

/* Numbers that no capture reaches cost nothing and break nothing. */
static void test_numbers_beyond_all_measure(void **state)
{
	struct sample *sample = *state;
	CLEANUP(assembly_freep) struct assembly *assembly = assembly_new();
	struct assembly_piece piece = sample->pieces[3];

	piece.seq = INT64_MAX;
	expect(assembly, &piece, ASSEMBLY_CORRUPT);
	piece.seq = -1;
	expect(assembly, &piece, ASSEMBLY_CORRUPT);
	piece.seq = INT64_MAX - 1;
	piece.byte_offset = INT64_MAX;
	expect(assembly, &piece, ASSEMBLY_CORRUPT);
	piece.byte_offset = INT64_MAX - (int64_t)piece.size;
	assert_int_equal(add(assembly, &piece).missing_before, INT64_MAX - 1);
	assert_int_equal(report_of(assembly).missing_chunks, INT64_MAX - 1);
	expect(assembly, &sample->pieces[0], ASSEMBLY_LATE);
	expect(assembly, &piece, ASSEMBLY_DUPLICATE);
	piece.seq = INT64_MAX;
	expect(assembly, &piece, ASSEMBLY_CORRUPT);
}

/* Whatever the end says that is not so, it is not complete. */
static void test_an_end_that_lies(void **state)
{
	struct sample *sample = *state;

	for (int way = 0; way < 7; way++) {
		CLEANUP(assembly_freep) struct assembly *assembly = assembly_new();
		struct assembly_piece end = sample->pieces[4];
		switch (way) {
		case 0: end.end.chunks--; break;
		case 1: end.end.chunks = INT64_MAX; break;
		case 2: end.end.packets--; break;
		case 3: end.end.packets++; break;
		case 4: end.end.bytes++; break;
		case 5: end.end.data_sha256[63] ^= 1; break;
		case 6: end.end.data_sha256[0] = '\0'; break;
		}
		for (int i = 0; i < 4; i++)
			expect(assembly, &sample->pieces[i], ASSEMBLY_TAKE);
		expect(assembly, &end, ASSEMBLY_TAKE);
		struct assembly_report report = report_of(assembly);
		assert_true(report.ended);
		assert_false(report.complete);
		assert_int_equal(report.sha256_matches, way < 5);
		assert_int_equal(report.missing_packets, way == 3 ? 1 : 0);
		assert_int_equal(report.missing_chunks, way == 1 ? INT64_MAX - 5 : 0);
	}
}

/* A capture that never captured: one chunk, begin and end, no packets and no link type. */
static void test_never_captured(void **state)
{
	(void)state;
	CLEANUP(assembly_freep) struct assembly *assembly = assembly_new();
	const struct cut_settings settings = { 0 };
	CLEANUP(cut_freep) struct cut *cut = cut_new(&settings);
	struct cut_totals totals;
	struct assembly_piece piece = { .link_type = PACKET_UNSET, .has_end = true };

	cut_totals(cut, &totals);
	piece.end = (struct assembly_end){ totals.chunks, totals.packets, totals.bytes, "" };
	memcpy(piece.end.data_sha256, totals.data_sha256, sizeof totals.data_sha256);
	assert_true(add(assembly, &piece).closes);
	struct assembly_report report = report_of(assembly);
	assert_true(report.complete);
	assert_int_equal(report.link_type, PACKET_UNSET);
	assert_int_equal(report.first_ns, PACKET_UNSET);
}

/* The format is the first that a chunk names, also an empty one: that is what the file's header is written by. */
static void test_format_of_the_first(void **state)
{
	struct sample *sample = *state;
	CLEANUP(assembly_freep) struct assembly *assembly = assembly_new();

	sample->pieces[0].link_type = 113;
	expect(assembly, &sample->pieces[0], ASSEMBLY_TAKE);
	assert_int_equal(report_of(assembly).link_type, 113);
	expect(assembly, &sample->pieces[1], ASSEMBLY_CORRUPT);
	sample->pieces[1].link_type = 113;
	expect(assembly, &sample->pieces[1], ASSEMBLY_TAKE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_sample, free_sample)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_complete),
		TEST(test_duplicates),
		TEST(test_gap),
		TEST(test_late_into_a_gap),
		TEST(test_end_of_another),
		TEST(test_closed_without_an_end),
		TEST(test_an_end_always_closes),
		TEST(test_corrupt),
		TEST(test_corrupt_by_itself),
		TEST(test_place_behind_a_gap),
		TEST(test_gap_that_the_end_denies),
		TEST(test_corrupt_and_never_replaced),
		TEST(test_numbers_beyond_all_measure),
		TEST(test_an_end_that_lies),
		TEST(test_never_captured),
		TEST(test_format_of_the_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
