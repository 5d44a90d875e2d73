/* cases.h: what the groups of cases share: making and asking in one line, and what every error must be like. */
#ifndef CONFORMANCE_CASES_H
#define CONFORMANCE_CASES_H

#include "target.h"

#include <check.h>

TCase *cases_create(void);
TCase *cases_dry(void);
TCase *cases_fields(void);
TCase *cases_more_fields(void);
TCase *cases_many(void);
TCase *cases_read(void);
TCase *cases_delete(void);
TCase *cases_stop(void);
TCase *cases_names(void);

/* Fails the test with the error's message when status is not 0. */
void expect_done(int status, k7_error *error);
/* The error has this code, and is one as the documentation describes. Releases it. */
void expect_error(k7_error *error, int code, const char *operation);
void create(const char *namespace_, const char *name);
k7_spec *new_spec(const char *namespace_, const char *name);
void delete_quietly(const char *namespace_, const char *name);
int exists(const char *namespace_, const char *name);
size_t count_in(const char *namespace_);

#endif
