// Splits a file that is read in pieces into its lines.
#pragma once

#include "runner/base/error.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace darkroom::store {

/// Gives each line without its newline. Text after the last newline is left out.
class LineReader {
public:
    using Take = std::function<void(std::string_view)>;
    explicit LineReader(Take take) : take_(std::move(take)) {}

    /// Takes the next piece. Errors: too_large, for a line that no file of this program has.
    Result<> operator()(std::string_view piece);

private:
    Take take_;
    std::string rest_;
};

} // namespace darkroom::store
