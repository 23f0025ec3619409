// Leaves a run directory as a run of the first COUNT items of a job file would have left it,
// without a service: the facts go through the store's own writer, so that keys, folds and lines are
// real. The pictures are links to a few small files: only their names and sizes are of interest.
// Usage: bench_past_run JOB_FILE DIRECTORY COUNT
#include "jobs/job_file.hpp"
#include "runner/store/file_name.hpp"
#include "runner/store/journal_writer.hpp"
#include "runner/store/manifest_line.hpp"
#include "runner/store/run_folder.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <fcntl.h>
#include <stdexcept>
#include <unistd.h>

namespace {

using namespace darkroom;

constexpr std::uint64_t items_a_commit = 1000;
constexpr std::uint64_t links_a_file = 50'000; // ext4 allows 65,000
constexpr std::size_t picture_bytes = 1234;

template <class T>
T must(Result<T> result) {
    if (result.has_error()) throw std::runtime_error(result.error().message());
    if constexpr (!std::is_void_v<T>) return std::move(*result);
}

class PastRun {
public:
    explicit PastRun(std::string const& directory)
        : folder_(must(store::RunFolder::open(directory))),
          writer_(must(store::JournalWriter::open(folder_.journal()))),
          manifest_(must(store::File::open(folder_.manifest(), O_WRONLY | O_CREAT | O_APPEND))) {}

    void add(std::shared_ptr<jobs::Item const> item, store::Layout const& layout) {
        auto const step = jobs::first_step(std::move(item));
        record_ = store::StepRecord();
        at_ += std::chrono::milliseconds(10);
        apply(step.key, engine::Submitted{engine::info_of(step), "", 26'000});
        auto answer = answer_of(made_);
        apply(step.key, engine::Accepted{answer.task_id, false});
        engine::ImageOrder order;
        order.step = step.key;
        order.info = record_.state.info;
        order.answer = answer;
        engine::SavedImage image;
        image.file = layout.name(order, "png");
        image.url = answer.url;
        image.sha256 = std::string(64, '0');
        image.format = "png";
        image.bytes = picture_bytes;
        image.width = image.height = 64;
        apply(step.key, engine::Finished{std::move(answer), 26'000});
        put_picture(image.file);
        apply(step.key, engine::ImageSaved{std::move(image)});
        lines_ += store::manifest_line(rows_.back()->event, record_.state) + '\n';
        if (++made_ % items_a_commit == 0) flush();
    }

    void flush() {
        must(writer_.commit(rows_));
        must(manifest_.write(lines_));
        rows_.clear();
        lines_.clear();
    }

private:
    static engine::Answer answer_of(std::uint64_t number) {
        engine::Answer answer;
        answer.task_id = fmt::format("7a1d2c44-0000-4000-8000-{:012}", number);
        answer.trace_id = fmt::format("trace-{:012}", number);
        answer.image_id = std::to_string(1'290'000'000'000'000'000 + number);
        answer.url = "https://cdn.example.org/" + answer.task_id + ".png";
        answer.width = answer.height = 64;
        for (auto const* action : {"upscale", "variation"}) {
            for (int tile = 1; tile <= 4; ++tile)
                answer.actions.push_back(action + std::to_string(tile));
        }
        return answer;
    }

    void apply(Digest const& step, engine::Fact fact) {
        engine::Event event{step, at_, std::move(fact)};
        record_.apply(++seq_, event);
        store::JournalRow row{seq_, std::move(event), store::summary_of(record_)};
        rows_.push_back(std::make_shared<store::JournalRow const>(std::move(row)));
    }

    void put_picture(std::string const& name) {
        auto const path = folder_.path() + "/" + name;
        if (made_ % links_a_file == 0) {
            must(store::make_directories(store::parent_of(path)));
            auto file = must(store::File::open(path, O_WRONLY | O_CREAT | O_TRUNC));
            must(file.write(std::string(picture_bytes, 'x')));
            picture_ = path;
        } else if (::link(picture_.c_str(), path.c_str()) != 0) {
            throw std::runtime_error(store::file_error("link", path).message());
        }
    }

    store::RunFolder folder_;
    store::JournalWriter writer_;
    store::File manifest_;
    store::StepRecord record_;
    store::JournalRows rows_;
    std::string lines_;
    std::string picture_;
    std::int64_t seq_ = 0;
    std::uint64_t made_ = 0;
    WallTime at_{std::chrono::hours(24 * 365 * 50)};
};

void make(std::string const& job_file, std::string const& directory, std::uint64_t count) {
    auto const loaded = must(jobs::load_job_file(job_file, {}));
    if (!loaded.file) throw std::runtime_error(job_file + " is not right: see darkroom validate");
    auto const layout = must(store::Layout::parse(loaded.file->output.layout));
    jobs::PlanOptions options;
    options.limit = count;
    jobs::Plan plan(*loaded.file, options);
    PastRun run(directory);
    while (auto item = must(plan.next())) run.add(std::move(item), layout);
    run.flush();
}

} // namespace

int main(int argc, char** argv) {
    try {
        if (argc != 4) throw std::runtime_error("usage: bench_past_run JOB_FILE DIRECTORY COUNT");
        make(argv[1], argv[2], std::strtoull(argv[3], nullptr, 10));
        return 0;
    } catch (std::exception const& error) {
        fmt::print(stderr, "bench_past_run: {}\n", error.what());
        return 1;
    }
}
