// Early returns of a Result's error. runner/base/error.hpp includes this file.
#pragma once

#include <utility>

#define DARKROOM_JOINED(a, b) a##b
#define DARKROOM_JOIN(a, b) DARKROOM_JOINED(a, b)
#define DARKROOM_TRY(leave, name, result)                                                          \
    do {                                                                                           \
        auto&& name = (result);                                                                    \
        if (name.has_error()) leave name.error();                                                  \
    } while (false)
#define DARKROOM_TRY_ASSIGN(leave, name, declaration, ...)                                         \
    auto&& name = (__VA_ARGS__);                                                                   \
    if (name.has_error()) leave name.error();                                                      \
    declaration = *std::forward<decltype(name)>(name)

/// Returns the error of a Result from the enclosing function, if it has one:
/// `TRY(file.write(text));`.
#define TRY(...) DARKROOM_TRY(return, DARKROOM_JOIN(tried_, __COUNTER__), (__VA_ARGS__))
/// Returns the error of a Result, or makes its value the declared variable:
/// `TRY_ASSIGN(auto const size, file.size());`. It is more than one statement, so it stands in
/// braces. The value of a named Result is copied unless std::move is written.
#define TRY_ASSIGN(declaration, ...)                                                               \
    DARKROOM_TRY_ASSIGN(return, DARKROOM_JOIN(tried_, __COUNTER__), declaration, __VA_ARGS__)

/// The same for coroutines, which leave with co_return. The await has a statement of its own, and
/// the macro takes its result (docs/coroutines.md):
/// `auto done = co_await write(); CO_TRY(done);`.
#define CO_TRY(...) DARKROOM_TRY(co_return, DARKROOM_JOIN(tried_, __COUNTER__), (__VA_ARGS__))
/// `auto got = co_await read(); CO_TRY_ASSIGN(auto const text, std::move(got));`.
#define CO_TRY_ASSIGN(declaration, ...)                                                            \
    DARKROOM_TRY_ASSIGN(co_return, DARKROOM_JOIN(tried_, __COUNTER__), declaration, __VA_ARGS__)
