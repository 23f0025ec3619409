#include "runner/net/line_splitter.hpp"

#include <fmt/format.h>

#include <utility>

namespace darkroom::net {

Result<> LineSplitter::feed(std::string_view bytes) {
    while (!bytes.empty() && !enough_) {
        auto const end = bytes.find('\n');
        bool const whole = end != bytes.npos;
        auto const part = bytes.substr(0, end);
        if (partial_.size() + part.size() > limit_)
            return Error(Errc::line_too_long, fmt::format("more than {} bytes", limit_));
        if (!whole) {
            partial_.append(part);
            return {};
        }
        bytes.remove_prefix(end + 1);
        ++ends_;
        if (partial_.empty()) {
            TRY(emit(part));
            continue;
        }
        // Moved out first, so that an idle stream holds no buffer.
        std::string line = std::exchange(partial_, std::string());
        line.append(part);
        TRY(emit(line));
    }
    return {};
}

Result<> LineSplitter::finish() {
    std::string const line = std::exchange(partial_, std::string());
    return enough_ ? Result<>() : emit(line);
}

Result<> LineSplitter::emit(std::string_view line) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.find_first_not_of(" \t") == line.npos) return {};
    TRY_ASSIGN(auto const flow, sink_.on_line(line));
    enough_ = flow == LineSink::Flow::enough;
    return {};
}

} // namespace darkroom::net
