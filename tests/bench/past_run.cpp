// Writes the run directory of a finished run of the first COUNT items of a job file, or of one
// shard, without a service. The facts go through the store's writer, so that keys, folds and lines
// are real. Each image is a file without contents: only its name and size matter. Usage:
// bench_past_run [--no-pictures] JOB_FILE DIRECTORY COUNT [I/N]
#include "jobs/read/load.hpp"
#include "jobs/services/midjourney/model.hpp"
#include "runner/base/sha256.hpp"
#include "runner/store/file_name.hpp"
#include "runner/store/journal_writer.hpp"
#include "runner/store/manifest_line.hpp"
#include "runner/store/run_folder.hpp"

#include <fmt/format.h>

#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <optional>
#include <stdexcept>
#include <string_view>

namespace {

using namespace darkroom;

constexpr std::uint64_t steps_a_commit = 1000;
constexpr std::uint64_t picture_bytes = 1'234'567;
/// A merge reads the pictures, which are holes: zeros.
std::string const picture_sha256 = to_hex(sha256(std::string(picture_bytes, '\0')));

template <class T>
T must(Result<T> result) {
    if (result.has_error()) throw std::runtime_error(result.error().message());
    if constexpr (!std::is_void_v<T>) return std::move(*result);
}

class PastRun {
public:
    PastRun(std::string const& directory, std::string const& layout, bool has_pictures)
        : has_pictures_(has_pictures), layout_(must(store::Layout::parse(layout))),
          folder_(must(store::RunFolder::open(directory))),
          writer_(must(store::JournalWriter::open(folder_.journal()))),
          manifest_(must(store::File::open(folder_.manifest(), O_WRONLY | O_CREAT | O_APPEND))) {}

    /// Writes a step and all steps that follow it.
    void add(jobs::Step const& step, engine::ImageAbove const& above = {}) {
        record_ = store::StepRecord();
        at_ += std::chrono::milliseconds(10);
        apply(step.key, engine::Submitted{engine::info_of(step, above), "", 26'000});
        auto answer = answer_of(made_, step.kind());
        auto const offered = answer.actions;
        engine::ImageAbove const made{answer.image_id, answer.url};
        apply(step.key, engine::Accepted{answer.task_id, false});
        engine::ImageOrder order;
        order.step = step.key;
        order.info = record_.state.info;
        order.answer = answer;
        engine::SavedImage image;
        image.file = layout_.name(order, "png");
        image.url = answer.url;
        image.sha256 = picture_sha256;
        image.format = "png";
        image.bytes = picture_bytes;
        image.width = image.height = 64;
        apply(step.key, engine::Finished{std::move(answer), 26'000});
        put_picture(image.file);
        apply(step.key, engine::ImageSaved{std::move(image)});
        lines_ += store::manifest_line(rows_.back()->event, record_.state) + '\n';
        if (++made_ % steps_a_commit == 0) flush();
        for (auto const& child : jobs::steps_below(step, offered)) add(child, made);
    }

    void flush() {
        must(writer_.commit(rows_));
        must(manifest_.write(lines_));
        rows_.clear();
        lines_.clear();
    }

private:
    static engine::Answer answer_of(std::uint64_t number, jobs::ResultKind kind) {
        engine::Answer answer;
        answer.task_id = fmt::format("7a1d2c44-0000-4000-8000-{:012}", number);
        answer.trace_id = fmt::format("trace-{:012}", number);
        answer.image_id = std::to_string(1'290'000'000'000'000'000 + number);
        answer.url = "https://cdn.example.org/" + answer.task_id + ".png";
        answer.width = answer.height = 64;
        for (auto const& action : jobs::midjourney::model.follow_ups) {
            if (action.published && action.parent == kind) answer.actions.emplace_back(action.name);
        }
        return answer;
    }

    void apply(Digest const& step, engine::Fact fact) {
        engine::Event event{step, at_, std::move(fact)};
        auto naming = store::naming_of(event.fact, record_.state);
        record_.apply(++seq_, event);
        store::JournalRow row{seq_, std::move(event), store::summary_of(record_),
                              std::move(naming)};
        rows_.push_back(std::make_shared<store::JournalRow const>(std::move(row)));
    }

    void put_picture(std::string const& name) {
        auto const path = folder_.path() + "/" + name;
        if (!has_pictures_) return;
        if (made_ == 0) must(store::make_directories(store::parent_of(path)));
        auto file = must(store::File::open(path, O_WRONLY | O_CREAT | O_EXCL));
        must(file.truncate(picture_bytes));
    }

    bool has_pictures_;
    store::Layout layout_;
    store::RunFolder folder_;
    store::JournalWriter writer_;
    store::File manifest_;
    store::StepRecord record_;
    store::JournalRows rows_;
    std::string lines_;
    std::int64_t seq_ = 0;
    std::uint64_t made_ = 0;
    WallTime at_{std::chrono::hours(24 * 365 * 50)};
};

void make(std::string const& job_file, std::string const& directory,
          jobs::PlanOptions const& options, bool has_pictures) {
    auto const loaded = must(jobs::load_job_file(job_file, {}));
    if (!loaded.file) throw std::runtime_error(job_file + " is not right: see darkroom validate");
    jobs::Plan plan(*loaded.file, options);
    PastRun run(directory, loaded.file->output.layout, has_pictures);
    while (auto item = must(plan.next())) run.add(jobs::first_step(std::move(item)));
    run.flush();
}

std::optional<jobs::Shard> shard_of(char const* text) {
    if (text == nullptr) return std::nullopt;
    jobs::Shard shard;
    if (std::sscanf(text, "%" SCNu64 "/%" SCNu64, &shard.index, &shard.count) != 2)
        throw std::runtime_error(std::string(text) + " is no part, such as 1/2");
    return shard;
}

} // namespace

int main(int argc, char** argv) {
    try {
        bool const has_pictures = argc < 2 || std::string_view(argv[1]) != "--no-pictures";
        if (!has_pictures) {
            ++argv;
            --argc;
        }
        if (argc != 4 && argc != 5)
            throw std::runtime_error(
                "usage: bench_past_run [--no-pictures] JOB_FILE DIRECTORY COUNT [I/N]");
        jobs::PlanOptions options;
        options.limit = std::strtoull(argv[3], nullptr, 10);
        options.shard = shard_of(argv[4]); // null, past the last
        make(argv[1], argv[2], options, has_pictures);
        return 0;
    } catch (std::exception const& error) {
        fmt::print(stderr, "bench_past_run: {}\n", error.what());
        return 1;
    }
}
