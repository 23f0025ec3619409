// Reads the members of a request's body, each with its type.
#pragma once

#include "runner/base/clock.hpp"
#include "runner/base/json.hpp"
#include "runner/studio/http/error.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace darkroom::studio {

/// Reads members of one body, which must outlive it; the first wrong one is kept. A member that is
/// null counts as absent.
class BodyReader {
public:
    explicit BodyReader(json::Value const& body) : body_(body) {}

    std::string text(std::string_view key, std::string fallback = std::string());
    /// Reads an id. Ids are strings; a client that sends a number has already lost its last digits.
    std::string digits(std::string_view key);
    bool flag(std::string_view key);
    /// Reads a whole number from 0 to `most`.
    int whole(std::string_view key, int most);
    /// Reads a time above 0 and at most a day.
    Duration seconds(std::string_view key, Duration fallback);

    void refuse(std::string_view key, std::string_view expected);
    std::optional<ApiError> const& failure() const { return failure_; }

private:
    json::Value const* present(std::string_view key) const;

    json::Value const& body_;
    std::optional<ApiError> failure_;
};

} // namespace darkroom::studio
