// Errors and results: a code for decisions, a text for people.
#pragma once

#include "runner/base/try.hpp"

#include <boost/system/error_code.hpp>
#include <boost/system/result.hpp>

#include <string>
#include <utility>

namespace darkroom {

using boost::system::error_code;

/// A failure. `code` is for decisions; `detail` tells a person where it happened and what to do,
/// and never holds a token.
struct Error {
    error_code code;
    std::string detail;

    Error() = default;
    Error(error_code why, std::string text) : code(why), detail(std::move(text)) {}

    /// Returns "detail: message of the code", or one of the two when the other is empty.
    std::string message() const;
};

/// A value or an Error. `T` must be default-constructible when it crosses a co_spawn.
template <class T = void>
using Result = boost::system::result<T, Error>;

/// Throws for `Result::value()`, which only code that has checked `has_value()` calls.
[[noreturn]] void throw_exception_from_error(Error const& error,
                                             boost::source_location const& where);

// error_category has a public non-virtual destructor by design; no category is deleted through it.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wnon-virtual-dtor"
/// The category of a room's error enum: a name, and a function that returns the message of each
/// value. Each room has one static object; see json.cpp for an example.
class RoomCategory final : public boost::system::error_category {
public:
    using Wording = std::string (*)(int value);
    RoomCategory(char const* name, Wording wording) : name_(name), wording_(wording) {}
    char const* name() const noexcept override { return name_; }
    std::string message(int value) const override { return wording_(value); }

private:
    char const* name_;
    Wording wording_;
};
#pragma GCC diagnostic pop

/// Returns the error of a failed system call: `errno` as the code, the attempt as the detail.
Error system_error_of(int number, std::string tried);

} // namespace darkroom
