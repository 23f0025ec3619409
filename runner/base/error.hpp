// What every room returns when something went wrong: a code to decide by, a text to show.
#pragma once

#include <boost/system/error_code.hpp>
#include <boost/system/result.hpp>

#include <string>
#include <utility>

namespace darkroom {

using boost::system::error_code;

/// Why something failed. `code` is for decisions, `detail` says where and what to do, for a person;
/// it never holds a token.
struct Error {
    error_code code;
    std::string detail;

    Error() = default;
    Error(error_code why, std::string text) : code(why), detail(std::move(text)) {}

    /// "detail: message of the code", or just one of them when the other is empty.
    std::string message() const;
};

/// A value or an Error. `T` must be default-constructible when it crosses a co_spawn.
template <class T = void>
using Result = boost::system::result<T, Error>;

/// What `Result::value()` throws; only code that has checked `has_value()` calls it.
[[noreturn]] void throw_exception_from_error(Error const& error,
                                             boost::source_location const& where);

// error_category has a public non-virtual destructor by design; no category is deleted through it.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wnon-virtual-dtor"
/// The category of a room's error enum: a name, and a function that words each value.
/// One static object a room; see json.cpp for the shape.
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

/// The error of a failed system call: `errno` as a code, with what was tried.
Error system_error_of(int number, std::string tried);

} // namespace darkroom
