/* Unit tests of image references. */
#include "model/image.h"

#include <check.h>
#include <string.h>

#define SHA256 "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const struct {
    const char *text, *registry, *repository, *tag, *digest;
} good[] = {
    { "alpine", "", "alpine", "", "" },
    { "alpine:3.20", "", "alpine", "3.20", "" },
    { "img:3", "", "img", "3", "" },
    { "library/alpine", "", "library/alpine", "", "" },
    { "a/b/c__d-e--f.g", "", "a/b/c__d-e--f.g", "", "" },
    { "ghcr.io/org/app:v1.0_x-y", "ghcr.io", "org/app", "v1.0_x-y", "" },
    { "localhost/app", "localhost", "app", "", "" },
    { "localhost:5000/app:1", "localhost:5000", "app", "1", "" },
    { "registry:5000/a/b", "registry:5000", "a/b", "", "" },
    { "[::1]:5000/app", "[::1]:5000", "app", "", "" },
    { "10.0.0.1:80/x", "10.0.0.1:80", "x", "", "" },
    { "Host/x", "Host", "x", "", "" },
    { "alpine@" SHA256, "", "alpine", "", SHA256 },
    { "quay.io/a:1@" SHA256, "quay.io", "a", "1", SHA256 },
    { "x:_", "", "x", "_", "" },
};

static void check_part(const char *wanted, struct k7i_image_part part)
{
    ck_assert_uint_eq(part.len, strlen(wanted));
    ck_assert_int_eq(strncmp(wanted, part.len ? part.text : "", part.len), 0);
}

START_TEST(takes_a_reference_apart)
{
    struct k7i_image image;
    k7_error *err = NULL;

    ck_assert_msg(k7i_image_parse(good[_i].text, &image, &err) == 0, "%s", k7_error_get_message(err));
    check_part(good[_i].registry, image.registry);
    check_part(good[_i].repository, image.repository);
    check_part(good[_i].tag, image.tag);
    check_part(good[_i].digest, image.digest);
}
END_TEST

static const char *const bad[] = {
    "",
    " ",
    ":",
    "@",
    "/",
    "a/",
    "/a",
    "a//b",
    "a:",
    "a:b:c",
    "a:-b",
    "a:.b",
    "a:b/c",
    "a b",
    "a\n",
    "Alpine",
    "a/B",
    "a_",
    "_a",
    "a___b",
    "a..b",
    "a.-b",
    "-a/b",
    "ghcr.io/",
    "ghcr.io/A",
    "ghcr..io/a",
    "-ghcr.io/a",
    "ghcr-.io/a",
    "localhost:/a",
    "localhost:0/a",
    "localhost:65536/a",
    "localhost:8o/a",
    "localhost:123456/a",
    "[::1/a",
    "[::g]:1/a",
    "[::1]x/a",
    "https://ghcr.io/a",
    "a@",
    "a@sha256",
    "a@sha256:",
    "a@sha256:0123",
    "a@sha256:zz23456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    "a@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0",
    "a@-x:0123456789abcdef0123456789abcdef",
    "a@1x:0123456789abcdef0123456789abcdef",
    "a@x+:0123456789abcdef0123456789abcdef",
    "a@x+-y:0123456789abcdef0123456789abcdef",
    "a@" SHA256 "@" SHA256,
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    "ä",
    "a;rm -rf",
};

START_TEST(refuses_what_is_no_reference)
{
    k7_error *err = NULL;

    ck_assert_msg(k7i_image_parse(bad[_i], NULL, &err) == K7_ERR_INVALID_ARGUMENT, "%s", bad[_i]);
    ck_assert_ptr_nonnull(strstr(k7_error_get_message(err), "image: \""));
    k7_error_unref(err);
}
END_TEST

START_TEST(limits_lengths)
{
    char text[1100] = "a:";

    memset(text + 2, 't', 128);
    ck_assert_int_eq(k7i_image_parse(text, NULL, NULL), 0);
    text[130] = 't';
    ck_assert_int_eq(k7i_image_parse(text, NULL, NULL), K7_ERR_INVALID_ARGUMENT);
    memset(text, 'a', sizeof text);
    text[255] = '\0';
    ck_assert_int_eq(k7i_image_parse(text, NULL, NULL), 0);
    text[255] = 'a';
    text[256] = '\0';
    ck_assert_int_eq(k7i_image_parse(text, NULL, NULL), K7_ERR_INVALID_ARGUMENT);
    text[256] = 'a';
    text[1099] = '\0';
    ck_assert_int_eq(k7i_image_parse(text, NULL, NULL), K7_ERR_INVALID_ARGUMENT);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("model/image");
    TCase *tests = tcase_create("image");

    tcase_add_loop_test(tests, takes_a_reference_apart, 0, sizeof good / sizeof good[0]);
    tcase_add_loop_test(tests, refuses_what_is_no_reference, 0, sizeof bad / sizeof bad[0]);
    tcase_add_test(tests, limits_lengths);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
