/* Files compressed with gzip: whole under their name, or not there. */
#include "io/file.h"
#include "io/gzip.h"
#include "io/process.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct arena arena;
static struct str folder;

static const char *path_of(const char *name)
{
    return arena_cstr(&arena, arena_printf(&arena, "%.*s/%s", STR_ARG(folder), name));
}

static int set_up(void **state)
{
    struct diag diag;
    (void)state;
    return process_temporary_folder(&arena, "crema-gzip", &folder, &diag) != ERR_OK;
}

static int tear_down(void **state)
{
    struct diag diag;
    (void)state;
    enum err err = folder_remove(arena_cstr(&arena, folder), &diag);
    arena_fini(&arena);
    return err != ERR_OK;
}

static void write_lines(const char *path, unsigned count)
{
    struct gzip_writer *writer;
    struct diag diag;
    assert_int_equal(gzip_create(path, &writer, &diag), ERR_OK);
    for (unsigned i = 0; i < count; i++)
        assert_int_equal(gzip_write(writer, arena_printf(&arena, "line %u\n", i), &diag), ERR_OK);
    assert_int_equal(gzip_write(writer, STR_EMPTY, &diag), ERR_OK);
    assert_false(file_exists(path));
    assert_int_equal(gzip_finish(&writer, true, &diag), ERR_OK);
    assert_null(writer);
}

static enum err read_all(const char *path, struct buf *to)
{
    struct gzip_reader *reader;
    struct diag diag;
    size_t got;
    enum err err = gzip_open(path, &reader, &diag);
    if (err)
        return err;
    do {
        char bytes[1000];
        err = gzip_read(reader, bytes, sizeof(bytes), &got, &diag);
        if (!err)
            buf_add_bytes(to, bytes, got);
    } while (!err && got == 1000);
    gzip_close(&reader);
    return err;
}

static void test_written_and_read(void **state)
{
    (void)state;
    const char *path = path_of("lines.gz");
    struct buf text;
    buf_init(&text, 0);
    write_lines(path, 5000);
    assert_false(file_exists(path_of("lines.gz.part")));
    assert_int_equal(read_all(path, &text), ERR_OK);
    assert_true(str_starts(buf_str(&text), STR("line 0\nline 1\n")));
    assert_true(str_ends(buf_str(&text), STR("\nline 4999\n")));
    assert_int_equal(read_all(path_of("absent.gz"), &text), ERR_NOTFOUND);
    buf_fini(&text);
}

static void test_abandoned(void **state)
{
    (void)state;
    struct gzip_writer *writer;
    struct diag diag;
    assert_int_equal(gzip_create(path_of("a.gz"), &writer, &diag), ERR_OK);
    assert_int_equal(gzip_write(writer, STR("text"), &diag), ERR_OK);
    gzip_abandon(&writer);
    gzip_abandon(&writer);
    assert_false(file_exists(path_of("a.gz")));
    assert_false(file_exists(path_of("a.gz.part")));
    assert_int_equal(gzip_create(path_of("absent/a.gz"), &writer, &diag), ERR_IO);
}

/* Cut anywhere, or with any byte changed, it does not read as whole. */
static void test_damaged(void **state)
{
    (void)state;
    const char *path = path_of("damaged.gz");
    struct diag diag;
    struct buf whole, text;
    buf_init(&whole, 0);
    buf_init(&text, 0);
    write_lines(path, 300);
    assert_int_equal(file_read_all(path, 1 << 20, &whole, &diag), ERR_OK);
    for (size_t cut = 20; cut < whole.len; cut += 7) {
        assert_int_equal(file_replace(path, str_of(whole.ptr, cut), &diag), ERR_OK);
        assert_int_equal(read_all(path, &text), ERR_CORRUPT);
    }
    for (size_t at = whole.len - 8; at < whole.len; at++) { /* its checksum and its length */
        whole.ptr[at] ^= 1;
        assert_int_equal(file_replace(path, buf_str(&whole), &diag), ERR_OK);
        assert_int_equal(read_all(path, &text), ERR_CORRUPT);
        whole.ptr[at] ^= 1;
    }
    buf_fini(&whole);
    buf_fini(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_written_and_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_abandoned, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_damaged, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
