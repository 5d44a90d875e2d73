/* global.c: the process-wide start of libcurl, once, from whichever thread comes first. It is never undone: the host program may use libcurl, too. */
#include "net/inside.h"

#include "base/error.h"

static pthread_once_t once = PTHREAD_ONCE_INIT;
static CURLcode started;

static void start(void)
{
    started = curl_global_init(CURL_GLOBAL_DEFAULT);
}

int k7i_http_global_init(k7_error **err)
{
    pthread_once(&once, start);
    if (started != CURLE_OK)
        return k7i_fail(err, K7_ERR_SYSTEM, "libcurl cannot be started: %s", curl_easy_strerror(started));
    const curl_version_info_data *about = curl_version_info(CURLVERSION_NOW);
    if (!(about->features & CURL_VERSION_ASYNCHDNS))
        return k7i_fail(
            err, K7_ERR_SYSTEM,
            "libcurl %s looks up names without a thread of its own: a call could not be cancelled then",
            about->version);
    if (!(about->features & CURL_VERSION_SSL))
        return k7i_fail(err, K7_ERR_SYSTEM, "libcurl %s was built without TLS", about->version);
    return 0;
}
