// Does one pure part of a task many times, so that its instructions can be counted.
// Usage: work_of_parts streams|facts|lines COUNT
#include "runner/engine/manifest_row.hpp"
#include "runner/provider/submit_reader.hpp"

#include <fmt/format.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>

namespace {

using namespace darkroom;

constexpr int events_a_stream = 100;
constexpr char const* task = "1bae3bec-3ac4-4180-a148-74ee6cb68b98";

struct Progress : engine::ProgressSink {
    void on_task(std::string const&) override {}
    void on_percent(int given) override { percent = given; }
    int percent = -1;
};

/// Returns the lines of a stream from 0 % on.
std::string events_up_to(int percent) {
    std::string lines;
    for (int i = 0; i <= percent; ++i)
        lines +=
            fmt::format(R"({{"image_url":"https://cdn.example/{0}/p.webp?w=256","image_id":"{0}",)"
                        R"("raw_image_url":"https://cdn.example/{0}/p.webp","raw_image_width":512,)"
                        R"("progress":{1},"actions":["upscale1","variation2"],"task_id":"{2}",)"
                        R"("success":true}})"
                        "\n",
                        1234558451443690000 + i, i, task);
    return lines;
}

/// Reads the lines of a stream `streams` times, as they come in pieces of 1,500 bytes.
std::size_t read_streams(int streams) {
    constexpr std::size_t piece = 1500;
    constexpr int last = events_a_stream - 1;
    auto const text = events_up_to(last);
    for (int i = 0; i < streams; ++i) {
        Progress progress;
        provider::SubmitReader reader(progress, provider::default_wire(), "/midjourney/imagine");
        net::LineSplitter lines(reader);
        for (std::size_t at = 0; at < text.size(); at += piece) {
            if (lines.feed(std::string_view(text).substr(at, piece)).has_error())
                throw std::runtime_error("a line cannot be read");
        }
        if (progress.percent != last) throw std::runtime_error("a line is missing");
    }
    return text.size();
}

engine::StepInfo info_of(int step) {
    engine::StepInfo info;
    info.job = "boats";
    info.item = static_cast<std::uint64_t>(step);
    info.prompt = fmt::format("boat {} at a quay, in the evening", step);
    info.action = "generate";
    info.mode = "fast";
    info.variables = {{"n", std::to_string(step)}, {"light", "evening"}};
    info.request = fmt::format(R"({{"action":"generate","prompt":"{}"}})", info.prompt);
    return info;
}

/// Returns the facts of a step that is done.
std::array<engine::Event, 4> facts_of_a_step() {
    constexpr int step = 17;
    engine::Answer answer;
    answer.task_id = task;
    answer.image_id = std::to_string(1234558451443690000 + step);
    answer.url = fmt::format("https://cdn.example/{}.png", answer.image_id);
    answer.width = answer.height = 1024;
    answer.actions = {"upscale1", "upscale2", "upscale3", "upscale4", "variation1"};
    engine::SavedImage image;
    image.file = fmt::format("images/boats-{}.png", step);
    image.url = answer.url;
    image.sha256 = to_hex(sha256(image.file));
    image.format = "png";
    image.bytes = 1'234'567;
    image.width = image.height = 1024;
    WallTime const at(std::chrono::milliseconds(1'796'000'000'000 + step));
    auto const key = sha256(std::to_string(step));
    return {engine::Event{key, at, engine::Submitted{info_of(step), "main", 26'000}},
            engine::Event{key, at, engine::Accepted{task}},
            engine::Event{key, at, engine::Finished{std::move(answer), 26'000}},
            engine::Event{key, at, engine::ImageSaved{std::move(image)}}};
}

/// Writes the facts of a step as the journal has them, reads them, and sums them up.
std::size_t pass_facts(int steps) {
    auto const facts = facts_of_a_step();
    std::size_t bytes = 0;
    for (int i = 0; i < steps; ++i) {
        engine::StepState state;
        for (auto const& event : facts) {
            auto const text = json::write(engine::to_json(event.fact));
            bytes += text.size();
            auto const value = json::read(text);
            if (value.has_error()) throw std::runtime_error(value.error().message());
            auto fact = engine::fact_from_json(engine::kind_of(event.fact), *value);
            if (fact.has_error()) throw std::runtime_error(fact.error().message());
            state.apply({event.step, event.at, std::move(*fact)});
        }
        if (state.saved.size() != 1) throw std::runtime_error("a fact is missing");
    }
    return bytes;
}

/// Writes lines of the manifest.
std::size_t write_lines(int count) {
    auto const facts = facts_of_a_step();
    engine::StepState state;
    for (auto const& event : facts) state.apply(event);
    std::size_t bytes = 0;
    for (int i = 0; i < count; ++i) {
        auto row = engine::manifest_row_of(facts.back(), state);
        bytes += json::write(engine::to_json(std::move(row))).size();
    }
    return bytes;
}

std::size_t do_part(std::string const& name, int count) {
    if (count <= 0) throw std::runtime_error("COUNT is at least 1");
    if (name == "streams") return read_streams(count);
    if (name == "facts") return pass_facts(count);
    if (name == "lines") return write_lines(count);
    throw std::runtime_error("there is no part '" + name + "'");
}

} // namespace

int main(int argc, char** argv) {
    try {
        if (argc != 3) throw std::runtime_error("usage: work_of_parts streams|facts|lines COUNT");
        fmt::print("{} bytes\n", do_part(argv[1], std::atoi(argv[2])));
        return 0;
    } catch (std::exception const& error) {
        fmt::print(stderr, "work_of_parts: {}\n", error.what());
        return 1;
    }
}
