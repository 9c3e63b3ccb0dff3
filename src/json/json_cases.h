/* json_cases.h - texts that are JSON and texts that are not: for the tests of those who read it. */
#ifndef JSON_JSON_CASES_H
#define JSON_JSON_CASES_H

#include <stdbool.h>
#include <stddef.h>

/* Read, and written again compact: as the second text, or as the first when that is NULL. */
static const struct {
    const char *text, *again;
} accepted[] = {
    { "null", NULL },
    { "true", NULL },
    { "false", NULL },
    { "0", NULL },
    { "-0", NULL },
    { "-0.0e-0", NULL },
    { "1234567890123456789012345678901234567890", NULL },
    { "1.5E+300", NULL },
    { "0e1", NULL },
    { "1e00", NULL },
    { "\"\"", NULL },
    { "[]", NULL },
    { "{}", NULL },
    { " \t\r\n[ ] \n", "[]" },
    { "{ }", "{}" },
    { "[1,2,[3,[]],{}]", NULL },
    { "{\"a\":1,\"a\":2}", NULL },
    { "{\"\":\"\"}", NULL },
    { " { \"a\" : [ 1 , true , null ] , \"b\" : { \"c\" : \"d\" } } ",
      "{\"a\":[1,true,null],\"b\":{\"c\":\"d\"}}" },
    { "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\\"\\\\/\\b\\f\\n\\r\\t\"" },
    { "\"\\u0041\\u00e9\\u20AC\\ud83d\\uDE80\"", "\"A\xc3\xa9\xe2\x82\xac\xf0\x9f\x9a\x80\"" },
    { "\"\\u0000\\u001f\\u007f\"", "\"\\u0000\\u001f\x7f\"" },
    { "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x9a\x80\xf4\x8f\xbf\xbf\"", NULL },
    { "\"a string of more than sixteen bytes, and \xc3\xa9 in it\"", NULL },
    { "\"0123456789abcde\\n0123456789abcdef\\\"\"", NULL },
    { "\"// no comment /* either */\"", NULL },
    { "\"\\\\u0041\"", NULL },
    { "{\"\\u0061\":0}", "{\"a\":0}" },
};

static const char value_list[] __attribute__((unused)) =
    "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')";

/* {list}: the text above stands here. */
static const struct {
    const char *text;
    unsigned line, column;
    const char *error;
    bool list;
} refused[] = {
    /* as the services were seen to say it */
    { "{'bad': 'quotation'}", 1, 2,
      "Unexpected character (''' (code 39)): was expecting double-quote to start field name", false },
    { "{\"not\": closed mark\"", 1, 15, "Unrecognized token 'closed': was expecting ", true },
    { "this is valid json but not a dict", 1, 5, "Unrecognized token 'this': was expecting ", true },
    { "not", 1, 4, "Unrecognized token 'not': was expecting ", true },
    /* the others */
    { "", 1, 1, "Unexpected end-of-input: was expecting a value", false },
    { "  \n ", 2, 2, "Unexpected end-of-input: was expecting a value", false },
    { "nul", 1, 4, "Unrecognized token 'nul': was expecting ", true },
    { "True", 1, 5, "Unrecognized token 'True': was expecting ", true },
    { "truex", 1, 6, "Unrecognized token 'truex': was expecting ", true },
    { "true1", 1, 6, "Unrecognized token 'true1': was expecting ", true },
    { "NaN", 1, 4, "Unrecognized token 'NaN': was expecting ", true },
    { "Infinity", 1, 9, "Unrecognized token 'Infinity': was expecting ", true },
    { "\xc3\xa9t\xc3\xa9", 1, 4, "Unrecognized token '\xc3\xa9t\xc3\xa9': was expecting ", true },
    { "+1", 1, 1, "Unexpected character ('+' (code 43)): expected a valid value ", true },
    { ".5", 1, 1, "Unexpected character ('.' (code 46)): expected a valid value ", true },
    { "\xef\xbb\xbf{}", 1, 2, "Unrecognized token '\xef\xbb\xbf': was expecting ", true },
    { "[1,]", 1, 4, "Unexpected character (']' (code 93)): expected a valid value ", true },
    { "[,1]", 1, 2, "Unexpected character (',' (code 44)): expected a valid value ", true },
    { "{\"a\":}", 1, 6, "Unexpected character ('}' (code 125)): expected a valid value ", true },
    { "'a'", 1, 1, "Unexpected character (''' (code 39)): expected a valid value ", true },
    { "// a\n1", 1, 1, "Unexpected character ('/' (code 47)): expected a valid value ", true },
    { "-", 1, 2, "Unexpected end-of-input", false },
    { "-a", 1, 2,
      "Unexpected character ('a' (code 97)): expected digit (0-9) to follow minus sign, for valid numeric "
      "value",
      false },
    { "01", 1, 1, "Invalid numeric value: Leading zeroes not allowed", false },
    { "-01", 1, 2, "Invalid numeric value: Leading zeroes not allowed", false },
    { "1.", 1, 3, "Unexpected end-of-input", false },
    { "[1.]", 1, 4, "Unexpected character (']' (code 93)): Decimal point not followed by a digit", false },
    { "1.e1", 1, 3, "Unexpected character ('e' (code 101)): Decimal point not followed by a digit", false },
    { "1e", 1, 3, "Unexpected end-of-input", false },
    { "[1e+]", 1, 5, "Unexpected character (']' (code 93)): Exponent indicator not followed by a digit",
      false },
    { "0x10", 1, 2, "Unexpected character ('x' (code 120)): was expecting the end of the text", false },
    { "1 2", 1, 3, "Unexpected character ('2' (code 50)): was expecting the end of the text", false },
    { "{} {}", 1, 4, "Unexpected character ('{' (code 123)): was expecting the end of the text", false },
    { "[]]", 1, 3, "Unexpected character (']' (code 93)): was expecting the end of the text", false },
    { "{a:1}", 1, 2, "Unexpected character ('a' (code 97)): was expecting double-quote to start field name",
      false },
    { "{\"a\":1,}", 1, 8,
      "Unexpected character ('}' (code 125)): was expecting double-quote to start field name", false },
    { "{1:1}", 1, 2, "Unexpected character ('1' (code 49)): was expecting double-quote to start field name",
      false },
    { "{\"a\" 1}", 1, 6,
      "Unexpected character ('1' (code 49)): was expecting a colon to separate field name and value", false },
    { "{\"a\":1 \"b\":2}", 1, 8,
      "Unexpected character ('\"' (code 34)): was expecting comma to separate Object entries", false },
    { "[1 2]", 1, 4, "Unexpected character ('2' (code 50)): was expecting comma to separate Array entries",
      false },
    { "[1}", 1, 3, "Unexpected character ('}' (code 125)): was expecting comma to separate Array entries",
      false },
    { "{\"a\":1]", 1, 7,
      "Unexpected character (']' (code 93)): was expecting comma to separate Object entries", false },
    { "[\"\xf0\x9f\x9a\x80\", \xe2\x82\xac]", 1, 9, "Unrecognized token '\xe2\x82\xac': was expecting ",
      true },
    { "[1\xe2\x82\xac]", 1, 3,
      "Unexpected character ('\xe2\x82\xac' (code 8364 / 0x20ac)): was expecting comma to separate Array "
      "entries",
      false },
    { "[1\x01]", 1, 3,
      "Unexpected character ((CTRL-CHAR, code 1)): was expecting comma to separate Array entries", false },
    { "\n[1,\r\n\r 2,\n  x]", 5, 4, "Unrecognized token 'x': was expecting ", true },
    { "{", 1, 2,
      "Unexpected end-of-input: expected close marker for Object (start marker at line: 1, column: 1)",
      false },
    { "[1,\n {\"a\":[2", 2, 9,
      "Unexpected end-of-input: expected close marker for Array (start marker at line: 2, column: 7)",
      false },
    { "{\"a", 1, 4, "Unexpected end-of-input in field name", false },
    { "{\"a\"", 1, 5, "Unexpected end-of-input within/between Object entries", false },
    { "{\"a\":", 1, 6, "Unexpected end-of-input within/between Object entries", false },
    { "[1,", 1, 4, "Unexpected end-of-input within/between Array entries", false },
    { "\"", 1, 2, "Unexpected end-of-input: was expecting closing quote for a string value", false },
    { "\"a\\", 1, 4, "Unexpected end-of-input: was expecting closing quote for a string value", false },
    { "\"a\\\"", 1, 5, "Unexpected end-of-input: was expecting closing quote for a string value", false },
    { "\"a\tb\"", 1, 3,
      "Illegal unquoted character ((CTRL-CHAR, code 9)): has to be escaped using backslash to be included in "
      "string "
      "value",
      false },
    { "{\"a\nb\":1}", 1, 4,
      "Illegal unquoted character ((CTRL-CHAR, code 10)): has to be escaped using backslash to be included "
      "in name",
      false },
    { "\"\\a\"", 1, 3, "Unrecognized character escape (code 97)", false },
    { "\"\\'\"", 1, 3, "Unrecognized character escape (code 39)", false },
    { "\"\\x41\"", 1, 3, "Unrecognized character escape (code 120)", false },
    { "\"\\U0041\"", 1, 3, "Unrecognized character escape (code 85)", false },
    { "\"\\u12\"", 1, 6,
      "Unexpected character ('\"' (code 34)): expected a hex-digit for character escape sequence", false },
    { "\"\\u00g0\"", 1, 6,
      "Unexpected character ('g' (code 103)): expected a hex-digit for character escape sequence", false },
    { "\"\\ud83d\"", 1, 2, "Unpaired surrogate in a character escape sequence", false },
    { "\"\\ud83dx\"", 1, 2, "Unpaired surrogate in a character escape sequence", false },
    { "\"\\ud83d\\n\"", 1, 2, "Unpaired surrogate in a character escape sequence", false },
    { "\"\\ud83d\\ud83d\"", 1, 2, "Unpaired surrogate in a character escape sequence", false },
    { "\"\\ude80\\ud83d\"", 1, 2, "Unpaired surrogate in a character escape sequence", false },
    /* not UTF-8 */
    { "\"\xff\"", 1, 2, "Invalid UTF-8 byte 0xff", false },
    { "\"a\x80\"", 1, 3, "Invalid UTF-8 byte 0x80", false },
    { "\"\xc0\xaf\"", 1, 2, "Invalid UTF-8 byte 0xc0", false },
    { "\"\xe2\x82\"", 1, 2, "Invalid UTF-8 byte 0xe2", false },
    { "\"\xed\xa0\x80\"", 1, 2, "Invalid UTF-8 byte 0xed", false },
    { "\"\xf4\x90\x80\x80\"", 1, 2, "Invalid UTF-8 byte 0xf4", false },
    { "\"a long string of plain bytes \xe2\x82\"", 1, 31, "Invalid UTF-8 byte 0xe2", false },
    { "\xff", 1, 1, "Invalid UTF-8 byte 0xff", false },
    { "[1\xe2\x82]", 1, 3, "Invalid UTF-8 byte 0xe2", false },
};

#endif
