/* One contract over both journals; then what a disk can do to the bytes of the local one. */
#include "io/rand.h"
#include "store/crc32c.h"
#include "store/journal_record.h"
#include "store/store_impl.h"
#include "store/temp_folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static void test_crc32c(void **state)
{
    (void)state;
    /* RFC 3720, B.4 */
    static char bytes[32];
    assert_int_equal(crc32c(0, str_of(bytes, 32)), 0x8a9136aau);
    memset(bytes, 0xff, 32);
    assert_int_equal(crc32c(0, str_of(bytes, 32)), 0x62a8ab43u);
    for (unsigned i = 0; i < 32; i++)
        bytes[i] = (char)i;
    assert_int_equal(crc32c(0, str_of(bytes, 32)), 0x46dd794eu);
    assert_int_equal(crc32c_by_table(0, str_of(bytes, 32)), 0x46dd794eu);
    assert_int_equal(crc32c(0, STR("123456789")), 0xe3069283u);
    static char random[1000];
    rand_bytes(random, sizeof(random));
    for (size_t from = 0; from < 16; from++)
        for (size_t len = 0; len < 100; len++) {
            struct str s = str_of(random + from, len * 9);
            assert_int_equal(crc32c(7, s), crc32c_by_table(7, s));
            assert_int_equal(crc32c(crc32c(7, str_slice(s, 0, 5)), str_from_offset(s, 5)), crc32c(7, s));
        }
}

/* ---- the contract ---- */

enum { SEGMENT = 4096, SALT = 77 };

/* A payload that says its sequence, of a length that follows from it. */
static struct str payload_of(uint64_t sequence, char at[16 * 1024])
{
    size_t len = 8 + (size_t)(sequence * 37 % 500);
    if (sequence % 40 == 39)
        len = 3 * SEGMENT; /* larger than a segment */
    memset(at, (int)(sequence % 251), len);
    memcpy(at, &sequence, sizeof(sequence));
    return str_of(at, len);
}

struct walked {
    uint64_t from, count, stop_after, epoch_last;
};

static bool walk(void *self, uint64_t sequence, uint64_t epoch, struct str payload)
{
    struct walked *walked = self;
    char bytes[16 * 1024];
    assert_int_equal(sequence, walked->from + walked->count);
    assert_true(str_eq(payload, payload_of(sequence, bytes)));
    assert_true(epoch >= walked->epoch_last);
    walked->epoch_last = epoch;
    return ++walked->count != walked->stop_after;
}

static uint64_t replayed(const struct journal_kind *kind, struct journal *journal, uint64_t from)
{
    struct walked walked = { .from = from };
    assert_int_equal(kind->replay(journal, from, walk, &walked, NULL), ERR_OK);
    return walked.count;
}

static void append(const struct journal_kind *kind, struct journal *journal, uint64_t from, uint64_t to)
{
    char bytes[16 * 1024];
    for (uint64_t i = from; i < to; i++)
        assert_int_equal(kind->append(journal, i, payload_of(i, bytes), NULL), ERR_OK);
}

static struct journal_settings settings_of(const char *folder)
{
    return (struct journal_settings){
        .folder = folder,
        .segment_bytes = SEGMENT,
        .salt = SALT,
        .sequence_next = 1,
        .no_sync = true, /* these are a thousand journals */
    };
}

static void check_contract(const struct journal_kind *kind, const char *folder)
{
    struct journal_settings settings = settings_of(folder);
    struct journal *journal;
    struct journal_look look;
    settings.sequence_next = 10;
    settings.no_sync = false;
    assert_int_equal(kind->open(&settings, &journal, NULL), ERR_OK);
    kind->look(journal, &look);
    assert_int_equal(look.first, 10);
    assert_int_equal(look.next, 10);
    assert_int_equal(replayed(kind, journal, 10), 0);
    assert_int_equal(kind->start(journal, 3, NULL), ERR_OK);
    assert_int_equal(kind->room(journal, 1000), ERR_OK);
    append(kind, journal, 10, 200);
    kind->look(journal, &look);
    assert_int_equal(look.first, 10);
    assert_int_equal(look.next, 200);
    assert_true(look.bytes > 190 * 200 && look.syncs == 190);
    assert_int_equal(replayed(kind, journal, 10), 190);
    assert_int_equal(replayed(kind, journal, 150), 50);
    assert_int_equal(replayed(kind, journal, 200), 0);
    struct walked walked = { .from = 20, .stop_after = 5 };
    assert_int_equal(kind->replay(journal, 20, walk, &walked, NULL), ERR_OK);
    assert_int_equal(walked.count, 5);
    kind->drop(journal, 120);
    kind->look(journal, &look);
    assert_true(look.first > 90 && look.first <= 120); /* whole segments go, none that is needed */
    assert_int_equal(replayed(kind, journal, 120), 80);
    append(kind, journal, 200, 210);
    assert_int_equal(replayed(kind, journal, 120), 90);
    kind->close(&journal);
    assert_null(journal);
}

static void test_contract_memory(void **state)
{
    (void)state;
    check_contract(&journal_memory, NULL);
}

static void test_contract_local(void **state)
{
    (void)state;
    char folder[TEMP_FOLDER_BYTES];
    temp_folder_make(folder);
    check_contract(&journal_local, folder);
    /* And what only a disk can: open again. */
    struct journal_settings settings = settings_of(folder);
    struct journal *journal;
    struct journal_look look;
    for (uint64_t round = 0; round < 3; round++) {
        assert_int_equal(journal_local.open(&settings, &journal, NULL), ERR_OK);
        journal_local.look(journal, &look);
        assert_int_equal(look.next, 210 + round * 30);
        assert_int_equal(look.epoch, 3 + round);
        assert_int_equal(replayed(&journal_local, journal, 120), 90 + round * 30);
        assert_int_equal(journal_local.start(journal, 4 + round, NULL), ERR_OK);
        append(&journal_local, journal, look.next, look.next + 30);
        journal_local.close(&journal);
    }
    /* Another folder's salt: none of it is a record. */
    settings.salt++;
    struct diag diag;
    assert_int_equal(journal_local.open(&settings, &journal, &diag), ERR_CORRUPT);
    temp_folder_remove(folder);
}

/* ---- damage ---- */

enum { SEGMENTS_MAX = 16, LAST = 35 };

struct image {
    char folder[TEMP_FOLDER_BYTES];
    unsigned count;
    uint64_t first[SEGMENTS_MAX];
    struct buf bytes[SEGMENTS_MAX];
};

static void image_path(const struct image *image, unsigned i, char path[TEMP_FOLDER_BYTES + 32])
{
    (void)snprintf(path, TEMP_FOLDER_BYTES + 32, "%s/%016llx.log", image->folder,
                   (unsigned long long)image->first[i]);
}

static void image_note(void *self, const char *name)
{
    struct image *image = self;
    if (strstr(name, ".log"))
        image->first[image->count++] = strtoull(name, NULL, 16);
}

static int by_number(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return left < right ? -1 : left > right;
}

/* A journal of batches 1 to LAST in several segments, and its bytes. */
static void image_make(struct image *image)
{
    memset(image, 0, sizeof(*image));
    temp_folder_make(image->folder);
    struct journal_settings settings = settings_of(image->folder);
    struct journal *journal;
    assert_int_equal(journal_local.open(&settings, &journal, NULL), ERR_OK);
    assert_int_equal(journal_local.start(journal, 1, NULL), ERR_OK);
    append(&journal_local, journal, 1, LAST + 1);
    journal_local.close(&journal);
    assert_int_equal(folder_list(image->folder, image_note, image, NULL), ERR_OK);
    qsort(image->first, image->count, sizeof(image->first[0]), by_number);
    assert_true(image->count >= 3);
    for (unsigned i = 0; i < image->count; i++) {
        char path[TEMP_FOLDER_BYTES + 32];
        image_path(image, i, path);
        buf_init(&image->bytes[i], 0);
        assert_int_equal(file_read_all(path, 1 << 20, &image->bytes[i], NULL), ERR_OK);
    }
}

static void image_write(const struct image *image, unsigned i, struct str bytes)
{
    char path[TEMP_FOLDER_BYTES + 32];
    struct file file = FILE_NONE;
    image_path(image, i, path);
    assert_int_equal(file_open(path, FILE_CREATE, &file, NULL), ERR_OK);
    assert_int_equal(file_write_at(file, 0, bytes, STR_EMPTY, NULL), ERR_OK);
    file_close(&file);
}

static void image_free(struct image *image)
{
    temp_folder_remove(image->folder);
    for (unsigned i = 0; i < image->count; i++)
        buf_fini(&image->bytes[i]);
}

/* Offset of the last record of a segment, and of its end. */
static size_t last_record(struct str bytes, size_t *ret_end)
{
    size_t at = 0, before = 0;
    struct record record;
    const char *why;
    while (record_read(bytes, at, SALT, &record, &why) == RECORD_WHOLE) {
        before = at;
        at += (size_t)record_bytes(record.payload.len);
    }
    *ret_end = at;
    return before;
}

/* Opens what stands there: it must end at `last`, go on from there, and be whole after that. */
static void check_goes_on(const struct image *image, uint64_t last)
{
    struct journal_settings settings = settings_of(image->folder);
    struct journal *journal;
    struct journal_look look;
    static unsigned calls;
    bool compare = calls++ % 8 == 0; /* reading it all each time would take long */
    uint64_t before = compare ? temp_folder_digest(image->folder) : 0;
    assert_int_equal(journal_local.open(&settings, &journal, NULL), ERR_OK);
    assert_true(!compare || temp_folder_digest(image->folder) == before);
    journal_local.look(journal, &look);
    assert_int_equal(look.next, last + 1);
    assert_int_equal(replayed(&journal_local, journal, 1), last);
    assert_int_equal(journal_local.start(journal, 2, NULL), ERR_OK);
    append(&journal_local, journal, last + 1, last + 2);
    journal_local.close(&journal);
    assert_int_equal(journal_local.open(&settings, &journal, NULL), ERR_OK);
    assert_int_equal(replayed(&journal_local, journal, 1), last + 1);
    journal_local.close(&journal);
}

/* Back to how it was: segments that going on made are removed. */
static void restore(const struct image *image)
{
    struct image now = { .count = 0 };
    memcpy(now.folder, image->folder, sizeof(now.folder));
    assert_int_equal(folder_list(now.folder, image_note, &now, NULL), ERR_OK);
    for (unsigned i = 0; i < now.count; i++) {
        bool known = false;
        for (unsigned k = 0; k < image->count; k++)
            known |= image->first[k] == now.first[i];
        char path[TEMP_FOLDER_BYTES + 32];
        image_path(&now, i, path);
        if (!known)
            file_discard(path);
    }
    image_write(image, image->count - 1, buf_str(&image->bytes[image->count - 1]));
}

static void test_torn_tail(void **state)
{
    (void)state;
    struct image image;
    image_make(&image);
    struct str whole = buf_str(&image.bytes[image.count - 1]);
    size_t end, begin = last_record(whole, &end);
    static char bytes[SEGMENT];
    assert_true(whole.len <= sizeof(bytes) && end > begin);
    size_t payload_end = begin + RECORD_HEAD_BYTES + 8 + LAST * 37 % 500;
    for (size_t cut = begin; cut < end; cut++) {
        uint64_t last = cut >= payload_end ? LAST : LAST - 1;
        /* The file ends there. */
        image_write(&image, image.count - 1, str_slice(whole, 0, cut));
        if (cut < payload_end)
            check_goes_on(&image, last);
        restore(&image);
        /* Zeros from there on; what was written last has not reached the disk. */
        memcpy(bytes, whole.ptr, whole.len);
        memset(bytes + cut, 0, whole.len - cut);
        image_write(&image, image.count - 1, str_of(bytes, whole.len));
        check_goes_on(&image, last);
        restore(&image);
        /* The beginning has not, the end has. */
        memcpy(bytes, whole.ptr, whole.len);
        memset(bytes + begin, 0, cut + 1 - begin);
        image_write(&image, image.count - 1, str_of(bytes, whole.len));
        check_goes_on(&image, cut + 1 <= begin ? LAST : LAST - 1);
        restore(&image);
        /* A byte is another one. The zeros behind the payload belong to nobody. */
        memcpy(bytes, whole.ptr, whole.len);
        bytes[cut] = (char)(bytes[cut] ^ 0x40);
        image_write(&image, image.count - 1, str_of(bytes, whole.len));
        check_goes_on(&image, last);
        restore(&image);
    }
    image_free(&image);
}

static void check_corrupt(const struct image *image, unsigned segment, size_t offset_min, size_t offset_max)
{
    struct journal_settings settings = settings_of(image->folder);
    struct journal *journal;
    struct diag diag;
    char name[40];
    uint64_t before = temp_folder_digest(image->folder);
    assert_int_equal(journal_local.open(&settings, &journal, &diag), ERR_CORRUPT);
    assert_true(temp_folder_digest(image->folder) == before);
    (void)snprintf(name, sizeof(name), "%016llx.log, offset ", (unsigned long long)image->first[segment]);
    const char *at = strstr(diag.text, name);
    assert_non_null(at);
    size_t offset = strtoull(at + strlen(name), NULL, 10);
    assert_true(offset >= offset_min && offset <= offset_max);
}

static void test_damage_before_the_tail(void **state)
{
    (void)state;
    struct image image;
    image_make(&image);
    for (unsigned i = 0; i < image.count; i++) {
        struct buf *bytes = &image.bytes[i];
        size_t end, begin = last_record(buf_str(bytes), &end);
        bool last = i + 1 == image.count;
        /* In the last segment the last record is the tail. Bytes behind a payload are not looked at: the last
         * seven of a record may be padding. */
        size_t stop = last ? begin : end, start = 0;
        assert_true(stop > 0);
        struct record record;
        const char *why;
        for (size_t at = 0; at < stop; at += 3) {
            while (record_read(buf_str(bytes), start, SALT, &record, &why) == RECORD_WHOLE &&
                   start + record_bytes(record.payload.len) <= at)
                start += (size_t)record_bytes(record.payload.len);
            if (at >= start + RECORD_HEAD_BYTES + record.payload.len)
                continue;
            bytes->ptr[at] = (char)(bytes->ptr[at] ^ 0x10);
            image_write(&image, i, buf_str(bytes));
            check_corrupt(&image, i, start, start);
            bytes->ptr[at] = (char)(bytes->ptr[at] ^ 0x10);
            (void)record_read(buf_str(bytes), start, SALT, &record, &why);
        }
        image_write(&image, i, buf_str(bytes));
    }
    /* Something behind the records of a segment that others follow. */
    size_t end;
    (void)last_record(buf_str(&image.bytes[0]), &end);
    if (end < image.bytes[0].len) {
        image.bytes[0].ptr[image.bytes[0].len - 1] = 1;
        image_write(&image, 0, buf_str(&image.bytes[0]));
        check_corrupt(&image, 0, end, end);
        image.bytes[0].ptr[image.bytes[0].len - 1] = 0;
        image_write(&image, 0, buf_str(&image.bytes[0]));
    }
    /* A segment is gone, or ends early, or is there twice. */
    char path[TEMP_FOLDER_BYTES + 32];
    image_path(&image, 1, path);
    file_discard(path);
    check_corrupt(&image, 2, 0, 0);
    image_write(&image, 1,
                str_slice(buf_str(&image.bytes[1]), 0, last_record(buf_str(&image.bytes[1]), &end)));
    check_corrupt(&image, 2, 0, 0);
    image_write(&image, 1, buf_str(&image.bytes[0]));
    check_corrupt(&image, 1, 0, 0);
    image_write(&image, 1, buf_str(&image.bytes[1]));
    check_goes_on(&image, LAST);
    image_free(&image);
}

/* A payload may hold the bytes of records, even of this very journal; only their salt
 * is not known outside. */
static void test_records_inside_a_payload(void **state)
{
    (void)state;
    struct image image;
    image_make(&image);
    struct journal_settings settings = settings_of(image.folder);
    struct journal *journal;
    char bytes[1024] = { 0 };
    struct record inner = { .sequence = LAST + 5, .epoch = 2, .payload = STR("not a batch") };
    for (size_t at = 0; at + 64 <= sizeof(bytes); at += 8)
        record_head(&inner, SALT + 1, bytes + at);
    assert_int_equal(journal_local.open(&settings, &journal, NULL), ERR_OK);
    assert_int_equal(journal_local.start(journal, 2, NULL), ERR_OK);
    assert_int_equal(journal_local.append(journal, LAST + 1, str_of(bytes, sizeof(bytes)), NULL), ERR_OK);
    struct journal_look look;
    journal_local.look(journal, &look);
    journal_local.close(&journal);
    /* Tear that batch: its first byte is wrong. */
    struct image after = { .count = 0 };
    memcpy(after.folder, image.folder, sizeof(after.folder));
    assert_int_equal(folder_list(after.folder, image_note, &after, NULL), ERR_OK);
    qsort(after.first, after.count, sizeof(after.first[0]), by_number);
    unsigned i = after.count - 1;
    char path[TEMP_FOLDER_BYTES + 32];
    image_path(&after, i, path);
    buf_init(&after.bytes[i], 0);
    assert_int_equal(file_read_all(path, 1 << 20, &after.bytes[i], NULL), ERR_OK);
    size_t end, begin = last_record(buf_str(&after.bytes[i]), &end);
    after.bytes[i].ptr[begin] = 'x';
    image_write(&after, i, buf_str(&after.bytes[i]));
    check_goes_on(&after, LAST);
    buf_fini(&after.bytes[i]);
    image_free(&image);
}

/* A batch that does not fit the segment that was just begun: the next one begins with
 * the same batch and takes its name. It is not an old segment. */
static void check_replaced_while_empty(size_t segment_bytes, size_t first_bytes)
{
    char folder[TEMP_FOLDER_BYTES];
    temp_folder_make(folder);
    struct journal_settings settings = settings_of(folder);
    settings.segment_bytes = segment_bytes;
    struct journal *journal;
    struct journal_look look;
    assert_int_equal(journal_local.open(&settings, &journal, NULL), ERR_OK);
    assert_int_equal(journal_local.start(journal, 1, NULL), ERR_OK);
    char *bytes = calloc(1, first_bytes);
    for (uint64_t i = 1; i <= 9; i++)
        assert_int_equal(
            journal_local.append(journal, i, str_of(bytes, i == 1 ? first_bytes : segment_bytes / 2), NULL),
            ERR_OK);
    free(bytes);
    journal_local.drop(journal, 1); /* nothing is flushed */
    journal_local.close(&journal);
    assert_int_equal(journal_local.open(&settings, &journal, NULL), ERR_OK);
    journal_local.look(journal, &look);
    assert_int_equal(look.first, 1);
    assert_int_equal(look.next, 10);
    journal_local.close(&journal);
    temp_folder_remove(folder);
}

static void test_replaced_while_empty(void **state)
{
    (void)state;
    check_replaced_while_empty(SEGMENT, 3 * SEGMENT);    /* larger than any segment */
    check_replaced_while_empty(1024 * 1024, 700 * 1024); /* larger than the first one only */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_crc32c),
        cmocka_unit_test(test_contract_memory),
        cmocka_unit_test(test_contract_local),
        cmocka_unit_test(test_torn_tail),
        cmocka_unit_test(test_damage_before_the_tail),
        cmocka_unit_test(test_records_inside_a_payload),
        cmocka_unit_test(test_replaced_while_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
