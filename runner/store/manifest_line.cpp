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

Result<LineMaker> LineMaker::open(JournalReader& journal) {
    LineMaker maker;
    TRY(journal.for_each_charged_again([&maker](engine::Event const& event) -> Result<> {
        maker.again_[event.step] += std::get<engine::ChargedAgain>(event.fact).cost;
        return {};
    }));
    return maker;
}

std::string LineMaker::line(ImageRecord const& image) const {
    auto const again = again_.find(image.event.step);
    if (again == again_.end()) return manifest_line(image.event, image.state);
    auto state = image.state;
    state.cost_again = again->second; // some of it may have come after the image
    return manifest_line(image.event, state);
}

jobs::Micros LineMaker::charged_again(Digest const& step) const {
    auto const again = again_.find(step);
    return again == again_.end() ? 0 : again->second;
}

std::string failed_line(engine::FailedRow row) { return json::write(to_json(std::move(row))); }

std::string_view key_of_line(std::string_view line) {
    static std::string const start = line_start();
    bool const whole = line.size() > start.size() + key_digits && line.starts_with(start) &&
                       line[start.size() + key_digits] == '"' && line.back() == '}';
    return whole ? line.substr(start.size(), key_digits) : std::string_view();
}

} // namespace darkroom::store
