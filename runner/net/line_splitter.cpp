#include "runner/net/line_splitter.hpp"

#include <fmt/format.h>

#include <utility>

namespace darkroom::net {

Result<> LineSplitter::feed(std::string_view bytes) {
    while (!bytes.empty() && !enough_) {
        auto const end = bytes.find('\n');
        bool const whole = end != bytes.npos;
        auto const part = bytes.substr(0, end);
        if (begun_.size() + part.size() > limit_)
            return Error(Errc::line_too_long, fmt::format("more than {} bytes", limit_));
        if (!whole) {
            begun_.append(part);
            return {};
        }
        bytes.remove_prefix(end + 1);
        ++ends_;
        if (begun_.empty()) {
            if (auto done = emit(part); !done) return done;
            continue;
        }
        // Taken out first, so that an idle stream holds no buffer.
        std::string line = std::exchange(begun_, std::string());
        line.append(part);
        if (auto done = emit(line); !done) return done;
    }
    return {};
}

Result<> LineSplitter::finish() {
    std::string const line = std::exchange(begun_, std::string());
    return enough_ ? Result<>() : emit(line);
}

Result<> LineSplitter::emit(std::string_view line) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.find_first_not_of(" \t") == line.npos) return {};
    auto const flow = sink_.on_line(line);
    if (!flow) return flow.error();
    enough_ = *flow == LineSink::Flow::enough;
    return {};
}

} // namespace darkroom::net
