#include "runner/store/manifest_line.hpp"

#include <fmt/format.h>

#include <utility>

namespace darkroom::store {

namespace {

constexpr std::size_t key_digits = 64;

std::string line_start() {
    return fmt::format(R"({{"schema":{},"key":")", engine::manifest_schema);
}

} // namespace

std::string manifest_line(engine::Event const& saved, engine::StepState const& state) {
    return json::write(to_json(engine::manifest_row_of(saved, state)));
}

std::string failed_line(engine::FailedRow row) { return json::write(to_json(std::move(row))); }

std::string_view key_of_line(std::string_view line) {
    static std::string const start = line_start();
    bool const whole = line.size() > start.size() + key_digits && line.starts_with(start) &&
                       line[start.size() + key_digits] == '"' && line.back() == '}';
    return whole ? line.substr(start.size(), key_digits) : std::string_view();
}

} // namespace darkroom::store
