// A stream of the service: lines do not depend on the pieces, none is lost, and the values read
// from them are in their bounds.
#include "runner/provider/midjourney/records.hpp"
#include "runner/provider/submit_reader.hpp"
#include "tests/fuzz/support.hpp"

#include <algorithm>

using namespace darkroom;
using namespace darkroom::fuzz;

namespace {

constexpr std::size_t line_limit = 1000; // small, so that inputs reach it

struct Kept : net::LineSink {
    Result<Flow> on_line(std::string_view line) override {
        lines.emplace_back(line);
        return Flow::more;
    }
    std::vector<std::string> lines;
};

struct Split {
    std::vector<std::string> lines;
    std::uint64_t ends = 0;
    std::string error;
    friend bool operator==(Split const&, Split const&) = default;
};

Split split_in(std::vector<std::string_view> const& pieces) {
    Kept kept;
    net::LineSplitter splitter(kept, line_limit);
    Result<> done;
    for (auto const piece : pieces) {
        done = splitter.feed(piece);
        if (!done) break;
    }
    if (done) done = splitter.finish();
    return {std::move(kept.lines), splitter.ends(), done ? "" : shown(done.error())};
}

/// Computes the same in the simplest way.
std::vector<std::string> plain_lines(std::string_view text) {
    std::vector<std::string> lines;
    while (!text.empty()) {
        auto const end = std::min(text.find('\n'), text.size());
        auto line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (line.find_first_not_of(" \t") != line.npos) lines.emplace_back(line);
    }
    return lines;
}

struct Progress : engine::ProgressSink {
    void on_task(std::string const& task_id) override {
        require(!task_id.empty() && task.empty(), "a task is named once");
        task = task_id;
    }
    void on_percent(int percent) override {
        require(percent >= 0 && percent <= 100, "progress is between 0 and 100");
    }
    std::string task;
};

void read_as_answer(std::vector<std::string> const& lines) {
    Progress progress;
    provider::SubmitReader reader(progress, provider::default_wire(), "/midjourney/imagine");
    for (auto const& line : lines) {
        auto const flow = reader.on_line(line);
        if (!flow || *flow == net::LineSink::Flow::enough) break;
    }
    reader.finish();
    require(reader.task_id() == progress.task, "the reported task is the one that is kept");
    require(!(reader.answer() && reader.error()), "an answer is a picture or an error");
    if (reader.answer()) require(!reader.answer()->url.empty(), "a picture has an address");
    if (reader.answer() || reader.error())
        require(reader.heard_service(), "a last word is the service's");
}

void read_as_record(std::string_view text) {
    auto const value = json::read(text);
    if (!value) return;
    auto const written = json::write(*value);
    auto const again = json::read(written);
    require(again.has_value() && *again == *value, "JSON that is written is read as the same");
    engine::TaskQuery query;
    query.with_requests = true;
    for (auto const& record : provider::midjourney::read_tasks(*value, query)) {
        require(record.marks.has_request || record.request.empty() || record.request == "{}",
                "a request is read whole or not at all");
        if (!record.outcome) continue;
        auto const* answer = std::get_if<engine::Answer>(&*record.outcome);
        if (answer != nullptr)
            require(answer->width >= 0 && answer->height >= 0, "a picture has a size or none");
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto const text = text_of(data, size);
    auto const whole = split_in({text});
    require(split_in(cut(text)) == whole, "lines are the same wherever the bytes are cut");
    require(split_in(cut_everywhere(text)) == whole, "lines are the same byte by byte");
    if (whole.error.empty()) {
        require(whole.lines == plain_lines(text), "no line is lost");
        require(whole.ends ==
                    static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n')),
                "each line end is seen");
    }
    read_as_answer(whole.lines);
    for (auto const& line : whole.lines) read_as_record(line);
    read_as_record(text);
    return 0;
}
