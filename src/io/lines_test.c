/* Lines of files and pipes: ends, lengths around the block, lines that are too long, waiting. */
#include "io/lines.h"

#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <unistd.h>

static char path[] = "/tmp/crema-lines-XXXXXX";

static void write_file(struct str text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text.ptr, 1, text.len, file), text.len);
    fclose(file);
}

static struct lines *open_lines(size_t line_bytes_max)
{
    struct lines *lines = NULL;
    struct diag diag = { { 0 } };
    assert_int_equal(lines_open(path, line_bytes_max, &lines, &diag), ERR_OK);
    return lines;
}

static void expect_line(struct lines *lines, struct str expected)
{
    struct str line;
    struct diag diag;
    assert_int_equal(lines_next(lines, &line, &diag), ERR_OK);
    assert_int_equal(line.len, expected.len);
    if (line.len)
        assert_memory_equal(line.ptr, expected.ptr, line.len);
}

static void expect_end(struct lines **lines, uint64_t number)
{
    struct str line;
    struct diag diag;
    assert_int_equal(lines_next(*lines, &line, &diag), ERR_CLOSED);
    assert_int_equal(lines_next(*lines, &line, &diag), ERR_CLOSED);
    assert_int_equal(lines_number(*lines), number);
    lines_close(lines);
    assert_null(*lines);
}

static void test_ends(void **state)
{
    (void)state;
    write_file(STR(""));
    struct lines *lines = open_lines(100);
    expect_end(&lines, 0);
    write_file(STR("one\ntwo\r\n\n\0\xff"
                   "three"));
    lines = open_lines(100);
    expect_line(lines, STR("one"));
    expect_line(lines, STR("two\r"));
    expect_line(lines, STR(""));
    expect_line(lines, STR("\0\xff"
                           "three"));
    expect_end(&lines, 4);
    write_file(STR("\n\n"));
    lines = open_lines(100);
    expect_line(lines, STR(""));
    expect_line(lines, STR(""));
    expect_end(&lines, 2);
}

/* Line n of the text below: its number, and dots up to a length that grows past the block. */
static void write_line(struct buf *text, unsigned n)
{
    buf_printf(text, "%u", n);
    size_t len = n % 97 == 0 ? (size_t)n * 700 : n * 7919 % 3000;
    for (size_t i = 0; i < len; i++)
        buf_add_char(text, '.');
}

static void test_lengths(void **state)
{
    (void)state;
    struct buf text = { 0 }, line = { 0 };
    for (unsigned n = 0; n < 1000; n++) {
        write_line(&text, n);
        buf_add_char(&text, '\n');
    }
    write_file(buf_str(&text));
    struct lines *lines = open_lines(text.len);
    for (unsigned n = 0; n < 1000; n++) {
        buf_clear(&line);
        write_line(&line, n);
        expect_line(lines, buf_str(&line));
        assert_int_equal(lines_number(lines), n + 1);
    }
    expect_end(&lines, 1000);
    buf_fini(&text);
    buf_fini(&line);
}

static void test_too_long(void **state)
{
    (void)state;
    struct buf text = { 0 };
    struct str line;
    struct diag diag;
    static const size_t lens[] = { 10, 11, 12, 300000, 3000000 };
    for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
        for (size_t n = 0; n < lens[i]; n++)
            buf_add_char(&text, 'x');
        buf_add(&text, STR("\nshort\n"));
    }
    text.len -= 7; /* the last one ends the file, and has no line feed */
    write_file(buf_str(&text));
    struct lines *lines = open_lines(11);
    expect_line(lines, STR("xxxxxxxxxx"));
    expect_line(lines, STR("short"));
    expect_line(lines, STR("xxxxxxxxxxx"));
    expect_line(lines, STR("short"));
    for (int i = 0; i < 2; i++) {
        assert_int_equal(lines_next(lines, &line, &diag), ERR_LIMIT);
        expect_line(lines, STR("short"));
    }
    assert_int_equal(lines_next(lines, &line, &diag), ERR_LIMIT);
    expect_end(&lines, 9);
    buf_fini(&text);
}

struct waiting {
    int to;
    unsigned waits;
};

/* Gives what the reader would wait for. */
static void feed(void *self)
{
    struct waiting *waiting = self;
    waiting->waits++;
    assert_int_equal(write(waiting->to, "e\n", 2), 2);
}

static void test_waiting(void **state)
{
    (void)state;
    int ends[2], standard = dup(STDIN_FILENO);
    struct diag diag;
    struct lines *lines = NULL;
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
    assert_int_equal(lines_open("-", 100, &lines, &diag), ERR_OK);
    struct waiting waiting = { ends[1], 0 };
    lines_before_wait(lines, feed, &waiting);
    assert_int_equal(write(ends[1], "a\nb\nc", 5), 5);
    expect_line(lines, STR("a"));
    expect_line(lines, STR("b"));
    assert_int_equal(waiting.waits, 0);
    assert_int_equal(write(ends[1], "d\n", 2), 2);
    expect_line(lines, STR("cd"));
    assert_int_equal(waiting.waits, 0);
    expect_line(lines, STR("e"));
    assert_int_equal(waiting.waits, 1);
    close(ends[1]);
    expect_end(&lines, 4);
    assert_int_equal(dup2(standard, STDIN_FILENO), STDIN_FILENO);
    close(standard);
    close(ends[0]);
}

static void test_failures(void **state)
{
    (void)state;
    struct lines *lines = NULL;
    struct diag diag;
    struct str line;
    assert_int_equal(lines_open("/nowhere/at/all", 100, &lines, &diag), ERR_NOTFOUND);
    assert_string_equal(diag.text, "No such file or directory");
    assert_int_equal(lines_open("/", 100, &lines, &diag), ERR_OK);
    assert_int_equal(lines_next(lines, &line, &diag), ERR_IO);
    assert_string_equal(diag.text, "Is a directory");
    lines_close(&lines);
    lines_close(&lines);
}

static int make(void **state)
{
    (void)state;
    int fd = mkstemp(path);
    return fd < 0 ? 1 : close(fd);
}

static int clean(void **state)
{
    (void)state;
    return unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ends),    cmocka_unit_test(test_lengths),  cmocka_unit_test(test_too_long),
        cmocka_unit_test(test_waiting), cmocka_unit_test(test_failures),
    };
    return cmocka_run_group_tests(tests, make, clean);
}
