/* files.c: the files with certificates that a peer goes by. They are looked at before each request, so that what replaces them is seen at once. */
#include "net/inside.h"

#include <string.h>
#include <sys/stat.h>

unsigned k7i_peer_files_version(struct k7i_peer *peer)
{
    int changed = 0;

    pthread_mutex_lock(&peer->files_mutex);
    for (int i = 0; i < K7I_PEER_FILES; i++) {
        struct stat info;

        if (!peer->files[i] || stat(peer->files[i], &info) != 0) /* gone: it may be back in a moment */
            continue;
        struct k7i_file_stamp stamp = { (uint64_t)info.st_dev, (uint64_t)info.st_ino, (int64_t)info.st_size,
                                        (int64_t)info.st_mtim.tv_sec, (int64_t)info.st_mtim.tv_nsec };
        if (memcmp(&stamp, &peer->stamps[i], sizeof stamp) != 0) {
            changed |= peer->stamps[i].inode != 0; /* else this is the first look */
            peer->stamps[i] = stamp;
        }
    }
    peer->files_version += (unsigned)changed;
    unsigned version = peer->files_version;
    pthread_mutex_unlock(&peer->files_mutex);
    return version;
}
