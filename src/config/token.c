/* token.c: what a token provider fills in. A token is trimmed and checked here, so that a stray line end of a token file never reaches a header. */
#include "config/config.h"

#include "base/alloc.h"
#include "base/secret.h"
#include <k7sandbox/error.h>

#include <string.h>

enum { TOKEN_MAX = 64 * 1024, MESSAGE_MAX = 1024 };

#define WHITE_SPACE " \t\r\n\v\f"

void k7i_token_clear(k7_token *token)
{
    k7i_secret_free(token->text);
    k7i_free(token->error);
    *token = (k7_token){ .expires_unix = -1 };
}

int k7_token_set(k7_token *token, const char *text, int64_t expires_unix)
{
    if (!token)
        return K7_ERR_INVALID_ARGUMENT;
    k7i_token_clear(token);
    if (!text)
        return K7_ERR_INVALID_ARGUMENT;
    text += strspn(text, WHITE_SPACE);
    size_t len = strlen(text);
    while (len > 0 && strchr(WHITE_SPACE, text[len - 1]))
        len--;
    if (len == 0 || len > TOKEN_MAX)
        return K7_ERR_INVALID_ARGUMENT;
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)text[i] <= 0x20 || (unsigned char)text[i] > 0x7E)
            return K7_ERR_INVALID_ARGUMENT;
    token->text = k7i_strndup(text, len);
    if (!token->text)
        return K7_ERR_NO_MEMORY;
    token->expires_unix = expires_unix < 0 ? -1 : expires_unix;
    return 0;
}

void k7_token_set_error(k7_token *token, const char *message)
{
    if (!token)
        return;
    k7i_token_clear(token);
    if (!message)
        return;
    size_t len = strnlen(message, MESSAGE_MAX);
    if (message[len])
        while (len > 0 && ((unsigned char)message[len] & 0xC0) == 0x80) /* not inside a UTF-8 character */
            len--;
    token->error = k7i_strndup(message, len);
    for (char *p = token->error; p && *p; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7F)
            *p = ' '; /* errors are one line */
}
