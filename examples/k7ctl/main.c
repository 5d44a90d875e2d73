/* main.c: k7ctl, sandboxes from the command line. Uses the public interface of libk7sandbox only. */
#include "commands.h"
#include "options.h"
#include "report.h"
#include "session.h"
#include "spec.h"

static int run_operation(const struct options *options)
{
    struct session session = { NULL, NULL, NULL };
    k7_spec *spec = NULL;
    int status = STATUS_DONE;
    /* Before signals are caught: there is nothing to cancel yet, and a file may keep one waiting. */
    if (options->command == COMMAND_CREATE)
        status = spec_from_options(options, &spec);
    if (status == STATUS_DONE)
        status = session_open(&session, options);
    if (status == STATUS_DONE) {
        switch (options->command) {
        case COMMAND_CREATE:
            status = command_create(&session, spec, options);
            break;
        case COMMAND_LIST:
            status = command_list(&session, options);
            break;
        case COMMAND_GET:
            status = command_get(&session, options);
            break;
        case COMMAND_DELETE:
            status = command_delete(&session, options);
            break;
        default:
            status = command_delete_all(&session, options);
        }
    }
    session_close(&session);
    k7_spec_free(spec);
    return status;
}

int main(int argc, char **argv)
{
    struct options options;
    int status = options_parse(argc, argv, &options);
    if (status < 0) {
        if (options.command == COMMAND_CONFIG)
            status = command_config_keys(&options);
        else if (options.command == COMMAND_ERRORS)
            status = command_errors(&options);
        else
            status = run_operation(&options);
    }
    options_free(&options);
    return report_output(status);
}
