/* k7sandbox.hpp: libk7sandbox for C++17 and later: header-only, over k7sandbox.h; a program links the C library and nothing else.
 *
 *  - Handles are move-only and free themselves. share() gives a second handle of what is counted in C.
 *  - What can fail throws an exception of the class of its error (k7::not_found_error, …, all k7::error). Its twin, named try_…, gives a k7::result instead: the value, or the
 *    k7::error. Without exceptions (-fno-exceptions) only the twins are for use: what would throw aborts. A program may have parts of both kinds: the k7:: types of one are not those of the
 *    other, native() can be handed over.
 *  - A callback may throw. The exception never crosses the C library: the call is cancelled, and then the exception comes out of the call, from the twin, too.
 *    What a create made is taken back before. What a call over many has done is not, the sandboxes that create_many has made exist: call::on_results_too is told what became of each item, and of a started
 *    operation the second take gives it; else nobody is told.
 *    A token provider and the functions of a custom transport tell by theirs what the error of the call says.
 *  - A handle that was moved from is empty, and good for nothing but destruction and assignment. Threads: as the C functions'. */
#ifndef K7SANDBOX_K7SANDBOX_HPP
#define K7SANDBOX_K7SANDBOX_HPP

#include <k7sandbox/cxx/error.hpp>
#include <k7sandbox/cxx/library.hpp>
#include <k7sandbox/cxx/spec.hpp>
#include <k7sandbox/cxx/sandbox.hpp>
#include <k7sandbox/cxx/call.hpp>
#include <k7sandbox/cxx/op.hpp>
#include <k7sandbox/cxx/config.hpp>
#include <k7sandbox/cxx/batch.hpp>
#include <k7sandbox/cxx/client.hpp>

#endif
