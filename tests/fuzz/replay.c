/* replay.c: the main of a fuzz target that is built without libFuzzer: runs it on every file of the folders and files named, so that a corpus is an ordinary test. */
#include "fuzz.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static int replay_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    struct stat about;

    if (!file || fstat(fileno(file), &about) != 0) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        return -1;
    }
    size_t size = (size_t)about.st_size;
    unsigned char *data =
        malloc(size ? size : 1); /* no byte more, so that sanitizers see a look behind the end */
    if (!data || fread(data, 1, size, file) != size) {
        fprintf(stderr, "%s: cannot be read\n", path);
        return -1;
    }
    fclose(file);
    LLVMFuzzerTestOneInput(data, size);
    free(data);
    return 1;
}

/* How many files were run; -1 after an error. */
static int replay(const char *path)
{
    DIR *folder = opendir(path);
    int count = 0;

    if (!folder)
        return replay_file(path);
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        char inside[4096];

        if (entry->d_name[0] == '.')
            continue;
        snprintf(inside, sizeof inside, "%s/%s", path, entry->d_name);
        if (replay_file(inside) < 0)
            return -1;
        count++;
    }
    closedir(folder);
    return count;
}

int main(int argc, char **argv)
{
    int total = 0;

    for (int i = 1; i < argc; i++) {
        int count = replay(argv[i]);
        if (count < 0)
            return 1;
        total += count;
    }
    printf("%d passed, 0 failed\n", total);
    return total > 0 ? 0 : 1;
}
