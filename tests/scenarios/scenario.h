/* scenario.h: what the C program's files share: commands, the state of a scenario, operations. */
#ifndef SCENARIOS_SCENARIO_H
#define SCENARIOS_SCENARIO_H

#include <k7sandbox/k7sandbox.h>
#include <stdio.h>

enum { WORDS = 24, BEGUN = 64, ITEMS = 64 };

/* A command: its words, and what follows its first and its second. */
struct words {
    char *word[WORDS];
    int count;
    const char *rest, *value;
};

/* An operation under way, or ended. */
struct answer {
    char kind; /* of its result: a sandbox, made or read; a list; results, in order or not; nothing */
    FILE *out;
    char *text;
    size_t len;
    k7_call *call;
    k7_loop *loop; /* NULL: the call blocks */
    k7_op *op;
    k7_sandbox *sandbox;
    k7_sandboxes *list;
    k7_results *results;
    k7_error *error;
    char last[64]; /* step of progress */
};

/* What the commands of a scenario leave for those that follow. */
extern const char *image;
extern k7_client *client;
extern k7_spec *spec;
extern k7_cancel *token;
extern struct words settings; /* of calls */
extern struct words pace;     /* of calls over many, and their items: */
extern k7_spec *item_specs[ITEMS];
extern char item_names[ITEMS][64];
extern int item_count;

void give_up(const char *what, const k7_error *error);
/* Shows the error of what failed, and forgets it. */
int done(int status, k7_error **error);
/* Cuts text, which is changed, at its spaces; "\n" in it is a line break. */
void cut(char *text, struct words *words);
/* The value of KEY=VALUE, "" of a mere KEY, NULL when it is not there. */
const char *find(const struct words *words, const char *key);
int number(const char *text);

/* operations.c: -1: no operation has this name. */
int operation_of(const char *name);
/* on NULL: blocks. */
struct answer *run(const struct words *words, k7_loop *on);
/* Shows what became of an operation, after a mark, and forgets it. */
void end(struct answer *answer, const char *mark);

/* specs.c: 0: no command of a spec has this name. */
int obey_spec(const struct words *words);

#endif
