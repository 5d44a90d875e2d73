/* show.hpp: values, errors, sandboxes, lists and results as lines. */
#ifndef SCENARIOS_SHOW_HPP
#define SCENARIOS_SHOW_HPP

#include <k7sandbox/k7sandbox.hpp>

namespace show
{

extern bool full; /* everything is shown, not only what is the same over every transport */

/* One value: its line breaks as "\n"; "-" for nothing. */
std::string text(const std::string &name, const k7::text &value);
std::string error(const k7::error &failure);
/* made: create's answer, of which some servers tell only the name, the namespace and the image. */
std::string sandbox(const k7::sandbox &shown, bool made);
std::string sandboxes(const k7::sandboxes &list);
std::string results(const k7::results &rows, bool ordered);
std::string client(const k7::client &shown);
std::string progress(const k7::progress &told);
std::string trace(const k7::trace &told);
std::string dry_request(const k7::dry_request &told);
std::string fields(const k7::spec &shown); /* each field that is set, as its getter tells it */

} // namespace show

#endif
